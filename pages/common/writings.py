"""A writing on the page and in its link: how it begins, which step is shown, through which heads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from model import Trace
from model.text.words import is_word
from model.trace import Kind, Stack
from pages.common import links
from pages.common.ask import Asked
from pages.common.edits import FURTHEST
from pages.common.language import _
from pages.common.text import escape
from viz.labels import tell_apart
from viz.linked import View

if TYPE_CHECKING:
    from model.decodings import Choice, Writing
    from viz.steps.mount import Played

PREFIX, STEP = "prefix", "step"
CROSS, ENCODER = "cross_head", "encoder_head"
MEAN = "all"  # in the place of a head: the mean of a layer's heads
OWNER = "whose prefix"
CHOSEN = "!"  # behind the id of a piece that the person chose


@dataclass(frozen=True)
class Heads:
    """Whose attention is played, layer and head from 0; None = the mean of a layer's heads.

    cross: of the decoder, at the source and at its own text. encoder: of the encoder. What the model does not
    have is the first head.
    """

    cross: tuple[int, int | None]
    encoder: tuple[int, int | None]


def begin(asked: Asked) -> bool:
    """Whether another sentence, checkpoint or pair of languages is asked for than before.

    The words that a person chose and the step that was looked at go with them.
    """
    owner = (asked.chosen, asked.text)
    is_new = st.session_state.get(OWNER, owner) != owner
    st.session_state[OWNER] = owner
    if is_new:
        links.put(PREFIX, "")
        links.put(STEP, "")
    return is_new


def beginning(asked: Asked) -> tuple[int, ...]:
    """The ids that the person wants the text to begin with."""
    parts = [part.removesuffix(CHOSEN) for part in read_beginning()]
    if not all(part.isascii() and part.isdigit() and len(part) < 10 for part in parts):
        return ()
    ids = tuple(int(part) for part in parts)
    known = getattr(asked.checkpoint.model.config.get_text_config(), "vocab_size", 0)
    if len(ids) > FURTHEST or max(ids) >= known:
        with asked.below:
            st.error(_("The chosen words do not belong to {name}.").format(name=escape(asked.name)))
            again()
        return ()
    return ids


def read_beginning() -> list[str]:
    """The pieces of the beginning in the link: ids, with a mark where the person chose."""
    return st.query_params.get(PREFIX, "").split(".")


def again() -> None:
    """A button that takes the beginning back."""
    st.button(
        _("Let the model choose again"),
        icon=":material/undo:",
        type="tertiary",
        on_click=links.put,
        args=[PREFIX, ""],
        help=_("Take back the words that you chose."),
    )


def show(writing: Writing) -> None:
    """The text as a whole, and how likely the model finds it."""
    st.subheader(escape(writing.text) or "–", anchor=False)
    count = len(writing.ids)
    told = _("{count} tokens · log-probability {logprob}, {mean} per token").format(
        count=count,
        logprob=f"{writing.logprob:.2f}".replace("-", "−"),
        mean=f"{writing.logprob / max(count, 1):.2f}".replace("-", "−"),
    )
    st.caption(told)
    tell_stopped(writing)


def say_stopped(writing: Writing) -> str:
    """That a text is no whole one, in one sentence; "" where the model ended it itself."""
    if writing.stopped is None:
        return ""
    told = _("The model was stopped at the limit of {count} tokens before it ended its text.")
    return told.format(count=writing.stopped)


def tell_stopped(writing: Writing) -> None:
    """The same, beside the text."""
    if writing.stopped is not None:
        st.caption(say_stopped(writing))


def tell_changes(writing: Writing, changed: bool) -> None:
    """What of the text is a person's doing, and the way back.

    changed: whether it is another one than without the person's cuts.
    """
    chosen = find_chosen(writing)
    if not (changed or chosen):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if changed:
            st.caption(_("The text is changed by what you cut."), width="content")
        if chosen:
            again()


def find_chosen(writing: Writing) -> list[int]:
    """The steps at which the person chose: as the link marks them, else the last of what it gives.

    Where the link gives nothing, what was given is the language.
    """
    if not any(read_beginning()):
        return []
    given = [place for place, step in enumerate(writing.steps) if step.given]
    marked = [place for place, part in enumerate(read_beginning()) if part.endswith(CHOSEN)]
    return [place for place in marked if place in given] or given[-1:]


def reading(asked: Asked) -> Callable[[Sequence[Choice]], str]:
    """What reads pieces that were written as a text."""
    from model.capture.encode import decode_ids

    def read(pieces: Sequence[Choice]) -> str:
        return decode_ids(asked.checkpoint, [piece.id for piece in pieces], asked.text)

    return read


def heads(trace: Trace, cross: tuple[int, int], encoder: tuple[int, int]) -> Heads:
    """The controls for the heads whose attention is played.

    cross, encoder: those that are usual for this text; they are followed until a person chooses others.
    """
    read_former()
    return Heads(
        choose_head(_("Cross-attention"), trace.cross, CROSS, cross),
        choose_head(_("Encoder self-attention"), trace.encoder, ENCODER, encoder),
    )


def choose_head(label: str, stack: Stack | None, key: str, usual: tuple[int, int]) -> tuple[int, int | None]:
    """One head of a stack, or the mean of a layer's heads; nothing is asked where there is one in all."""
    if stack is None or (len(stack.layers), stack.heads) == (1, 1):
        links.leave_out(key, st.query_params.get(key, ""))
        links.put(key, "")
        return usual
    one, mean = _("layer {layer} · head {head}"), _("layer {layer} · mean of its heads")
    options = {}
    for layer in stack.layers:
        for head in range(stack.heads):
            options[f"{layer + 1}.{head + 1}"] = one.format(layer=layer + 1, head=head + 1)
        options[f"{layer + 1}.{MEAN}"] = mean.format(layer=layer + 1)
    first = f"{usual[0] + 1}.{usual[1] + 1}"
    links.follow(key, first)
    layer_told, head_told = links.one(label, options, key, first, width=230).split(".")
    return int(layer_told) - 1, None if head_told == MEAN else int(head_told) - 1


def read_former() -> None:
    """A link of an earlier edition, in which one layer and one head stood for those of every kind."""
    layer, head = (st.query_params.get(key, "") for key in ("layer", "head"))
    if layer:
        for key in (CROSS, ENCODER):
            if key not in st.query_params:
                links.put(key, f"{layer}.{head or MEAN}")
    for key in ("layer", "head"):
        links.put(key, "")


def step(usual: int) -> int:
    """The step that the link asks for; the usual one where it asks for none."""
    asked = st.query_params.get(STEP, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else usual


def apply_played(played: Played, writing: Writing, usual: int) -> None:
    """Put the step into the link, and what was chosen there: the text begins anew from it."""
    links.put(STEP, str(played.step), str(usual))
    if played.choice:
        place, piece = played.choice
        links.put(STEP, str(place + 1))  # where the new text would be opened may be another step
        mine = {*find_chosen(writing), place}
        ids = (*writing.ids[:place], piece)
        links.put(PREFIX, ".".join(f"{i}{CHOSEN * (at in mine)}" for at, i in enumerate(ids)))
        st.rerun()


def view(asked: Asked, trace: Trace, chosen: Heads, step: int) -> View:
    """What is to be cut: the kind of attention, who looks, and the heads that are played.

    step: of the film, which says who looks where the decoder does: the row that wrote its last piece.
    """
    named = {"cross": _("Cross"), "decoder": _("Decoder"), "encoder": _("Encoder")}
    kinds: dict[str, str] = {kind: said for kind, said in named.items() if kind in trace.kinds}
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="large")
    with row:
        kind: Kind = links.choice(_("Attention"), kinds, "kind", next(iter(kinds)))  # type: ignore[assignment]
    stack = trace[kind]
    layer, head = chosen.encoder if kind == "encoder" else chosen.cross
    layer = layer if layer in stack.layers else stack.layers[-1]
    heads = range(stack.heads) if head is None or head >= stack.heads else (head,)
    reads = kind == "encoder"
    with row:
        held = reader(asked, trace) if reads else max(step - 1, 0)
        if not reads:
            st.caption(_("The step of the film decides which query this is."), width="content")
    return View(kind, tuple((layer, i) for i in heads), held=(held,), words=reads).fit_to(trace)


def reader(asked: Asked, trace: Trace) -> int:
    """The word of the sentence that looks; first the one that the checkpoint's card names."""
    tokens = trace["encoder"].queries
    words, groups = tokens.by_words().texts, tokens.groups()
    if st.session_state.get(links.HELD) not in range(len(words)):
        query = str((asked.checkpoint.first_head or {}).get("query", ""))
        named = [i for i, word in enumerate(words) if query and is_word(word, query)]
        said = st.query_params.get(links.HELD, "")  # a piece of the word
        piece = int(said) - 1 if said.isascii() and said.isdigit() and len(said) < 6 else -1
        place = next((place for place, group in enumerate(groups) if piece in group), (named or [0])[0])
        st.session_state[links.HELD] = place
    held: int = st.selectbox(
        _("The word that looks"),
        range(len(words)),
        format_func=tell_apart(words).__getitem__,
        key=links.HELD,
        width=320,
    )
    links.put(links.HELD, str(groups[held][0] + 1))
    return held
