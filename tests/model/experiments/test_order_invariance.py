"""Without positions a shuffled text is the same vectors, shuffled; with them it is not."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.decode.decoding import write
from model.errors import Refusal
from model.experiments.order_invariance import last_vectors, permutation, shuffle, without_positions
from model.networks.config import CompactConfig
from model.networks.pretrained import CompactForCausalLM, CompactForConditionalGeneration, CompactForMaskedLM
from model.trace import Tokens
from tests.model.families import FAMILIES, OTHERS, TEXT, build, tokenizer
from tests.model.translators import translator, words

COMPACT = [f"{scheme} {stack}" for scheme in ("sinusoidal", "learned", "rotary", "alibi") for stack in "edb"]
CLASSES = {"e": CompactForMaskedLM, "d": CompactForCausalLM, "b": CompactForConditionalGeneration}
IDS = [5, 9, 14, 7, 20, 11, 6]


def compact(scheme: str, stack: str) -> Checkpoint:
    torch.manual_seed(3)
    config = CompactConfig(
        vocab_size=len(words()),
        d_model=32,
        d_ff=32,
        encoder_layers=0 if stack == "d" else 2,
        decoder_layers=0 if stack == "e" else 2,
        encoder_windows=None if stack == "d" else [1, None],
        positions=scheme,
        pad_token_id=0,
        bos_token_id=2,
        eos_token_id=3,
    )
    return prepare(CLASSES[stack](config), words(), f"{scheme} {stack}")


@cache
def checkpoint(name: str) -> Checkpoint:
    if name in COMPACT:
        scheme, stack = name.split()
        return compact(scheme, stack)
    if name == "pronouns":
        return translator(name)
    return prepare(build(name), tokenizer(), name)


@cache
def bare(name: str) -> Checkpoint:
    return without_positions(checkpoint(name))


def apart(m: Checkpoint, order: list[int]) -> float:
    """How far the shuffled text's vectors are from the shuffled vectors, at most."""
    straight = last_vectors(m, IDS)
    return float(
        (last_vectors(m, [IDS[i] for i in order]) - straight[order]).abs().max() / straight.abs().max()
    )


@pytest.mark.parametrize("name", ["pronouns", *COMPACT, *FAMILIES])
def test_without_positions_order_is_nothing(name: str) -> None:
    order = [3, 0, 6, 1, 5, 2, 4]
    assert apart(bare(name), order) < 1e-5
    assert apart(checkpoint(name), order) > 1e-3  # and what the copy lost, the model still has


@settings(max_examples=25)
@given(st.permutations(range(len(IDS))), st.sampled_from(["pronouns", "rotary b", "alibi e", "bert", "t5"]))
def test_any_order_will_do(order: list[int], name: str) -> None:
    assert apart(bare(name), order) < 1e-5


@pytest.mark.parametrize("name", COMPACT)
def test_it_is_the_model_that_was_built_without_positions(name: str) -> None:
    built = compact("none", name.split()[1])
    state = {key: value for key, value in checkpoint(name).model.state_dict().items() if "vectors" not in key}
    built.model.load_state_dict(state)
    ids = torch.tensor([IDS])
    given: Any = {"input_ids": ids}
    if name.endswith("b"):
        given["decoder_input_ids"] = ids
    with torch.no_grad():
        expected, found = (cast(Any, m.model)(**given).logits for m in (built, bare(name)))
    torch.testing.assert_close(found, expected)


def test_the_copy_shares_what_must_be_shared() -> None:
    m, copy = checkpoint("pronouns"), bare("pronouns")
    assert (copy.name, copy.word_counts, copy.tokenizer) == (m.name, m.word_counts, m.tokenizer)
    assert copy.lock is m.lock
    assert copy.model is not m.model
    assert (copy.layers, copy.heads, copy.architecture) == (m.layers, m.heads, m.architecture)


def test_a_translation_falls_apart() -> None:
    right = write(checkpoint("pronouns"), TEXT).text
    assert write(bare("pronouns"), TEXT).text != right


@pytest.mark.parametrize("name", OTHERS)
def test_where_positions_are_not_found_it_is_refused(name: str) -> None:
    with pytest.raises(Refusal, match="cannot be taken away"):
        without_positions(checkpoint(name))


def test_nothing_to_take_and_too_much_to_copy_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Refusal, match="cannot be taken away"):
        without_positions(compact("none", "e"))
    monkeypatch.setattr("model.experiments.order_invariance.LARGEST", 1000)
    with pytest.raises(Refusal, match="parameters, where 1,000 are the most"):
        without_positions(checkpoint("bert"))


@given(st.lists(st.tuples(st.integers(1, 3), st.booleans()), min_size=1, max_size=9), st.integers(0, 20))
def test_words_are_shuffled_and_their_pieces_stay_together(drawn: list[tuple[int, bool]], seed: int) -> None:
    numbers = tuple(i for i, (pieces, _) in enumerate(drawn) for _ in range(pieces))
    special = tuple(s for pieces, s in drawn for _ in range(pieces))
    tokens = Tokens(tuple(map(str, numbers)), numbers, special, (False,) * len(numbers))
    order = permutation(tokens, seed)
    assert sorted(order) == list(range(len(numbers)))
    assert order == permutation(tokens, seed)
    for place, i in enumerate(order[:-1]):
        following = i + 1
        if following < len(numbers) and numbers[following] == numbers[i]:
            assert order[place + 1] == following
    free = [i for i, (_, s) in enumerate(drawn) if not s]
    if len(free) > 1:
        assert order != tuple(range(len(numbers)))
    if all(pieces == 1 for pieces, _ in drawn):
        assert all(order[i] == i for i, (_, s) in enumerate(drawn) if s)


def test_the_shuffle_is_told() -> None:
    m, text = checkpoint("pronouns"), "The animal ate the cake."
    for model, same in ((m, False), (bare("pronouns"), True)):
        told = shuffle(model, text, seed=4)
        ids = m.tokenizer(text)["input_ids"]
        straight, shuffled = (
            last_vectors(model, [ids[i] for i in o]).numpy() for o in (range(len(ids)), told.order)
        )
        for place, i in enumerate(told.order):
            assert told.difference[i] == pytest.approx(np.abs(straight[i] - shuffled[place]).max(), abs=1e-6)
            cosine = straight[i] @ shuffled[place]
            cosine /= np.linalg.norm(straight[i]) * np.linalg.norm(shuffled[place])
            assert told.similarity[i, place] == pytest.approx(cosine, abs=1e-5)
        assert (told.largest < 1e-4) == same
    assert len(shuffle(m, TEXT, most=5).tokens) == 5
    with pytest.raises(Refusal, match="empty"):
        shuffle(m, "")
