"""The picture that figures are drawn from is the one that the view describes."""

from __future__ import annotations

import numpy as np
import pytest

from model.trace import Stack, Tokens, Trace
from tests.viz.traces import paired
from viz.linked import View
from viz.picture import picture

RANDOM = np.random.default_rng(7)
TOKENS = Tokens(
    texts=("[CLS]", "un", "afford", "able", "!", "[SEP]"),
    words=(0, 1, 1, 1, 2, 3),
    special=(True, False, False, False, False, True),
    unknown=(False,) * 6,
)
WEIGHTS = RANDOM.dirichlet(np.ones(6), size=(2, 3, 6)).astype(np.float32)
TRACE = Trace(encoder=Stack("encoder", WEIGHTS, TOKENS, TOKENS, layers=(0, 1)))


def test_one_head_in_pieces_with_everything_shown_is_the_matrix_itself() -> None:
    shown = picture(TRACE, View(heads=((1, 2),), words=False, specials=True, held=(4,)))
    assert np.array_equal(shown.weights, WEIGHTS[1, 2])
    assert shown.queries == shown.keys == TOKENS.texts
    assert shown.held == (4,)


@pytest.mark.parametrize("combine", ["mean", "max"])
def test_several_heads_are_combined_cell_by_cell(combine: str) -> None:
    view = View(heads=((0, 0), (0, 1), (1, 2)), combine=combine, words=False, specials=True)  # type: ignore[arg-type]
    expected = np.empty((6, 6))
    for query in range(6):
        for key in range(6):
            cells = [WEIGHTS[layer, head, query, key] for layer, head in view.heads]
            expected[query, key] = max(cells) if combine == "max" else sum(cells) / 3
    assert np.allclose(picture(TRACE, view).weights, expected)


def test_words_are_merged_and_special_tokens_left_out_while_held_positions_follow() -> None:
    shown = picture(TRACE, View(heads=((0, 1),), held=(0, 2)))  # words: [CLS] unaffordable ! [SEP]
    assert shown.queries == shown.keys == ("unaffordable", "!")
    assert shown.weights[0, 0] == pytest.approx(WEIGHTS[0, 1, 1:4, 1:4].sum() / 3)
    assert shown.held == (1,)  # [CLS] is not shown


def test_special_tokens_are_shown_where_there_is_nothing_else() -> None:
    marks = Tokens(("[CLS]", "[SEP]"), (0, 1), (True, True), (False, False))
    trace = Trace(encoder=Stack("encoder", WEIGHTS[:, :, :2, :2], marks, marks, layers=(0, 1)))
    assert picture(trace, View()).queries == ("[CLS]", "[SEP]")


@pytest.mark.parametrize("combine", ["mean", "max"])
def test_held_rows_look_together_as_each_head_does_and_heads_are_combined_after(combine: str) -> None:
    view = View(heads=((0, 0), (0, 1), (1, 2)), combine=combine, words=False, specials=True, held=(1, 4))  # type: ignore[arg-type]
    each = np.array([(WEIGHTS[layer, head, 1] + WEIGHTS[layer, head, 4]) / 2 for layer, head in view.heads])
    shown = picture(TRACE, view)
    assert np.allclose(shown.together, each.max(axis=0) if combine == "max" else each.sum(axis=0) / 3)
    assert (shown.together <= shown.weights[[1, 4]].mean(axis=0) + 1e-6).all()
    assert not picture(TRACE, View(heads=((0, 0),), words=False)).together.any()


@pytest.mark.parametrize("words", [True, False])
@pytest.mark.parametrize("specials", [True, False])
@pytest.mark.parametrize("segments", ["aa", "ab", "ba", "bb"])
def test_of_a_pair_only_what_one_text_looks_at_in_the_other(
    segments: str, specials: bool, words: bool
) -> None:
    trace = paired()
    view = View(heads=((1, 3),), segments=segments, specials=specials, words=words)  # type: ignore[arg-type]
    shown = picture(trace, view)
    stack = trace["encoder"].by_words() if words else trace["encoder"]
    border = 6 if words else 7  # the first token of the second text, as the trace was written down
    halves = {"a": range(border), "b": range(border, len(stack.keys))}
    rows, columns = ([i for i in halves[half] if specials or not stack.keys.special[i]] for half in segments)
    np.testing.assert_array_equal(shown.weights, stack.weights[1, 3][np.ix_(rows, columns)])
    assert shown.queries == tuple(stack.query_tokens[i] for i in rows)
    assert shown.keys == tuple(stack.key_tokens[i] for i in columns)
