"""The picture of a whole model as bytes: what arrives in the browser is what the pass left behind."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.trace import Trace
from model.traces.levels import restore
from tests.viz.wholes import FEW, detail, side, stack, tokens, whole
from viz.whole import STRINGS, Change, View, Whole
from viz.whole.pack import digest_of, pack


def unpack(blob: bytes) -> tuple[dict[str, Any], list[tuple[dict[str, Any], bytes]]]:
    assert blob[:4] == b"HLV1"
    (length,) = struct.unpack("<I", blob[4:8])
    header = json.loads(blob[8 : 8 + length])
    start = 8 + length
    return header, [
        (one, blob[start + one["offset"] : start + one["offset"] + one["bytes"]])
        for one in header["sections"]
    ]


def numbers(raw: bytes) -> NDArray[np.float32]:
    return np.frombuffer(raw, "<f4")


@pytest.mark.parametrize("layers", [(2, 1), (3, 3), (0, 2), (2, 0), (12, 0)])
def test_every_weight_arrives(layers: tuple[int, int]) -> None:
    made = whole(layers)
    _header, sections = unpack(pack(made))
    seen = set()
    for one, raw in sections:
        if one["what"] != "weights":
            continue
        expected = made.attention[one["kind"]].weights[one["layer"]]
        rows = int(np.prod(expected.shape[:2]))
        largest = numbers(raw[: 4 * rows]).reshape(*expected.shape[:2], 1)
        np.testing.assert_array_equal(largest[..., 0], expected.max(-1))
        levels = np.frombuffer(raw[4 * rows :], np.uint8).reshape(expected.shape)
        np.testing.assert_allclose(restore(levels, largest), expected, atol=1 / 255)
        seen.add((one["kind"], one["layer"]))
    assert seen == {(kind, layer) for kind in made.attention.kinds for layer in made.attention[kind].layers}


def test_vectors_lengths_and_what_is_added_arrive_as_they_are() -> None:
    made = whole()
    assert made.encoder is not None
    _header, sections = unpack(pack(made))
    found = {
        (one["what"], one.get("side"), one.get("layer"), one.get("part")): numbers(raw)
        for one, raw in sections
        if one["what"] != "weights"
    }
    states = found["states", "encoder", None, None].reshape(3, 7, FEW)
    np.testing.assert_array_equal(states, made.encoder.states)
    one = made.encoder.layers[1].sublayers[0]
    np.testing.assert_array_equal(found["added", "encoder", 1, "self-attention"].reshape(7, FEW), one.added)
    np.testing.assert_array_equal(found["length", "encoder", 1, "self-attention"], one.length)


def test_a_known_record_is_not_sent_again() -> None:
    made = whole()
    taken = detail(made, "encoder", 1, 2)
    header, sections = unpack(pack(made, detail=taken, known=True))
    assert "whole" not in header
    assert header["detail"]["shape"] == [7, 7, 6, 6]
    assert {one["what"].split()[0] for one, _raw in sections} == {"detail"}
    found = {one["what"]: raw for one, raw in sections}
    np.testing.assert_array_equal(numbers(found["detail weights"]).reshape(7, 7), taken.weights)
    np.testing.assert_array_equal(numbers(found["detail q"]).reshape(7, 6), taken.q)
    assert header["record"] == unpack(pack(made))[0]["record"]


def test_equal_pictures_have_equal_names_and_others_do_not() -> None:
    assert digest_of(whole()) == digest_of(whole())
    other = whole(changes=(Change("cut", "encoder", (3, 3), (1, 1)),))
    assert len({digest_of(whole()), digest_of(whole(heads=2)), digest_of(other)}) == 3


def test_strange_numbers_and_texts_are_packed() -> None:
    names = tokens(3)
    bare = side(names, 1, (), 1)
    broken = stack("encoder", names, names, 1, 2, 3)
    weights = broken.weights.copy()
    weights[0, 0, 1] = np.nan
    made = Whole(
        encoder=bare,
        decoder=None,
        attention=Trace(encoder=type(broken)("encoder", weights, names, names, (0,))),
        output=None,
        apart=False,
    )
    header, _sections = unpack(pack(made, View("encoder.0"), {"whole": "ganz", "nothing": "x"}))
    assert header["strings"]["whole"] == "ganz"
    assert "nothing" not in header["strings"]
    assert header["whole"]["output"] is None


def test_the_told_look_is_the_largest_on_another_word() -> None:
    made = whole()
    stack_ = made.attention["encoder"]
    for query, look in enumerate(made.looks["encoder"]):
        assert look is not None
        others = np.delete(stack_.weights[:, :, query], query, axis=-1)
        assert look.weight == pytest.approx(others.max())
        assert stack_[look.layer, look.head][query, look.key] == look.weight


def test_the_head_of_the_card_is_told_where_it_looks_at_something() -> None:
    named = whole(named=("encoder", 1, 3))
    looks = named.looks["encoder"]
    stack_ = named.attention["encoder"]
    for query, look in enumerate(looks):
        assert look is not None
        if np.delete(stack_[1, 3][query], query).max() >= 0.25:
            assert (look.layer, look.head) == (1, 3)


def test_a_special_token_is_no_word_that_is_looked_at() -> None:
    names = tokens(5)
    special = type(names)(names.texts, names.words, (True, False, False, False, True), names.unknown)
    made = whole((2, 0), attention=Trace(encoder=stack("encoder", special, special, 2, 2, 1)))
    for look in made.looks["encoder"]:
        assert look is not None
        assert look.key in (1, 2, 3)


def test_across_names_the_head_that_gives_most() -> None:
    made = whole((2, 3), heads=3)
    weights = made.attention["cross"].weights
    for step in range(6):
        for read in range(7):
            look = made.cross(step, read)
            assert look.weight == weights[:, :, step, read].max()
            assert weights[look.layer, look.head, step, read] == look.weight
        assert made.read_for(step) == weights.mean((0, 1))[step].argmax()
    for read in range(7):
        assert made.step_for(read) == weights.mean((0, 1))[:, read].argmax()


def test_every_string_has_the_places_that_the_browser_fills() -> None:
    assert all(text.strip() for text in STRINGS.values())
