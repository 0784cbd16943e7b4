"""In a padded batch each text gets what it gets alone, and nobody looks at padding."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model import trace
from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.errors import Refusal
from model.experiments.padding import Batch, batch, share_ahead
from model.trace import Kind
from tests.model.families import TEXT, build, tokenizer
from tests.model.translators import translator

LONG, SHORT = TEXT, "it was tired"
WRITTEN = ((20, 7, 19, 11, 24, 5), (16, 12))
WRITERS = ["pronouns", "compact", "t5", "bart", "marian"]
READERS = [
    "bert",
    "roberta",
    "albert",
    "distilbert",
    "modernbert",
    "gpt2",
    "opt",
    "llama",
    "mistral",
    "gemma2",
]


@cache
def checkpoint(name: str) -> Checkpoint:
    if name in WRITERS:
        return translator(name)
    return prepare(build(name), tokenizer(), name)


def written(m: Checkpoint) -> tuple[tuple[int, ...], ...]:
    return WRITTEN if m.architecture == "encoder-decoder" else ()


def check_alone(m: Checkpoint, found: Batch, layer: int) -> None:
    for i, text in enumerate((LONG, SHORT)):
        ids = WRITTEN[i] if m.architecture == "encoder-decoder" else None
        alone = trace(m, text, ids, layers=[layer], record=["scores"])[found.kind]
        assert alone.scores is not None
        queries, keys = len(alone.queries), len(alone.keys)
        assert found.real_queries[i].sum() == queries
        assert found.real_keys[i].sum() == keys
        assert found.queries[i].texts[:queries] == alone.query_tokens
        assert found.keys[i].texts[:keys] == alone.key_tokens
        np.testing.assert_allclose(found.weights[i, :, :queries, :keys], alone.weights[0], atol=2e-5)
        np.testing.assert_allclose(found.scores[i, :, :queries, :keys], alone.scores[0], atol=2e-4, rtol=2e-4)


@pytest.mark.parametrize("name", [*WRITERS, *READERS])
def test_padding_changes_nothing(name: str) -> None:
    m = checkpoint(name)
    for kind, count in m.depth.items():
        layer = count - 1
        found = batch(m, [LONG, SHORT], kind, layer, written(m))
        check_alone(m, found, layer)
        for i in range(2):
            real = found.weights[i][:, found.real_queries[i]]  # what padding itself looks at does not matter
            assert not real[..., ~found.real_keys[i]].any()
            assert not found.mask[i][:, found.real_queries[i]][..., ~found.real_keys[i]].any()


def test_padding_is_named_and_belongs_to_no_word() -> None:
    found = batch(checkpoint("pronouns"), [LONG, SHORT], "cross", 0, WRITTEN)
    for side, real in ((found.queries, found.real_queries), (found.keys, found.real_keys)):
        for tokens, row in zip(side, real, strict=True):
            assert len(tokens) == len(row)
            assert all(tokens.texts[i] == "<pad>" and tokens.special[i] for i in np.flatnonzero(~row))
            assert len(set(tokens.words)) >= (~row).sum()


@settings(max_examples=10)
@given(
    st.lists(
        st.sampled_from(["it", "was", "tired", "the animal", "👩‍👩‍👧", "한국어"]), min_size=1, max_size=6
    )
)
def test_any_two_texts_go_together(words: list[str]) -> None:
    m = checkpoint("bert")
    text = " ".join(words)
    found = batch(m, [text, SHORT], "encoder", 1)
    alone = trace(m, text).encoder
    assert alone is not None
    count = len(alone.queries)
    np.testing.assert_allclose(found.weights[0, :, :count, :count], alone.weights[1], atol=2e-5)
    np.testing.assert_allclose(found.weights[:, :, :, :].sum(-1), 1, atol=1e-5)


def test_only_so_many_tokens_are_kept() -> None:
    found = batch(checkpoint("pronouns"), [LONG * 40, SHORT], "cross", 0, ((20,) * 30, (3,)), most=12)
    assert found.weights.shape == (2, 4, 12, 12)
    assert found.real_keys[0].all()


def test_what_cannot_be_batched_is_refused() -> None:
    m = checkpoint("pronouns")
    with pytest.raises(Refusal, match="empty"):
        batch(m, [LONG, " "], "encoder", 0, WRITTEN)
    with pytest.raises(ValueError, match="no layer 7 of encoder"):
        batch(m, [LONG, SHORT], "encoder", 7, WRITTEN)
    kind: Kind = "cross"
    with pytest.raises(ValueError, match="no layer 0 of cross"):
        batch(checkpoint("bert"), [LONG], kind, 0)
    with pytest.raises(ValueError, match="written for it"):
        batch(m, [LONG, SHORT], "encoder", 0)
    with pytest.raises(Refusal, match="gives its weights only"):
        batch(prepare(build("xlnet"), tokenizer(), "xlnet"), [LONG], "encoder", 0)


@pytest.mark.parametrize("name", ["pronouns", "compact", "t5", "bert", "gpt2"])
def test_what_would_go_ahead_is_the_softmax_of_all_scores(name: str) -> None:
    m = checkpoint(name)
    ids = WRITTEN[0] if m.architecture == "encoder-decoder" else ()
    for kind in set(m.layers) - {"cross"}:
        found = share_ahead(m, LONG, kind, ids)
        stack = trace(m, LONG, ids or None, record=["scores"])[kind]
        assert stack.scores is not None
        assert tuple(found) == tuple(m.layers[kind])
        for layer, shares in found.items():
            raised = np.exp(stack.scores[stack.layers.index(layer)].astype(np.float64))
            weights = raised / raised.sum(-1, keepdims=True)
            for head, share in enumerate(shares):
                ahead = [weights[head, i, i + 1 :].sum() for i in range(weights.shape[1] - 1)]
                assert share == pytest.approx(np.mean(ahead), abs=1e-4)
