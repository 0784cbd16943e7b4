"""Models of transformers, watched as modules that nobody knows, against the weights that they return."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from model import watch
from model.errors import Refusal
from tests.model.capture.own.modules import texts
from tests.model.families import BANDS, FAMILIES, OTHERS, TEXT, build, tokenizer

# Their eager attention is what gives weights; PyTorch's fused one gives none.
WAYS = {"eager": {"softmax"}, "sdpa": {"kernel"}}
NO_FUSED = {"gemma2", *OTHERS}
SINKS = "gpt_oss"  # its softmax has a column more than what meets the values


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", [name for name in [*FAMILIES, *OTHERS] if name not in (SINKS, *BANDS)])
@torch.no_grad()
def test_weights_are_those_that_the_model_returns(name: str, way: str) -> None:
    if way == "sdpa" and name in NO_FUSED:
        pytest.skip("has no fused attention")
    made: Any = build(name)
    ids = torch.tensor([tokenizer("$A")(TEXT)["input_ids"][:12], tokenizer("$A")(TEXT)["input_ids"][5:17]])
    given = {"input_ids": ids}
    if made.config.is_encoder_decoder:
        given["decoder_input_ids"] = ids[:, :7]
    if name not in OTHERS:
        made.set_attn_implementation(way)
    alone = made(**given)
    with watch(made) as seen:
        watched = made(**given)
    assert torch.equal(watched.logits, alone.logits)
    assert {call.means for call in seen.calls} == WAYS[way]
    t = seen.trace(texts(12), texts(7, "y") if made.config.is_encoder_decoder else None, row=1)

    if name not in OTHERS:
        made.set_attn_implementation("eager")
    told = made(**given, output_attentions=True)
    wanted: dict[Any, Any] = {
        kind: told.get(f"{kind}_attentions") for kind in ("encoder", "decoder", "cross")
    }
    if not made.config.is_encoder_decoder:
        wanted = {t.kinds[0]: told.attentions}
    assert set(t.kinds) == set(wanted)
    for kind, layers in wanted.items():
        assert len(t[kind].layers) == len(layers)
        np.testing.assert_allclose(t[kind].weights, torch.stack([x[1] for x in layers]), atol=1e-5)


@torch.no_grad()
def test_a_softmax_with_a_sink_is_not_what_meets_the_values() -> None:
    made: Any = build(SINKS)
    made.set_attn_implementation("eager")
    with watch(made) as seen:
        made(torch.tensor([[5, 6, 7]]))
    with pytest.raises(Refusal, match=r"softmax was found in model\.layers\.0\.self_attn"):
        seen.trace(texts(3))
    assert all(call.seen is None for call in seen._ear.calls)
    assert seen._ear.size == 0
