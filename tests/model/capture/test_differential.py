"""Attention that takes one map away from another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from census.makers import TEXT, make
from model import load, trace
from model.capture.encode import encode
from model.capture.forward import Row, forward
from model.trace import Stack, Trace
from model.traces import files


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("diffllama")
    make("diffllama", made, num_attention_heads=4, num_key_value_heads=2)
    return made


def test_the_difference_is_what_meets_the_values(folder: Path) -> None:
    """Against the arithmetic of the model itself: what comes to the norm behind its heads."""
    m = load(folder)
    stack = trace(m, TEXT).decoder
    assert stack is not None
    assert stack.differences is not None
    assert stack.differences.shape == (2, 2, len(stack.queries), len(stack.keys))
    assert stack.differences.min() < 0
    behind: dict[str, Tensor] = {}
    values: dict[str, Tensor] = {}
    handles = []
    for path, module in m.model.named_modules():
        if path.endswith("groupnorm"):
            handles.append(module.register_forward_pre_hook(keep(behind, path)))
        if path.endswith("v_proj"):
            handles.append(module.register_forward_hook(keep(values, path)))
    try:
        forward(m, Row(encode(m, TEXT)))
    finally:
        for handle in handles:
            handle.remove()
    for difference, came, v in zip(stack.differences, behind.values(), values.values(), strict=True):
        one, other = (
            v[0].unflatten(-1, (2, -1)).transpose(0, 1)
        )  # each of the two heads of values, (tokens, d)
        whole = torch.cat([one, other], dim=-1).numpy()
        for pair in range(2):
            np.testing.assert_allclose(difference[pair] @ whole, came[0, :, pair].numpy(), atol=1e-5)


def keep(into: dict[str, Tensor], path: str) -> Any:
    def hook(_module: Any, args: tuple[Tensor, ...], output: Tensor | None = None) -> None:
        into[path] = (args[0] if output is None else output).detach()

    return hook


def test_it_goes_where_the_record_goes(folder: Path, tmp_path: Path) -> None:
    t = trace(load(folder), TEXT, layers=[1])
    assert t.decoder is not None
    assert t.decoder.subtracted is not None
    assert t.decoder.subtracted.shape == (1,)
    files.save(t, tmp_path / "t.safetensors")
    assert files.load(tmp_path / "t.safetensors") == t
    other = t.decoder.subtracted + 1
    again = Stack(**{**fields(t.decoder), "subtracted": other})
    assert again != t.decoder
    assert Trace(decoder=again) != t
    words = t.decoder.by_words()
    assert words.differences is not None
    np.testing.assert_allclose(
        words.differences.sum(-1),
        1 - np.broadcast_to(t.decoder.subtracted, words.differences.shape[:3]),
        atol=1e-5,
    )
    assert float(t.to_xarray().subtracted_decoder.sel(layer_decoder=1)) == pytest.approx(
        t.decoder.subtracted[0]
    )


def fields(stack: Stack) -> dict[str, Any]:
    names = ("kind", "weights", "queries", "keys", "layers", "subtracted")
    return {name: getattr(stack, name) for name in names}


def test_other_attention_takes_nothing_away(tmp_path: Path) -> None:
    make("llama", tmp_path)
    stack = trace(load(tmp_path), TEXT).decoder
    assert stack is not None
    assert stack.subtracted is None
    assert stack.differences is None


def test_maps_that_are_taken_away_come_in_pairs(folder: Path) -> None:
    stack = trace(load(folder), TEXT).decoder
    assert stack is not None
    with pytest.raises(ValueError, match="come in pairs"):
        Stack(**{**fields(stack), "weights": stack.weights[:, :3]})
