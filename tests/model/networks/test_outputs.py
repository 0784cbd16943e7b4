"""output_attentions and output_hidden_states: transformers' names for what the project records by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import AutoModel, AutoModelForCausalLM

from model import Trace, trace
from model.capture.checkpoint import Checkpoint
from model.capture.forward import observing
from model.capture.recorder import Recorder
from model.capture.residual_stream import follow
from model.edits import Cut
from model.networks.config import NORMS
from model.networks.pretrained import CompactForCausalLM, CompactForConditionalGeneration, CompactForMaskedLM
from model.trace import Kind
from tests.model.compacts import inputs, made
from tests.model.families import TEXT, build
from tests.model.followed import LAYERS, compact

ARCHITECTURES = tuple(LAYERS)
BOTH = {"output_attentions": True, "output_hidden_states": True}
NEW = 5  # tokens
MADE = [
    (CompactForConditionalGeneration, {}),
    (CompactForCausalLM, {"encoder_layers": 0, "decoder_layers": 2}),
    (CompactForMaskedLM, {"encoder_layers": 2, "decoder_layers": 0}),
]


def names(architecture: str) -> dict[Kind, str]:
    """By kind what the model calls its attentions."""
    if architecture == "encoder-decoder":
        return {"encoder": "encoder_attentions", "decoder": "decoder_attentions", "cross": "cross_attentions"}
    return {"decoder" if architecture == "decoder" else "encoder": "attentions"}


def pair(m: Checkpoint, architecture: str, **record: Any) -> tuple[Trace, dict[str, Tensor]]:
    """A record of a text, and the batch that the record was made of."""
    ids = m.tokenizer(TEXT)["input_ids"]
    batch = {"input_ids": torch.tensor([ids])}
    if architecture != "encoder-decoder":
        return trace(m, TEXT, **record), batch
    written = [4, 5, 6, 7]
    batch["decoder_input_ids"] = torch.tensor([[m.model.config.decoder_start_token_id, *written[:-1]]])
    return trace(m, TEXT, target=written, **record), batch


@pytest.mark.parametrize("positions", ["sinusoidal", "rotary", "learned"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@torch.no_grad()
def test_attentions_are_the_softmax_of_what_queries_and_keys_say(architecture: str, positions: str) -> None:
    m = compact(architecture, positions=positions, d_k=4, d_v=5)
    t, batch = pair(m, architecture, record=("scores", "qkv"))
    found = m.model(**batch, output_attentions=True)
    assert t.kinds == tuple(names(architecture))
    for kind, name in names(architecture).items():
        stack = t[kind]
        assert stack.q is not None
        assert stack.k is not None
        assert stack.mask is not None
        logits = stack.q @ stack.k.swapaxes(-1, -2) / np.sqrt(stack.q.shape[-1])
        shares = np.where(stack.mask, np.exp(logits - logits.max(-1, keepdims=True)), 0)
        expected = shares / shares.sum(-1, keepdims=True)
        assert isinstance(found[name], tuple)
        assert len(found[name]) == len(expected) == LAYERS[architecture][kind != "encoder"]
        np.testing.assert_allclose(torch.cat(found[name]).numpy(), expected, atol=1e-5)
        np.testing.assert_allclose(torch.cat(found[name]).numpy(), stack.weights, atol=1e-6)
        assert np.ptp(expected) > 0.2  # far from even


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("architecture", ARCHITECTURES)
@torch.no_grad()
def test_hidden_states_are_the_residual_stream(architecture: str, norm: str) -> None:
    m = compact(architecture, norm=norm)
    _t, batch = pair(m, architecture)
    written = [4, 5, 6, 7] if architecture == "encoder-decoder" else None
    streams = follow(m, TEXT, written)
    found = m.model(**batch, output_hidden_states=True)
    for half in architecture.split("-"):
        name = f"{half}_hidden_states" if architecture == "encoder-decoder" else "hidden_states"
        stream, states = streams[half], found[name]
        assert isinstance(states, tuple)
        assert len(states) == LAYERS[architecture][half == "decoder"] + 1
        np.testing.assert_allclose(torch.cat(states[:-1]).numpy(), stream.states[:-1], atol=1e-5)
        np.testing.assert_allclose(states[-1][0].numpy(), stream.leaving, atol=1e-5)
        behind = np.abs(states[-1][0].numpy() - stream.states[-1]).max()
        assert behind > 0.1 if norm == "before" else behind < 1e-5
    last = found.get("decoder_hidden_states", found.get("hidden_states"))[-1]
    torch.testing.assert_close(cast(Any, m.model).output(last), found.logits)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
@torch.no_grad()
def test_the_last_state_is_behind_the_final_norm_as_in(family: str) -> None:
    model: Any = build(family).base_model
    found = model(torch.tensor([[5, 6, 7]]), output_hidden_states=True)
    assert torch.equal(found.hidden_states[-1], found.last_hidden_state)
    assert len(found.hidden_states) == model.config.num_hidden_layers + 1


@pytest.mark.parametrize(("kind", "options"), MADE)
@torch.no_grad()
def test_padding_shapes_and_what_is_not_asked_for(kind: Any, options: dict[str, Any]) -> None:
    model = made(kind, **options)
    batch = inputs(model)
    plain, told = model(**batch), model(**batch, **BOTH)
    extra = {name for name in told if "attentions" in name or "hidden_states" in name}
    assert len(extra) == (5 if model.config.is_encoder_decoder else 2)
    assert set(plain) == set(told) - extra
    torch.testing.assert_close(told.logits, plain.logits)
    torch.testing.assert_close(told.loss, plain.loss)
    for name in extra:
        for tensor in told[name]:
            assert tensor.shape == ((3, 4, 7, 7) if "attentions" in name else (3, 7, 16))
    for name in extra & {"encoder_attentions", "cross_attentions", "attentions"}:
        assert (told[name][0][-1, :, :, 5:] == 0).all()  # the padding
        assert (told[name][0][0, :, -1] > 0).all()


@pytest.mark.parametrize(("kind", "options"), MADE)
@torch.no_grad()
def test_as_a_tuple_and_by_the_config(kind: Any, options: dict[str, Any], tmp_path: Path) -> None:
    model = made(kind, **options, **BOTH)
    batch = inputs(model)
    told = model(**batch)
    as_tuple = model(**batch, return_dict=False)
    assert len(as_tuple) == len(told.to_tuple()) == len(told)
    flat = [tensor for part in as_tuple for tensor in (part if isinstance(part, tuple) else (part,))]
    expected = [t for part in told.to_tuple() for t in (part if isinstance(part, tuple) else (part,))]
    assert all(torch.equal(one, other) for one, other in zip(flat, expected, strict=True))
    silent = model(**batch, output_attentions=False, output_hidden_states=False)
    assert not [name for name in silent if "attentions" in name or "hidden_states" in name]

    made(kind, **options).save_pretrained(tmp_path)
    below = AutoModel.from_pretrained(tmp_path, output_attentions=True)
    batch = {name: value for name, value in batch.items() if name != "labels"}
    if model.config.is_encoder_decoder:
        batch["decoder_input_ids"] = batch["input_ids"]
    assert {name for name in below(**batch) if "attentions" in name} == {
        name for name in told if "attentions" in name
    }


@pytest.mark.parametrize(("kind", "options"), MADE)
@torch.no_grad()
def test_nothing_is_written_down_unless_it_is_asked_for(
    kind: Any, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def attend(*_: Any) -> None:
        raise AssertionError("the weights are computed")

    model = made(kind, **options)
    batch = inputs(model)
    monkeypatch.setattr("model.attention.attend", attend)
    model(**batch)
    model(**batch, output_hidden_states=True)
    with pytest.raises(AssertionError, match="the weights are computed"):
        model(**batch, output_attentions=True)


@pytest.mark.parametrize("use_cache", [True, False])
@pytest.mark.parametrize("beams", [1, 3])
@torch.no_grad()
def test_generate_tells_them_step_by_step(beams: int, use_cache: bool) -> None:
    """With a cache a step tells of its own token; without, it is a pass over all that is written."""
    how = {"num_beams": beams, "use_cache": use_cache, "max_new_tokens": NEW, "min_new_tokens": NEW}
    translator = made(CompactForConditionalGeneration, decoder_layers=2)
    batch = {name: value for name, value in inputs(translator).items() if name != "labels"}
    found = translator.generate(**batch, **how, **BOTH, return_dict_in_generate=True)
    assert [len(step) for step in (found.decoder_attentions, found.cross_attentions)] == [NEW, NEW]
    assert [tuple(one.shape) for one in found.encoder_attentions] == [(3, 4, 7, 7)] * 2
    assert [tuple(one.shape) for one in found.encoder_hidden_states] == [(3, 7, 16)] * 3
    for step in range(NEW):
        written = step + 1
        read = 1 if use_cache else written
        assert [one.shape[1:] for one in found.decoder_attentions[step]] == [(4, read, written)] * 2
        assert [one.shape[1:] for one in found.cross_attentions[step]] == [(4, read, 7)] * 2
        assert [one.shape[1:] for one in found.decoder_hidden_states[step]] == [(read, 16)] * 3
    last = slice(-1, None) if use_cache else slice(None)
    if beams == 1:
        told = translator(**batch, decoder_input_ids=found.sequences[:, :-1], **BOTH)
        for name in ("decoder_attentions", "cross_attentions", "decoder_hidden_states"):
            for one, other in zip(found[name][-1], told[name], strict=True):
                torch.testing.assert_close(one, other[..., last, :])

    writer = made(CompactForCausalLM, encoder_layers=0, decoder_layers=2)
    text = inputs(writer)["input_ids"][:2]
    found = writer.generate(
        text, attention_mask=torch.ones_like(text), **how, **BOTH, return_dict_in_generate=True
    )
    assert len(found.attentions) == len(found.hidden_states) == NEW
    assert [one.shape[1:] for one in found.attentions[0]] == [(4, 7, 7)] * 2
    read = 1 if use_cache else 7 + NEW - 1
    assert [one.shape[1:] for one in found.attentions[-1]] == [(4, read, 7 + NEW - 1)] * 2
    if beams == 1:
        told = writer(found.sequences[:, :-1], **BOTH)
        for name in ("attentions", "hidden_states"):
            for one, other in zip(found[name][-1], told[name], strict=True):
                torch.testing.assert_close(one, other[..., last, :])


@torch.no_grad()
def test_what_was_encoded_before_is_told_again() -> None:
    model = made(CompactForConditionalGeneration)
    batch = inputs(model)
    whole = model(**batch, **BOTH)
    encoded = model.encoder(batch["input_ids"], batch["attention_mask"], **BOTH)
    rest = {name: value for name, value in batch.items() if name != "input_ids"}
    for given in (encoded, encoded.to_tuple()):
        found = model(**rest, encoder_outputs=given, **BOTH)
        assert set(found) == set(whole)
        torch.testing.assert_close(found.encoder_attentions, whole.encoder_attentions)
        torch.testing.assert_close(found.encoder_hidden_states, whole.encoder_hidden_states)


@torch.no_grad()
def test_whoever_records_or_changes_at_the_same_time_is_not_in_the_way() -> None:
    m = compact("decoder")
    ids = m.tokenizer(TEXT)["input_ids"]
    edits = [Cut("decoder", query=5, key=2)]
    alone, beside = (Recorder({"decoder": (0, 1, 2)}, ["scores"]) for _ in range(2))
    with observing(m, [alone], edits=edits):
        m.model(torch.tensor([ids]))
    with observing(m, [beside], edits=edits):
        found = m.model(torch.tensor([ids]), output_attentions=True)
    with observing(m, edits=edits):
        changed = m.model(torch.tensor([ids]), output_attentions=True)
    assert len(alone.kept) == len(found.attentions) == 3
    for layer, weights in enumerate(found.attentions):
        assert (weights[0, :, 5, 2] == 0).all()
        assert torch.equal(weights, changed.attentions[layer])
        for name in ("weights", "scores"):
            assert torch.equal(beside.kept["decoder", layer][name], alone.kept["decoder", layer][name])
        assert torch.equal(weights, beside.kept["decoder", layer]["weights"])


def test_a_model_that_always_tells_them_is_recorded_like_any_other() -> None:
    talking = compact("encoder-decoder", **BOTH)
    assert talking.model.config.output_attentions
    assert trace(talking, TEXT) == trace(compact("encoder-decoder"), TEXT)


def test_attentions_can_be_learned_from() -> None:
    model = made(CompactForCausalLM, encoder_layers=0)
    found = model(inputs(model)["input_ids"], output_attentions=True)
    found.attentions[0][:, 0, -1, 0].sum().backward()
    assert model.decoder.layers[0].self_attention.W_Q.weight.grad.abs().sum() > 0


@pytest.mark.parametrize("name", ["eager", "sdpa"])
@torch.no_grad()
def test_the_implementation_may_be_called_anything(name: str, tmp_path: Path) -> None:
    model = made(CompactForCausalLM, encoder_layers=0)
    batch = inputs(model)
    expected = model(**batch, **BOTH)
    model.save_pretrained(tmp_path)
    loaded = AutoModelForCausalLM.from_pretrained(tmp_path, attn_implementation=name)
    model.set_attn_implementation(name)
    for one in (loaded, model):
        assert one.config._attn_implementation == name
        found = one(**batch, **BOTH)
        assert torch.equal(found.logits, expected.logits)
        torch.testing.assert_close(found.attentions, expected.attentions)
    if name == "eager":
        model.config.output_attentions = True
        assert len(model(**batch).attentions) == 1
