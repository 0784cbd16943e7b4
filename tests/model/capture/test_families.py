"""The attention function inside transformers' models: the same outputs and weights as their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, VideoPrismTextConfig, VideoPrismTextModel
from transformers.pytorch_utils import Conv1D

from model import trace
from model.capture.checkpoint import Checkpoint
from model.capture.forward import Row, attentions, forward, observing
from model.capture.prepare import prepare
from model.capture.recorder import Recorder
from model.edits import Cut, Edit, Open, Silence, Temperature, Uniform
from model.trace import Kind
from tests.model.families import FAMILIES, OTHERS, SMALL, TEXT, VOCABULARY, build, tokenizer

QUERIES, KEYS = 7, 9  # of the cross attention: lengths of target and source
DECODERS = (
    "gpt2",
    "gpt_neox",
    "opt",
    "llama",
    "mistral",
    "qwen2",
    "qwen3",
    "gemma2",
    "gemma3",
    "phi3",
    "gpt_oss",
)
PAIRS = ("t5", "bart", "marian")


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(autouse=True)
def _without_gradients() -> Iterator[None]:
    with torch.no_grad():
        yield


def inputs(name: str, padded: bool = False) -> dict[str, Tensor]:
    """Two texts; with padding the second is shorter, a decoder's padded on the left as for generation."""
    generator = torch.Generator().manual_seed(1)
    ids = torch.randint(4, VOCABULARY, (2, KEYS), generator=generator)
    mask = torch.ones_like(ids)
    if padded:
        mask[1, slice(0, 3) if name in DECODERS else slice(-3, None)] = 0
        ids[mask == 0] = 0
    batch = {"input_ids": ids, "attention_mask": mask}
    if name in PAIRS:
        batch["decoder_input_ids"] = torch.randint(4, VOCABULARY, (2, QUERIES), generator=generator)
    return batch


def result(model: PreTrainedModel, batch: dict[str, Tensor]) -> Tensor:
    """What comes out at the top: vectors, or from T5, which has no model without it, logits."""
    output = model.base_model(**batch)
    top: Tensor = output.logits if "logits" in output else output.last_hidden_state
    return top


def run(m: Checkpoint, batch: dict[str, Tensor], *edits: Edit, **options: Any) -> tuple[Tensor, Recorder]:
    recorder = Recorder(options.pop("layers", m.layers), **options)
    with observing(m, [recorder], edits):
        return result(m.model, batch), recorder


def close(one: Tensor, other: Tensor) -> None:
    torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("padded", [False, True], ids=["", "padded"])
def test_outputs_and_weights_are_eager_attentions(family: str, padded: bool) -> None:
    batch = inputs(family, padded)
    eager = build(family)
    eager.set_attn_implementation("eager")
    expected = eager.base_model(**batch, output_attentions=True)
    m = prepare(build(family), tokenizer(), family)
    output, recorder = run(m, batch)
    real = batch["attention_mask"].bool() if family not in PAIRS else slice(None)
    close(output[real], (expected.logits if family == "t5" else expected.last_hidden_state)[real])
    wanted = attentions(expected)
    assert sum(map(len, wanted.values())) == len(recorder.kept)
    for (kind, layer), kept in recorder.kept.items():
        weights = wanted["encoder" if family in DECODERS else kind][layer]
        assert kept["weights"].dtype == torch.float32
        close(kept["weights"], weights)


@pytest.mark.parametrize("padded", [False, True], ids=["", "padded"])
def test_with_nothing_recorded_the_output_is_the_fused_paths(family: str, padded: bool) -> None:
    batch = inputs(family, padded)
    model = build(family)
    fused = "sdpa" if model._supports_sdpa else "eager"  # Gemma 2 and GPT-OSS know no fused path
    model.set_attn_implementation(fused)
    assert model.config._attn_implementation == fused
    expected = result(model, batch)
    m = prepare(build(family), tokenizer(), family)
    output = result(m.model, batch)
    real = batch["attention_mask"].bool() if family not in PAIRS else slice(None)
    close(output[real], expected[real])


def test_layers_that_are_not_asked_for_run_fused(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    m = prepare(build(family), tokenizer(), family)
    fused = nn.functional.scaled_dot_product_attention
    calls: list[None] = []

    def counted(*arguments: Any, **options: Any) -> Tensor:
        calls.append(None)
        return fused(*arguments, **options)

    monkeypatch.setattr(nn.functional, "scaled_dot_product_attention", counted)
    plain, _ = run(m, inputs(family), layers={})
    layers = sum(m.depth.values())
    assert len(calls) == (0 if family in ("gemma2", "gpt_oss") else layers)
    calls.clear()
    kind = next(iter(m.layers))
    output, recorder = run(m, inputs(family), layers={kind: [1]})
    assert list(recorder.kept) == [(kind, 1)]
    assert len(calls) == (0 if family in ("gemma2", "gpt_oss") else layers - 1)
    close(output, plain)


def test_layers_and_heads_are_counted(family: str) -> None:
    m = prepare(build(family), tokenizer(), family)
    config = m.model.config
    if family in PAIRS:
        assert m.architecture == "encoder-decoder"
        assert m.depth == {"encoder": 2, "decoder": 3, "cross": 3}
    else:
        assert m.architecture == ("decoder" if family in DECODERS else "encoder")
        assert m.layers == {m.architecture: tuple(range(config.num_hidden_layers))}
    assert set(m.heads.values()) == {4}
    assert m.can_edit
    assert m.tells_vectors
    assert m.parameters == sum(p.numel() for p in m.model.parameters())


@pytest.mark.parametrize("head", [None, 2])
def test_a_cut_edge_is_exactly_zero(family: str, head: int | None) -> None:
    m = prepare(build(family), tokenizer(), family)
    batch = inputs(family, padded=True)
    _, plain = run(m, batch)
    for kind, layers in m.layers.items():
        query, key, layer = 5, 4, layers[-1]
        _, cut = run(m, batch, Cut(kind, query, key, layer, head))
        before, after = (r.kept[kind, layer]["weights"] for r in (plain, cut))
        heads = slice(None) if head is None else slice(head, head + 1)
        assert (before[:, heads, query, key] > 0).any()
        assert (after[:, heads, query, key] == 0).all()
        rest = before.clone()
        rest[:, heads, query, key] = 0
        sums = after.sum(-1, keepdim=True)
        if family == "gpt_oss":  # the sink shares in what is left
            close(after, rest / (1 - (before - rest).sum(-1, keepdim=True)))
            assert (sums[0] < 0.99).any()
        else:
            close(after, rest / rest.sum(-1, keepdim=True))
            close(sums, torch.ones_like(sums))
        assert (after[before == 0] == 0).all()  # nothing leaks to masked keys
        for other, kept in cut.kept.items():
            if other[0] == kind and other[1] < layer:
                close(kept["weights"], plain.kept[other]["weights"])


def projection(model: PreTrainedModel, path: str) -> nn.Module:
    """W_O of the attention at this path, whatever it is called."""
    for parent in (path, path.rpartition(".")[0]):
        for name in ("o_proj", "out_proj", "c_proj", "Wo", "out_lin", "o", "dense", "output.dense"):
            try:
                return model.get_submodule(f"{parent}.{name}")
            except AttributeError:
                continue
    raise AssertionError(f"No output projection beside {path}.")


def test_silencing_a_head_is_taking_its_columns_out_of_the_output_matrix(family: str) -> None:
    m = prepare(build(family), tokenizer(), family)
    batch = inputs(family)
    for kind, layers in m.layers.items():
        shared = len(m.sites) < sum(m.depth.values())  # ALBERT: one module is every layer
        layer = None if shared else layers[-1]
        output, recorder = run(m, batch, Silence(kind, layer, head=2))
        model = build(family)
        paths = [site.path for site in m.sites.values() if site.kinds == (kind,)]
        module = projection(model, paths[-1])
        weight = cast(nn.Linear, module).weight
        rows = weight if isinstance(module, Conv1D) else weight.T  # (heads x d_v, d_model)
        width = len(rows) // 4
        rows[2 * width : 3 * width] = 0
        expected = result(model, batch)
        close(output, expected)
        assert not torch.allclose(output, run(m, batch, layers={})[0], atol=1e-3)
        assert (recorder.kept[kind, layers[-1]]["weights"][:, 2] > 0).any()


def test_temperature_is_a_smaller_scaling() -> None:
    m = prepare(build("llama"), tokenizer())
    cold, _ = run(m, inputs("llama"), Temperature("decoder", 0.5, layer=0))
    model = build("llama")
    model.set_attn_implementation("eager")
    cast(Any, model.get_submodule("model.layers.0.self_attn")).scaling /= 0.5
    close(cold, result(model, inputs("llama")))


@pytest.mark.parametrize("name", ["llama", "bert"])
def test_uniform_is_a_query_of_zero(name: str) -> None:
    m = prepare(build(name), tokenizer())
    even, _ = run(m, inputs(name, padded=True), Uniform(next(iter(m.layers)), layer=1, head=3))
    model = build(name)
    model.set_attn_implementation("eager")
    attention = cast(Any, model.get_submodule([site.path for site in m.sites.values()][1]))
    query = attention.q_proj if name == "llama" else attention.query
    query.weight[24:] = 0
    if query.bias is not None:
        query.bias[24:] = 0
    batch = inputs(name, padded=True)
    expected = result(model, batch)
    real = batch["attention_mask"].bool()
    close(even[real], expected[real])


@pytest.mark.parametrize("name", OTHERS)
def test_models_that_write_softmax_down_give_their_weights(name: str) -> None:
    m = prepare(build(name), tokenizer(), name)
    kind: Kind = "encoder" if name in ("xlnet", "deberta_v2") else "decoder"
    assert m.architecture == kind
    assert (m.layers, m.heads) == ({kind: (0, 1)}, {kind: 4})
    ids = torch.tensor([tokenizer()(TEXT)["input_ids"]])
    expected = build(name).base_model(ids, output_attentions=True).attentions
    recorded = trace(m, TEXT, layers=[1])
    assert recorded[kind].layers == (1,)
    close(torch.from_numpy(recorded[kind].weights), expected[1])
    with pytest.raises(ValueError, match="weights only"):
        trace(m, TEXT, record=["scores"])
    with pytest.raises(ValueError, match="cannot be lifted"):
        trace(m, TEXT, edits=[Open(kind)])


def test_a_token_that_a_model_adds_by_itself_is_left_out() -> None:
    """VideoPrism's text model puts one behind the text, which no token of the text may look at."""
    sizes: dict[str, Any] = {"attn_implementation": "eager", "vocab_size": VOCABULARY, **SMALL}
    config = VideoPrismTextConfig(**sizes)
    torch.manual_seed(0)
    model = VideoPrismTextModel(config).eval()
    for parameter in model.parameters():
        parameter.normal_(std=0.3)
    ids = torch.tensor([tokenizer()(TEXT)["input_ids"]])
    count = ids.shape[1]
    expected = model(ids, attention_mask=torch.ones_like(ids), output_attentions=True).attentions
    assert expected[0].shape[-1] == count + 1
    found = trace(prepare(model, tokenizer(), "videoprism"), TEXT)
    assert found.decoder is not None
    close(torch.from_numpy(found.decoder.weights.copy()), torch.cat(expected)[..., :count, :count])


@pytest.mark.parametrize("name", OTHERS)
def test_a_key_cut_from_all_is_a_key_masked_for_all(name: str) -> None:
    """Against transformers' own padding mask, in a row of which every word but the last is real."""
    m = prepare(build(name), tokenizer(), name)
    kind = m.architecture
    ids = tokenizer()(TEXT)["input_ids"]
    last = len(ids) - 1
    cut = forward(m, Row(ids), edits=[Cut(kind, key=last)])[0]  # type: ignore[arg-type]
    mask = torch.ones(1, len(ids), dtype=torch.long)
    mask[0, last] = 0
    expected = build(name).base_model(torch.tensor([ids]), attention_mask=mask)[0]
    close(cut[:, :last], expected[:, :last])
    plain = forward(m, Row(ids))[0]
    if kind == "encoder":  # a decoder's other words never saw it
        assert not torch.allclose(cut[:, :last], plain[:, :last], atol=1e-3)


@pytest.mark.parametrize("name", OTHERS)
def test_silenced_heads_fetch_nothing_where_softmax_is_written_down(name: str) -> None:
    """All heads silent in one layer: as if the map behind them were given zeros."""
    m = prepare(build(name), tokenizer(), name)
    kind: Any = m.architecture
    ids = tokenizer()(TEXT)["input_ids"]
    silent = forward(m, Row(ids), edits=[Silence(kind, layer=1)])[0]
    heads = [Silence(kind, 1, head) for head in range(4)]
    close(silent, forward(m, Row(ids), edits=heads)[0])
    model = build(name)
    site = next(site for site in m.sites.values() if site.layer == 1)
    values = {"xlnet": "v", "deberta_v2": "value_proj", "bloom": "query_key_value", "gpt_neo": "v_proj"}
    module = cast(Any, model.get_submodule(site.path))
    if name == "xlnet":
        module.v.zero_()
    elif name == "bloom":  # heads × (query, key, value) × width
        module.query_key_value.weight.view(4, 3, 8, 32)[:, 2] = 0
        module.query_key_value.bias.view(4, 3, 8)[:, 2] = 0
    else:
        value = getattr(module, values[name])
        value.weight.zero_()
        if value.bias is not None:
            value.bias.zero_()
    close(silent, model.base_model(torch.tensor([ids]))[0])
    assert (trace(m, TEXT, edits=[Silence(kind, layer=1)])[kind].weights[1].sum(-1) > 0.99).all()


def test_the_square_is_rebuilt_from_a_band() -> None:
    """Longformer's windows, against softmax over all scores with what lies outside the window masked."""
    m = prepare(build("longformer"), tokenizer("<s> $A </s>"), "longformer")
    assert (m.architecture, m.can_edit, m.layers) == ("encoder", False, {"encoder": (0, 1)})
    text = " ".join([TEXT] * 2)
    weights = torch.from_numpy(trace(m, text).encoder.weights)  # type: ignore[union-attr]
    states = m.model.base_model(
        torch.tensor([m.tokenizer(text)["input_ids"]]), output_hidden_states=True
    ).hidden_states
    for layer, reach in enumerate((2, 4)):
        attention = cast(Any, m.model.base_model).encoder.layer[layer].attention.self
        x = states[layer][:, : weights.shape[-1]]
        q, k = (f(x).unflatten(-1, (4, 8)).transpose(1, 2) for f in (attention.query, attention.key))
        scores = q @ k.mT / 8**0.5
        places = torch.arange(x.shape[1])
        scores = scores.masked_fill((places[:, None] - places).abs() > reach, -torch.inf)
        close(weights[layer], scores.softmax(-1)[0])


def test_the_longest_text_is_what_the_positions_allow() -> None:
    assert prepare(build("bert", max_position_embeddings=40), tokenizer()).max_tokens == 40
    # RoBERTa's table begins with places for the padding, which no token can take.
    roberta = prepare(build("roberta", max_position_embeddings=40), tokenizer())
    assert roberta.max_tokens == 39
    roberta.model.base_model(torch.full((1, 39), 5))
    with pytest.raises((IndexError, RuntimeError)):
        roberta.model.base_model(torch.full((1, 40), 5))
    assert prepare(build("t5"), tokenizer()).max_tokens is None
    assert prepare(build("xlnet"), tokenizer()).max_tokens is None
