"""What a checkpoint's states owe to each word, against PyTorch's own layers, and what is left without one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from census.makers import make
from model import load
from model.capture.checkpoint import Checkpoint
from model.capture.encode import encode
from model.capture.prepare import prepare
from model.errors import Refusal
from model.experiments import reach_of_text
from model.experiments.reach_of_text import leave_out, measure_text
from model.networks.recurrent.config import RecurrentConfig
from model.networks.recurrent.pretrained import (
    RecurrentForConditionalGeneration,
    RecurrentForTokenClassification,
)
from model.text.tokenizer import CompactTokenizer, train_tokenizer

TEXT = "a b c d e"


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> CompactTokenizer:
    return train_tokenizer(["a b c d e f g h i j"], tmp_path_factory.mktemp("words"), "word")


def build(tokenizer: CompactTokenizer, **made: Any) -> Checkpoint:
    torch.manual_seed(0)
    config = RecurrentConfig(
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **{"d_model": 6, "hidden_size": 8, "dropout": 0.0, **made},
    )
    kind = RecurrentForConditionalGeneration if config.decoder_layers else RecurrentForTokenClassification
    return prepare(kind(config).eval(), tokenizer, "small")


def expect(m: Checkpoint, text: str) -> np.ndarray:
    """‖∂h_t/∂x_s‖ by tokens, by PyTorch's own layer and torch's own Jacobian."""
    encoder: Any = m.model.get_encoder()
    ids = torch.tensor(encode(m, text))
    layer: nn.Module = encoder.layers[0].weights
    x = encoder.embedding.tokens(ids).detach()
    scale = encoder.embedding.scale

    def read(x: torch.Tensor) -> torch.Tensor:
        return layer((x * scale)[None])[0][0]

    jacobian = torch.autograd.functional.jacobian(read, x)  # (t, hidden, s, features)
    found: np.ndarray = torch.linalg.vector_norm(jacobian, dim=(1, 3)).numpy()
    return found


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("decoder_layers", [0, 1])
@pytest.mark.parametrize("both", [False, True])
def test_of_a_recurrent_checkpoint(
    tokenizer: CompactTokenizer, cell: str, decoder_layers: int, both: bool
) -> None:
    m = build(tokenizer, cell=cell, decoder_layers=decoder_layers, bidirectional=both)
    found = measure_text(m, TEXT)
    np.testing.assert_allclose(found.norms, expect(m, TEXT), rtol=1e-4, atol=1e-7)
    assert found.is_recurrent
    assert found.words[:5] == ("a", "b", "c", "d", "e")
    assert found.specials == (False,) * 5 + (True,) * (len(found.words) - 5)
    later = np.triu(found.norms, 1)
    assert later.any() == both  # who reads one way knows nothing of what comes
    np.testing.assert_allclose(found.shares.sum(1), 1)


def test_means_by_distance_are_geometric_and_of_earlier_words_alone(tokenizer: CompactTokenizer) -> None:
    found = measure_text(build(tokenizer), TEXT)
    for away, value in enumerate(found.by_distance(), 1):
        some = [found.norms[t, t - away] for t in range(away, 5)]
        assert value == pytest.approx(float(np.prod(some)) ** (1 / len(some)))
    assert len(found.by_distance()) == 4
    assert len(found.by_distance(specials=True)) == len(found.words) - 1


def test_of_a_transformer_words_are_put_together_from_their_tokens() -> None:
    m = load("checkpoints/pronouns")
    text = "The dogs slept."
    found = measure_text(m, text)
    ids = encode(m, text)
    table: Any = m.model.get_input_embeddings()
    encoder: Any = m.model.get_encoder()
    x = table(torch.tensor([ids])).detach()

    class Given(nn.Module):
        x: torch.Tensor

        def forward(self, _ids: torch.Tensor) -> torch.Tensor:
            x: torch.Tensor = self.x
            return x

    def read(x: torch.Tensor) -> torch.Tensor:
        given = Given()
        given.x = x
        encoder.embedding.tokens = given
        try:
            return encoder(torch.tensor([ids]))[0][0]
        finally:
            encoder.embedding.tokens = table

    jacobian = torch.autograd.functional.jacobian(read, x)[:, :, 0]
    by_token = torch.linalg.vector_norm(jacobian, dim=(1, 3)).numpy()
    assert not found.is_recurrent
    assert found.norms.shape == (len(found.words),) * 2
    if len(found.words) == len(ids):
        np.testing.assert_allclose(found.norms, by_token, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(found.norms.min() > 0, True)


def test_leaving_out_is_reading_anew(tokenizer: CompactTokenizer) -> None:
    m = build(tokenizer, cell="lstm")
    found = leave_out(m, TEXT)
    assert found.words == ("a", "b", "c", "d")
    layer: Any = m.model.get_encoder().layers[0].weights
    embedding: Any = m.model.get_encoder().embedding
    ids = encode(m, TEXT)
    with torch.no_grad():
        whole = layer(embedding(torch.tensor([ids])))[0][0, -1]
        for place in range(4):
            rest = layer(embedding(torch.tensor([ids[:place] + ids[place + 1 :]])))[0][0, -1]
            expected = float((rest - whole).norm() / whole.norm())
            assert found.changes[place] == pytest.approx(expected, rel=1e-4)


def test_a_long_text_is_read_as_far_as_it_is_shown(tokenizer: CompactTokenizer) -> None:
    found = measure_text(build(tokenizer), "a b c d e " * 20)
    assert len(found.words) == reach_of_text.MOST


def test_what_cannot_be_shown_is_refused_in_one_sentence(
    tokenizer: CompactTokenizer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    m = build(tokenizer)
    for text in ("", "   "):
        with pytest.raises(Refusal, match="empty"):
            measure_text(m, text)
    with pytest.raises(Refusal, match="single word"):
        leave_out(m, "a")
    monkeypatch.setattr(reach_of_text, "WIDEST", 7)
    with pytest.raises(Refusal, match="8 features"):
        measure_text(m, TEXT)
    make("bert", tmp_path)
    bert = load(tmp_path)
    monkeypatch.setattr(reach_of_text, "WIDEST", 256)
    assert (measure_text(bert, "the cat").norms >= 0).all()
