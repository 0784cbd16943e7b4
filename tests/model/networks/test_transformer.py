"""The blocks against PyTorch's own layers with the same weights, and what must hold for any of them."""

import math
from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch

from model.listening import Call, Seen, listening
from model.networks import masks
from model.networks.feed_forward import FeedForward, MixtureOfExperts
from model.networks.positions import SCHEMES, Scheme
from model.networks.transformer import (
    AddNorm,
    Decoder,
    DecoderLayer,
    Embedding,
    Encoder,
    EncoderLayer,
    MultiHeadAttention,
    Norm,
    init_weights,
)

D_MODEL, HEADS, D_FF, VOCAB = 16, 4, 24, 30
NORMS = get_args(Norm)


class Notebook:
    """A listener that writes down every call's weights (batch, heads, queries, keys)."""

    def __init__(self) -> None:
        self.weights: list[Tensor] = []

    def hear(self, module: nn.Module, shape: tuple[int, int, int, int]) -> Call:
        return Call(record=self.note)

    def note(self, seen: Seen) -> None:
        self.weights.append(seen.weights)


def encoder_layer(norm: Norm = "after", positions: Scheme = "none", experts: int = 0) -> EncoderLayer:
    feed_forward = MixtureOfExperts(D_MODEL, D_FF, experts, 2) if experts else FeedForward(D_MODEL, D_FF)
    attention = MultiHeadAttention(D_MODEL, HEADS, positions=positions)
    return EncoderLayer(attention, feed_forward, D_MODEL, norm)


def decoder_layer(norm: Norm = "after", positions: Scheme = "none", cross: bool = True) -> DecoderLayer:
    across = MultiHeadAttention(D_MODEL, HEADS) if cross else None
    itself = MultiHeadAttention(D_MODEL, HEADS, positions=positions)
    return DecoderLayer(itself, across, FeedForward(D_MODEL, D_FF), D_MODEL, norm)


def encoder(layers: int = 2, positions: Scheme = "sinusoidal", norm: Norm = "after", **more: Any) -> Encoder:
    embedding = Embedding(VOCAB, D_MODEL, positions, max_positions=20)
    return Encoder(embedding, [encoder_layer(norm, positions) for _ in range(layers)], D_MODEL, norm, **more)


def decoder(
    layers: int = 2,
    positions: Scheme = "sinusoidal",
    norm: Norm = "after",
    cross: bool = True,
    **more: Any,
) -> Decoder:
    embedding = Embedding(VOCAB, D_MODEL, positions, max_positions=20)
    made = [decoder_layer(norm, positions, cross) for _ in range(layers)]
    return Decoder(embedding, made, D_MODEL, norm, **more)


def copy_attention(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> None:
    """Ours has no biases, as in the paper, so theirs are 0."""
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.W_Q.weight, ours.W_K.weight, ours.W_V.weight]))
        theirs.out_proj.weight.copy_(ours.W_O.weight)
        theirs.in_proj_bias.zero_()
        theirs.out_proj.bias.zero_()


def copy_norm(ours: AddNorm | None, theirs: nn.LayerNorm) -> None:
    assert ours is not None
    nn.init.normal_(ours.norm.weight)
    nn.init.normal_(ours.norm.bias)
    theirs.load_state_dict(ours.norm.state_dict())


def test_multi_head_attention_is_the_papers_formula() -> None:
    mha = MultiHeadAttention(D_MODEL, HEADS, d_k=3, d_v=5)  # neither is d_model / heads
    x, memory = torch.randn(2, 6, D_MODEL), torch.randn(2, 7, D_MODEL)
    mask = torch.rand(2, 1, 6, 7) < 0.8
    heads = []
    for i in range(HEADS):
        q = x @ mha.W_Q.weight[3 * i : 3 * i + 3].T
        k = memory @ mha.W_K.weight[3 * i : 3 * i + 3].T
        v = memory @ mha.W_V.weight[5 * i : 5 * i + 5].T
        heads.append(F.scaled_dot_product_attention(q, k, v, mask[:, 0]))
    expected = torch.cat(heads, dim=-1) @ mha.W_O.weight.T
    torch.testing.assert_close(mha(x, memory, mask), expected)


def test_multi_head_attention_is_pytorchs() -> None:
    mha, theirs = MultiHeadAttention(D_MODEL, HEADS), nn.MultiheadAttention(D_MODEL, HEADS, batch_first=True)
    copy_attention(mha, theirs)
    x, memory = torch.randn(2, 6, D_MODEL), torch.randn(2, 7, D_MODEL)
    padding = torch.tensor([[1] * 7, [1] * 4 + [0] * 3])
    expected, _ = theirs(x, memory, memory, key_padding_mask=padding == 0, need_weights=False)
    torch.testing.assert_close(mha(x, memory, masks.padding(padding)), expected)


@pytest.mark.parametrize("norm", NORMS)
def test_encoder_layer_is_pytorchs(norm: Norm) -> None:
    ours = encoder_layer(norm).eval()
    theirs = nn.TransformerEncoderLayer(
        D_MODEL, HEADS, D_FF, batch_first=True, norm_first=norm == "before"
    ).eval()
    copy_attention(ours.self_attention, theirs.self_attn)
    assert isinstance(ours.feed_forward, FeedForward)
    theirs.linear1.load_state_dict(ours.feed_forward.W_1.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.W_2.state_dict())
    copy_norm(ours.add_norm_1, theirs.norm1)
    copy_norm(ours.add_norm_2, theirs.norm2)
    x = torch.randn(2, 6, D_MODEL)
    mask = masks.causal(6)
    torch.testing.assert_close(ours(x), theirs(x))
    torch.testing.assert_close(ours(x, mask), theirs(x, ~mask))


@pytest.mark.parametrize("norm", NORMS)
def test_decoder_layer_is_pytorchs(norm: Norm) -> None:
    ours = decoder_layer(norm).eval()
    theirs = nn.TransformerDecoderLayer(
        D_MODEL, HEADS, D_FF, batch_first=True, norm_first=norm == "before"
    ).eval()
    copy_attention(ours.self_attention, theirs.self_attn)
    assert ours.cross_attention is not None
    copy_attention(ours.cross_attention, theirs.multihead_attn)
    assert isinstance(ours.feed_forward, FeedForward)
    theirs.linear1.load_state_dict(ours.feed_forward.W_1.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.W_2.state_dict())
    copy_norm(ours.add_norm_1, theirs.norm1)
    copy_norm(ours.add_norm_2, theirs.norm2)
    copy_norm(ours.add_norm_3, theirs.norm3)
    x, memory = torch.randn(2, 6, D_MODEL), torch.randn(2, 7, D_MODEL)
    padding = torch.tensor([[1] * 7, [1] * 4 + [0] * 3])
    expected = theirs(x, memory, ~masks.causal(6), memory_key_padding_mask=padding == 0)
    torch.testing.assert_close(ours(x, memory, masks.causal(6), masks.padding(padding)), expected)


@pytest.mark.parametrize("norm", NORMS)
@torch.no_grad()
def test_every_stack_ends_normed(norm: Norm) -> None:
    tokens, memory = torch.randint(0, VOCAB, (2, 6)), torch.randn(2, 4, D_MODEL)
    for x in (encoder(norm=norm).eval()(tokens), decoder(norm=norm).eval()(tokens, None, memory)):
        torch.testing.assert_close(x, F.layer_norm(x, (D_MODEL,)), atol=1e-3, rtol=1e-3)


def test_dropout_is_where_the_paper_has_it() -> None:
    # §5.4: on each sublayer's output and on the sum of embeddings and positions; nowhere else.
    layer, embedding = encoder_layer(), Embedding(VOCAB, D_MODEL)
    dropouts = {name for name, module in layer.named_modules() if isinstance(module, nn.Dropout)}
    assert dropouts == {"add_norm_1.dropout", "add_norm_2.dropout"}
    layer.add_norm_1.dropout.p = layer.add_norm_2.dropout.p = 1 - 1e-9
    x = torch.randn(1, 3, D_MODEL)
    expected = layer.add_norm_2.norm(layer.add_norm_1.norm(x))
    torch.testing.assert_close(layer.train()(x), expected)
    embedding.dropout.p = 1 - 1e-9
    assert embedding.train()(torch.tensor([[1, 2]])).count_nonzero() == 0


def test_embedding_is_tokens_times_root_d_model_plus_positions() -> None:
    embedding = Embedding(VOCAB, D_MODEL).eval()
    x = embedding(torch.tensor([[7, 8, 9]]))
    for pos, token in enumerate((7, 8, 9)):
        for i in range(0, D_MODEL, 2):
            angle = pos / 10000 ** (i / D_MODEL)
            vector = embedding.tokens.weight[token] * math.sqrt(D_MODEL)
            assert x[0, pos, i].item() == pytest.approx(vector[i].item() + math.sin(angle), abs=1e-5)
            assert x[0, pos, i + 1].item() == pytest.approx(vector[i + 1].item() + math.cos(angle), abs=1e-5)


@pytest.mark.parametrize("positions", SCHEMES)
@pytest.mark.parametrize("norm", NORMS)
@torch.no_grad()
def test_padding_changes_nothing(positions: Scheme, norm: Norm) -> None:
    """A text padded on the left or on the right, beside a longer one, gives what it gives alone."""
    reads = encoder(positions=positions, norm=norm).eval()
    writes = decoder(positions=positions, norm=norm).eval()
    text, longer = torch.randint(1, VOCAB, (1, 5)), torch.randint(1, VOCAB, (1, 8))
    memory = torch.randn(2, 4, D_MODEL)
    memory_padding = torch.tensor([[1, 1, 1, 1], [0, 1, 1, 0]])
    for side in (slice(0, 5), slice(3, 8)):
        tokens, padding = torch.cat([torch.zeros_like(longer), longer]), torch.ones(2, 8, dtype=torch.long)
        tokens[0, side], padding[0] = text, 0
        padding[0, side] = 1
        both, read = reads(tokens, padding), reads(text)
        torch.testing.assert_close(both[:1, side], read, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(both[1:], reads(longer), atol=1e-5, rtol=1e-5)
        both = writes(tokens, padding, memory, memory_padding)
        assert both.isfinite().all()
        alone = writes(text, None, memory[:1], memory_padding[:1])
        torch.testing.assert_close(both[:1, side], alone, atol=1e-5, rtol=1e-5)
        alone = writes(longer, None, memory[1:, 1:3])
        torch.testing.assert_close(both[1:], alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("positions", SCHEMES)
@torch.no_grad()
def test_nothing_is_known_of_the_future(positions: Scheme) -> None:
    stack = decoder(positions=positions, cross=False).eval()
    tokens = torch.randint(0, VOCAB, (1, 9))
    changed = tokens.clone()
    changed[0, 5:] = (changed[0, 5:] + 1) % VOCAB
    before, after = stack(tokens), stack(changed)
    assert torch.equal(before[:, :5], after[:, :5])
    assert not torch.isclose(before[:, 5:], after[:, 5:]).all()
    stack.causal = False
    assert not torch.isclose(stack(tokens)[:, :5], stack(changed)[:, :5]).all()


@settings(max_examples=20)
@given(st.permutations(range(7)))
@torch.no_grad()
def test_without_positions_an_order_is_only_an_order(order: list[int]) -> None:
    torch.manual_seed(0)
    stack = encoder(positions="none").eval()
    tokens = torch.arange(7)[None]
    torch.testing.assert_close(stack(tokens[:, order]), stack(tokens)[:, order], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("positions", sorted(set(SCHEMES) - {"none"}))
@torch.no_grad()
def test_with_positions_the_order_counts(positions: Scheme) -> None:
    stack = encoder(positions=positions).eval()
    tokens = torch.arange(7)[None]
    assert not torch.isclose(stack(tokens.roll(1, 1)), stack(tokens).roll(1, 1), atol=1e-3).all()
    # Biases that fall alike to both sides cannot tell a text from its mirror image.
    mirrored = torch.isclose(stack(tokens.flip(1)), stack(tokens).flip(1), atol=1e-3).all()
    assert bool(mirrored) == (positions == "alibi")


@torch.no_grad()
def test_windows_leave_exact_zeros_layer_by_layer() -> None:
    stack = encoder(3, windows=[1, None, 0]).eval()
    padding = torch.tensor([[1] * 8, [1] * 5 + [0] * 3])
    with listening(book := Notebook()):
        stack(torch.randint(0, VOCAB, (2, 8)), padding)
    for weights, width in zip(book.weights, (1, 8, 0), strict=True):
        for b, i, j in torch.cartesian_prod(torch.arange(2), torch.arange(8), torch.arange(8)).tolist():
            seen = abs(i - j) <= width and bool(padding[b, j])
            assert bool((weights[b, :, i, j] > 0).all() if seen else (weights[b, :, i, j] == 0).all())
        torch.testing.assert_close(weights[0].sum(-1), torch.ones(HEADS, 8))


@torch.no_grad()
def test_decoder_and_cross_windows_leave_exact_zeros() -> None:
    stack = decoder(1, windows=[2], cross_window=1).eval()
    with listening(book := Notebook()):
        stack(torch.randint(0, VOCAB, (1, 8)), None, torch.randn(1, 5, D_MODEL))
    itself, across = book.weights
    for t in range(8):
        assert [j for j in range(8) if itself[0, 0, t, j] > 0] == [j for j in range(8) if t - 2 <= j <= t]
        assert [j for j in range(5) if across[0, 0, t, j] > 0] == [
            j for j in range(5) if abs(min(t, 4) - j) <= 1
        ]


def test_a_memory_is_neither_forgotten_nor_invented() -> None:
    tokens = torch.zeros(1, 3, dtype=torch.long)
    with pytest.raises(ValueError, match="needs a memory where it has cross-attention"):
        decoder()(tokens)
    with pytest.raises(ValueError, match="needs a memory where it has cross-attention"):
        decoder(cross=False)(tokens, None, torch.randn(1, 3, D_MODEL))


@torch.no_grad()
def test_weights_begin_at_sizes_that_train() -> None:
    embedding = Embedding(2000, 64, "learned").apply(init_weights)
    assert (embedding.tokens.weight * embedding.scale).std().item() == pytest.approx(1, abs=0.05)
    places = torch.arange(500)
    learned, fixed = embedding.positions, Embedding(9, 64).positions
    assert learned is not None
    assert fixed is not None
    assert learned(places).square().mean().item() == pytest.approx(
        fixed(places).square().mean().item(), abs=0.05
    )
    attention = MultiHeadAttention(D_MODEL, HEADS).apply(init_weights)
    ffn = FeedForward(D_MODEL, D_FF).apply(init_weights)
    assert attention.W_Q.weight.abs().max() <= math.sqrt(6 / (2 * D_MODEL))
    assert ffn.W_1.bias.count_nonzero() == 0
