"""Texts that are longer than those that a model was checked on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from torch import Tensor
from transformers import AutoModelForMaskedLM, BertConfig, BertModel, PreTrainedModel, PreTrainedTokenizerFast
from transformers.models.bert.modeling_bert import BertSelfAttention

from census.makers import WORDS, make
from model import Cut, Silence, load, trace
from model.attention import NAME
from model.capture import paths
from model.capture.checkpoint import Checkpoint
from model.capture.encode import encode
from model.capture.forward import Row, forward
from model.capture.paths import limits_of
from model.capture.prepare import prepare
from model.errors import Refusal
from model.text.languages import Languages

LIMIT = 40


def text_of(length: int) -> str:
    return " ".join(WORDS[i % 29] for i in range(length))


@pytest.fixture(scope="module")
def big_bird(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Looks everywhere in texts of up to (5 + 2 · 1) · 4 tokens, and in longer ones in blocks of 4."""
    folder = tmp_path_factory.mktemp("big_bird")
    make("big_bird", folder)
    return folder


def alone(folder: Path, ids: list[int]) -> Tensor:
    """What the model itself makes of a text when it has read no other."""
    model = AutoModelForMaskedLM.from_pretrained(folder).eval()
    with torch.no_grad():
        output: Tensor = model.base_model(input_ids=torch.tensor([ids])).last_hidden_state
    return output


@pytest.mark.parametrize("lengths", [(17, 60, 17), (60, 17, 61, 28, 29)])
def test_each_text_is_read_as_a_new_model_reads_it(big_bird: Path, lengths: tuple[int, ...]) -> None:
    m = load(big_bird)
    for length in lengths:
        ids = encode(m, text_of(length))
        assert len(ids) == length
        torch.testing.assert_close(forward(m, Row(ids))[0], alone(big_bird, ids), atol=1e-5, rtol=1e-5)


def test_a_long_text_is_shown_in_blocks_and_a_short_one_whole(big_bird: Path) -> None:
    m = load(big_bird)
    texts = [text_of(60), text_of(20), text_of(28), text_of(64)]
    traces = trace(m, texts)
    for text, t in zip(texts, traces, strict=True):
        assert t == trace(m, text)
        assert t.encoder is not None
        np.testing.assert_allclose(t.encoder.weights.sum(-1), 1, atol=1e-4)
    shares = [float((t.encoder.weights > 0).mean()) for t in traces if t.encoder is not None]
    assert shares[1] == shares[2] == 1
    # Two first and two last blocks look everywhere; each other one at the first, the last, itself, its two
    # neighbours and one more, which may be one of those: at most 6 of 15 or 16 blocks.
    for share, blocks in ((shares[0], 15), (shares[3], 16)):
        assert share <= (2 * blocks + (blocks - 2) * 6) / blocks**2 + 1e-6


def test_only_what_is_computed_as_a_matrix_can_be_changed(big_bird: Path) -> None:
    m = load(big_bird)
    assert m.can_edit
    cut = trace(m, text_of(20), edits=[Cut("encoder", 5, 3)]).encoder
    assert cut is not None
    assert (cut.weights[:, :, 5, 3] == 0).all()
    with pytest.raises(Refusal, match="computes attention its own way, so it cannot be edited"):
        trace(m, text_of(60), edits=[Cut("encoder", 5, 3)])
    with pytest.raises(Refusal, match="cannot be edited"):
        forward(m, Row(encode(m, text_of(60))), edits=[Silence("encoder")])
    assert trace(m, text_of(20)) == trace(m, text_of(20))


def patched(change: Callable[[Any, Tensor], Tensor]) -> Checkpoint:
    """A BERT whose first attention does something else with what comes out for texts beyond LIMIT tokens."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=60, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=16
    )
    config.sliding_window = LIMIT
    model: PreTrainedModel = BertModel(config)

    class Other(BertSelfAttention):
        def forward(self, hidden_states: Tensor, *args: Any, **kwargs: Any) -> Any:
            found: Any = super().forward(hidden_states, *args, **kwargs)
            output, weights = found
            return (change(self, output) if hidden_states.shape[1] > LIMIT else output), weights

    model.get_submodule("encoder.layer.0.attention.self").__class__ = Other
    return prepare(model, tokenizer(), "patched")


def tokenizer() -> PreTrainedTokenizerFast:
    words = Tokenizer(WordLevel({f"w{i}": i for i in range(60)}, unk_token="w0"))
    words.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=words, unk_token="w0")


def numbered(length: int) -> str:
    return " ".join(f"w{1 + i % 50}" for i in range(length))


def test_what_changes_beyond_a_limit_is_found_when_a_text_reaches_it() -> None:
    """Ours and the library's own kernels part there: what they make is scaled for one of them alone."""
    m = patched(lambda self, out: out * (2 if self.config._attn_implementation == NAME else 1))
    assert trace(m, numbered(LIMIT)).encoder is not None
    found = trace(m, numbered(LIMIT + 5))  # heard by another of its implementations
    assert found.encoder is not None
    ids = encode(m, numbered(LIMIT + 5))
    with m.running:
        torch.testing.assert_close(forward(m, Row(ids))[0], own(m, ids), atol=1e-5, rtol=1e-5)
    assert m.reach([Row(ids)]) is not m
    assert m.reach([Row(ids[:LIMIT])]) is m


def own(m: Checkpoint, ids: list[int]) -> Tensor:
    m.model.set_attn_implementation("sdpa")
    try:
        with torch.no_grad():
            output: Tensor = m.model(input_ids=torch.tensor([ids])).last_hidden_state
            return output
    finally:
        m.model.set_attn_implementation(NAME)


def test_what_fails_under_observation_alone_is_heard_in_another_way() -> None:
    def fail(self: Any, out: Tensor) -> Tensor:
        if self.config._attn_implementation == NAME:
            raise RuntimeError("not so")
        return out

    m = patched(fail)
    ids = encode(m, numbered(LIMIT + 5))
    assert trace(m, numbered(LIMIT + 5)).encoder is not None
    torch.testing.assert_close(forward(m, Row(ids))[0], own(m, ids), atol=1e-5, rtol=1e-5)


def test_what_cannot_be_shown_beyond_a_limit_is_refused_there_alone() -> None:
    count = iter(range(10**6))
    m = patched(lambda self, out: out * next(count))  # it never does the same again
    before = trace(m, numbered(LIMIT))
    for _ in range(2):
        with pytest.raises(Refusal, match="With a text of 45 tokens patched computes attention in a way"):
            trace(m, numbered(LIMIT + 5))
    assert trace(m, numbered(LIMIT)) == before


def test_each_stretch_of_lengths_is_checked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    m = patched(lambda self, out: out)
    checked: list[int] = []
    right = paths.is_right

    def count(*given: Any) -> bool:
        checked.append(1)
        return right(*given)

    monkeypatch.setattr(paths, "is_right", count)
    for length, times in ((20, 0), (LIMIT, 0), (LIMIT + 1, 1), (60, 1), (2 * LIMIT, 1), (2 * LIMIT + 1, 2)):
        trace(m, numbered(length))
        assert len(checked) == times
    assert m.model.config._attn_implementation == NAME


def test_what_was_checked_holds_for_the_model_between_other_languages() -> None:
    m = patched(lambda self, out: out)
    long = [Row(encode(m, numbered(LIMIT + 5)))]
    other = replace(m, languages=Languages({"en": 1, "fr": 2}, "en", "fr", frozenset({1, 2})))
    assert m.reach(long) is m
    assert other.reach(long) is other
    made = patched(lambda self, out: out * (2 if self.config._attn_implementation == NAME else 1))
    found = made.reach(long)
    other = replace(made, languages=Languages({"en": 1, "fr": 2}, "en", "fr", frozenset({1, 2})))
    assert found is not made
    assert made.reach(long) is found
    assert other.reach(long).languages == other.languages
    assert other.reach(long).model is found.model


def test_what_a_model_reads_decides_and_not_what_it_writes(tmp_path: Path) -> None:
    """A short text with a long target makes another model of it; one as long as that target does not."""
    make("bigbird_pegasus", tmp_path)
    m = load(tmp_path)
    short, long = Row([5] * 12, [6] * 60), Row([5] * 50, [6] * 8)
    for _ in range(2):
        assert m.reach([short]) is m
        assert m.reach([long]) is not m


def test_texts_of_other_stretches_do_not_share_a_batch() -> None:
    m = patched(lambda self, out: out)
    assert m.pads
    together = trace(m, [numbered(10), numbered(50), numbered(12)])
    for one, n in zip(together, (10, 50, 12), strict=True):
        alone = trace(m, numbered(n)).encoder
        assert one.encoder is not None
        assert alone is not None
        np.testing.assert_allclose(one.encoder.weights, alone.weights, atol=1e-6)
    assert m.regime(Row([1] * 10)) == m.regime(Row([1] * 12)) != m.regime(Row([1] * 50))


def test_limits_are_read_off_a_config_and_what_is_in_it() -> None:
    config = BertConfig()
    config.attention_window = [32, 64]
    config.text_config = {"index_topk": 100, "use_sliding_window": True}
    assert limits_of(config) == [32, 64, 100, 128, 200, 256, 400, 512, 800]
