"""Checkpoints as the pages see them: what is on offer, loaded once, traced once."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

import model
from model import Trace
from model.errors import Refusal
from model.training import jobs
from model.training.folder import is_underway, status
from pages.common.language import _
from pages.common.text import escaped

if TYPE_CHECKING:
    from collections.abc import Collection

    from model.analysis.measures import Measured
    from model.attention import Part
    from model.capture.checkpoint import Checkpoint
    from model.decode.decoding import Decoding
    from model.decodings import Writing
    from model.edits import Edit
    from model.trace import Kind

FOLDER = Path(__file__).resolve().parents[2] / "checkpoints"
DEFAULT = "en-fr"
KEY = "checkpoint"
RUN = re.compile(r"\d{8}-\d{6}-[a-z0-9-]+")  # the names that the app gives to its runs


class Chosen(NamedTuple):
    """A checkpoint by its name, and the languages that it is to translate between; None = its own."""

    name: str
    source_language: str | None = None
    target_language: str | None = None


_met: set[str] = set()  # every name that was on offer since the app was started
_stamps: dict[str, int] = {}  # which version of each folder was loaded last


def shipped() -> list[str]:
    """The names of the checkpoints in this repository, the default first."""
    names = sorted(path.parent.name for path in FOLDER.glob("*/config.json"))
    return sorted(names, key=lambda name: name != DEFAULT)


def offered() -> dict[str, Path]:
    """What every page offers, name → folder: what is shipped, then the runs, the newest first.

    A run of a shipped one's name is told apart by the folder it lies in.
    """
    found = {name: FOLDER / name for name in shipped()}
    for folder in runs():
        found[folder.name if folder.name not in found else f"{folder.parent.name}/{folder.name}"] = folder
    _met.update(found)
    return found


def name_of(folder: Path) -> str:
    """The name under which a folder is on offer; its path where it is not."""
    return next((name for name, place in offered().items() if place == folder), str(folder))


def runs() -> list[Path]:
    """The folders of the runs that have ended with a checkpoint, and of those unpacked, the newest first."""
    found: dict[Path, int] = {}
    for config in jobs.runs_folder().glob("*/config.json"):
        with suppress(OSError, ValueError):  # one that is being removed
            stopped = not is_underway(config.parent) or status(config.parent).state == "stopped"
            if stopped and not config.parent.name.startswith("."):
                found[config.parent] = config.stat().st_mtime_ns
    return sorted(found, key=lambda folder: (found[folder], folder.name), reverse=True)


def is_gone(name: str, names: Collection[str]) -> bool:
    """Whether this is the name of a run that cannot be chosen, or no longer. names: on offer now."""
    if name in names or os.path.isdir(at_home(name)):
        return False
    return name in _met or RUN.fullmatch(name) is not None


def choose() -> str:
    """The control that chooses a checkpoint: one on offer, or any folder or Hub name that is typed.

    The default where a run was chosen that has been removed.
    """
    names = list(offered())
    chosen = st.selectbox(
        _("Checkpoint"),
        names,
        key=KEY,
        bind="query-params",
        persist_state="session",
        accept_new_options=True,
        placeholder=_("Choose one, or write a path or name"),
        help=_("One of these, or the path of a Hugging Face folder, or a name on the Hub."),
    )
    name = (chosen or DEFAULT).strip()
    if not is_gone(name, names):
        return name
    st.caption(
        _("There is no finished run {name} here; this is {default}.").format(
            name=escaped(name), default=DEFAULT
        )
    )
    return DEFAULT


def where(name: str) -> str:
    """The folder of a name on offer or of a path; any other name, perhaps one on the Hub, as it is."""
    return str(offered().get(name) or at_home(name))


def at_home(name: str) -> str:
    """The path, with ~ as the person's home; as it is where no folder can have this name."""
    try:
        return os.path.expanduser(name)
    except ValueError:
        return name


def folder(name: str) -> Path:
    """The folder of a checkpoint on this machine. Raises ValueError where there is none of this name."""
    path = Path(where(name))
    if not path.is_dir():
        raise Refusal("There is no folder {name}.", name=name or '""')
    return path


def load(which: str | Chosen) -> Checkpoint:
    """The checkpoint of this name, shared by everyone. Raises ValueError with a plain sentence."""
    name, *languages = Chosen(which) if isinstance(which, str) else which
    path = where(name)
    return _load(path, _stamp(path)).translating(*languages)


@st.cache_resource(max_entries=3, show_spinner=False)
def _load(path: str, stamp: int) -> Checkpoint:
    return model.load(path)


def _stamp(path: str) -> int:
    """When the checkpoint of a folder was written, in ns; 0 where there is no folder.

    Whatever the app has kept is forgotten where the folder holds another checkpoint than it did: most of
    what is made from a checkpoint is kept under its name alone.
    """
    try:
        stamp = (Path(path) / "config.json").stat().st_mtime_ns
    except (OSError, ValueError):  # the latter: a name that no folder can have
        stamp = 0
    if _stamps.setdefault(path, stamp) != stamp:
        _stamps[path] = stamp
        st.cache_resource.clear()
        st.cache_data.clear()
    return stamp


def trace(
    which: str | Chosen,
    text: str,
    target: str | tuple[int, ...] | None = None,
    edits: tuple[Edit, ...] = (),
    layers: tuple[int, ...] | None = None,
    record: tuple[Part, ...] = ("weights",),
) -> Trace:
    """What this checkpoint's attention does with `text`, and with what it wrote where target holds its ids.

    layers, record: as in model.trace. Raises ValueError with a plain sentence.
    """
    which = Chosen(which) if isinstance(which, str) else which
    _stamp(where(which.name))
    return _trace(which, text, target, repr(edits), layers, record, edits)


@st.cache_resource(max_entries=8, show_spinner=False)
def _trace(
    which: Chosen,
    text: str,
    target: str | tuple[int, ...] | None,
    how: str,
    layers: tuple[int, ...] | None,
    record: tuple[Part, ...],
    _edits: tuple[Edit, ...],
) -> Trace:
    # `how` stands for what is left unhashed: Silence and Uniform would hash alike.
    return model.trace(load(which), text, target, layers, record, _edits)


def write(
    which: str | Chosen,
    text: str,
    decoding: Decoding | None = None,
    prefix: tuple[int, ...] = (),
    edits: tuple[Edit, ...] = (),
) -> Writing:
    """How this checkpoint translates `text`. Raises ValueError with a plain sentence."""
    which = Chosen(which) if isinstance(which, str) else which
    _stamp(where(which.name))
    return _write(which, text, repr((decoding, edits)), prefix, decoding, edits)


@st.cache_resource(max_entries=16, show_spinner=False)
def _write(
    which: Chosen,
    text: str,
    how: str,
    prefix: tuple[int, ...],
    _decoding: Decoding | None,
    _edits: tuple[Edit, ...],
) -> Writing:
    from model.decode.decoding import write

    return write(load(which), text, _decoding, prefix, _edits)


def measure(which: Chosen, text: str, measure: str) -> dict[Kind, Measured]:
    """A number for each of this checkpoint's heads. measure: its name; see `model.analysis.measures`.

    Raises ValueError with a plain sentence.
    """
    _stamp(where(which.name))
    return _measure(which, text, measure)


@st.cache_resource(max_entries=16, show_spinner=False)
def _measure(which: Chosen, text: str, measure: str) -> dict[Kind, Measured]:
    from model.analysis import measures

    m = load(which)
    target = write(which, text).ids if m.architecture == "encoder-decoder" else None
    return measures.measure(m, text, measure, target=target)


def warm() -> None:
    """Have the default checkpoint ready, and everything that a first trace needs."""
    trace(DEFAULT, "Hello.")
