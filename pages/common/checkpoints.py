"""Checkpoints as the pages see them: what is on offer, loaded once, traced once."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, update_wrapper, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

import model
from model import Trace
from model.errors import Refusal
from model.locks import keeping
from model.training import jobs
from model.training.folder import is_underway, status
from pages.common import edits, schema, stage
from pages.common.language import _
from pages.common.request import Chosen, Request
from pages.common.text import escape

if TYPE_CHECKING:
    from collections.abc import Collection

    from model.analysis.measures import Measured
    from model.capture.checkpoint import Checkpoint
    from model.decodings import Writing
    from model.edits import Edit
    from model.listening import Part
    from model.trace import Kind, Tokens

FOLDER = Path(__file__).resolve().parents[2] / "checkpoints"
DEFAULT = "en-fr"
KEY, LOOKED = schema.CHECKPOINT, "looked up"
RUN = re.compile(r"\d{8}-\d{6}-[a-z0-9-]+")  # the names that the app gives to its runs


P = ParamSpec("P")
R = TypeVar("R")
Which = TypeVar("Which", str, Chosen, Request)

_met: set[str] = set()  # every name that was on offer since the app was started
_stamps: dict[str, int] = {}  # which checkpoint each folder held last


class Lookup:
    """What is on offer and when it was written: each folder is looked at once, and what was found stays so.

    stamps: by path, when the checkpoint of a folder was written, in ns.
    """

    def __init__(self) -> None:
        self.stamps: dict[str, int] = {}

    @cached_property
    def offered(self) -> dict[str, Path]:
        """By name, the folders of all that every page offers."""
        found = {name: FOLDER / name for name in find_shipped()}
        stamps = runs()
        for folder in sorted(stamps, key=lambda folder: (stamps[folder], folder.name), reverse=True):
            found[folder.name if folder.name not in found else f"{folder.parent.name}/{folder.name}"] = folder
            self.note(str(folder), stamps[folder])
        _met.update(found)
        return found

    def note(self, path: str, stamp: int) -> None:
        """When a folder was found to be written; the work kept for what it held before is forgotten."""
        self.stamps[path] = stamp
        if _stamps.setdefault(path, stamp) != stamp:
            _stamps[path] = stamp
            for kept in _kept:
                kept.forget(path, stamp)


def current_lookup() -> Lookup:
    """What was found in this run of the page, or of a part of it; outside of any, what is found now."""
    run = get_script_run_ctx(suppress_warning=True)
    if run is None:
        return Lookup()
    of, found = st.session_state.get(LOOKED, (None, None))
    if of is not run.cursors:  # which Streamlit makes anew for each run
        found = Lookup()
        st.session_state[LOOKED] = run.cursors, found
    return found


def look_again() -> None:
    """Forget what was found in this run: something was put there since."""
    st.session_state.pop(LOOKED, None)


def find_shipped() -> list[str]:
    """The names of the checkpoints in this repository, the default first."""
    names = sorted(path.parent.name for path in FOLDER.glob("*/config.json"))
    return sorted(names, key=lambda name: name != DEFAULT)


def find_offered() -> dict[str, Path]:
    """What every page offers, name → folder: what is shipped, then the runs, the newest first.

    A run of a shipped one's name is told apart by the folder it lies in.
    """
    return current_lookup().offered


def name_of(folder: Path) -> str:
    """The name under which a folder is on offer; its path where it is not."""
    return next((name for name, place in find_offered().items() if place == folder), str(folder))


def runs() -> dict[Path, int]:
    """The folders of runs that ended with a checkpoint, and of those unpacked, and when it was written."""
    found = {}
    for folder in jobs.runs_folder().glob("[!.]*"):
        with suppress(OSError, ValueError):  # a run without a checkpoint yet, or one that is being removed
            written = read_mtime(folder)
            if not is_underway(folder) or status(folder).state == "stopped":
                found[folder] = written
    return found


def read_mtime(folder: Path) -> int:
    """When the checkpoint of a folder was written, in ns. Raises OSError, ValueError where there is none."""
    return (folder / "config.json").stat().st_mtime_ns


def is_gone(name: str, names: Collection[str]) -> bool:
    """Whether this is the name of a run that cannot be chosen, or no longer. names: on offer now."""
    if name in names or os.path.isdir(at_home(name)):
        return False
    return name in _met or RUN.fullmatch(name) is not None


def choose() -> str:
    """The control that chooses a checkpoint: one on offer, or any folder or Hub name that is typed.

    The default where a run was chosen that has been removed.
    """
    names = list(find_offered())
    chosen = st.selectbox(
        _("Checkpoint"),
        names,
        key=KEY,
        bind="query-params",
        persist_state="session",
        accept_new_options=True,
        placeholder=_("Choose one, or write a path or name"),
        label_visibility="collapsed",
        width=stage.CHECKPOINT,
    )
    name = (chosen or DEFAULT).strip()
    if not is_gone(name, names):
        return name
    st.caption(
        _("There is no finished run {name} here; this is {default}.").format(
            name=escape(name), default=DEFAULT
        )
    )
    return DEFAULT


def where(name: str) -> str:
    """The folder of a name on offer or of a path; any other name, perhaps one on the Hub, as it is."""
    return str(find_offered().get(name) or at_home(name))


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


def stamp(path: str) -> int:
    """When the checkpoint of a folder was written, in ns; 0 where there is none."""
    found = current_lookup()
    if path not in found.stamps:
        try:
            found.note(path, read_mtime(Path(path)))
        except (OSError, ValueError):  # the latter: a name that no folder can have
            found.note(path, 0)
    return found.stamps[path]


def name_in(which: str | Chosen | Request) -> str:
    return which if isinstance(which, str) else which.name


def put_at(which: str | Chosen | Request, place: str) -> Any:
    """The same with a folder in the place of the checkpoint's name."""
    if isinstance(which, Request):
        return which.at(place)
    if isinstance(which, Chosen):
        return which._replace(name=place)
    return place


class Kept:
    """Results of some work, each kept until its checkpoint's folder holds another one."""

    def __init__(self, work: Callable[..., Any], cache: Any, most: int) -> None:
        def at(which: str | Chosen | Request, stamp: int, *more: Any, **named: Any) -> Any:
            return work(which, *more, **named)

        one, *others = inspect.signature(work).parameters.values()
        update_wrapper(at, work)
        # By the names of its arguments Streamlit knows which stand for nothing in the key: those with a _.
        told = [one.replace(name=name) for name in ("which", "stamp")]
        at.__signature__ = inspect.Signature([*told, *others])  # type: ignore[attr-defined]
        # By all that they say: Streamlit takes two dataclasses for the same where their fields are.
        told_apart = {Request: repr}
        self.work, self.most = cache(max_entries=most, show_spinner=False, hash_funcs=told_apart)(at), most
        self.calls: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {}  # the last ones, that may be kept

    def __call__(self, which: str | Chosen | Request, stamp: int, *more: Any, **named: Any) -> Any:
        call = (which, stamp, *more), named
        with keeping:
            self.calls.pop(repr(call), None)
            self.calls[repr(call)] = call
            if len(self.calls) > self.most:
                del self.calls[next(iter(self.calls))]
        return self.work(which, stamp, *more, **named)

    def forget(self, path: str, stamp: int) -> None:
        """Forget what was made from what the folder held at another time."""
        with keeping:
            old = {
                key: call
                for key, call in self.calls.items()
                if name_in(call[0][0]) == path and call[0][1] != stamp
            }
            for key in old:
                del self.calls[key]
        for more, named in old.values():
            self.work.clear(*more, **named)


_kept: list[Kept] = []


def keep(
    most: int, cache: Any = st.cache_resource
) -> Callable[[Callable[Concatenate[Which, P], R]], Callable[Concatenate[Which, P], R]]:
    """Has work on a checkpoint done once, as long as the folder holds the same one.

    Its first argument is a checkpoint's name, the name with languages, or a request; what it is given has the
    folder in the name's place, which is a name of it too.
    most: how many results are kept, of all checkpoints together. cache: Streamlit's; of cache_data everyone
    gets a copy.
    """

    def decorate(work: Callable[Concatenate[Which, P], R]) -> Callable[Concatenate[Which, P], R]:
        results = Kept(work, cache, most)
        _kept.append(results)

        @wraps(work)
        def call_kept(which: Which, /, *more: P.args, **named: P.kwargs) -> R:
            path = where(name_in(which))
            result: R = results(put_at(which, path), stamp(path), *more, **named)
            return result

        return call_kept

    return decorate


def load(which: str | Chosen | Request) -> Checkpoint:
    """The checkpoint of this name, shared by everyone. Raises ValueError with a plain sentence."""
    if isinstance(which, Request):
        which = which.chosen
    name, *languages = Chosen(which) if isinstance(which, str) else which
    return _load(name).translating(*languages)


@keep(3)
def _load(name: str) -> Checkpoint:
    return model.load(name, on_step=still_wanted)


def still_wanted() -> None:
    """Ends the work where the page has been asked for something else meanwhile."""
    if get_script_run_ctx(suppress_warning=True) is not None:
        st.session_state.get(KEY)  # Streamlit looks there, whenever it is asked for anything


def translates(request: Request) -> bool:
    """Whether the model writes what its decoder reads."""
    return load(request).architecture == "encoder-decoder"


@keep(16)
def write(request: Request) -> Writing:
    """How an encoder-decoder translates the text. Raises ValueError with a plain sentence."""
    from model.decode.decoding import Greedy, write

    m = load(request)
    return write(m, request.text, request.decoding or Greedy(), request.prefix, request.changes)


def write_ids(request: Request) -> tuple[int, ...] | None:
    """The ids that an encoder-decoder writes; None of any other model.

    Raises ValueError with a plain sentence.
    """
    return write(request).ids if translates(request) else None


def trace(
    request: Request,
    layers: tuple[int, ...] | None = None,
    record: tuple[Part, ...] = ("weights",),
) -> Trace:
    """What attention does with the text, and in an encoder-decoder with what that writes.

    layers, record: as in model.trace. Raises ValueError with a plain sentence.
    """
    return trace_with(request, write_ids(request), layers, record)


@keep(8)
def trace_with(
    request: Request,
    target: tuple[int, ...] | None,
    layers: tuple[int, ...] | None = None,
    record: tuple[Part, ...] = ("weights",),
) -> Trace:
    """The same with these ids in the place of what would be written."""
    changes = keep_reached(request, target)
    return model.trace(load(request), request.text, target, layers, record, changes, pair=request.pair)


@keep(16)
def find_sides(request: Request) -> tuple[Tokens, Tokens]:
    """The tokens that an encoder-decoder reads, and those that its decoder reads while it writes.

    Raises ValueError with a plain sentence.
    """
    from model.capture.record import read_text

    sides = read_text(load(request), request.text, write_ids(request), {}, (), None).sides
    return sides["encoder"][0], sides["decoder"][0]


def keep_reached(request: Request, written: tuple[int, ...] | None) -> tuple[Edit, ...]:
    """The changes that lie within what is read and written; a text may be shorter with them than without."""
    return request.changes if written is None else edits.keep_reached(request.changes, len(written))


@keep(16)
def measure(request: Request, measure: str) -> dict[Kind, Measured]:
    """A number for each head. measure: its name; see `model.analysis.measures`.

    Raises ValueError with a plain sentence.
    """
    from model.analysis import measures

    m, target = load(request), write_ids(request)
    return measures.measure(m, request.text, measure, target=target, pair=request.pair)


def warm() -> None:
    """Have the default checkpoint ready, and everything that a first trace needs."""
    trace(Request(Chosen(DEFAULT), "Hello."))
