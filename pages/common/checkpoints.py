"""Checkpoints as the pages see them: what is on offer, loaded once, traced once."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

import model
from model import Trace
from pages.common.language import _

if TYPE_CHECKING:
    from model.attention import Edit
    from model.checkpoint import Checkpoint
    from model.recording import Part
    from model.trace import Writing
    from model.writing import Decoding

FOLDER = Path(__file__).resolve().parents[2] / "checkpoints"
DEFAULT = "pronouns"
KEY = "checkpoint"


def shipped() -> list[str]:
    """The names of the checkpoints in this repository, the default first."""
    names = sorted(path.parent.name for path in FOLDER.glob("*/config.json"))
    return sorted(names, key=lambda name: name != DEFAULT)


def choose() -> str:
    """The control that chooses a checkpoint: a shipped one, or any folder or Hub name that is typed."""
    chosen = st.selectbox(
        _("Checkpoint"),
        shipped(),
        key=KEY,
        bind="query-params",
        persist_state="session",
        accept_new_options=True,
        help=_("One of these, or the path of a Hugging Face folder, or a name on the Hub."),
    )
    return (chosen or DEFAULT).strip()


def _where(name: str) -> str:
    folder = FOLDER / name
    return str(folder) if name in shipped() else os.path.expanduser(name)


@st.cache_resource(max_entries=3, show_spinner=False)
def load(name: str) -> Checkpoint:
    """The checkpoint of this name, shared by everyone. Raises ValueError with a plain sentence."""
    return model.load(_where(name))


def trace(
    name: str,
    text: str,
    target: str | tuple[int, ...] | None = None,
    edits: tuple[Edit, ...] = (),
    layers: tuple[int, ...] | None = None,
    record: tuple[Part, ...] = ("weights",),
) -> Trace:
    """What this checkpoint's attention does with `text`, and with what it wrote where target holds its ids.

    layers, record: as in model.trace. Raises ValueError with a plain sentence.
    """
    return _trace(name, text, target, repr(edits), layers, record, edits)


@st.cache_resource(max_entries=8, show_spinner=False)
def _trace(
    name: str,
    text: str,
    target: str | tuple[int, ...] | None,
    how: str,
    layers: tuple[int, ...] | None,
    record: tuple[Part, ...],
    _edits: tuple[Edit, ...],
) -> Trace:
    # `how` stands for what is left unhashed: Silence and Uniform would hash alike.
    return model.trace(load(name), text, target, layers, record, _edits)


def write(
    name: str,
    text: str,
    decoding: Decoding | None = None,
    prefix: tuple[int, ...] = (),
    edits: tuple[Edit, ...] = (),
) -> Writing:
    """How this checkpoint translates `text`. Raises ValueError with a plain sentence."""
    return _write(name, text, repr((decoding, edits)), prefix, decoding, edits)


@st.cache_resource(max_entries=16, show_spinner=False)
def _write(
    name: str,
    text: str,
    how: str,
    prefix: tuple[int, ...],
    _decoding: Decoding | None,
    _edits: tuple[Edit, ...],
) -> Writing:
    from model.writing import write

    return write(load(name), text, _decoding, prefix, _edits)


def warm() -> None:
    """Have the default checkpoint ready, and everything that a first trace needs."""
    trace(DEFAULT, "Hello.")
