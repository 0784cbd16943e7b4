"""A head that adds what asks and what is asked, against the formula in NumPy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from model import Cut, load, trace
from model.analysis.additive import additive_head, is_additive
from model.capture.checkpoint import Checkpoint
from model.decode.decoding import write
from tests.model.recurrent_checkpoints import make

TEXT = "m o d e l"


def made(kind: str, folder: Path) -> Checkpoint:
    make(kind, folder)
    return load(folder)


@pytest.mark.parametrize("kind", ["lstm-bahdanau", "lstm-concat"])
def test_scores_and_weights_are_those_of_the_formula(kind: str, tmp_path: Path) -> None:
    m = made(kind, tmp_path)
    ids = write(m, TEXT).ids
    head, seen = additive_head(m, TEXT, ids, "cross", 0), trace(m, TEXT, ids, record=("weights", "scores"))
    assert seen.cross is not None
    assert seen.cross.scores is not None
    for query in range(len(head.q)):
        mixed = np.tanh(head.q[query].astype(np.float64) + head.k)
        np.testing.assert_allclose(head.mix(query), mixed, atol=1e-6)
        np.testing.assert_allclose(head.products(query).sum(-1), head.scores[query], atol=1e-5)
        np.testing.assert_allclose(mixed @ head.v_a, seen.cross.scores[0, 0, query], atol=1e-5)
    np.testing.assert_allclose(head.weights, seen.cross.weights[0, 0], atol=1e-6)
    np.testing.assert_allclose(head.weights @ head.v, head.output, atol=1e-5)


def test_a_cut_is_in_it(tmp_path: Path) -> None:
    m = made("lstm-bahdanau", tmp_path)
    ids = write(m, TEXT).ids
    head = additive_head(m, TEXT, ids, "cross", 0, [Cut("cross", query=0, key=2)])
    assert head.weights[0, 2] == 0
    assert not head.mask[0, 2]


def test_products_are_no_sums(tmp_path: Path) -> None:
    m = made("rnn-dot", tmp_path)
    assert not is_additive(m, "cross", 0)
    with pytest.raises(ValueError, match="no vᵀ tanh"):
        additive_head(m, TEXT, write(m, TEXT).ids, "cross", 0)
