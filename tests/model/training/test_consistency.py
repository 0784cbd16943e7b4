"""R-Drop: the loss of two passes that have to agree, and that learning by it brings them together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch

from model.networks.config import CompactConfig
from model.networks.loss import IGNORED
from model.networks.pretrained import (
    CompactForCausalLM,
    CompactForConditionalGeneration,
    CompactForMaskedLM,
    CompactModel,
)
from model.training.consistency import consistent
from model.training.folder import Run
from model.training.run import train

MODELS: dict[str, tuple[type[CompactModel], dict[str, Any]]] = {
    "encoder-decoder": (CompactForConditionalGeneration, {}),
    "decoder": (CompactForCausalLM, {"encoder_layers": 0}),
    "encoder": (CompactForMaskedLM, {"decoder_layers": 0}),
}


def network(architecture: str, **given: Any) -> CompactModel:
    torch.manual_seed(0)
    kind, layers = MODELS[architecture]
    sizes: dict[str, Any] = {"encoder_layers": 1, "decoder_layers": 1, "dropout": 0.3, **layers, **given}
    config = CompactConfig(vocab_size=20, d_model=16, num_heads=2, d_ff=32, label_smoothing=0.1, **sizes)
    return kind(config).train()


def batch(architecture: str) -> dict[str, Tensor]:
    ids = torch.randint(4, 20, (3, 6), generator=torch.Generator().manual_seed(1))
    labels = ids.clone() if architecture == "decoder" else ids.flip(1)
    labels[0, 4:] = IGNORED
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}


@pytest.mark.parametrize("architecture", MODELS)
def test_the_loss_is_half_of_the_papers(architecture: Any) -> None:
    net, given, alpha = network(architecture), batch(architecture), 3.0
    torch.manual_seed(5)
    found = consistent(net, given, alpha)
    torch.manual_seed(5)
    labels = given.pop("labels")
    if isinstance(net, CompactForConditionalGeneration):
        given["decoder_input_ids"] = net.prepare_decoder_input_ids_from_labels(labels)
    logits = net(**{name: tensor.repeat(2, 1) for name, tensor in given.items()}).logits
    if architecture == "decoder":
        logits, labels = logits[:, :-1], labels[:, 1:]
    counts = labels != IGNORED
    passes = [half[counts] for half in logits.chunk(2)]
    assert not torch.allclose(*passes)
    likelihood = sum(F.cross_entropy(one, labels[counts], label_smoothing=0.1) for one in passes)
    first, second = (one.log_softmax(-1) for one in passes)
    there = F.kl_div(second, first, reduction="batchmean", log_target=True)
    back = F.kl_div(first, second, reduction="batchmean", log_target=True)
    torch.testing.assert_close(2 * found, likelihood + alpha * (there + back) / 2)


@pytest.mark.parametrize("architecture", MODELS)
def test_without_dropout_there_is_nothing_to_agree_on(architecture: Any) -> None:
    net, given = network(architecture, dropout=0.0), batch(architecture)
    torch.testing.assert_close(consistent(net, given, 5.0), net(**given).loss)


def test_learning_by_it_brings_the_passes_together() -> None:
    apart = []
    for alpha in (0.0, 5.0):
        net, given = network("encoder-decoder"), batch("encoder-decoder")
        optimizer = torch.optim.AdamW(net.parameters(), lr=0.003)
        for _ in range(60):
            consistent(net, given, alpha).backward()
            optimizer.step()
            optimizer.zero_grad()
        told = []
        for weight in (0.0, 2.0):  # what the weight adds is the disagreement
            torch.manual_seed(9)
            with torch.no_grad():
                told.append(float(consistent(net, given, weight)))
        apart.append(told[1] - told[0])
    assert apart[1] < apart[0] / 2


def test_a_run_learns_by_it_and_its_card_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert train(Run("reverse", 6, settings={"consistency": 5}), folder, threads=1)
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "two passes have to agree (R-Drop, α 5)" in card
    assert "--set consistency=5" in card
