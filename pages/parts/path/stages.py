"""The stages of the whole path: each a strip of numbers, a line in words, and a link to its own page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

import viz.outlook
from model.trace import Kind
from pages.common import boards, checkpoints, language_pair, links, look, streams
from pages.common.language import _, translate
from pages.common.text import escape
from viz.board import Axis, panel
from viz.columns import percent
from viz.labels import visible

if TYPE_CHECKING:
    from model.capture.residual_stream import Followed, Stream
    from model.capture.sublayers import Matrix, Sublayer
    from pages.common.ask import Asked

LOOKED_AT = 2  # tokens named
MOST_PIECES = 24  # that stand in one line


@dataclass(frozen=True)
class Way:
    """What every stage is made from. opened: the one layer that is looked into; None = all."""

    asked: Asked
    followed: Followed
    opened: int | None


@dataclass(frozen=True)
class Look:
    """What one head looks at from one token: its number, and (token, weight), the most first."""

    head: int
    keys: tuple[tuple[str, float], ...]


@contextmanager
def stage(title: str, said: str, page: str, label: str, **query: Any) -> Iterator[None]:
    """A title and a line in words at the left, what is drawn at the right, under it a link to a page.

    query: of the link; places and layers count from 0 here and from 1 there.
    """
    left, right = st.columns([2, 5], gap="large")
    with left:
        st.markdown(f"**{title}**\n\n{said}")
        link(page, label, **query)
    with right:
        yield


def link(page: str, label: str, **query: Any) -> None:
    """A link to another page with the same sentence, checkpoint and languages."""
    same = {
        "text": st.session_state.get("text", ""),
        checkpoints.KEY: st.session_state.get(checkpoints.KEY, ""),
        **{key: st.query_params.get(key, "") for key in (language_pair.SOURCE, language_pair.TARGET)},
    }
    counted = {name: value + 1 if isinstance(value, int) else value for name, value in query.items()}
    told = {name: str(value) for name, value in {**same, **counted}.items() if value not in ("", None)}
    st.page_link(
        f"pages/{page}.py",
        label=label,
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params=links.add_version(told),
    )


def strip(key: str, rows: dict[str, Matrix]) -> None:
    """Vectors below each other, one line each."""
    width = len(next(iter(rows.values())))
    drawn = range(min(width, streams.MOST_FEATURES))
    note = ""
    if len(drawn) < width:
        note = _("The first {count} of {width} features.").format(count=len(drawn), width=width)
    boards.show(
        [
            panel(
                "vectors",
                "",
                np.stack([row[: len(drawn)] for row in rows.values()]),
                Axis("stages", tuple(rows)),
                streams.features(drawn),
                scale="signed",
                note=note,
            )
        ],
        key,
    )


def pieces(way: Way, kind: str, place: int) -> None:
    """Text, pieces, identifiers."""
    stream = way.followed[kind]
    writes = kind == "decoder" and way.followed.encoder is not None
    count = place + 1 if writes else len(stream.tokens)
    drawn = streams.around(count, place, MOST_PIECES)
    told = " · ".join(
        f":primary[**{text}**]" if i == place else text
        for i, text in ((i, escape(visible(stream.tokens.texts[i]))) for i in drawn)
    )
    title = _("What is written so far") if writes else _("Text → pieces → identifiers")
    said = _("“{token}” is number {id} in the vocabulary.").format(
        token=escape(visible(stream.tokens.texts[place])), id=stream.ids[place]
    )
    with stage(title, said, "tokens", _("Tokens")):
        st.markdown(("… " if drawn.start else "") + told + (" …" if drawn.stop < count else ""))
        st.caption(" · ".join(f"**{stream.ids[i]}**" if i == place else str(stream.ids[i]) for i in drawn))


def embedding(way: Way, kind: str, place: int) -> None:
    """Embedding and position."""
    stream = way.followed[kind]
    vector = stream.vectors[place]
    rows: dict[str, Matrix] = {_("row {id} of the table").format(id=stream.ids[place]): vector}
    if stream.plain and stream.scale != 1:
        rows[_("× √{width}").format(width=len(vector))] = stream.scale * vector
    if stream.plain and stream.positions is not None:
        rows[_("+ position {place}").format(place=place + 1)] = stream.positions[place]
    if len(vector) == stream.entering.shape[1]:
        rows[_("= what enters")] = stream.entering[place]
    else:
        strip(f"table {kind}", rows)
        rows = {_("what enters"): stream.entering[place]}
    if not stream.plain:
        said = _(
            "The identifier picks a row of the table. This model does more to it before its first layer."
        )
    elif stream.positions is None:
        said = _("The identifier picks a row of the table. This model tells the order inside attention.")
    else:
        said = _("The identifier picks a row of the table; its place in the text is added.")
    with stage(_("Embedding and position"), said, "positions", _("Positions")):
        strip(f"embedding {kind}", rows)


def layers(way: Way, kind: str, place: int) -> None:
    """Every layer; of a deep model the stream at a glance, and the one that is opened."""
    stream = way.followed[kind]
    if way.opened is None:
        for layer in range(stream.layers):
            block(way, stream, layer, place)
    else:
        overview(way, stream, place)
        if way.opened < stream.layers:
            block(way, stream, way.opened, place)
    if stream.last_norm is not None:
        said = _("One more norm answers for all that was added.")
        with stage(_("The last norm"), said, "block", _("The block"), kind=kind, token=place):
            strip(
                f"last {kind}",
                {_("what left the layers"): stream.states[-1][place], _("normalised"): stream.leaving[place]},
            )


def overview(way: Way, stream: Stream, place: int) -> None:
    """The token's vector behind each layer."""
    said = _("{count} layers, each of which adds to the vector. Open one of them above.").format(
        count=stream.layers
    )
    rows = {_("enters"): stream.entering[place]}
    rows |= {
        _("layer {layer}").format(layer=i + 1): stream.states[i + 1][place] for i in range(stream.layers)
    }
    with stage(
        _("All layers"),
        said,
        "block",
        _("How the stream grows"),
        part="growth",
        kind=stream.kind,
        token=place,
    ):
        strip(f"states {stream.kind}", rows)


def block(way: Way, stream: Stream, layer: int, place: int) -> None:
    """One layer: what it looks at, and its vectors."""
    sublayers = stream.sublayers[layer]
    kind = stream.kind
    across = kind == "decoder" and way.followed.encoder is not None
    lines, linked = [], kind
    own = find_look(way, kind, layer, place)
    if own is not None:
        if kind == "encoder":
            said = _("Attention: head {head} looks at {keys}.")
        else:
            said = _("Masked self-attention, only backwards: head {head} looks at {keys}.")
        lines.append(said.format(head=own.head + 1, keys=name_keys(own)))
    if across:
        cross = find_look(way, "cross", layer, place)
        if cross is not None:
            said = _(
                "Cross-attention: **Q from the decoder, K and V from the encoder's** last vectors. "
                "Head {head} looks at {keys}."
            )
            lines.append(said.format(head=cross.head + 1, keys=name_keys(cross)))
            own, linked = cross, "cross"
    last = next((one for one in sublayers if one.part == "feed-forward"), None)
    if last is not None and last.units is not None:
        fired = int((last.units.fired[place] > 0).sum())
        lines.append(
            _("Feed-forward: {count} of {all} units fire.").format(count=fired, all=last.units.fired.shape[1])
        )
    if last is not None and last.experts is not None:
        ran = ", ".join(str(i + 1) for i in last.experts.chosen[place])
        lines.append(_("Experts that run: {numbers}.").format(numbers=ran))
    number = {"layer": layer, "token": place}
    title = _("Encoder layer {layer}") if kind == "encoder" else _("Decoder layer {layer}")
    title = title.format(layer=layer + 1)
    label = _("This cross-attention") if linked == "cross" else _("This attention")
    head = None if own is None else own.head
    with stage(title, "  \n".join(lines), "attention", label, kind=linked, head=head, **number):
        strip(f"layer {kind} {layer}", rows(stream, sublayers, layer, place))
        with st.container(horizontal=True, gap="medium"):
            link("block", _("Residual and norm"), kind=kind, **number)
            link("heads", _("Several heads"), kind=linked, **number)
            if kind == "decoder":
                link("masks", _("Masks"))


def rows(stream: Stream, sublayers: tuple[Sublayer, ...], layer: int, place: int) -> dict[str, Matrix]:
    """The vectors of a layer: what enters, what each sublayer adds, what leaves."""
    found: dict[str, Matrix] = {_("enters"): stream.states[layer][place]}
    for sublayer in sublayers:
        part = streams.parts()[sublayer.part]
        if sublayer.order == "after":
            found[_("+ {part}").format(part=part)] = sublayer.output[place]
            found[_("normalised ({number})").format(number=len(found) // 2)] = sublayer.after[place]
        else:
            found[_("+ {part} of its norm").format(part=part)] = sublayer.output[place]
    leaves = _("= leaves")
    if sublayers and sublayers[-1].order == "after":
        found.popitem()
    found[leaves] = stream.states[layer + 1][place]
    return found


def find_look(way: Way, kind: Kind | str, layer: int, place: int) -> Look | None:
    """The head with the largest weight, or the one that the checkpoint's card names, where it is here."""
    stack = attention(way, layer)[kind]
    at = stack.layers.index(layer) if layer in stack.layers else None
    if at is None:
        return None
    weights = stack.weights[at, :, place]
    told = way.asked.checkpoint.first_head or {}
    firmest = int(weights.max(-1).argmax())
    head = told["head"] if (told.get("kind"), told.get("layer")) == (kind, layer) else firmest
    order = np.argsort(-weights[head], kind="stable")[:LOOKED_AT]
    keys = tuple((stack.key_tokens[i], float(weights[head, i])) for i in order)
    return Look(head, tuple(key for key in keys if key[1] >= 0.005) or keys[:1])


def attention(way: Way, layer: int) -> Any:
    """The trace of the same pass, of a deep model of this layer alone."""
    layers = None if way.opened is None else (layer,)
    return checkpoints.trace(way.asked.chosen, way.asked.text, streams.write_ids(way.asked), layers=layers)


def name_keys(seen: Look) -> str:
    """What a head looks at, in Markdown."""
    return ", ".join(f"“{escape(visible(text))}” {percent(weight)}" for text, weight in seen.keys)


def output(way: Way, place: int) -> None:
    """The logits, and the distribution over the vocabulary."""
    outlook, stream = way.followed.outlook, way.followed.last
    st.divider()
    st.header(_("The output"), anchor=False)
    if outlook is None:
        said = _("This model has no output over its vocabulary: it ends with its vectors.")
        with stage(_("The last vector"), said, "explore", _("Explore")):
            strip("leaving", {_("what leaves"): stream.leaving[place]})
        return
    chosen, best = outlook.chosen[place], list(outlook.best[place])
    if chosen is not None and chosen.id not in [guess.id for guess in best]:
        best.append(chosen)
    where = None if chosen is None else [guess.id for guess in best].index(chosen.id)
    said = _(
        "The vector meets the row of every token: a score each, the **logit**. “{token}”: {logit}."
    ).format(token=escape(visible(best[0].text)), logit=f"{best[0].logit:.2f}".replace("-", "−"))
    if outlook.tied:
        said += " " + _("The rows are those of the embedding table.")
    said += " " + _("Softmax makes probabilities of them.")
    page, label = (
        ("translate", _("How the text is written"))
        if len(streams_of(way)) == 2
        else ("explore", _("Explore"))
    )
    with stage(_("Logits → probabilities"), said, page, label):
        strip("leaving", {_("the last vector"): stream.leaving[place]})
        st.plotly_chart(
            viz.outlook.outlook(
                [guess.text for guess in best],
                [guess.probability for guess in best],
                where,
                outlook.vocabulary,
                dark=look.dark(),
                strings=translate(viz.outlook.STRINGS),
            ),
            theme=None,
            key="outlook",
            config={"displayModeBar": False},
        )


def streams_of(way: Way) -> list[Stream]:
    """The stacks that there are."""
    return [stream for stream in (way.followed.encoder, way.followed.decoder) if stream is not None]
