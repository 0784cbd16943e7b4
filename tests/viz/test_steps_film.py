"""What is played is what the trace says, step by step."""

from __future__ import annotations

import json
import struct
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.decodings import Choice, Step, Writing
from model.trace import Tokens, Trace
from tests.viz.steps_app import korean, made, tired, written
from tests.viz.traces import pieces, pronouns, stack, tokens
from viz import scales
from viz.steps import film
from viz.steps.film import beginnings
from viz.steps.pack import digest_of, pack

TRACE = pronouns()
assert TRACE.decoder
PIECES = [*TRACE.decoder.queries.texts[1:], "</s>"]
WRITING = written(TRACE.source, PIECES, "L'animal n'a pas traversé la rue parce qu'il était trop fatigué.")


def test_each_row_is_what_that_step_looks_at() -> None:
    shown = film(TRACE, WRITING)
    assert TRACE.encoder
    assert TRACE.decoder
    assert TRACE.cross
    np.testing.assert_allclose(shown.encoder, sum(TRACE.encoder.weights[1]) / 4, rtol=1e-6)
    for step in range(16):
        np.testing.assert_allclose(shown.cross[step], sum(TRACE.cross.weights[0, :, step]) / 4, rtol=1e-6)
        np.testing.assert_allclose(shown.decoder[step], sum(TRACE.decoder.weights[0, :, step]) / 4, rtol=1e-6)
        assert not shown.decoder[step, step + 1 :].any()
    for weights in (shown.encoder, shown.decoder, shown.cross):
        assert weights.dtype == np.float32
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)


def test_the_end_token_is_written_and_never_read() -> None:
    shown = film(TRACE, WRITING)
    assert shown.start == "<s>"
    assert shown.written.texts == tuple(PIECES)
    assert shown.written.special == (*[False] * 15, True)
    assert len(set(shown.written.words)) == 16
    assert shown.so_far[:3] == ("", "L'", "L'animal")
    assert shown.so_far[-1] == shown.so_far[-2] == WRITING.text


def test_a_text_that_was_cut_off_has_one_row_less_than_was_traced() -> None:
    cut = replace(WRITING, ids=WRITING.ids[:15], steps=WRITING.steps[:15])
    shown = film(TRACE, cut)
    whole = film(TRACE, WRITING)
    assert shown.written.texts == whole.written.texts[:15]
    assert not any(shown.written.special)
    np.testing.assert_array_equal(shown.cross, whole.cross[:15])
    np.testing.assert_array_equal(shown.decoder, whole.decoder[:15, :15])


@pytest.mark.parametrize(
    ("layer", "head", "encoder", "cross"),
    [
        (0, 2, (0, 2), (0, 2)),
        (1, 3, (1, 3), (0, 3)),  # the decoder has one layer: its last one
        (7, 1, (1, 1), (0, 1)),
        (0, 9, (0, None), (0, None)),
        (None, -1, (1, None), (0, None)),
    ],
)
def test_a_layer_or_head_that_is_not_there_falls_back(
    layer: int | None, head: int | None, encoder: tuple[int, int | None], cross: tuple[int, int | None]
) -> None:
    shown = film(TRACE, WRITING, layer, head)
    for kind, (at, one) in (("encoder", encoder), ("cross", cross), ("decoder", cross)):
        heads = [one] if one is not None else range(4)
        expected = np.mean([TRACE[kind].weights[at, h] for h in heads], axis=0)  # type: ignore[index]
        np.testing.assert_allclose(getattr(shown, kind), expected, rtol=1e-6)


def test_layers_are_found_by_their_number_not_their_place() -> None:
    assert TRACE.encoder
    part = replace(TRACE.encoder, weights=TRACE.encoder.weights[1:], layers=(1,))
    shown = film(replace(TRACE, encoder=part), WRITING, layer=1, head=3)
    np.testing.assert_array_equal(shown.encoder, TRACE.encoder.weights[1, 3])


def test_what_does_not_fit_is_refused() -> None:
    assert TRACE.encoder
    with pytest.raises(ValueError, match="Only what an encoder-decoder writes"):
        film(pieces(), WRITING)
    for steps in (WRITING.steps[:14], (*WRITING.steps, WRITING.steps[-1])):
        with pytest.raises(ValueError, match=f"read 16 pieces, which does not fit a text of {len(steps)}"):
            film(TRACE, replace(WRITING, steps=steps))
    other = tokens(["one", "two"])
    with pytest.raises(ValueError, match="read different texts"):
        film(replace(TRACE, encoder=stack("encoder", other, other)), WRITING)
    none = replace(TRACE.encoder, weights=TRACE.encoder.weights[:0], layers=())
    with pytest.raises(ValueError, match="encoder attention of this trace was not recorded"):
        film(replace(TRACE, encoder=none), WRITING)
    shown = film(TRACE, WRITING)
    with pytest.raises(ValueError, match="do not fit 16 steps"):
        replace(shown, cross=shown.cross[1:])
    with pytest.raises(ValueError, match="one piece written for each step"):
        replace(shown, so_far=shown.so_far[1:])


def test_only_what_a_person_chose_is_theirs() -> None:
    kept = replace(
        WRITING, steps=tuple(replace(step, given=place < 11) for place, step in enumerate(WRITING.steps))
    )
    assert [step.given for step in film(TRACE, kept).steps] == [True] * 11 + [False] * 5
    assert [i for i, step in enumerate(film(TRACE, kept, given={10}).steps) if step.given] == [10]
    assert not any(step.given for step in film(TRACE, kept, given=()).steps)


def test_a_look_to_the_right_is_not_shown() -> None:
    assert TRACE.decoder
    unmasked = replace(TRACE.decoder, weights=np.full_like(TRACE.decoder.weights, 1 / 16))
    shown = film(replace(TRACE, decoder=unmasked), WRITING)
    assert np.count_nonzero(shown.decoder) == 16 * 17 // 2


def test_a_text_in_pieces_reads_as_in_the_whole() -> None:
    assert korean().so_far[1:6] == ("The", "The anim", "The animal", "The animal did", "The animal didn't")


WORDS = st.lists(st.text("abcé한글שa'-", min_size=1, max_size=6), min_size=1, max_size=8)


@given(WORDS, st.data())
def test_beginnings_grow_into_the_text(words: list[str], data: st.DataObject) -> None:
    text, texts, numbers = "", [], []
    for number, word in enumerate(words):
        text += data.draw(st.sampled_from(["", " ", "  "])) + word
        at = 0
        while at < len(word):
            end = data.draw(st.integers(at + 1, len(word)))
            texts.append(data.draw(st.sampled_from([word[at:end], word[at:end].upper()])))
            numbers.append(number)
            at = end
    found = beginnings(text, tokens(texts, numbers))
    assert len(found) == len(texts) + 1
    assert found[0] == ""
    assert found[-1] == text
    assert all(after.startswith(before) and after != before for before, after in pairwise(found))


def test_pieces_of_another_spelling_are_put_together_by_words() -> None:
    assert beginnings("Ok 🙂", tokens(["o", "k", "·", "·", "</s>"], [0, 0, 1, 1, 2], {4})) == (
        *("", "o", "ok", "ok ·", "ok ·", "ok ·"),
    )


def opened(blob: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    """The blob as its first lines describe it."""
    assert blob[:4] == b"HLV1"
    (length,) = struct.unpack("<I", blob[4:8])
    header = json.loads(blob[8 : 8 + length])
    body = blob[8 + length :]
    parts = {
        s["kind"]: np.frombuffer(body[s["offset"] : s["offset"] + s["bytes"]], "<f4")
        for s in header["sections"]
    }
    return header, parts


def test_the_blob_holds_the_film() -> None:
    shown = tired()
    header, parts = opened(pack(shown, 3, {"play": "재생"}, language="ko", name="here", revision=2))
    for kind in ("encoder", "decoder", "cross"):
        np.testing.assert_array_equal(parts[kind], getattr(shown, kind).ravel())
    assert (header["step"], header["language"], header["name"], header["revision"]) == (3, "ko", "here", 2)
    assert (header["strings"]["play"], header["strings"]["pause"]) == ("재생", "Pause")
    assert tuple(header["so_far"]) == shown.so_far
    assert header["ends"]["encoder"] == scales.end(float(shown.encoder.max()))
    assert [step["chosen"] for step in header["steps"]] == [step.chosen.id for step in shown.steps]


def test_a_piece_that_is_not_among_the_likeliest_stands_at_their_end() -> None:
    best = (Choice(1, "a", -0.1, 0.9), Choice(2, "b", float("-inf"), 0.0))
    rare = Step(Choice(9, "rare", -7.0, 0.001), best)
    source, target = tokens(["x"]), tokens(["<s>"], special={0})
    trace = Trace(
        encoder=stack("encoder", source, source),
        decoder=stack("decoder", target, target),
        cross=stack("cross", target, source),
    )
    header, _ = opened(pack(film(trace, Writing("sampling", "x", (9,), "rare", (rare,)))))
    (step,) = header["steps"]
    assert [choice["id"] for choice in step["best"]] == [1, 2, 9]
    assert step["likeliest"] == 2
    assert step["best"][1]["logprob"] is None


def test_equal_films_have_equal_names() -> None:
    assert digest_of(tired()) == digest_of(tired())
    others = [tired({11: "elle"}), korean(), replace(tired(), cross=tired().cross * np.float32(0.5))]
    assert len({digest_of(other) for other in [tired(), *others]}) == 4


@given(st.integers(1, 6), st.integers(1, 6), st.booleans())
def test_films_of_every_shape_are_packed(source: int, target: int, ends: bool) -> None:
    def side(count: int) -> Tokens:
        return tokens([f"t{i}" for i in range(count)])

    shown = made(side(source), side(target), "", ends=ends)
    header, parts = opened(pack(shown))
    assert len(header["steps"]) == target - (not ends)
    assert parts["cross"].size == len(header["steps"]) * source
    assert len(pack(shown)) % 4 == 0


def test_only_the_attention_that_there_is_is_packed() -> None:
    alone = film(Trace(cross=TRACE.cross, source=TRACE.source), WRITING)
    whole = film(TRACE, WRITING)
    np.testing.assert_array_equal(alone.cross, whole.cross)
    assert (alone.source, alone.written, alone.passed) == (whole.source, whole.written, whole.passed)
    assert alone.encoder.size == alone.decoder.size == 0
    length = struct.unpack("<I", pack(alone)[4:8])[0]
    header = pack(alone)[: length + 64]
    assert b'"kinds": ["cross"]' in header or b'"kinds":["cross"]' in header
    assert digest_of(alone) != digest_of(whole)


def test_without_attention_the_tokens_are_given() -> None:
    assert TRACE.encoder
    assert TRACE.decoder
    sides = TRACE.encoder.queries, TRACE.decoder.queries
    shown = film(Trace(source=TRACE.source), WRITING, sides=sides)
    assert shown.passed == (None,) * len(shown.steps)
    assert shown.source == TRACE.encoder.queries
    with pytest.raises(ValueError, match="encoder-decoder"):
        film(Trace(source=TRACE.source), WRITING)
