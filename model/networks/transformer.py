"""The Transformer's blocks, to be read beside "Attention Is All You Need" (Vaswani et al. 2017).

Letters, sections, equations and figures are the paper's. A text is a matrix x (batch, length, d_model).
Encoder and Decoder are the two halves of figure 1, without the output's linear layer and softmax. With a
memory the decoder looks at it (encoder-decoder); a decoder built without cross-attention stands alone
(decoder-only), as does an encoder (encoder-only).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

import torch
from torch import Tensor, nn

from model.attention import attention
from model.networks import masks
from model.networks.dropout import Dropout
from model.networks.positions import Learned, Scheme, Sinusoidal, alibi, rotary, rotate

Norm = Literal["after", "before"]


class MultiHeadAttention(nn.Module):
    """MultiHead(Q, K, V) = Concat(head_1, …, head_h) W^O (§3.2.2).

    d_v, the width of what is fetched, need not be d_k, the width in which queries meet keys.
    positions: "rotary" or "alibi" act here, and only where a text looks at itself.
    """

    def __init__(
        self,
        d_model: int,
        num_heads: int,
        d_k: int | None = None,
        d_v: int | None = None,
        positions: Scheme = "none",
    ) -> None:
        super().__init__()
        self.num_heads = num_heads
        self.d_k = d_model // num_heads if d_k is None else d_k
        self.d_v = self.d_k if d_v is None else d_v
        self.positions = positions
        self.W_Q = nn.Linear(d_model, num_heads * self.d_k, bias=False)  # every head's W_i^Q side by side
        self.W_K = nn.Linear(d_model, num_heads * self.d_k, bias=False)
        self.W_V = nn.Linear(d_model, num_heads * self.d_v, bias=False)
        self.W_O = nn.Linear(num_heads * self.d_v, d_model, bias=False)

    def forward(self, x: Tensor, memory: Tensor | None = None, mask: Tensor | None = None) -> Tensor:
        """x (batch, queries, d_model) looks at memory (batch, keys, d_model), or at itself.

        mask: bool, True = may look, broadcastable to (batch, heads, queries, keys).
        """
        source = x if memory is None else memory
        q = self.by_head(self.W_Q(x))  # (batch, heads, queries, d_k)
        k = self.by_head(self.W_K(source))  # (batch, heads, keys, d_k)
        v = self.by_head(self.W_V(source))  # (batch, heads, keys, d_v)
        bias = None
        if memory is None and self.positions == "rotary":
            cos, sin = rotary(torch.arange(x.shape[1], device=x.device), self.d_k)  # (length, d_k)
            q, k = rotate(q, cos.to(q), sin.to(q)), rotate(k, cos.to(k), sin.to(k))
        if memory is None and self.positions == "alibi":
            bias = alibi(self.num_heads, x.shape[1], x.device).to(q)[None]  # (1, heads, queries, keys)
        heads, _ = attention(self, q, k, v, mask, scaling=self.d_k**-0.5, position_bias=bias)
        y: Tensor = self.W_O(heads.flatten(-2))  # from (batch, queries, heads, d_v)
        return y

    def by_head(self, x: Tensor) -> Tensor:
        """(batch, length, heads · width) -> (batch, heads, length, width)"""
        return x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2)


class AddNorm(nn.Module):
    """The box "Add & Norm" of figure 1 around a sublayer, with dropout on the sublayer's output (§5.4).

    norm "after" is the paper's, LayerNorm(x + Sublayer(x)) (§3.1); "before" is x + Sublayer(LayerNorm(x)),
    which trains deep stacks more easily (Xiong et al. 2020).
    """

    def __init__(self, d_model: int, norm: Norm, dropout: float) -> None:
        super().__init__()
        self.before = norm == "before"
        self.norm = nn.LayerNorm(d_model)
        self.dropout = Dropout(dropout)

    def forward(self, x: Tensor, sublayer: Callable[[Tensor], Tensor]) -> Tensor:
        if self.before:
            return x + self.dropout(sublayer(self.norm(x)))
        y: Tensor = self.norm(x + self.dropout(sublayer(x)))
        return y


class EncoderLayer(nn.Module):
    """Self-attention, then a feed-forward network (figure 1, left)."""

    def __init__(
        self,
        self_attention: MultiHeadAttention,
        feed_forward: nn.Module,
        d_model: int,
        norm: Norm = "after",
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.self_attention = self_attention
        self.feed_forward = feed_forward
        self.add_norm_1 = AddNorm(d_model, norm, dropout)
        self.add_norm_2 = AddNorm(d_model, norm, dropout)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        x = self.add_norm_1(x, lambda x: self.self_attention(x, mask=mask))
        x = self.add_norm_2(x, self.feed_forward)
        return x


class DecoderLayer(nn.Module):
    """Self-attention, then attention to the encoder's output, then feed-forward (figure 1, right).

    cross_attention: None in a decoder that stands alone.
    """

    def __init__(
        self,
        self_attention: MultiHeadAttention,
        cross_attention: MultiHeadAttention | None,
        feed_forward: nn.Module,
        d_model: int,
        norm: Norm = "after",
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.self_attention = self_attention
        self.add_norm_1 = AddNorm(d_model, norm, dropout)
        self.cross_attention = cross_attention
        self.add_norm_2 = None if cross_attention is None else AddNorm(d_model, norm, dropout)
        self.feed_forward = feed_forward
        self.add_norm_3 = AddNorm(d_model, norm, dropout)

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        mask: Tensor | None = None,
        memory_mask: Tensor | None = None,
    ) -> Tensor:
        """x (batch, queries, d_model), memory (batch, keys, d_model); masks as in MultiHeadAttention.

        Raises ValueError for cross-attention without a memory, and for a memory without cross-attention.
        """
        look_across = self.cross_attention
        if (look_across is None) != (memory is None):
            raise ValueError("A decoder layer needs a memory where it has cross-attention, and only there.")
        x = self.add_norm_1(x, lambda x: self.self_attention(x, mask=mask))
        if look_across is not None and self.add_norm_2 is not None:
            x = self.add_norm_2(x, lambda x: look_across(x, memory, memory_mask))
        x = self.add_norm_3(x, self.feed_forward)
        return x


class Embedding(nn.Module):
    """What enters a stack: token vectors times √d_model (§3.4) plus positions (§3.5), then dropout (§5.4)."""

    def __init__(
        self,
        vocab_size: int,
        d_model: int,
        positions: Scheme = "sinusoidal",
        max_positions: int = 512,
        dropout: float = 0.1,
    ) -> None:
        super().__init__()
        self.tokens = nn.Embedding(vocab_size, d_model)
        self.scale = math.sqrt(d_model)
        self.positions: nn.Module | None = None
        if positions == "sinusoidal":
            self.positions = Sinusoidal(d_model)
        if positions == "learned":
            self.positions = Learned(max_positions, d_model)
        self.dropout = Dropout(dropout)

    def forward(self, tokens: Tensor, padding: Tensor | None = None) -> Tensor:
        """tokens (batch, length), padding (batch, length) or None -> (batch, length, d_model)"""
        x = self.tokens(tokens) * self.scale
        if self.positions is not None:
            places = torch.arange(tokens.shape[1], device=tokens.device)
            x = x + self.positions(places if padding is None else masks.place(padding)).to(x)
        x = self.dropout(x)
        return x


def norm_at_end(d_model: int, norm: Norm) -> nn.Module:
    """Norm before each sublayer leaves the last sum bare, so the stack ends with one more norm."""
    return nn.LayerNorm(d_model) if norm == "before" else nn.Identity()


class Encoder(nn.Module):
    """The left half of figure 1: tokens in, one vector for each token out.

    windows: for each layer how far a token sees to either side; None = everywhere.
    """

    def __init__(
        self,
        embedding: Embedding,
        layers: Iterable[EncoderLayer],
        d_model: int,
        norm: Norm = "after",
        windows: Sequence[int | None] | None = None,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.layers = nn.ModuleList(layers)
        self.norm = norm_at_end(d_model, norm)
        self.windows = [None] * len(self.layers) if windows is None else list(windows)

    def forward(self, tokens: Tensor, padding: Tensor | None = None) -> Tensor:
        """tokens (batch, length), padding (batch, length) 1 = token -> (batch, length, d_model)"""
        return last(self.states(tokens, padding))

    def states(self, tokens: Tensor, padding: Tensor | None = None) -> Iterator[Tensor]:
        """What enters each layer, and what leaves the stack: layers + 1 times (batch, length, d_model)."""
        x = self.embedding(tokens, padding)
        everywhere = None if padding is None else masks.padding(padding)  # (batch, 1, 1, keys)
        mask_of = {w: narrow(everywhere, w, tokens) for w in set(self.windows)}
        for layer, window in zip(self.layers, self.windows, strict=True):
            yield x
            x = layer(x, mask_of[window])
        yield self.norm(x)


class Decoder(nn.Module):
    """The right half of figure 1, up to the output's linear layer: tokens in, one vector for each out.

    windows: for each layer how far back a token sees; None = to the beginning.
    cross_window: how far from its own place a step sees in the memory; None = all of it.
    causal: False takes the mask off and lets every token see what it is to predict.
    """

    def __init__(
        self,
        embedding: Embedding,
        layers: Iterable[DecoderLayer],
        d_model: int,
        norm: Norm = "after",
        windows: Sequence[int | None] | None = None,
        cross_window: int | None = None,
        causal: bool = True,
    ) -> None:
        super().__init__()
        self.embedding = embedding
        self.layers = nn.ModuleList(layers)
        self.norm = norm_at_end(d_model, norm)
        self.windows = [None] * len(self.layers) if windows is None else list(windows)
        self.cross_window = cross_window
        self.causal = causal

    def forward(
        self,
        tokens: Tensor,
        padding: Tensor | None = None,
        memory: Tensor | None = None,
        memory_padding: Tensor | None = None,
    ) -> Tensor:
        """tokens, padding: (batch, length) -> (batch, length, d_model), looking at a memory if there is one.

        memory: (batch, source length, d_model), the encoder's output; memory_padding its padding.
        """
        return last(self.states(tokens, padding, memory, memory_padding))

    def states(
        self,
        tokens: Tensor,
        padding: Tensor | None = None,
        memory: Tensor | None = None,
        memory_padding: Tensor | None = None,
    ) -> Iterator[Tensor]:
        """What enters each layer, and what leaves the stack: layers + 1 times (batch, length, d_model)."""
        length = tokens.shape[1]
        x = self.embedding(tokens, padding)  # (batch, length, d_model)
        behind = masks.combine(
            None if padding is None else masks.padding(padding),
            masks.causal(length, tokens.device) if self.causal else None,
        )
        mask_of = {w: narrow(behind, w, tokens) for w in set(self.windows)}
        memory_mask = None if memory_padding is None else masks.padding(memory_padding)
        if memory is not None and self.cross_window is not None:
            if memory_padding is None:
                memory_padding = torch.ones(memory.shape[:2], dtype=torch.bool, device=memory.device)
            memory_mask = masks.cross_window(length, memory_padding, self.cross_window)
        for layer, window in zip(self.layers, self.windows, strict=True):
            yield x
            x = layer(x, memory, mask_of[window], memory_mask)
        yield self.norm(x)


def last(states: Iterable[Tensor]) -> Tensor:
    """The last of some states; the others are let go."""
    for x in states:
        state = x
    return state


def narrow(mask: Tensor | None, window: int | None, tokens: Tensor) -> Tensor | None:
    """The mask, and no farther than the window: broadcastable to (batch, heads, queries, keys)."""
    if window is None:
        return mask
    return masks.combine(mask, masks.window(tokens.shape[1], window, tokens.device))


def init_weights(module: nn.Module) -> None:
    """Weights to start training from, for `module.apply`: Glorot for matrices, N(0, 1/d_model) for tokens.

    Token vectors times √d_model have features of about 1, so that positions neither drown nor are drowned:
    a sinusoid's mean square is 1/2, and learned positions begin there too.
    """
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    if isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=module.embedding_dim**-0.5)
    if isinstance(module, Learned):
        nn.init.normal_(module.vectors, std=0.5**0.5)
    if isinstance(module, nn.LayerNorm):
        nn.init.ones_(module.weight)
        nn.init.zeros_(module.bias)
