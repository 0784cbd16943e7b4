"""The record: its shapes, its names, and words made of pieces."""

from __future__ import annotations

import copy
import dataclasses
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.trace import ARRAYS, KINDS, Stack, Tokens, Trace
from tests.model.records import traces


def tokens(words: list[int], special: list[bool] | None = None) -> Tokens:
    """Tokens t0, t1, … that belong to these words."""
    n = len(words)
    marks = tuple(special or [False] * n)
    return Tokens(tuple(f"t{i}" for i in range(n)), tuple(words), marks, (False,) * n)


def weights(layers: int, heads: int, queries: int, keys: int) -> NDArray[np.float32]:
    rows = np.random.default_rng(0).random((layers, heads, queries, keys), dtype=np.float32) + 1e-3
    return rows / rows.sum(-1, keepdims=True)


def stack(queries: Tokens, keys: Tokens, kind: Any = "encoder", **more: Any) -> Stack:
    return Stack(kind, weights(2, 3, len(queries), len(keys)), queries, keys, layers=(0, 1), **more)


# The numbers of words grow; tokens of one word are neighbours.
numbers = st.lists(st.booleans(), min_size=1, max_size=12).map(lambda steps: np.cumsum(steps).tolist())


@given(numbers, numbers)
def test_words_are_keys_summed_and_queries_averaged(query_words: list[int], key_words: list[int]) -> None:
    pieces = stack(tokens(query_words), tokens(key_words), "cross")
    words = pieces.by_words()
    rows, columns = sorted(set(query_words)), sorted(set(key_words))
    expected = np.zeros((2, 3, len(rows), len(columns)))
    for i, query_word in enumerate(rows):
        looking = [q for q, word in enumerate(query_words) if word == query_word]
        for j, key_word in enumerate(columns):
            for q in looking:
                for k, word in enumerate(key_words):
                    if word == key_word:
                        expected[:, :, i, j] += pieces.weights[:, :, q, k] / len(looking)
    np.testing.assert_allclose(words.weights, expected, atol=1e-6)
    np.testing.assert_allclose(words.weights.sum(-1), 1, atol=1e-5)
    keys_alone = pieces.by_words(queries=False)
    assert (keys_alone.queries, keys_alone.keys) == (pieces.queries, words.keys)
    for i, row in enumerate(rows):
        mean = np.mean([keys_alone.weights[:, :, q] for q, w in enumerate(query_words) if w == row], axis=0)
        np.testing.assert_allclose(mean, words.weights[:, :, i], atol=1e-6)
    assert words.weights.dtype == np.float32
    assert words.query_tokens == tuple(
        "".join(f"t{i}" for i, word in enumerate(query_words) if word == row) for row in rows
    )
    assert (words.kind, words.layers, words.heads) == ("cross", (0, 1), 3)


@given(numbers)
def test_words_of_words_are_the_same_words(numbers: list[int]) -> None:
    once = stack(tokens(numbers), tokens(numbers)).by_words()
    twice = once.by_words()
    assert twice.queries == once.queries
    np.testing.assert_array_equal(twice.weights, once.weights)


def test_neighbours_make_a_word_and_a_number_that_returns_makes_another() -> None:
    assert tokens([0, 0, 1, 0]).groups() == [[0, 1], [2], [3]]


def test_a_word_is_special_if_all_of_it_is_and_unknown_if_any_of_it_is() -> None:
    pieces = Tokens(
        ("[CLS]", "wu", "g", "[", "SEP]"),
        (0, 1, 1, 2, 2),
        special=(True, False, False, True, True),
        unknown=(False, True, False, False, False),
    )
    words = pieces.by_words()
    assert words.texts == ("[CLS]", "wug", "[SEP]")
    assert words.special == (True, False, True)
    assert words.unknown == (False, True, False)


def test_pieces_are_joined_into_a_text() -> None:
    texts = ("<s>", "parce", "qu", "'", "il", "</s>")
    pieces = Tokens(texts, (0, 1, 2, 2, 3, 4), (True, *[False] * 4, True), (False,) * 6)
    assert pieces.join(range(6)) == "parce qu' il"
    assert pieces.join(range(3, 5)) == "' il"
    assert pieces.join(range(1)) == pieces.join(range(5, 6)) == pieces.join(range(0)) == ""


def test_what_belongs_to_pieces_is_left_out_of_words() -> None:
    pieces = tokens([0, 0, 1])
    square = (2, 3, 3, 3)
    full = stack(
        pieces,
        pieces,
        scores=np.zeros(square, np.float32),
        mask=np.ones(square, np.bool_),
        q=np.zeros((2, 3, 3, 4), np.float32),
        k=np.zeros((2, 3, 3, 4), np.float32),
        v=np.zeros((2, 3, 3, 4), np.float32),
    )
    words = full.by_words()
    assert words.scores is words.mask is words.q is words.k is words.v is None
    assert full.weights.shape == square  # the pieces are as they were


def test_no_layers_are_a_stack_too() -> None:
    pieces = tokens([0, 0, 1])
    empty = Stack("encoder", np.zeros((0, 3, 3, 3), np.float32), pieces, pieces, layers=())
    assert empty.by_words().weights.shape == (0, 3, 2, 2)


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="one entry for each token"):
        Tokens(("a", "b"), (0,), (False, False), (False, False))
    with pytest.raises(ValueError, match=r"weights have shape \(2, 3, 2, 2\)"):
        Stack("encoder", weights(2, 3, 2, 2), tokens([0, 1]), tokens([0, 1, 2]), layers=(0, 1))
    with pytest.raises(ValueError, match="weights have shape"):
        Stack("encoder", weights(2, 3, 2, 2), tokens([0, 1]), tokens([0, 1]), layers=(0,))


def test_a_trace_has_the_kinds_it_has() -> None:
    pair = tokens([0, 0])
    t = Trace(encoder=stack(pair, pair), cross=stack(pair, pair, "cross"), source="ab", output_tokens=("x",))
    assert KINDS == ("encoder", "decoder", "cross")
    assert t.kinds == ("encoder", "cross")
    assert t["cross"] is t.cross
    with pytest.raises(KeyError, match="no decoder attention; it has encoder, cross"):
        t["decoder"]
    with pytest.raises(KeyError, match="no sideways attention"):
        t["sideways"]  # type: ignore[index]
    words = t.by_words()
    assert words.kinds == t.kinds
    assert words["cross"].query_tokens == ("t0t1",)
    assert (words.source, words.output_tokens) == ("ab", ("x",))
    with pytest.raises(dataclasses.FrozenInstanceError):
        t.source = "other"  # type: ignore[misc]


def full(**more: Any) -> Stack:
    """A stack of the layers 4 and 7 with everything recorded."""
    pair, square = tokens([0, 1, 1]), (2, 4, 3, 3)
    parts: dict[str, Any] = {name: np.ones((2, 4, 3, 4), np.float32) for name in ("q", "k", "v", "output")}
    parts |= {"scores": weights(*square), "mask": np.ones(square, bool), "scaling": np.ones(2, np.float32)}
    parts["subtracted"] = np.ones(2, np.float32)
    parts |= {"weights": weights(*square), **more}
    return Stack("encoder", queries=pair, keys=pair, layers=(4, 7), **parts)


def test_every_part_must_have_its_shape() -> None:
    wide = np.ones((2, 4, 3, 5), np.float32)
    wrong: dict[str, Any] = {
        name: np.ones((2, 4, 3, 4)[:-1], np.float32) for name in ("scores", "q", "k", "v", "output")
    }
    wrong |= {"scaling": np.ones(3, np.float32), "mask": np.ones((2, 4, 3, 2), bool), "weights": wide}
    wrong["subtracted"] = np.ones(3, np.float32)
    for name, array in wrong.items():
        with pytest.raises(ValueError, match=f"^{name} have shape"):
            dataclasses.replace(full(), **{name: array})
    with pytest.raises(ValueError, match="k have shape"):
        full(k=wide)
    with pytest.raises(ValueError, match="v have shape"):
        full(v=wide)
    with pytest.raises(ValueError, match="mask must be of bools"):
        full(mask=np.zeros((2, 4, 3, 3), np.float32))
    with pytest.raises(ValueError, match="come in pairs"):
        Stack(
            "encoder",
            weights(1, 3, 3, 3),
            full().queries,
            full().keys,
            (0,),
            subtracted=np.ones(1, np.float32),
        )
    for layers in ((1, 1), (-1, 0)):
        with pytest.raises(ValueError, match="layers must be numbers from 0, each once"):
            dataclasses.replace(full(), layers=layers)
    with pytest.raises(ValueError, match="given as cross is a stack of the kind encoder"):
        Trace(cross=full())


def test_arrays_cannot_be_written_to_and_are_float32() -> None:
    given = weights(2, 4, 3, 3)
    made = full(weights=given, scores=given.astype(np.float64))
    assert np.shares_memory(made.weights, given)
    assert given.flags.writeable  # what was given is as it was
    for copied in (made, copy.deepcopy(made), pickle.loads(pickle.dumps(made)), dataclasses.replace(made)):
        assert copied == made
        for name in ARRAYS:
            array = getattr(copied, name)
            assert array.dtype == (np.bool_ if name == "mask" else np.float32), name
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0


def test_one_head_is_asked_for_by_its_layer() -> None:
    made = full()
    np.testing.assert_array_equal(made[7, 2], made.weights[1, 2])
    np.testing.assert_array_equal(made[tuple(np.array([4, 0]))], made.weights[0, 0])
    for place, said in {
        (5, 0): r"Layer 5 is not recorded; this is Stack\(encoder: 2 layers \(4, 7\)",
        (4, 4): "There is no head 4; there are 4 heads, counted from 0",
        (4, -1): "There is no head -1",
    }.items():
        with pytest.raises(KeyError, match=said):
            made[place]
    with pytest.raises(KeyError, match=r"stack\[layer, head\]"):
        made[4]  # type: ignore[index]
    with pytest.raises(TypeError):
        list(made)  # type: ignore[call-overload]


def test_what_is_printed_is_short_and_has_no_numbers() -> None:
    long = tokens(list(range(500)))
    layers = tuple(range(12))
    made = Stack("encoder", np.full((12, 2, 500, 500), 0.125, np.float32), long, long, layers)
    cross = Stack("cross", np.zeros((0, 1, 1, 500), np.float32), tokens([0]), long, ())
    t = Trace(encoder=made, cross=cross, source="so " * 999 + "\n", output_text="Voilà\n")
    assert repr(t).splitlines() == [
        "Trace of '" + ("so " * 20)[:59] + "…'",
        "  encoder: 12 layers (0 to 11) × 2 heads × 500 queries × 500 keys",
        "  cross: 0 layers × 1 head × 1 query × 500 keys",
        "  output: 'Voilà\\n'",
    ]
    assert repr(full()) == (
        "Stack(encoder: 2 layers (4, 7) × 4 heads × 3 queries × 3 keys, "
        "with scores, mask, scaling, q, k, v, output, subtracted)"
    )
    assert repr(long) == "Tokens(500: 't0', 't1', 't2', 't3', 't4', 't5', …, 't499')"
    assert repr(tokens([0, 1])) == "Tokens(2: 't0', 't1')"
    assert repr(tokens([])) == "Tokens(0)"
    assert repr(Trace()) == "Trace of ''"


@given(traces())
def test_a_trace_can_be_printed_whatever_it_holds(t: Trace) -> None:
    assert len(repr(t).splitlines()) == 1 + len(t.kinds) + (t.output_text is not None)
    assert all(len(line) < 200 for line in repr(t).splitlines())


@given(traces())
def test_equal_traces_are_one_key(t: Trace) -> None:
    again = copy.deepcopy(t)
    assert again == t
    assert t == again
    assert {t: "here"}[again] == "here"
    assert t != Trace(source=t.source + "x")
    assert t != "a text"


@given(traces(), traces(), traces())
def test_equality_is_one_of_the_contents(one: Trace, two: Trace, three: Trace) -> None:
    assert (one == two) == (two == one) == (contents(one) == contents(two))
    if one == two:
        assert hash(one) == hash(two)
        assert (two == three) == (one == three)


def contents(t: Trace) -> Any:
    """All that a trace holds as lists and texts; NaN by its name, since no NaN equals another."""

    def lists(array: NDArray[Any] | None) -> Any:
        if array is None:
            return None
        return array.shape, ["nan" if number != number else number for number in array.ravel().tolist()]

    return (
        (t.source, t.pair, t.output_tokens, t.output_text, t.kinds),
        [
            [
                s.layers,
                *(vars(side) for side in (s.queries, s.keys)),
                *(lists(getattr(s, name)) for name in ARRAYS),
            ]
            for s in (t[kind] for kind in t.kinds)
        ],
    )


@pytest.mark.parametrize("name", [*ARRAYS, "layers", "queries", "keys"])
def test_whatever_differs_makes_two_stacks(name: str) -> None:
    made = full()
    if name in ARRAYS:
        other = getattr(made, name).copy()
        other.flat[-1] = not other.flat[-1] if name == "mask" else other.flat[-1] + 1
    else:
        other = (4, 8) if name == "layers" else tokens([0, 0, 1])
    changed = dataclasses.replace(made, **{name: other})
    assert changed != made
    assert Trace(encoder=changed) != Trace(encoder=made)
    if name not in ("weights", "layers", "queries", "keys"):
        assert full(**{name: None}) != made


def test_nan_equals_nan_and_zero_has_no_sign() -> None:
    one, other = weights(2, 4, 3, 3), weights(2, 4, 3, 3)
    one[0, 0, 0] = [np.nan, 0.0, 1.0]
    other[0, 0, 0] = [np.nan, -0.0, 1.0]
    other.view(np.uint32)[0, 0, 0, 0] |= 1 << 31 | 5  # another of the many that are no number
    assert full(weights=one) == full(weights=other)
    assert hash(full(weights=one)) == hash(full(weights=other))
    other[0, 0, 0] = [1.0, 0.0, np.nan]
    assert full(weights=one) != full(weights=other)


def test_the_record_knows_no_torch() -> None:
    code = "import sys, model.trace; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def spelt() -> Tokens:
    """[CLS] a, then a word of a lone space, the two bytes of é and a mark, then two words without a space."""
    return Tokens(
        texts=("[CLS]", "a", "␣", "é", "·", "我们", "喜欢"),
        words=(0, 1, 2, 2, 2, 3, 4),
        special=(True, *[False] * 6),
        unknown=(False,) * 7,
        spelling=(" [CLS]", "a", " ", "é", "", "我们", "喜欢"),
        segmented=True,
        across=(5,),
    )


def test_words_are_spelt_as_the_text_is() -> None:
    pieces = spelt()
    words = pieces.by_words()
    assert words.texts == ("[CLS]", "a", "é", "我们", "喜欢")
    assert (words.segmented, words.across) == (True, (3,))
    assert pieces.spell([2]) == "␣"
    assert pieces.spell([4]) == "·"
    assert pieces.join(range(7)) == words.join(range(5)) == "a é我们喜欢"


def test_some_of_the_tokens() -> None:
    assert spelt().take([1, 5]) == Tokens(
        ("a", "我们"), (1, 3), (False,) * 2, (False,) * 2, None, ("a", "我们"), True, (1,)
    )
    assert spelt().take(range(7)) == spelt()


@pytest.mark.parametrize("more", [{"spelling": ("a",)}, {"across": (2,)}, {"across": (-1,)}])
def test_what_does_not_fit_the_tokens_is_refused(more: Any) -> None:
    with pytest.raises(ValueError, match="must"):
        Tokens(("a", "b"), (0, 1), (False,) * 2, (False,) * 2, **more)


def test_a_mark_that_looks_like_the_rest_of_a_character_is_no_such_rest() -> None:
    tokens = Tokens(("!", "·", "!"), (0, 0, 0), (False,) * 3, (False,) * 3, spelling=("!", "·", "!"))
    assert tokens.by_words().texts == ("!·!",)
