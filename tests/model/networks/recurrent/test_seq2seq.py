"""Encoder-decoders against the papers' formulas, step by step in NumPy; generation; edits; loading."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model import Cut, Hold, Silence, Uniform, load, trace
from model.capture.forward import Row, forward
from model.capture.observers import Observer, Place
from model.capture.prepare import prepare
from model.errors import Refusal
from model.listening import Recurred, Seen
from model.networks.recurrent.config import ATTENTIONS, CELLS, RecurrentConfig
from model.networks.recurrent.pretrained import (
    RecurrentForConditionalGeneration,
    RecurrentForSequenceClassification,
    RecurrentForTokenClassification,
)
from model.text.tokenizer import CompactTokenizer, train_tokenizer

Array = NDArray[np.float64]
FORMS = [
    (cell, attention, both)
    for cell, attention, both in product(CELLS, ATTENTIONS, (False, True))
    if not (attention == "luong-dot" and both)
]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> CompactTokenizer:
    return train_tokenizer(["a b c d e f g h i j"], tmp_path_factory.mktemp("words"), "word")


def config(tokenizer: CompactTokenizer, **made: Any) -> RecurrentConfig:
    sizes = {"d_model": 6, "hidden_size": 8, "dropout": 0.0, "attention_size": 5}
    return RecurrentConfig(
        vocab_size=len(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        **{**sizes, **made},
    )


def build(tokenizer: CompactTokenizer, **made: Any) -> RecurrentForConditionalGeneration:
    torch.manual_seed(0)
    return RecurrentForConditionalGeneration(config(tokenizer, **made)).eval()


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def step(cell: str, x: Array, h: Array, c: Array, w: dict[str, Array]) -> tuple[Array, Array]:
    """One step, in PyTorch's order of gates."""
    a, b = w["U"] @ x + w["bU"], w["W"] @ h + w["bW"]
    n = len(h)
    if cell == "rnn":
        return np.tanh(a + b), c
    if cell == "lstm":
        i, f, g, o = ((a + b)[k * n : (k + 1) * n] for k in range(4))
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c
    r, z = sigmoid((a + b)[:n]), sigmoid((a + b)[n : 2 * n])
    new = np.tanh(a[2 * n :] + r * b[2 * n :])
    return (1 - z) * new + z * h, c


def weights(layer: Any, behind: str = "") -> dict[str, Array]:
    names = {"U": "weight_ih_l0", "W": "weight_hh_l0", "bU": "bias_ih_l0", "bW": "bias_hh_l0"}
    return {short: array(getattr(layer.weights, name + behind)) for short, name in names.items()}


def array(tensor: torch.Tensor) -> Array:
    return tensor.detach().double().numpy()


def run_by_hand(
    m: RecurrentForConditionalGeneration, source: list[int], target: list[int]
) -> tuple[Array, Array]:
    """Logits (steps, vocabulary) and weights (steps, source) of a one-layer network, word by word."""
    told = m.config
    table, size, cell = array(m.encoder.embedding.tokens.weight), told.hidden_size, told.cell
    words = [table[i] * np.sqrt(told.d_model) for i in source]
    halves, lasts = [], []
    for behind in ("", "_reverse")[: 2 if told.bidirectional else 1]:
        h, c, states = np.zeros(size), np.zeros(size), []
        for x in reversed(words) if behind else words:
            h, c = step(cell, x, h, c, weights(m.encoder.layers[0], behind))
            states.append(h)
        halves.append(states[::-1] if behind else states)
        lasts.append((h, c))
    memory = np.concatenate([np.stack(half) for half in halves], 1)
    h, c = (np.concatenate(parts) for parts in zip(*lasts, strict=True))
    summary = h
    if m.decoder.bridge is not None:
        W, b = array(m.decoder.bridge.weight), array(m.decoder.bridge.bias)  # noqa: N806
        h, c = np.tanh(W @ h + b), W @ c + b

    def look(state: Array) -> tuple[Array, Array]:
        own: Any = m.decoder.alignment
        if own.is_additive:
            inner = np.tanh(array(own.W_a.weight) @ state + memory @ array(own.U_a.weight).T)
            scores = inner @ array(own.v_a.weight)[0]
        else:
            asked = state if told.attention == "luong-dot" else array(own.W_a.weight) @ state
            scores = memory @ asked
        e = np.exp(scores - scores.max())
        return e / e.sum() @ memory, e / e.sum()

    logits, rows = [], []
    for i in target:
        word = table[i] * np.sqrt(told.d_model)
        if told.attention == "bahdanau":
            context, row = look(h)
            h, c = step(cell, np.concatenate([word, context]), h, c, weights(m.decoder.layers[0]))
            read = np.concatenate([h, context, word])
        elif told.attention != "none":
            h, c = step(cell, word, h, c, weights(m.decoder.layers[0]))
            context, row = look(h)
            read = np.concatenate([context, h])
        else:
            every = told.context == "every step"
            x = np.concatenate([word, summary]) if every else word
            h, c = step(cell, x, h, c, weights(m.decoder.layers[0]))
            read, row = np.concatenate([h, summary, word]) if every else h, np.zeros(0)
        if m.decoder.readout is not None:
            read = np.tanh(array(m.decoder.readout.weight) @ read + array(m.decoder.readout.bias))
        logits.append(array(m.output.weight) @ read)
        rows.append(row)
    return np.stack(logits), np.stack(rows)


@pytest.mark.parametrize("context", ["start", "every step"])
@pytest.mark.parametrize(("cell", "attention", "both"), FORMS)
def test_logits_and_alignment_are_the_papers(
    tokenizer: CompactTokenizer, cell: str, attention: str, both: bool, context: str
) -> None:
    if attention != "none" and context != "start":
        return  # attention looks at every step whatever the context is
    m = build(tokenizer, cell=cell, attention=attention, bidirectional=both, context=context).double()
    source, target = [6, 7, 8, 9, 5, 2], [1, 9, 8, 7]
    found = m(
        input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([target]), output_attentions=True
    )
    logits, rows = run_by_hand(m, source, target)
    np.testing.assert_allclose(array(found.logits[0]), logits, atol=1e-10)
    if attention == "none":
        assert found.cross_attentions is None
    else:
        np.testing.assert_allclose(array(found.cross_attentions[0][0, 0]), rows, atol=1e-10)


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize(("cell", "attention", "both"), FORMS)
def test_beams_with_states_are_those_without(
    tokenizer: CompactTokenizer, cell: str, attention: str, both: bool, layers: int
) -> None:
    m: Any = build(
        tokenizer,
        cell=cell,
        attention=attention,
        bidirectional=both,
        encoder_layers=layers,
        decoder_layers=layers,
    ).double()
    ids = torch.tensor([[5, 6, 7, 8, 9, 2], [6, 7, 2, 0, 0, 0]])
    for more in ({"num_beams": 1}, {"num_beams": 3, "num_return_sequences": 3}):
        how = {"input_ids": ids, "attention_mask": (ids != 0).long(), "max_new_tokens": 7, "do_sample": False}
        kept, anew = (m.generate(**how, **more, use_cache=uses) for uses in (True, False))
        assert torch.equal(kept, anew)


@given(lengths=st.lists(st.integers(1, 7), min_size=2, max_size=4), seed=st.integers(0, 50))
@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("attention", ATTENTIONS)
def test_texts_of_a_batch_are_as_alone(
    tokenizer: CompactTokenizer, attention: str, lengths: list[int], seed: int
) -> None:
    m = build(tokenizer, attention=attention, bidirectional=attention != "luong-dot").double()
    torch.manual_seed(seed)
    rows = [torch.randint(4, len(tokenizer), (length,)).tolist() for length in lengths]
    ids = torch.tensor([row + [0] * (max(lengths) - len(row)) for row in rows])
    target = torch.tensor([[1, 5, 6]]).expand(len(rows), -1)
    mask = torch.tensor([[1] * n + [0] * (max(lengths) - n) for n in lengths])
    together = m(input_ids=ids, attention_mask=mask, decoder_input_ids=target).logits
    for row, logits in zip(rows, together, strict=True):
        alone = m(input_ids=torch.tensor([row]), decoder_input_ids=target[:1]).logits[0]
        torch.testing.assert_close(logits, alone, atol=1e-10, rtol=1e-8)


@pytest.mark.parametrize("attention", [one for one in ATTENTIONS if one != "none"])
def test_attention_is_a_trace_of_the_kind_cross_and_can_be_edited(
    tokenizer: CompactTokenizer, attention: str
) -> None:
    m = prepare(build(tokenizer, attention=attention), tokenizer, "small")
    assert (m.architecture, dict(m.layers), dict(m.heads)) == (
        "encoder-decoder",
        {"cross": (0,)},
        {"cross": 1},
    )
    assert m.editable == {"cross"}
    assert m.can_open
    before = trace(m, "a b c d", target="d c b")
    stack = before.cross
    assert stack is not None
    assert before.kinds == ("cross",)
    assert stack.query_tokens == ("<s>", "d", "c", "b")
    np.testing.assert_allclose(stack.weights.sum(-1), 1, atol=1e-6)

    edits = [Cut("cross", query=1, key=2)]
    cut = trace(m, "a b c d", target="d c b", edits=edits).cross
    assert cut is not None
    assert cut.weights[0, 0, 1, 2] == 0
    np.testing.assert_allclose(cut.weights.sum(-1), 1, atol=1e-6)
    np.testing.assert_array_equal(cut.weights[0, 0, 0], stack.weights[0, 0, 0])
    later = np.abs(cut.weights[0, 0, 2:] - stack.weights[0, 0, 2:]).max()
    assert (later > 0) == (attention == "bahdanau")  # whose states have read what was fetched

    even = trace(m, "a b c d", target="d c b", edits=[Uniform("cross")]).cross
    assert even is not None
    np.testing.assert_allclose(even.weights, 1 / len(stack.keys), atol=1e-6)
    silent = trace(m, "a b c d", target="d c b", record=("output",), edits=[Silence("cross")]).cross
    assert silent is not None
    assert silent.output is not None
    assert not silent.output.any()
    np.testing.assert_allclose(silent.weights[0, 0, 0], stack.weights[0, 0, 0], atol=1e-6)


def test_queries_and_keys_are_told_where_scores_are_their_products(tokenizer: CompactTokenizer) -> None:
    general = prepare(build(tokenizer, attention="luong-general"), tokenizer, "small")
    seen = trace(general, "a b c", target="c", record=("scores", "qkv")).cross
    assert seen is not None
    assert seen.scores is not None
    assert seen.q is not None
    assert seen.k is not None
    np.testing.assert_allclose(seen.q @ seen.k.swapaxes(-1, -2), seen.scores, atol=1e-5)
    additive = prepare(build(tokenizer, attention="bahdanau"), tokenizer, "small")
    scored = trace(additive, "a b c", target="c", record=("scores",)).cross
    assert scored is not None
    assert scored.scores is not None
    e = np.exp(scored.scores)
    np.testing.assert_allclose(e / e.sum(-1, keepdims=True), scored.weights, atol=1e-6)
    with pytest.raises(Refusal, match="no products"):
        trace(additive, "a b c", target="c", record=("qkv",))


class Told(Observer):
    def __init__(self) -> None:
        self.recurred: list[tuple[Place, Recurred]] = []
        self.seen: list[Seen] = []

    def recurrence(self, place: Place, recurred: Recurred) -> None:
        self.recurred.append((place, recurred))

    def attention(self, place: Place, seen: Seen) -> None:
        self.seen.append(seen)


@pytest.mark.parametrize("attention", ["none", "bahdanau", "luong-dot"])
def test_gates_and_states_are_told_and_held(tokenizer: CompactTokenizer, attention: str) -> None:
    m = prepare(build(tokenizer, cell="lstm", attention=attention, encoder_layers=2), tokenizer, "small")
    row = Row([5, 6, 7, 2], [1, 6, 5])
    told = Told()
    plain = forward(m, row, [told], logits=True).logits
    places = [(place.kind, place.layer) for place, _ in told.recurred]
    assert places == [("encoder", 0), ("encoder", 1), ("decoder", 0)]
    for _place, one in told.recurred:
        assert one.c is not None
        assert set(one.gates) == {"input", "forget", "candidate", "output"}
        before = torch.cat([one.c_0[:, None], one.c[:, :-1]], 1)  # type: ignore[index]
        c = one.gates["forget"] * before + one.gates["input"] * one.gates["candidate"]
        torch.testing.assert_close(c, one.c)
        torch.testing.assert_close(one.gates["output"] * c.tanh(), one.h)
    torch.testing.assert_close(plain, forward(m, row, logits=True).logits)

    again = Told()
    held = forward(m, row, [again], [Hold("encoder", "output", 0.0, layer=1, step=3)], logits=True).logits
    assert not again.recurred[1][1].h[:, 3].any()
    assert not torch.allclose(held, plain)
    with pytest.raises(ValueError, match="no gate 'reset'"):
        trace(m, "a b", target="b", edits=[Hold("encoder", "reset", 0.0)])
    with pytest.raises(ValueError, match="no recurrent encoder layer 2"):
        trace(m, "a b", target="b", edits=[Hold("encoder", "forget", 0.0, layer=2)])


def test_states_carry_gradients_where_they_are_asked_for(tokenizer: CompactTokenizer) -> None:
    m = prepare(build(tokenizer, cell="gru"), tokenizer, "small")
    told = Told()
    with torch.enable_grad():
        output = forward(m, Row([5, 6, 7, 2], [1, 6]), [told], logits=True, gradients=True)
    encoder, decoder = (recurred for _place, recurred in told.recurred)
    best = output.logits[0, -1].max()
    slopes = torch.autograd.grad(best, [*encoder.steps, *decoder.steps])
    assert len(slopes) == 4 + 2
    assert all(slope.abs().sum() > 0 for slope in slopes)


def test_readers_answer_at_each_token_or_once(tokenizer: CompactTokenizer, tmp_path: Path) -> None:
    names = {0: "DET", 1: "NOUN", 2: "VERB"}
    shape = config(tokenizer, decoder_layers=0, id2label=names, bidirectional=True)
    tags = RecurrentForTokenClassification(shape).eval()
    tags.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    m = load(tmp_path)
    assert isinstance(m.model, RecurrentForTokenClassification)
    assert (m.architecture, dict(m.layers)) == ("encoder", {})
    ids = torch.tensor([[5, 6, 2, 0], [5, 6, 7, 2]])
    mask = (ids != 0).long()
    logits = m.model(input_ids=ids, attention_mask=mask).logits
    assert logits.shape == (2, 4, 3)
    labels = torch.tensor([[0, 1, -100, -100], [0, 1, 2, -100]])
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    torch.testing.assert_close(m.model(input_ids=ids, attention_mask=mask, labels=labels).loss, expected)

    for pooling in ("last", "mean"):
        shape = config(tokenizer, decoder_layers=0, id2label={0: "no", 1: "yes"}, pooling=pooling)
        network = RecurrentForSequenceClassification(shape).eval()
        logits = network(input_ids=ids, attention_mask=mask).logits
        alone = network(input_ids=ids[:1, :3]).logits
        torch.testing.assert_close(logits[:1], alone)
        states = network.encoder(ids[:1, :3]).last_hidden_state[0]
        pooled = states[-1] if pooling == "last" else states.mean(0)
        torch.testing.assert_close(network.output(pooled), alone[0])


def test_loaded_weights_are_not_overwritten_where_one_is_missing(
    tokenizer: CompactTokenizer, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    m = build(tokenizer)
    m.save_pretrained(tmp_path)
    kept = load_file(tmp_path / "model.safetensors")
    del kept["encoder.layers.0.weights.bias_hh_l0"]
    save_file(kept, tmp_path / "model.safetensors", {"format": "pt"})
    again = RecurrentForConditionalGeneration.from_pretrained(tmp_path)
    for name, weight in kept.items():
        assert torch.equal(again.state_dict()[name], weight), name


def test_forget_gates_begin_open_and_every_cell_begins_alike(tokenizer: CompactTokenizer) -> None:
    for cell in CELLS:
        layer: Any = build(tokenizer, cell=cell).encoder.layers[0]
        w = layer.weights_of()
        for part in w.W.chunk(layer.cell.parts):
            torch.testing.assert_close(part @ part.T, torch.eye(8), atol=1e-5, rtol=0)
        biases = (w.b_U + w.b_W).chunk(layer.cell.parts)
        opened = [bool((one == 1).all()) for one in biases]
        assert opened == [name == "forget" for name in layer.cell.gates or ("",)]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"cell": "lstn"}, "cell must be one of rnn, lstm, gru, not lstn"),
        ({"hidden_size": 0}, "hidden_size must be at least 1, not 0"),
        ({"attention": "luong-dot", "bidirectional": True}, "luong-general"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1"),
    ],
)
def test_what_cannot_be_built_is_refused(
    tokenizer: CompactTokenizer, made: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        config(tokenizer, **made)
