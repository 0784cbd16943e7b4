"""What each head gives to its layer's result, against the module that really adds them up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from model import load, trace
from model.analysis.contributions import contributions, projections
from model.capture.observers import Linear
from tests.model.capture.test_recording import checkpoint
from tests.model.families import FAMILIES, OTHERS, TEXT


@pytest.mark.parametrize("name", FAMILIES)
def test_the_gifts_sum_to_what_the_layers_own_module_says(name: str) -> None:
    """The module that owns the weight that was found is hooked, and heard in the pass itself."""
    m = checkpoint(name)
    found = projections(m)
    assert set(found) == {(kind, layer) for kind, layers in m.layers.items() for layer in layers}
    owners = {
        module.weight.data_ptr(): module
        for module in m.model.modules()
        if isinstance(module, nn.Linear | Conv1D)
    }
    said: dict[int, list[torch.Tensor]] = {}

    def hook(module: Any, _: Any, output: torch.Tensor) -> None:
        said.setdefault(module.weight.data_ptr(), []).append(output)

    handles = [owners[linear.weight.data_ptr()].register_forward_hook(hook) for linear in found.values()]
    t = trace(m, TEXT, record=("output",))
    for handle in handles:
        handle.remove()
    for (kind, layer), linear in found.items():
        given = contributions(t[kind], layer, linear)
        outputs = [x.reshape(-1, x.shape[-1]).detach().numpy() for x in said[linear.weight.data_ptr()]]
        total = sum(given.of(i) for i in range(given.number)) + given.bias
        assert given.number == m.heads[kind]
        assert any(x.shape == total.shape and np.allclose(x, total, atol=1e-4) for x in outputs)
        assert given.error < 1e-4


def test_in_a_compact_model_it_is_w_o() -> None:
    m = load("checkpoints/pronouns")
    found = projections(m)
    attention = m.model.encoder.layers[1].self_attention  # type: ignore[union-attr, index]
    assert found["encoder", 1].weight is attention.W_O.weight
    assert found["encoder", 1].bias is None
    t = trace(m, TEXT, record=("output",))
    assert t.encoder is not None
    assert t.encoder.output is not None
    given = contributions(t.encoder, 1, found["encoder", 1])
    w_o = attention.W_O.weight.detach().numpy()
    for i in range(4):
        np.testing.assert_allclose(
            given.of(i), t.encoder.output[1, i] @ w_o[:, 32 * i : 32 * (i + 1)].T, atol=1e-5
        )
    np.testing.assert_allclose(given.norms[2], np.linalg.norm(given.of(2), axis=1), rtol=1e-5)
    np.testing.assert_allclose(given.shares.sum(axis=0), 1, atol=1e-4)


def test_a_head_that_is_all_there_is_has_the_whole_share() -> None:
    m = load("checkpoints/pronouns")
    t = trace(m, TEXT, record=("output",))
    assert t.encoder is not None
    assert t.encoder.output is not None
    output = t.encoder.output.copy()
    output[0, 1:] = 0
    given = contributions(replace(t.encoder, output=output), 0, projections(m)["encoder", 0])
    np.testing.assert_allclose(given.shares[0], 1, atol=1e-5)
    assert (given.norms[1:] == 0).all()
    nothing = replace(t.encoder, output=np.zeros_like(output))
    assert (contributions(nothing, 0, projections(m)["encoder", 0]).shares == 0).all()


@pytest.mark.parametrize("name", OTHERS)
def test_a_model_that_gives_weights_only_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="weights only"):
        projections(checkpoint(name))


def test_what_is_missing_is_said() -> None:
    m = load("checkpoints/pronouns")
    t = trace(m, TEXT)
    assert t.encoder is not None
    with pytest.raises(ValueError, match="Layer 1 does more"):
        contributions(t.encoder, 0, None)
    with pytest.raises(ValueError, match="must be recorded"):
        contributions(t.encoder, 0, Linear(torch.ones(4, 4), None))
