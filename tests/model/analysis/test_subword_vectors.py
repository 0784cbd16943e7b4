"""A checkpoint's own pieces and the vectors it begins with, in every family of models."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch

from model import load
from model.analysis.subword_vectors import alike, pieces_of, vectors, vocabulary_size
from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.errors import Refusal
from tests.model.families import FAMILIES, OTHERS, TEXT, build, tokenizer

PRONOUNS = Path(__file__).parents[3] / "checkpoints" / "pronouns"


@pytest.fixture(scope="module")
def pronouns() -> Checkpoint:
    return load(PRONOUNS)


@pytest.mark.parametrize("name", [*FAMILIES, *OTHERS])
def test_the_vectors_are_what_the_model_begins_with(name: str) -> None:
    """What comes first out of an embedding in a real pass."""
    m = prepare(build(name), tokenizer(), name)
    ids = tuple(piece.id for piece in pieces_of(m, TEXT))
    seen: list[torch.Tensor] = []
    table = cast(torch.nn.Embedding, m.model.get_input_embeddings()).weight
    for layer in m.model.modules():
        if isinstance(layer, torch.nn.Embedding) and layer.weight is table:  # T5's encoder has its own
            layer.register_forward_hook(lambda _layer, _given, found: seen.append(found))
    options = {"decoder_input_ids": torch.tensor([ids])} if m.architecture == "encoder-decoder" else {}
    with torch.no_grad():
        m.model(input_ids=torch.tensor([ids]), **options)
    begun = seen[0].numpy().reshape(len(ids), -1)
    np.testing.assert_array_equal(vectors(m, ids), begun)


def test_the_nearest_are_those_of_the_largest_cosine(pronouns: Checkpoint) -> None:
    number = pieces_of(pronouns, "tired")[0].id
    table = vectors(pronouns, tuple(range(vocabulary_size(pronouns)))).astype(np.float64)
    table -= table.mean(0)
    unit = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    cosines = unit @ unit[number]
    cosines[number] = -2
    told = alike(pronouns, number, 5)
    found = told.nearest
    assert [near.id for near in found] == np.argsort(-cosines)[:5].tolist()
    np.testing.assert_allclose([near.cosine for near in found], np.sort(cosines)[::-1][:5], atol=1e-5)
    assert "angry" in [near.text for near in found]
    np.testing.assert_allclose(told.cosines, np.delete(cosines, number), atol=1e-5)


def test_chance_is_what_a_shuffled_table_gives(pronouns: Checkpoint) -> None:
    number = pieces_of(pronouns, "tired")[0].id
    table = vectors(pronouns, tuple(range(vocabulary_size(pronouns)))).astype(np.float64)
    table -= table.mean(0)
    own = table[number] / np.linalg.norm(table[number])
    draws = []
    for seed in range(20):
        mixed = np.random.default_rng(seed).permuted(table, axis=0)
        draws.append((mixed @ own / np.linalg.norm(mixed, axis=1)).max())
    told = alike(pronouns, number)
    assert min(draws) - 0.05 < told.chance < max(draws) + 0.05
    assert told.chance < told.nearest[0].cosine
    assert told.chance == alike(pronouns, number).chance


def test_there_are_no_more_neighbours_than_pieces(pronouns: Checkpoint) -> None:
    assert len(alike(pronouns, 7, 10**6).nearest) == vocabulary_size(pronouns) - 1


def test_a_word_that_the_checkpoint_does_not_know_is_marked(pronouns: Checkpoint) -> None:
    pieces = pieces_of(pronouns, "The house was unaffordable.")
    assert [piece.text for piece in pieces] == ["The", "house", "was", "unaffordable", ".", "</s>"]
    assert [piece.unknown for piece in pieces] == [False, False, False, True, False, False]
    assert [piece.special for piece in pieces] == [False] * 5 + [True]


def test_the_pieces_are_those_the_tokenizer_gives() -> None:
    m = prepare(build("gpt2"), tokenizer(), "gpt2")
    pieces = pieces_of(m, TEXT + " 한")
    assert [piece.id for piece in pieces] == m.tokenizer.encode(TEXT + " 한")
    assert [piece.before for piece in pieces if piece.text == "animal"] == ["Ġ"]


@pytest.mark.parametrize("text", ["", " \n "])
def test_an_empty_text_is_refused(pronouns: Checkpoint, text: str) -> None:
    with pytest.raises(Refusal, match="empty"):
        pieces_of(pronouns, text)
