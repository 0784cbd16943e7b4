"""The blob gives back the weights within the error it states, and carries what the browser needs."""

from __future__ import annotations

import json
import struct
import zlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from model.trace import Trace
from model.traces.written import name_written
from tests.viz.traces import changed, paired, pieces, pronouns, random, tokens
from viz.linked import STRINGS, View, pack
from viz.linked.codes import Codes, decode
from viz.linked.cutting import Edge, Outcome, Scissors
from viz.linked.pack import SMALL, WHOLE, digest_of, pack_layer


def read(blob: bytes) -> tuple[dict[str, Any], dict[tuple[str, int | None], tuple[dict[str, Any], bytes]]]:
    """The header and the inflated sections of a blob, as the format is described."""
    assert blob[:4] == b"HLV1"
    (length,) = struct.unpack("<I", blob[4:8])
    header, body = json.loads(blob[8 : 8 + length]), blob[8 + length :]
    sections = {}
    for section in header["sections"]:
        raw = body[section["offset"] : section["offset"] + section["bytes"]]
        raw = zlib.decompress(raw) if section["deflated"] else raw
        if section.get("about"):
            header |= json.loads(raw)
        else:
            sections[section["kind"], section["layer"]] = (section, raw)
    return header, sections


def layer_of(
    blob: bytes, trace: Trace, kind: Any, layer: int
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None]:
    """Weights (heads, queries, keys) and sums (heads, queries) of one layer of a blob."""
    shape = trace[kind].weights.shape[1:]
    rows = shape[0] * shape[1]
    section, raw = read(blob)[1][kind, layer]
    sums = np.frombuffer(raw, "<f4", rows).reshape(shape[:2]) if section["sums"] else None
    bytes_ = np.frombuffer(raw, np.uint8)[4 * rows if section["sums"] else 0 :]
    codes, scales, parts = np.split(bytes_, np.cumsum([np.prod(shape), rows]))
    found = Codes(codes.reshape(shape), scales.reshape(shape[:2]), parts)
    whole = 1.0 if sums is None else sums
    return decode(found, name_written(trace)[kind], whole), sums


def assert_close(weights: NDArray[np.float32], original: NDArray[np.float32]) -> None:
    """Within half a percent, one where pieces are told together, and the same in whole percents."""
    assert (np.abs(weights - original) <= 0.01 + 1e-6).all()
    percents = 100 * original.astype(np.float64)
    far = np.abs(percents - np.floor(percents) - 0.5) > 1e-4  # float32 may fall to either side of a border
    assert (np.rint(100 * weights)[far] == np.rint(percents)[far]).all()


@pytest.mark.parametrize("trace", [pronouns(), pieces()])
def test_every_layer_of_a_short_text_is_in_the_blob(trace: Trace) -> None:
    blob = pack(trace)
    for kind in trace.kinds:
        for index, layer in enumerate(trace[kind].layers):
            weights, sums = layer_of(blob, trace, kind, layer)
            assert_close(weights, trace[kind].weights[index])
            assert sums is None


def test_the_header_tells_tokens_strings_and_view() -> None:
    trace = pieces()
    view = View(heads=((2, 1),), held=(3,))
    header, _ = read(
        pack(trace, view, {"encoder": "인코더", "nonsense": "x"}, language="ko", name="a", revision=7)
    )
    about = header["kinds"]["encoder"]
    assert header["cutting"] is header["outcome"] is None
    assert about["queries"]["texts"] == list(trace["encoder"].query_tokens)
    assert about["queries"]["special"] == [0, 13]
    assert about["queries"]["unknown"] == [8, 9]
    assert about["keys"] is None
    assert header["strings"] == {**STRINGS, "encoder": "인코더"}
    assert (header["language"], header["name"], header["revision"]) == ("ko", "a", 7)
    assert View.from_json(header["view"], trace) == view


def test_the_header_tells_the_two_texts_of_a_pair() -> None:
    header, _ = read(pack(paired(), View(segments="ba")))
    assert header["kinds"]["encoder"]["queries"]["segments"] == [0] * 7 + [1] * 6
    assert header["view"]["segments"] == "ba"
    assert read(pack(pieces()))[0]["kinds"]["encoder"]["queries"]["segments"] is None
    other = replace(paired()["encoder"].queries, segments=(0,) * 6 + (1,) * 7)
    moved = replace(paired(), encoder=replace(paired()["encoder"], queries=other, keys=other))
    assert digest_of(moved) != digest_of(paired())


def test_cross_attention_has_its_own_keys() -> None:
    header, _ = read(pack(pronouns()))
    assert header["kinds"]["cross"]["keys"]["texts"][1] == "animal"


def test_a_lone_surrogate_can_be_sent() -> None:
    odd = tokens(["\ud83d", "a"])
    trace = random(2, layers=1, heads=1)
    assert trace.encoder is not None
    header, _ = read(pack(Trace(encoder=replace(trace.encoder, queries=odd, keys=odd))))
    assert header["kinds"]["encoder"]["queries"]["texts"] == ["⟨U+D83D⟩", "a"]


def test_a_sink_is_told_by_the_sums_of_the_rows() -> None:
    trace = changed(pronouns(), 1, pronouns()["encoder"].weights[1] * 0.6)
    assert trace.encoder is not None
    weights, sums = layer_of(pack(trace), trace, "encoder", 1)
    assert sums is not None
    np.testing.assert_allclose(sums, trace.encoder.weights[1].sum(axis=-1))
    assert_close(weights, trace.encoder.weights[1])
    assert layer_of(pack(trace), trace, "encoder", 0)[1] is None


def test_rows_that_may_look_at_nothing_are_sent_as_zeros() -> None:
    trace = random(4, layers=1, heads=2)
    assert trace.encoder is not None
    mask = np.ones((1, 2, 4, 4), bool)
    mask[0, :, 2] = False
    weights, sums = layer_of(pack(Trace(encoder=replace(trace.encoder, mask=mask))), trace, "encoder", 0)
    assert (weights[:, 2] == 0).all()
    assert (weights[:, 1].sum(axis=-1) > 0.99).all()
    assert sums is None


def test_weights_that_are_no_numbers_are_sent_as_zeros() -> None:
    trace = changed(random(3, layers=1, heads=1), (0, 0, 1), np.nan)
    weights, _ = layer_of(pack(trace), trace, "encoder", 0)
    assert (weights[0, 1] == 0).all()


def test_small_pictures_show_the_largest_weight_of_each_block() -> None:
    trace = changed(random(100, layers=2, heads=3), (1, 2, 99, 0), 1.0)
    assert trace.encoder is not None
    assert ("encoder", None) not in read(pack(trace))[1]  # the browser has every layer and makes them itself
    header, sections = read(pack(trace, layers=[("encoder", 0)]))
    assert header["kinds"]["encoder"]["small"] == [SMALL, SMALL]
    small = np.frombuffer(sections["encoder", None][1], np.uint8).reshape(2, 3, SMALL, SMALL)
    assert small[1, 2, -1, 0] == 255
    expected = np.sqrt(trace.encoder.weights[0, 0].max()) * 255
    assert abs(small[0, 0].max() - expected) <= 0.5


def test_a_long_text_sends_the_layer_on_show_and_others_when_asked() -> None:
    trace = random(300, layers=3, heads=30)
    assert trace["encoder"].weights.size > WHOLE
    view = View(heads=((1, 0),))
    _, sections = read(pack(trace, view))
    assert set(sections) == {("encoder", None), ("encoder", 1)}
    _, sections = read(pack(trace, view, layers=[("encoder", 2)]))
    assert set(sections) == {("encoder", None), ("encoder", 2)}
    digest = digest_of(trace)
    header, sections = read(pack_layer(trace, "encoder", 0, digest))
    assert header["trace"] == digest
    assert set(sections) == {("encoder", 0)}


def test_the_digest_tells_traces_apart() -> None:
    one, same = pronouns(), pronouns()
    other = changed(one, (0, 0, 0, 0), one["encoder"].weights[0, 0, 0, 0] + 1e-6)
    assert digest_of(one) == digest_of(same) != digest_of(other)
    assert digest_of(pronouns("wide")) != digest_of(one)


@pytest.mark.parametrize("part", ["texts", "words", "special", "unknown"])
def test_the_digest_tells_every_token_of_a_long_text_apart(part: str) -> None:
    trace = random(40, layers=1, heads=1)
    assert trace.encoder is not None
    tokens = trace.encoder.keys
    other = {"texts": "other", "words": 19, "special": True, "unknown": True}[part]
    changed: Any = {part: (*getattr(tokens, part)[:20], other, *getattr(tokens, part)[21:])}
    keys = replace(tokens, **changed)
    assert digest_of(Trace(encoder=replace(trace.encoder, keys=keys))) != digest_of(trace)


def test_a_fiftieth_of_bertviz() -> None:
    """109 MB is what BertViz sends for 12 layers of 12 heads over 128 tokens."""
    assert len(pack(random(128), thorough=True)) * 4 / 3 < 109e6 / 50 - 200_000


def test_rows_of_cross_attention_are_named_by_what_they_write() -> None:
    trace = pronouns()
    header, _ = read(pack(trace))
    cross = header["kinds"]["cross"]
    assert cross["writes"]
    assert cross["queries"]["texts"] == [*trace["cross"].query_tokens[1:], "</s>"]
    assert "writes" not in header["kinds"]["encoder"]
    unknown = read(pack(replace(trace, output_tokens=None)))[0]["kinds"]["cross"]
    assert unknown["queries"]["texts"] == list(trace["cross"].query_tokens)
    assert "writes" not in unknown


def test_what_can_be_cut_and_what_came_of_it_are_told() -> None:
    scissors = Scissors(("encoder",), "in every head", (Edge("encoder", (8, 8), (1, 1)),), ("it - animal",))
    outcome = Outcome(
        "What it wrote", (("il", True),), (("elle", True),), ("Before", "After"), notes=("", "!")
    )
    header, _ = read(pack(pronouns(), scissors=scissors, outcome=outcome))
    assert header["cutting"]["edges"][0] == {
        "kind": "encoder",
        "query": [8, 8],
        "key": [1, 1],
        "heads": [[None, None]],
    }
    assert header["outcome"]["after"] == [["elle", True]]
    assert header["outcome"]["notes"] == ["", "!"]
