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
    from model.checkpoint import Checkpoint

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


@st.cache_resource(max_entries=8, show_spinner=False)
def trace(name: str, text: str) -> Trace:
    """What this checkpoint's attention does with `text`. Raises ValueError with a plain sentence."""
    return model.trace(load(name), text)


def warm() -> None:
    """Have the default checkpoint ready, and everything that a first trace needs."""
    trace(DEFAULT, "Hello.")
