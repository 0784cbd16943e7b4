"""Which head is looked into, and which token: the choices that pages on one head share, kept in the link."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.trace import KINDS, Kind, Tokens
from pages.common import links
from pages.common.language import _
from pages.common.text import escape
from viz.labels import visible

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

TOKEN = "token"
UNCHOSEN = "{} unchosen"


@dataclass(frozen=True)
class Where:
    """One head: the kind of attention, its layer and its number, from 0."""

    kind: Kind
    layer: int
    head: int


def kinds() -> dict[Kind, str]:
    """The kinds of attention, as a person reads them."""
    return {"encoder": _("Encoder"), "decoder": _("Decoder"), "cross": _("Cross")}


def number_from_one(number: int) -> dict[str, str]:
    """The numbers from 1 on, as names and as words."""
    return {str(i + 1): str(i + 1) for i in range(number)}


def choose(checkpoint: Checkpoint, head: bool = True, first: Where | None = None) -> Where:
    """The controls for kind, layer and head; first the head that the checkpoint's card names.

    head: False leaves the choice of the head out (it is 0 then). first: the head to begin with, instead of
    the card's.
    """
    names = kinds()
    there: dict[str, str] = {kind: names[kind] for kind in KINDS if kind in checkpoint.layers}
    told = name_first(checkpoint, first)
    with st.container(horizontal=True, gap="medium"), following("kind", told["kind"]):
        kind: Kind = links.choice(_("Attention"), there, "kind", told["kind"])  # type: ignore[assignment]
        layers = checkpoint.layers[kind]
        named = {"layer": layers[0], "head": 0} | (told if told["kind"] == kind else {})
        layer = choose_place(_("Layer"), "layer", layers, named["layer"])
        heads = range(checkpoint.head_counts.get(kind, {}).get(layer, checkpoint.heads[kind]))
        chosen = choose_place(_("Head"), "head", heads, named["head"]) if head else 0
    return Where(kind, layer, chosen)


def name_first(checkpoint: Checkpoint, first: Where | None) -> dict[str, Any]:
    """The head to begin with: as told, else as the card names it, else any of the first kind there is."""
    if first is not None:
        return asdict(first)
    return checkpoint.first_head or {"kind": next(kind for kind in KINDS if kind in checkpoint.layers)}


@contextmanager
def following(key: str, usual: str) -> Iterator[None]:
    """Around a choice of `links`: where nobody chose, it is what is usual here, not on another page."""
    if st.session_state.get(key) != usual and _is_unchosen(key):
        del st.session_state[key]
    yield
    st.session_state[UNCHOSEN.format(key)] = usual if st.session_state.get(key) == usual else None


def _is_unchosen(key: str) -> bool:
    """Whether what a control holds is only what was usual when it was shown last."""
    held = st.session_state.get(key)
    return held is not None and held == st.session_state.get(UNCHOSEN.format(key))


def read(checkpoint: Checkpoint, first: Where | None = None) -> Where:
    """What `choose` will come to, before its controls stand anywhere."""
    there = {kind: kind for kind in KINDS if kind in checkpoint.layers}
    told = name_first(checkpoint, first)
    kind: Kind = _held(there, "kind", told["kind"])  # type: ignore[assignment]
    layers = checkpoint.layers[kind]
    named = {"layer": layers[0], "head": 0} | (told if told["kind"] == kind else {})
    layer = int(_held([str(place + 1) for place in layers], "layer", str(named["layer"] + 1))) - 1
    count = checkpoint.head_counts.get(kind, {}).get(layer, checkpoint.heads[kind])
    head = int(_held(number_from_one(count), "head", str(named["head"] + 1))) - 1
    return Where(kind, layer, head)


def _held(options: Collection[str], key: str, usual: str) -> str:
    """What a control of `links` shows: what was chosen on the page, else in the link, else the usual one."""
    chosen: str = "" if _is_unchosen(key) else st.session_state.get(key, "")
    return chosen if chosen in options else links.read_choice(options, key, usual)


def describe(where: Where, checkpoint: Checkpoint, head: bool = True) -> str:
    """A head in words, the kind of attention only where there are several."""
    said = _("layer {layer} · head {head}") if head else _("layer {layer}")
    told = said.format(layer=where.layer + 1, head=where.head + 1)
    return told if len(checkpoint.layers) == 1 else f"{kinds()[where.kind]} · {told}"


def choose_place(label: str, key: str, places: Sequence[int], usual: int) -> int:
    """A choice of one of some places, which count from 0; in the link and on the page from 1."""
    numbers = {str(place + 1): str(place + 1) for place in places}
    if len(numbers) <= 16:
        with following(key, str(usual + 1)):
            return int(links.choice(label, numbers, key, str(usual + 1))) - 1
    chosen: str = st.session_state.get(key, "")
    if chosen not in numbers:  # a link's, or of a model that had more
        chosen = links.read_choice(numbers, key, str(usual + 1))
    st.session_state[key] = chosen  # as in links.choice
    st.selectbox(label, list(numbers), key=key, width=110)
    links.put(key, chosen, str(usual + 1))
    return int(chosen) - 1


def tell_mixers(checkpoint: Checkpoint, kind: Kind) -> None:
    """Say what of a stack is not shown: layers that have something else than attention, or another attention,
    and the rest of rows that go elsewhere too.
    """
    layers: dict[str, list[str]] = {}
    for layer, mixer in checkpoint.between.get(kind, {}).items():
        layers.setdefault(mixer, []).append(str(layer + 1))
    if layers:
        listed = "; ".join(f"{', '.join(numbers)} ({mixer})" for mixer, numbers in layers.items())
        st.caption(_("Layers not shown: {layers}").format(layers=escape(listed)))
    if checkpoint.unseen:
        listed = ", ".join(f"{escape(path)}\u00a0×\u00a0{count}" for path, count in checkpoint.unseen.items())
        st.caption(
            _(
                "This model has further layers, whose attention is over something other than the text's "
                "tokens; they are not shown: {layers}"
            ).format(layers=listed)
        )
    if kind in checkpoint.condensed:
        listed = ", ".join(str(layer + 1) for layer in checkpoint.condensed[kind])
        st.caption(
            _(
                "In these layers the rest of each row goes to keys that each stand for several tokens, and "
                "is not shown: {layers}"
            ).format(layers=listed)
        )


def token(
    checkpoint: Checkpoint, tokens: Tokens, kind: Kind, label: str = "", usual: int | None = None
) -> int:
    """The token that is followed, from 0: of the link, else the one that the checkpoint's card names.

    usual: another one to begin with. A board can choose it as well, by `take`.
    """
    told = checkpoint.first_head or {}
    named = str(told.get("query", "")).lower() if told.get("kind") == kind else ""
    if usual is None:
        usual = next((i for i, text in enumerate(tokens.texts) if text.lower() == named), None)
    if usual is None:
        usual = next((i for i, special in enumerate(tokens.special) if not special), 0)
    place = links.read_place(TOKEN, len(tokens), usual)
    st.session_state[TOKEN] = place
    st.selectbox(
        label or _("The token that looks"),
        range(len(tokens)),
        format_func=lambda i: f"{i + 1} · {visible(tokens.texts[i])}",
        key=TOKEN,
        on_change=_take_chosen,
        width=260,
    )
    links.put(TOKEN, str(place + 1), str(usual + 1))
    return place


def take(place: int) -> None:
    """Choose a token, from 0; for the callback of a board."""
    st.query_params[TOKEN] = str(place + 1)


def _take_chosen() -> None:
    take(st.session_state[TOKEN])
