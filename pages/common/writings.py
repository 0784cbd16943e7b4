"""A writing on the page and in its link: how it begins, which step is shown, through which heads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from model import Trace
from model.text.words import is_word
from model.trace import Kind
from pages.common import links
from pages.common.ask import Asked
from pages.common.edits import FURTHEST
from pages.common.heads import number_from_one
from pages.common.language import _
from pages.common.text import escape
from viz.labels import tell_apart
from viz.linked import View

if TYPE_CHECKING:
    from model.decodings import Choice, Writing
    from viz.steps.mount import Played

PREFIX, STEP, HELD = "prefix", "step", "held"
OWNER = "whose prefix"
CHOSEN = "!"  # behind the id of a piece that the person chose


def beginning(asked: Asked) -> tuple[int, ...]:
    """The ids that the person wants the text to begin with; they go with the sentence, the checkpoint and its
    languages.
    """
    owner = (asked.chosen, asked.text)
    if st.session_state.get(OWNER, owner) != owner:
        links.put(PREFIX, "")
    st.session_state[OWNER] = owner
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
        _("Let it choose again"),
        icon=":material/undo:",
        type="tertiary",
        on_click=links.put,
        args=[PREFIX, ""],
        help=_("Take back the words that you chose."),
    )


def show(writing: Writing, changed: bool) -> None:
    """The text, large, and how likely the model finds it."""
    st.subheader(escape(writing.text) or "–", anchor=False)
    count = len(writing.ids)
    told = _("{count} pieces · log-probability {logprob}, {mean} a piece").format(
        count=count,
        logprob=f"{writing.logprob:.2f}".replace("-", "−"),
        mean=f"{writing.logprob / max(count, 1):.2f}".replace("-", "−"),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(told + (" · " + _("changed by what you cut") if changed else ""), width="content")
        if find_chosen(writing):
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


def heads(trace: Trace) -> tuple[int, int | None]:
    """The layer and the head whose attention is played, from 0; None = the mean of all heads."""
    layers = [str(layer + 1) for layer in sorted({i for kind in trace.kinds for i in trace[kind].layers})]
    count = max(trace[kind].heads for kind in trace.kinds)
    with st.container(horizontal=True, gap="large"):
        layer = links.choice(_("Layer"), dict(zip(layers, layers, strict=True)), "layer", layers[-1])
        head = links.choice(_("Head"), {"all": _("all")} | number_from_one(count), "head", "all")
    return int(layer) - 1, None if head == "all" else int(head) - 1


def step(writing: Writing) -> int:
    """The step that the link asks for; the last one where it asks for none."""
    asked = st.query_params.get(STEP, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else len(writing.ids)


def apply_played(played: Played, writing: Writing) -> None:
    """Put the step into the link, and what was chosen there: the text begins anew from it."""
    links.put(STEP, str(played.step), str(len(writing.ids)))
    if played.choice:
        place, piece = played.choice
        mine = {*find_chosen(writing), place}
        ids = (*writing.ids[:place], piece)
        links.put(PREFIX, ".".join(f"{i}{CHOSEN * (at in mine)}" for at, i in enumerate(ids)))
        st.rerun()


def view(asked: Asked, trace: Trace, layer: int, head: int | None, step: int) -> View:
    """What is to be cut: the kind of attention, who looks, and the heads that are played.

    step: of the film, which says who looks where the decoder does: the row that wrote its last piece.
    """
    kinds = {"cross": _("Cross"), "decoder": _("Decoder"), "encoder": _("Encoder")}
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="large")
    with row:
        kind: Kind = links.choice(_("Attention"), kinds, "kind", "cross")  # type: ignore[assignment]
    stack = trace[kind]
    layer = layer if layer in stack.layers else stack.layers[-1]
    heads = range(stack.heads) if head is None or head >= stack.heads else (head,)
    reads = kind == "encoder"
    with row:
        held = reader(asked, trace) if reads else max(step - 1, 0)
        if not reads:
            st.caption(_("The step of the film says who looks."), width="content")
    return View(kind, tuple((layer, i) for i in heads), held=(held,), words=reads).fit_to(trace)


def reader(asked: Asked, trace: Trace) -> int:
    """The word of the sentence that looks; first the one that the checkpoint's card names."""
    words = trace["encoder"].queries.by_words().texts
    if st.session_state.get(HELD) not in range(len(words)):
        query = str((asked.checkpoint.first_head or {}).get("query", ""))
        named = [i for i, word in enumerate(words) if query and is_word(word, query)]
        said = st.query_params.get(HELD, "")
        place = int(said) - 1 if said.isascii() and said.isdigit() and len(said) < 6 else -1
        st.session_state[HELD] = place if place in range(len(words)) else (named or [0])[0]
    held: int = st.selectbox(
        _("The word that looks"),
        range(len(words)),
        format_func=tell_apart(words).__getitem__,
        key=HELD,
        width=320,
    )
    links.put(HELD, str(held + 1))
    return held
