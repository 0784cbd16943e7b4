"""A Trace as one file: its arrays in safetensors, its texts as JSON beside them. Knows no torch.

The file holds, for each kind of attention that is there, the arrays that were recorded, in C order:

    encoder.weights   F32 (layers, heads, queries, keys), and like it .scores and, BOOL, .mask
    encoder.scaling   F32 (layers,)
    encoder.q         F32 (layers, heads, queries, width), and like it .k, .v, .output

and among its metadata, called "trace", JSON with the format's name and version, the texts, and the layers and
tokens of each kind. A pair of texts has the second one beside the first, and the segments of the tokens; a
file without them is read as one of a single text. Nothing in a file is trusted: what does not fit is refused,
and nothing in it is run.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from model.errors import Refusal
from model.trace import ARRAYS, KINDS, Kind, Stack, Tokens, Trace

FORMAT = "headlight trace"
VERSION = 1
TOLD = "trace"  # what the description is called among the file's metadata
LARGEST = 8 * 1024**3  # bytes; four times the weights that `model.trace` records at most
LONGEST = 32_000_000  # characters of the description
WIDEST = 1_000_000  # along any axis


def save(trace: Trace, path: str | os.PathLike[str]) -> None:
    """Writes a trace as one file, whole or not at all; a file that was there before is replaced.

    Raises ValueError, in one plain sentence, where there is no such folder, the disk is full and so on, and
    for a trace that is too large to be read again.
    """
    path = Path(path)
    arrays = {
        # safetensors writes the memory as it lies, so it has to lie in C order.
        f"{kind}.{name}": np.ascontiguousarray(getattr(trace[kind], name))
        for kind in trace.kinds
        for name in ARRAYS
        if getattr(trace[kind], name) is not None
    }
    told = json.dumps(describe(trace))
    if len(told) > LONGEST or any(max(array.shape) > WIDEST for array in arrays.values()):
        raise ValueError("The texts of this trace are too long, or its arrays too wide, for a file.")
    check_size(sum(array.nbytes for array in arrays.values()))
    if not path.parent.is_dir():
        raise Refusal("There is no folder {name}.", name=path.parent)
    beside = path.parent / f".trace-{secrets.token_hex(8)}"
    try:
        save_file(arrays, beside, metadata={TOLD: told})
        os.replace(beside, path)
    except (OSError, SafetensorError) as error:
        raise unusable(error) from error
    finally:
        beside.unlink(missing_ok=True)


def load(path: str | os.PathLike[str]) -> Trace:
    """The trace that a file keeps: equal to the one that was saved.

    Raises ValueError, in one plain sentence, for a file that is missing, too large, damaged or no trace.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise Refusal("There is no file {name}.", name=path)
        check_size(path.stat().st_size)
        with safe_open(path, "numpy") as file:
            told = json.loads((file.metadata() or {})[TOLD])
            check_format(told, path)
            return rebuild(told, {name: array(file, name) for name in file.keys()})  # noqa: SIM118 - not a dict
    except Refusal:
        raise
    except OSError as error:
        raise unusable(error) from error
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Refusal("{name} is damaged, or no trace.", name=path.name) from error


def describe(trace: Trace) -> dict[str, Any]:
    """All of a trace but its arrays, as JSON has it."""
    told = {
        "format": FORMAT,
        "version": VERSION,
        "source": trace.source,
        "output_tokens": trace.output_tokens,
        "output_text": trace.output_text,
        "stacks": {
            kind: {
                "layers": list(map(int, trace[kind].layers)),
                "queries": describe_tokens(trace[kind].queries),
                "keys": describe_tokens(trace[kind].keys),
            }
            for kind in trace.kinds
        },
    }
    return told if trace.pair is None else {**told, "pair": trace.pair}


def describe_tokens(tokens: Tokens) -> dict[str, Any]:
    """One side, as JSON has it."""
    told = asdict(plain(tokens))
    return {name: value for name, value in told.items() if name != "segments" or value is not None}


def plain(tokens: Tokens) -> Tokens:
    """The same tokens in Python's own numbers; NumPy's are none of JSON's."""
    return replace(
        tokens,
        words=tuple(map(int, tokens.words)),
        special=tuple(map(bool, tokens.special)),
        unknown=tuple(map(bool, tokens.unknown)),
        segments=None if tokens.segments is None else tuple(map(int, tokens.segments)),
        segmented=bool(tokens.segmented),
        across=tuple(map(int, tokens.across)),
    )


def array(file: Any, name: str) -> NDArray[Any]:
    """One array of a file. Raises ValueError for one that no trace has."""
    kind, _, part = name.partition(".")
    if kind not in KINDS or part not in ARRAYS:
        raise ValueError(f"A trace has no array {name}.")
    found = file.get_slice(name)
    if found.get_dtype() != ("BOOL" if part == "mask" else "F32"):
        raise ValueError(f"{name} holds numbers of the type {found.get_dtype()}.")
    if max(found.get_shape(), default=0) > WIDEST:
        raise ValueError(f"{name} has the shape {found.get_shape()}.")
    loaded: NDArray[Any] = file.get_tensor(name)
    if part == "mask" and loaded.size and loaded.view(np.uint8).max() > 1:
        raise ValueError(f"{name} holds bytes that are neither true nor false.")
    return loaded


def rebuild(told: dict[str, Any], arrays: dict[str, NDArray[Any]]) -> Trace:
    """The trace that a file describes. Raises an error of Python's where its parts do not fit."""
    stacks: dict[Kind, Stack] = {}
    for kind in KINDS:
        if kind in told["stacks"]:
            part = told["stacks"][kind]
            own = {name: arrays.pop(f"{kind}.{name}") for name in ARRAYS if f"{kind}.{name}" in arrays}
            stacks[kind] = Stack(
                kind,
                queries=tokens(part["queries"]),
                keys=tokens(part["keys"]),
                layers=tuple(each(int, part["layers"])),
                **own,
            )
    if arrays or set(told["stacks"]) - set(stacks):
        raise ValueError("What is described is not what is there.")
    written, text, pair = told["output_tokens"], told["output_text"], told.get("pair")
    return Trace(
        encoder=stacks.get("encoder"),
        decoder=stacks.get("decoder"),
        cross=stacks.get("cross"),
        source=one(str, told["source"]),
        output_tokens=None if written is None else tuple(each(str, written)),
        output_text=None if text is None else one(str, text),
        pair=None if pair is None else one(str, pair),
    )


def tokens(told: dict[str, Any]) -> Tokens:
    """One side as it was written down; older files do not say how words were found."""
    segments, spelling = told.get("segments"), told.get("spelling")
    return Tokens(
        tuple(each(str, told["texts"])),
        tuple(each(int, told["words"])),
        tuple(each(bool, told["special"])),
        tuple(each(bool, told["unknown"])),
        None if segments is None else tuple(each(int, segments)),
        None if spelling is None else tuple(each(str, spelling)),
        one(bool, told.get("segmented", False)),
        tuple(each(int, told.get("across", []))),
    )


def one(kind: type, value: Any) -> Any:
    """A value of JSON that is exactly of this type. Raises TypeError for another."""
    if type(value) is not kind:  # isinstance would take true for 1
        raise TypeError(f"Here stands a {type(value).__name__} in the place of a {kind.__name__}.")
    return value


def each(kind: type, values: Any) -> Iterable[Any]:
    """The values of a list of JSON, each exactly of this type."""
    return (one(kind, value) for value in one(list, values))


def check_format(told: Any, path: Path) -> None:
    """Raises ValueError where a description is not one of a trace, or of a later format."""
    if told["format"] != FORMAT or one(int, told["version"]) < 1:
        raise ValueError(f"This is {told['format']} of version {told['version']}.")
    if told["version"] > VERSION:
        raise Refusal("{name} was saved by a newer Headlight; this one cannot read it.", name=path.name)


def check_size(size: int) -> None:
    """Raises ValueError for more bytes than a file of a trace may have."""
    if size > LARGEST:
        raise Refusal(
            "A trace of {size} GB is too large for a file; it may have {most} GB.",
            size=round(size / 1e9, 1),
            most=round(LARGEST / 1e9, 1),
        )


def unusable(error: Exception) -> Refusal:
    """What is said where the system does not let us read or write."""
    what = getattr(error, "strerror", None) or str(error)
    return Refusal("A file could not be read or written: {what}.", what=what)
