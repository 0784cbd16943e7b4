"""With the causal mask a later word moves nothing before it, to the last bit; without it, it does."""

from __future__ import annotations

from functools import cache
from typing import Any, cast

import numpy as np
import pytest
import torch
from transformers import GPT2Model

from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.errors import Refusal
from model.experiments.mask_leak import leak, reading, replacements
from tests.model.families import TEXT, build, tokenizer
from tests.model.translators import STORY, start_of, translator

WRITERS = ["pronouns", "compact", "t5", "bart", "marian"]
DECODERS = ["gpt2", "gpt_neox", "opt", "llama", "mistral", "qwen3", "gemma2", "gpt_oss"]
WRITTEN = (20, 7, 19, 11, 24, 5, 16, 12, 9)


@cache
def checkpoint(name: str) -> Checkpoint:
    return translator(name) if name in WRITERS else prepare(build(name), tokenizer(), name)


def text_of(m: Checkpoint) -> Any:
    return reading(m, STORY, WRITTEN if m.architecture == "encoder-decoder" else ())


@pytest.mark.parametrize("place", [2, 6])
@pytest.mark.parametrize("name", [*WRITERS, *DECODERS])
def test_the_mask_keeps_the_future_out_to_the_last_bit(name: str, place: int) -> None:
    m = checkpoint(name)
    text = text_of(m)
    found = leak(m, text, place, 15)
    assert found.unit == "probability"
    assert (found.masked[:place] == 0).all()
    assert found.masked[place] > 0
    assert found.open[:place].max() > 1e-5
    assert ((found.masked >= 0) & (found.masked <= 1)).all()
    assert ((found.open >= 0) & (found.open <= 1)).all()


def test_without_the_mask_is_a_decoder_that_was_built_without_one() -> None:
    m = checkpoint("compact")
    text = text_of(m)
    changed = [*text.read[:4], 15, *text.read[5:]]
    model = cast(Any, m.model)
    said = []
    model.decoder.causal = False
    try:
        with torch.no_grad():
            for read in (text.read, changed):
                logits = model(torch.tensor([text.ids]), decoder_input_ids=torch.tensor([read])).logits[0]
                said.append(logits.double().softmax(-1).numpy())
    finally:
        model.decoder.causal = True
    expected = np.abs(said[0] - said[1]).sum(-1) / 2
    np.testing.assert_allclose(leak(m, text, 4, 15).open, expected, atol=1e-6)


def test_a_model_that_predicts_nothing_moves_its_vectors() -> None:
    bare = GPT2Model(cast(Any, build("gpt2").config))
    m = prepare(bare, tokenizer(), "bare")
    text = reading(m, TEXT)
    found = leak(m, text, 3, 40)
    assert found.unit == "moved"
    changed = [*text.read[:3], 40, *text.read[4:]]
    with torch.no_grad():
        one, other = (bare(torch.tensor([list(read)])).last_hidden_state[0] for read in (text.read, changed))
    expected = (other - one).norm(dim=-1) / one.norm(dim=-1)
    np.testing.assert_allclose(found.masked, expected.numpy(), atol=1e-5)
    assert (found.masked[:3] == 0).all()


def test_the_same_token_again_moves_nothing() -> None:
    for name in ("pronouns", "gpt2"):
        m = checkpoint(name)
        text = text_of(m)
        found = leak(m, text, 3, text.read[3])
        assert not found.masked.any()
        assert not found.open.any()


def test_what_the_decoder_reads() -> None:
    m = checkpoint("pronouns")
    text = text_of(m)
    assert text.read == (start_of(m), *WRITTEN[:-1])
    assert list(text.ids) == m.tokenizer(STORY)["input_ids"]
    assert len(text.tokens) == len(text.read)
    assert reading(m, STORY, WRITTEN, most=4).read == text.read[:4]
    gpt = text_of(checkpoint("gpt2"))
    assert (gpt.ids, list(gpt.read)) == ((), checkpoint("gpt2").tokenizer(STORY)["input_ids"])


@pytest.mark.parametrize("name", ["pronouns", "gpt2"])
def test_what_is_offered_is_likely_and_is_another_token(name: str) -> None:
    m = checkpoint(name)
    text = text_of(m)
    for place in (0, 5):
        offered = replacements(m, text, place)
        assert 0 < len(offered) <= 6
        assert text.read[place] not in offered
        assert not set(offered) & set(m.tokenizer.all_special_ids)
        assert all(offered.values())


def test_what_cannot_be_changed_is_refused() -> None:
    m = checkpoint("gpt2")
    text = text_of(m)
    with pytest.raises(ValueError, match="no place 99"):
        leak(m, text, 99, 5)
    with pytest.raises(ValueError, match="no place -1"):
        replacements(m, text, -1)
    with pytest.raises(ValueError, match="no token 5000"):
        leak(m, text, 1, 5000)
    with pytest.raises(Refusal, match="reads in both directions"):
        reading(prepare(build("bert"), tokenizer(), "bert"), TEXT)
    with pytest.raises(Refusal, match="adds its mask its own way, so the mask cannot be lifted"):
        reading(prepare(build("bloom"), tokenizer(), "bloom"), TEXT)
    with pytest.raises(Refusal, match="empty"):
        reading(m, " ")
