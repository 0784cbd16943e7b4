"""What pages on recurrent networks share: which checkpoints fit, and what these do with the sentence."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

import streamlit as st

from pages.common import checkpoints, links, stage
from pages.common.ask import Asked
from pages.common.language import _, current
from pages.common.request import Request
from pages.common.text import escape

if TYPE_CHECKING:
    from model.unrolled import Cell, Unrolled

Answering = Literal["one", "many", "writes"]  # one answer, a tag at each word, another text
ANSWERING: tuple[Answering, ...] = get_args(Answering)

MODEL_TYPE = "headlight-recurrent"
CELLS: tuple[Cell, ...] = ("rnn", "lstm", "gru")
GATED: tuple[Cell, ...] = ("lstm", "gru")
OFFERED = 6  # checkpoints that are named where one does not fit
TRAIN = "python -m model.training reverse --set network=lstm --output runs/reverse-lstm"


class Network(NamedTuple):
    """What the config of a recurrent checkpoint says of it."""

    cell: Cell
    answering: Answering


@checkpoints.keep(256, st.cache_data)
def find_network(name: str) -> Network | None:
    """What kind of recurrent network a folder holds; None where it holds none."""
    try:
        config = json.loads((Path(name) / "config.json").read_text(encoding="utf-8"))
        if config.get("model_type") != MODEL_TYPE:
            return None
        cell = config.get("cell", "lstm")
        if config.get("decoder_layers", 1):
            return Network(cell, "writes")
        return Network(cell, "many" if config.get("pooling", "none") == "none" else "one")
    except (OSError, ValueError, AttributeError):  # whoever loads it says what is wrong with it
        return None


def find_fitting(cells: Collection[Cell]) -> dict[str, Network]:
    """The checkpoints on offer with one of these cells: what is shipped first, then what reads the page's
    language, then what answers once.
    """
    found = {name: find_network(name) for name in checkpoints.find_offered()}
    fitting = {name: one for name, one in found.items() if one is not None and one.cell in cells}
    shipped = set(checkpoints.find_shipped())

    def rank(name: str) -> tuple[bool, bool, int]:
        order = ANSWERING.index(fitting[name].answering)
        return name not in shipped, language_of(name) != current(), order

    return {name: fitting[name] for name in sorted(fitting, key=rank)}


def language_of(name: str) -> str:
    """The language that a checkpoint reads, by its name: English unless it says another."""
    return "ko" if name.endswith("-ko") else "en"


def begin(cells: Collection[Cell]) -> None:
    """Have a page open with a checkpoint that fits it, where nobody named one; call it before `ask.sentence`.

    What a person chose on the page, or a link names, stays, whether it fits or not.
    """
    if checkpoints.KEY in st.query_params or not links.is_arrival():
        return
    held = st.session_state.get(checkpoints.KEY)
    network = find_network(held) if held else None
    if network is not None and network.cell in cells:
        return
    first = next(iter(find_fitting(cells)), None)
    if first is not None:
        st.session_state[checkpoints.KEY] = first


def fits(asked: Asked, cells: Collection[Cell]) -> bool:
    """Whether the checkpoint that is asked is a recurrent network with one of these cells."""
    return bool(asked.checkpoint.recurrences) and getattr(asked.checkpoint.model.config, "cell", "") in cells


def offer(asked: Asked, cells: Collection[Cell]) -> None:
    """Say in one sentence that the checkpoint does not fit, and offer those that do."""
    fitting = find_fitting(cells)
    name = escape(asked.name)
    if not asked.checkpoint.recurrences:
        said = _("{name} is no recurrent network: it reads all words at once.")
    else:
        said = _("{name} has no gates: its cell is an Elman network, h = φ(U x + W h + b).")
    with stage.picture():
        if fitting:
            st.markdown(_("Choose one that fits:"))
        else:
            st.markdown(_("No recurrent network is here yet. This trains one, in a few minutes:"))
            st.code(TRAIN, language="bash")
        with st.container(horizontal=True):
            for one in list(fitting)[:OFFERED]:
                st.button(escape(one), key=f"fits {one}", on_click=take, args=[one])
    stage.answer(said.format(name=name))


def take(name: str) -> None:
    """Choose a checkpoint."""
    st.session_state[checkpoints.KEY] = name


def switch(asked: Asked, cells: Collection[Cell]) -> None:
    """The control that chooses between networks that answer at each word, once, and by another text.

    Each is a checkpoint, the first one of its kind.
    """
    names: dict[Answering, str] = {
        "one": _("One answer"),
        "many": _("A tag at each word"),
        "writes": _("Another text"),
    }
    fitting = find_fitting(cells)
    first: dict[Answering, str] = {}
    for name, network in fitting.items():
        first.setdefault(network.answering, name)
    now = find_network(asked.name)
    offered = [one for one in names if one in first or (now and now.answering == one)]
    if now is None or len(offered) < 2:
        return
    key = "answering"
    st.session_state[key] = now.answering

    def change() -> None:
        chosen = st.session_state[key]
        if chosen in first and chosen != now.answering:
            take(first[chosen])

    st.segmented_control(
        _("What it answers"),
        offered,
        format_func=names.__getitem__,
        key=key,
        on_change=change,
        required=True,
        label_visibility="collapsed",
    )


@checkpoints.keep(16)
def unroll(request: Request) -> Unrolled:
    """What the network does with the text. Raises ValueError with a plain sentence."""
    from model.analysis.recurrence import unroll

    return unroll(checkpoints.load(request), request.text)


def stacks() -> dict[str, str]:
    """The two halves of an encoder-decoder, as a person reads them."""
    return {"encoder": _("Encoder"), "decoder": _("Decoder")}
