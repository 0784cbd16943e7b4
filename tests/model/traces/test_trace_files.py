"""A trace in a file: it comes back as it was, and a file of unknown origin is refused in one sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from model.trace import ARRAYS, Stack, Tokens, Trace
from model.traces import files as trace_files
from tests.model.records import traces


def small(**more: Any) -> Trace:
    """An encoder's trace of two tokens and one layer, the third, with mask and q."""
    pair = Tokens(("나", "\ud83d"), (0, 1), (False, True), (True, False))
    weights = np.arange(8, dtype=np.float32).reshape(1, 2, 2, 2)
    stack = Stack("encoder", weights, pair, pair, (2,), mask=weights > 3, q=weights)
    return Trace(encoder=stack, source="나 😀", **more)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(traces())
def test_what_is_saved_comes_back(tmp_path: Path, t: Trace) -> None:
    path = tmp_path / "a.safetensors"
    t.save(path)
    again = Trace.load(str(path))
    assert again == t
    for kind in t.kinds:
        for name in ARRAYS:
            one, other = getattr(t[kind], name), getattr(again[kind], name)
            assert (one is None) == (other is None)
            if one is not None:
                assert other.dtype == one.dtype
                assert not other.flags.writeable
    assert os.listdir(tmp_path) == [path.name]  # nothing is left beside it


def test_a_file_that_does_not_say_how_words_were_found_is_read(tmp_path: Path) -> None:
    small().save(tmp_path / "a")
    with safe_open(tmp_path / "a", "numpy") as file:
        told = json.loads(file.metadata()["trace"])
    for side in ("queries", "keys"):
        for name in ("spelling", "segmented", "across"):
            del told["stacks"]["encoder"][side][name]
    save_file(load_file(tmp_path / "a"), tmp_path / "b", metadata={"trace": json.dumps(told)})
    assert Trace.load(tmp_path / "b") == small()


def test_arrays_that_lie_in_another_order_are_written_in_c_order(tmp_path: Path) -> None:
    turned = np.arange(8, dtype=np.float32).reshape(2, 2, 2, 1).transpose(3, 1, 2, 0)
    assert not turned.flags.c_contiguous
    t = small()
    assert t.encoder is not None
    replace(t, encoder=replace(t.encoder, weights=turned)).save(tmp_path / "a")
    np.testing.assert_array_equal(load_file(tmp_path / "a")["encoder.weights"], turned)


def test_a_file_that_was_there_is_replaced_and_stays_where_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    small().save(path)
    small(output_text="b").save(path)
    assert Trace.load(path).output_text == "b"

    def full(_from: Any, _to: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trace_files.os, "replace", full)
    with pytest.raises(ValueError, match="could not be read or written: No space left on device"):
        small(output_text="c").save(path)
    monkeypatch.undo()
    assert Trace.load(path).output_text == "b"
    assert os.listdir(tmp_path) == ["a"]


def test_where_nothing_can_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match=r"^There is no folder .*nowhere\.$"):
        small().save(tmp_path / "nowhere" / "a")
    with pytest.raises(ValueError, match=r"^A file could not be read or written: "):
        small().save(tmp_path)
    monkeypatch.setattr(trace_files, "LARGEST", 50)
    with pytest.raises(ValueError, match="GB is too large for a file"):
        small().save(tmp_path / "a")
    monkeypatch.setattr(trace_files, "LONGEST", 50)
    with pytest.raises(ValueError, match="too long"):
        small().save(tmp_path / "a")
    assert os.listdir(tmp_path) == []


def test_a_file_that_is_missing_or_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(ValueError, match=r"^There is no file .*\.$"):
            Trace.load(path)
    small().save(tmp_path / "a")
    monkeypatch.setattr(trace_files, "LARGEST", 50)
    with pytest.raises(ValueError, match="GB is too large for a file"):
        Trace.load(tmp_path / "a")


def test_a_file_cut_short_or_with_bytes_changed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    small().save(path)
    whole = path.read_bytes()
    for cut in range(0, len(whole), 7):
        path.write_bytes(whole[:cut])
        refused(path)
    head = 8 + int.from_bytes(whole[:8], "little")
    for at in range(0, head, 3):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1 :])
        try:
            Trace.load(path)  # a letter of a text may have become another
        except ValueError as error:
            assert "\n" not in str(error)  # noqa: PT017


def test_files_of_others(tmp_path: Path) -> None:
    path = tmp_path / "a"
    for content in (b"", b"{}", b"PK\3\4" * 40, b"\xff" * 100, b"\0" * 100):
        path.write_bytes(content)
        refused(path)
    weights = {"encoder.weights": np.zeros((1, 2, 2, 2), np.float32)}
    for metadata in (
        None,
        {"format": "pt"},
        *({"trace": text} for text in ("", "{", "[]", "3", "null", "[" * 99999)),
    ):
        save_file(weights, path, metadata=metadata)
        refused(path)


def test_the_format_and_its_version_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a"
    small().save(path)
    arrays, told = taken(path)
    assert (told["format"], told["version"]) == ("headlight trace", 1)
    assert set(arrays) == {"encoder.weights", "encoder.mask", "encoder.q"}
    written(path, arrays, {**told, "version": 2})
    with pytest.raises(ValueError, match=r"^a was saved by a newer Headlight"):
        Trace.load(path)


def test_a_file_of_one_text_says_nothing_of_a_second(tmp_path: Path) -> None:
    small().save(tmp_path / "a")
    told = taken(tmp_path / "a")[1]
    assert "pair" not in told
    assert "segments" not in tokens_of(told)
    assert Trace.load(tmp_path / "a").pair is None


def tokens_of(told: dict[str, Any]) -> Any:
    return told["stacks"]["encoder"]["queries"]


def endless(arrays: dict[str, Any], told: dict[str, Any]) -> None:
    arrays.clear()
    arrays["encoder.weights"] = np.zeros((0, 2**40, 2, 2), np.float32)
    told["stacks"]["encoder"]["layers"] = []


Change = Callable[[dict[str, Any], dict[str, Any]], Any]
CHANGES: dict[str, Change] = {
    "another format": lambda a, t: t.update(format="film"),
    "no format": lambda a, t: t.pop("format"),
    "no version": lambda a, t: t.pop("version"),
    "a version that is no number": lambda a, t: t.update(version="1"),
    "version 0": lambda a, t: t.update(version=0),
    "version true": lambda a, t: t.update(version=True),
    "no source": lambda a, t: t.pop("source"),
    "a source that is a number": lambda a, t: t.update(source=3),
    "no output": lambda a, t: t.pop("output_text"),
    "an output that is a list": lambda a, t: t.update(output_text=["a"]),
    "output tokens as one text": lambda a, t: t.update(output_tokens="ab"),
    "output tokens that are numbers": lambda a, t: t.update(output_tokens=[1]),
    "stacks that are a list": lambda a, t: t.update(stacks=["encoder"]),
    "a kind that is unknown": lambda a, t: t["stacks"].update(sideways=t["stacks"]["encoder"]),
    "a kind without arrays": lambda a, t: t["stacks"].update(decoder=t["stacks"]["encoder"]),
    "arrays without a kind": lambda a, t: t["stacks"].clear(),
    "a token too many": lambda a, t: [
        tokens_of(t)[name].append(tokens_of(t)[name][0]) for name in ("texts", "words", "special", "unknown")
    ],
    "a word too few": lambda a, t: tokens_of(t)["words"].pop(),
    "a text that is a number": lambda a, t: tokens_of(t).update(texts=[1, 2]),
    "texts as one": lambda a, t: tokens_of(t).update(texts="ab"),
    "words that are true": lambda a, t: tokens_of(t).update(words=[True, False]),
    "words with a fraction": lambda a, t: tokens_of(t).update(words=[0.0, 1.0]),
    "marks that are numbers": lambda a, t: tokens_of(t).update(special=[0, 1]),
    "a pair that is a number": lambda a, t: t.update(pair=3),
    "a segment too few": lambda a, t: tokens_of(t).update(segments=[0]),
    "segments that are true": lambda a, t: tokens_of(t).update(segments=[True, False]),
    "a segment below 0": lambda a, t: tokens_of(t).update(segments=[0, -1]),
    "a segment of no tokenizer": lambda a, t: tokens_of(t).update(segments=[0, 128]),
    "a spelling too few": lambda a, t: tokens_of(t).update(spelling=["a"]),
    "a spelling that is a number": lambda a, t: tokens_of(t).update(spelling=[1, 2]),
    "a token that is not there": lambda a, t: tokens_of(t).update(across=[2]),
    "a dictionary that is a number": lambda a, t: tokens_of(t).update(segmented=1),
    "a layer too many": lambda a, t: t["stacks"]["encoder"].update(layers=[2, 3]),
    "a layer below 0": lambda a, t: t["stacks"]["encoder"].update(layers=[-1]),
    "a layer that is a text": lambda a, t: t["stacks"]["encoder"].update(layers=["2"]),
    "no weights": lambda a, t: a.pop("encoder.weights"),
    "weights of another shape": lambda a, t: a.update(
        {"encoder.weights": np.zeros((1, 2, 2, 3), np.float32)}
    ),
    "weights without axes": lambda a, t: a.update({"encoder.weights": np.zeros((), np.float32)}),
    "weights of doubles": lambda a, t: a.update({"encoder.weights": np.zeros((1, 2, 2, 2))}),
    "weights of halves": lambda a, t: a.update({"encoder.weights": np.zeros((1, 2, 2, 2), np.float16)}),
    "a mask of bytes": lambda a, t: a.update({"encoder.mask": np.zeros((1, 2, 2, 2), np.uint8)}),
    "a mask of twos": lambda a, t: a.update(
        {"encoder.mask": np.full((1, 2, 2, 2), 2, np.uint8).view(np.bool_)}
    ),
    "q of other heads": lambda a, t: a.update({"encoder.q": np.zeros((1, 3, 2, 2), np.float32)}),
    "an array too many": lambda a, t: a.update({"encoder.x": np.zeros(1, np.float32)}),
    "an array of no kind": lambda a, t: a.update({"x": np.zeros(1, np.float32)}),
    "heads without end": endless,
}


@pytest.mark.parametrize("name", CHANGES)
def test_parts_that_do_not_fit_are_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a"
    small(output_tokens=("a",), output_text="a").save(path)
    arrays, told = taken(path)
    written(path, arrays, told)
    assert Trace.load(path).output_text == "a"  # as it is, it can be read
    CHANGES[name](arrays, told)
    written(path, arrays, told)
    refused(path)


def test_a_size_that_the_file_does_not_have(tmp_path: Path) -> None:
    path = tmp_path / "a"
    small().save(path)
    whole = path.read_bytes()
    length = int.from_bytes(whole[:8], "little")
    head = json.loads(whole[8 : 8 + length])
    for shape, end in (([1, 2, 2, 2**40], 2**44), ([2**62, 2, 2, 2], 2**63), ([2**63, 2**63, 2, 2], 0)):
        head["encoder.weights"].update(shape=shape, data_offsets=[0, end])
        text = json.dumps(head).encode()
        path.write_bytes(len(text).to_bytes(8, "little") + text + whole[8 + length :])
        refused(path)


def taken(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrays of a file, and what it tells of them."""
    head = path.read_bytes()
    told = json.loads(head[8 : 8 + int.from_bytes(head[:8], "little")])["__metadata__"]["trace"]
    return load_file(path), json.loads(told)


def written(path: Path, arrays: dict[str, Any], told: dict[str, Any]) -> None:
    save_file(arrays, path, metadata={"trace": json.dumps(told)})


def refused(path: Path) -> None:
    with pytest.raises(ValueError, match=r"^a is damaged, or no trace\.$"):
        Trace.load(path)
