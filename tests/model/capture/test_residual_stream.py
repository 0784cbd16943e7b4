"""The residual stream against the same sums written with PyTorch's functions, and what must hold of any."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from census.makers import make
from model import load, trace
from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.capture.residual_stream import Followed, Stream, follow, lengths
from model.capture.sublayers import Sublayer
from model.errors import Refusal
from model.networks.positions import sinusoids
from tests.model.families import FAMILIES, OTHERS, TEXT, build, tokenizer
from tests.model.followed import compact

ARCHITECTURES = ["encoder-decoder", "encoder", "decoder"]
WORDS = "it was too tired"
# Two that add before and behind a norm, three that add attention and feed-forward in a way of their own.
SEALED = {"gemma2", "gemma3", "gpt_neox"}


def streams(followed: Followed) -> list[Stream]:
    return [stream for stream in (followed.encoder, followed.decoder) if stream is not None]


def near(found: Any, expected: Any) -> None:
    expected = expected.detach() if isinstance(expected, Tensor) else expected
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5)


def attend(module: Any, x: Tensor, memory: Tensor, mask: Tensor | None) -> Tensor:
    """Multi-head attention from its weights, head by head, with PyTorch's own function."""
    heads = []
    for head in range(module.num_heads):
        k, v = (slice(head * width, (head + 1) * width) for width in (module.d_k, module.d_v))
        q = x @ module.W_Q.weight[k].T
        heads.append(
            F.scaled_dot_product_attention(
                q[None],
                (memory @ module.W_K.weight[k].T)[None],
                (memory @ module.W_V.weight[v].T)[None],
                mask,
            )[0]
        )
    return torch.cat(heads, -1) @ module.W_O.weight.T


def feed(module: Any, x: Tensor) -> Tensor:
    """FFN(x) from its weights."""
    hidden = F.relu(F.linear(x, module.W_1.weight, module.W_1.bias))
    return F.linear(hidden, module.W_2.weight, module.W_2.bias)


def within(block: Any, causal: Tensor | None, memory: Tensor) -> list[tuple[Callable[[Tensor], Tensor], Any]]:
    """What a layer does one after the other, each with the norm that belongs to it."""
    jobs = [(lambda x: attend(block.self_attention, x, x, causal), block.add_norm_1.norm)]
    if getattr(block, "cross_attention", None) is not None:
        jobs.append((lambda x: attend(block.cross_attention, x, memory, None), block.add_norm_2.norm))
    last = block.add_norm_3 if hasattr(block, "add_norm_3") else block.add_norm_2
    return [*jobs, (lambda x: feed(block.feed_forward, x), last.norm)]


@pytest.mark.parametrize("norm", ["after", "before"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_compact_pass_is_what_the_weights_say(architecture: str, norm: str) -> None:
    """Every sublayer, from the weights alone."""
    m = compact(architecture, norm=norm)
    followed = follow(m, WORDS)
    model: Any = m.model
    for stream in streams(followed):
        half: Any = getattr(model, stream.kind)
        count = len(stream.ids)
        x = half.embedding.tokens.weight[list(stream.ids)] * 24**0.5 + sinusoids(torch.arange(count), 24)
        near(stream.entering, x)
        causal = None if stream.kind == "encoder" else torch.ones(count, count).tril().bool()
        memory = torch.from_numpy(followed.encoder.leaving) if followed.encoder is not None else x
        for layer, block in enumerate(half.layers):
            near(stream.states[layer], x)
            sublayers = stream.sublayers[layer]
            jobs = within(block, causal, memory)
            for sublayer, (job, weights) in zip(sublayers, jobs, strict=True):
                by_norm = lambda x, w=weights: F.layer_norm(x, (24,), w.weight, w.bias)  # noqa: E731
                output = job(x) if norm == "after" else job(by_norm(x))
                assert sublayer.order == norm
                near(sublayer.x, x)
                near(sublayer.output, output)
                near(sublayer.sum, x + output)
                near(sublayer.norm.result, by_norm(x + output) if norm == "after" else by_norm(x))
                near(sublayer.norm.gain, weights.weight)
                near(sublayer.norm.bias, weights.bias)
                x = by_norm(x + output) if norm == "after" else x + output
                near(sublayer.after, x)
            near(stream.states[layer + 1], x)
        near(stream.leaving, x if norm == "after" else half.norm(x))


@pytest.mark.parametrize("norm", ["after", "before"])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_hidden_units_are_relu_of_the_first_matrix(architecture: str, norm: str) -> None:
    m = compact(architecture, norm=norm)
    model: Any = m.model
    for stream in streams(follow(m, WORDS)):
        for layer, sublayers in stream.sublayers.items():
            network = getattr(model, stream.kind).layers[layer].feed_forward
            sublayer = sublayers[-1]
            assert sublayer.part == "feed-forward"
            assert all(one.units is None for one in sublayers[:-1])
            assert sublayer.units is not None
            assert sublayer.units.relu
            given = torch.from_numpy(sublayer.given)
            near(sublayer.units.raw, F.linear(given, network.W_1.weight, network.W_1.bias))
            assert sublayer.units.raw is not None
            near(sublayer.units.fired, np.maximum(sublayer.units.raw, 0))
            near(
                sublayer.output,
                F.linear(torch.from_numpy(sublayer.units.fired), network.W_2.weight, network.W_2.bias),
            )


@pytest.mark.parametrize("chosen", [1, 2, 4])
@pytest.mark.parametrize("norm", ["after", "before"])
def test_a_mixture_of_experts_is_the_sum_of_those_that_run(norm: str, chosen: int) -> None:
    m = compact(norm=norm, experts=4, experts_per_token=chosen)
    model: Any = m.model
    for stream in streams(follow(m, WORDS)):
        for layer, sublayers in stream.sublayers.items():
            moe = getattr(model, stream.kind).layers[layer].feed_forward
            sublayer = sublayers[-1]
            experts = sublayer.experts
            assert sublayer.units is None
            assert experts is not None
            given = torch.from_numpy(sublayer.given)
            probabilities = F.softmax(F.linear(given, moe.W_g.weight), -1)
            near(experts.probabilities, probabilities)
            order = probabilities.argsort(-1, descending=True)[:, :chosen]
            np.testing.assert_array_equal(experts.chosen, order)
            kept = probabilities.gather(-1, order)
            near(experts.shares, kept if chosen == 1 else kept / kept.sum(-1, keepdim=True))
            for token in range(len(given)):
                for rank, expert in enumerate(experts.chosen[token]):
                    near(experts.outputs[token, rank], feed(moe.experts[expert], given[token]))
            near(experts.weighted.sum(1), sublayer.output)


def check(sublayer: Sublayer) -> None:
    """What must hold of a sublayer of any model."""
    norm = sublayer.norm
    near(sublayer.x + sublayer.output, sublayer.sum)
    np.testing.assert_array_equal(norm.x, sublayer.sum if sublayer.order == "after" else sublayer.x)
    if norm.kind == "layer":
        near(norm.normalised.mean(-1), np.zeros(len(norm.x)))
        near(norm.normalised, F.layer_norm(torch.from_numpy(norm.x), norm.x.shape[1:], eps=1e-5).numpy())
    near((norm.x - norm.mean[:, None]) / norm.deviation[:, None], norm.normalised)
    near(norm.normalised * norm.gain + norm.bias, norm.result)


def follow_family(name: str) -> tuple[Checkpoint, Followed]:
    m = prepare(build(name), tokenizer("$A"), name)
    return m, follow(m, "it was tired", "so it" if m.architecture == "encoder-decoder" else None)


@pytest.mark.parametrize("name", [name for name in (FAMILIES | OTHERS) if name != "xlnet"])
def test_what_leaves_a_sublayer_enters_the_next_in_every_family(name: str) -> None:
    m, followed = follow_family(name)
    for stream in streams(followed):
        assert stream.states.shape[:2] == (m.depth[stream.kind] + 1, len(stream.ids))
        for layer, sublayers in stream.sublayers.items():
            assert bool(sublayers) == (name not in SEALED and not (name == "modernbert" and layer == 0))
            for sublayer in sublayers:
                check(sublayer)
            chain = [sublayer.after for sublayer in sublayers]
            for entering, sublayer in zip([stream.states[layer], *chain], sublayers, strict=False):
                near(sublayer.x, entering)
            if chain:
                near(chain[-1], stream.states[layer + 1])
                parts = [sublayer.part for sublayer in sublayers]
                across = (
                    ["cross-attention"]
                    if m.architecture == "encoder-decoder" and stream.kind == "decoder"
                    else []
                )
                assert parts == ["self-attention", *across, "feed-forward"]
        if stream.last_norm is not None:
            near(stream.last_norm.x, stream.states[-1])
            near(stream.last_norm.result, stream.leaving)


@pytest.mark.parametrize("name", ["bert", "distilbert", "gpt2", "llama", "opt", "bart", "t5"])
def test_states_and_predictions_are_the_models_own(name: str) -> None:
    """Against transformers' hidden states and logits."""
    m, followed = follow_family(name)
    model: Any = m.model
    ids: dict[str, Any] = {"input_ids": torch.tensor([streams(followed)[0].ids])}
    if m.architecture == "encoder-decoder":
        assert followed.decoder is not None
        ids["decoder_input_ids"] = torch.tensor([followed.decoder.ids])
    with torch.no_grad():
        output = model(**ids, output_hidden_states=True)
    for stream in streams(followed):
        hidden = output.get("hidden_states") or output[f"{stream.kind}_hidden_states"]
        near(stream.states[:-1], torch.cat(hidden[:-1]))  # the last one is what leaves, normalised
        near(stream.leaving, hidden[-1][0])
        near(stream.vectors, model.get_input_embeddings().weight[list(stream.ids)])
    assert followed.outlook is not None
    probabilities = output.logits[0].softmax(-1)
    for place, best in enumerate(followed.outlook.best):
        near([guess.probability for guess in best], probabilities[place].topk(10).values)
        near([guess.logit for guess in best], output.logits[0, place].topk(10).values)
        assert [guess.id for guess in best] == probabilities[place].topk(10).indices.tolist()


@pytest.mark.parametrize("name", ["bert", "gpt2", "opt", "bart"])
def test_what_enters_is_vectors_and_positions(name: str) -> None:
    for stream in streams(follow_family(name)[1]):
        assert stream.plain
        assert stream.positions is not None
        entering = stream.scale * stream.vectors + stream.positions
        if stream.first_norm is not None:
            near(stream.first_norm.x, entering)
            entering = stream.first_norm.result
        near(stream.entering, entering)


def test_what_was_written_is_the_choice_at_each_step() -> None:
    m = load("checkpoints/pronouns")
    followed = follow(m, TEXT)
    assert followed.decoder is not None
    assert followed.outlook is not None
    assert followed.outlook.tied
    chosen = followed.outlook.chosen
    assert [guess.id for guess in chosen[:-1] if guess] == list(followed.decoder.ids[1:])
    assert all(
        guess == best[0] for guess, best in zip(chosen, followed.outlook.best, strict=True)
    )  # greedily
    assert chosen[-1] is not None
    assert chosen[-1].text == "</s>"
    told = follow(m, TEXT, [guess.id for guess in chosen if guess])
    np.testing.assert_array_equal(told.decoder.ids, followed.decoder.ids)  # type: ignore[union-attr]
    table: Any = m.model.get_input_embeddings()
    logits = followed.decoder.leaving @ table.weight.detach().numpy().T
    for place, best in enumerate(followed.outlook.best):
        near([guess.logit for guess in best], np.sort(logits[place])[::-1][:10])


def test_a_decoder_chooses_what_comes_next_and_an_encoder_what_is_there() -> None:
    for architecture in ("decoder", "encoder"):
        followed = follow(compact(architecture), WORDS)
        assert followed.outlook is not None
        ids = [None if guess is None else guess.id for guess in followed.outlook.chosen]
        read = list(followed.last.ids)
        assert ids == ([*read[1:], None] if architecture == "decoder" else read)


def test_only_the_asked_layers_are_looked_into() -> None:
    m = compact("encoder")
    some, every = follow(m, WORDS, layers=[1]).last, follow(m, WORDS).last
    assert set(some.sublayers) == {1}
    assert set(follow(m, WORDS, layers=[]).last.sublayers) == set()
    np.testing.assert_array_equal(some.states, every.states)
    np.testing.assert_array_equal(some.sublayers[1][0].output, every.sublayers[1][0].output)
    with pytest.raises(ValueError, match="layers 0 to 2"):
        follow(m, WORDS, layers=[3])


def test_visitors_of_one_model_do_not_mix() -> None:
    m = compact()
    texts = ["it", "it was", "it was too tired", "il dort"]
    alone = [follow(m, text, "il dort").encoder for text in texts]
    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(follow, m, text, "il dort") for text in texts * 6]
        traces = [pool.submit(trace, m, text, "il dort") for text in texts]
        for text, one in zip(texts, traces, strict=True):
            assert one.result().source == text
        for stream, job in zip(alone * 6, jobs, strict=True):
            found = job.result().encoder
            assert found is not None
            assert stream is not None
            np.testing.assert_array_equal(found.states, stream.states)


def test_a_model_that_was_followed_answers_as_before() -> None:
    m = compact()
    before = trace(m, WORDS, "il dort").cross
    hooks = sum(len(module._forward_hooks) for module in m.model.modules())
    follow(m, WORDS)
    once = sum(len(module._forward_hooks) for module in m.model.modules())
    follow(m, WORDS)
    assert sum(len(module._forward_hooks) for module in m.model.modules()) == once > hooks
    after = trace(m, WORDS, "il dort").cross
    assert before is not None
    assert after is not None
    np.testing.assert_array_equal(before.weights, after.weights)


def test_what_cannot_be_followed_is_refused_in_one_sentence() -> None:
    with pytest.raises(ValueError, match="cannot be followed"):
        follow_family("xlnet")
    with pytest.raises(ValueError, match="empty"):
        follow(compact(), "  ")
    with pytest.raises(ValueError, match="no encoder-decoder"):
        follow(compact("decoder"), WORDS, [3, 4])
    for architecture in ("encoder", "decoder", "encoder-decoder"):
        with pytest.raises(Refusal, match=r"Attention of \d+ tokens would take [\d.]+ GB; shorten the text"):
            follow(compact(architecture), "tired " * 7000, layers=[0])


def test_lengths_are_euclidean() -> None:
    np.testing.assert_allclose(lengths(np.array([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32)), [5, 0])


@torch.no_grad()
def test_a_layer_that_does_not_run_adds_nothing(tmp_path: Path) -> None:
    """Half of this model's layers look at a picture, and there is none."""
    make("mllama", tmp_path)
    m = load(tmp_path)
    stream = follow(m, WORDS)["decoder"]
    heard: dict[int, tuple[Tensor, Tensor]] = {}
    model: Any = m.model
    for layer, module in enumerate(model.model.language_model.layers):
        module.register_forward_hook(
            lambda _module, given, made, layer=layer: heard.update({layer: (given[0], made)})
        )
    model(torch.tensor([stream.ids]))
    assert (m.depth, stream.layers, sorted(heard)) == ({"decoder": 4}, 4, [0, 2])
    for layer in (0, 2):
        near(stream.states[layer], heard[layer][0][0])
        near(stream.states[layer + 1], heard[layer][1][0])
        assert stream.sublayers[layer]
    for layer in (1, 3):
        assert np.array_equal(stream.states[layer], stream.states[layer + 1])
        assert stream.sublayers[layer] == ()
