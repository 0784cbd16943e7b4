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
from transformers import Cache

from model.attention import attention
from model.networks import masks
from model.networks.cache import Past
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

    def forward(
        self,
        x: Tensor,
        memory: Tensor | None = None,
        mask: Tensor | None = None,
        past: Past | None = None,
    ) -> Tensor:
        """x (batch, queries, d_model) looks at memory (batch, keys, d_model), or at itself.

        mask: bool, True = may look, broadcastable to (batch, heads, queries, keys).
        past: what a cache keeps of the tokens before x, which are looked at too; or of the memory.
        """
        q = self.by_head(self.W_Q(x))  # (batch, heads, queries, d_k)
        bias = None
        if memory is not None:
            k, v = self.keys_values(memory) if past is None else past.once(lambda: self.keys_values(memory))
        else:
            k, v = self.keys_values(x)
            begin = 0 if past is None else past.length
            end = begin + x.shape[1]
            if self.positions == "rotary":
                cos, sin = rotary(torch.arange(begin, end, device=x.device), self.d_k)  # (length, d_k)
                q, k = rotate(q, cos.to(q), sin.to(q)), rotate(k, cos.to(k), sin.to(k))
            if self.positions == "alibi":
                bias = alibi(self.num_heads, end, x.device, begin).to(q)[None]  # (1, heads, queries, keys)
            if past is not None:
                k, v = past.grow(k, v)
        heads, _ = attention(self, q, k, v, mask, scaling=self.d_k**-0.5, position_bias=bias)
        y: Tensor = self.W_O(heads.flatten(-2))  # from (batch, queries, heads, d_v)
        return y

    def keys_values(self, source: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, keys, d_model) -> (batch, heads, keys, d_k) and (batch, heads, keys, d_v)"""
        return self.by_head(self.W_K(source)), self.by_head(self.W_V(source))

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
        past: Past | None = None,
    ) -> Tensor:
        """x (batch, queries, d_model), memory (batch, keys, d_model); masks, past as in MultiHeadAttention.

        Raises ValueError for cross-attention without a memory, and for a memory without cross-attention.
        """
        look_across = self.cross_attention
        if (look_across is None) != (memory is None):
            raise ValueError("A decoder layer needs a memory where it has cross-attention, and only there.")
        x = self.add_norm_1(x, lambda x: self.self_attention(x, mask=mask, past=past))
        if look_across is not None and self.add_norm_2 is not None:
            x = self.add_norm_2(x, lambda x: look_across(x, memory, memory_mask, past))
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

    def forward(self, tokens: Tensor, padding: Tensor | None = None, before: int = 0) -> Tensor:
        """tokens (batch, length), padding (batch, before + length) or None -> (batch, length, d_model)

        before: how many tokens of the text stand before these.
        """
        x = self.tokens(tokens) * self.scale
        if self.positions is not None:
            if padding is None:
                places = torch.arange(before, before + tokens.shape[1], device=tokens.device)
            else:
                places = masks.place(padding)[:, before:]
            x = x + self.positions(places, before).to(x)
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
        mask_of = {w: narrow(everywhere, w, tokens.shape[1], tokens.device) for w in set(self.windows)}
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
        cache: Cache | None = None,
    ) -> Tensor:
        """tokens, padding: (batch, length) -> (batch, length, d_model), looking at a memory if there is one.

        memory: (batch, source length, d_model), the encoder's output; memory_padding its padding.
        cache: what is kept of the text so far, if tokens are those that follow it; it grows by them. The
            padding is that of the whole text. Raises ValueError for padding of another length, and where
            the mask is off: each token then changes what those before it are.
        """
        return last(self.states(tokens, padding, memory, memory_padding, cache))

    def states(
        self,
        tokens: Tensor,
        padding: Tensor | None = None,
        memory: Tensor | None = None,
        memory_padding: Tensor | None = None,
        cache: Cache | None = None,
    ) -> Iterator[Tensor]:
        """What enters each layer, and what leaves the stack: layers + 1 times (batch, length, d_model)."""
        before = 0 if cache is None else cache.get_seq_length()
        length = before + tokens.shape[1]
        if cache is not None and not self.causal:
            raise ValueError("Without its mask a decoder has no key-value cache.")
        if cache is not None and padding is not None and padding.shape[1] != length:
            raise ValueError(
                f"The padding mask must be that of all {length} tokens, the {before} in the cache included; "
                f"this one has {padding.shape[1]}."
            )
        x = self.embedding(tokens, padding, before)  # (batch, length - before, d_model)
        behind = masks.combine(
            None if padding is None else masks.padding(padding),
            masks.causal(length, tokens.device, before) if self.causal else None,
        )
        mask_of = {w: narrow(behind, w, length, tokens.device, before) for w in set(self.windows)}
        memory_mask = None if memory_padding is None else masks.padding(memory_padding)
        if memory is not None and self.cross_window is not None:
            if memory_padding is None:
                memory_padding = torch.ones(memory.shape[:2], dtype=torch.bool, device=memory.device)
            memory_mask = masks.cross_window(tokens.shape[1], memory_padding, self.cross_window, before)
        for place, (layer, window) in enumerate(zip(self.layers, self.windows, strict=True)):
            yield x
            past = None if cache is None else Past(cache, place)
            x = layer(x, memory, mask_of[window], memory_mask, past)
        yield self.norm(x)


def last(states: Iterable[Tensor]) -> Tensor:
    """The last of some states; the others are let go."""
    for x in states:
        state = x
    return state


def narrow(
    mask: Tensor | None, window: int | None, length: int, device: torch.device, begin: int = 0
) -> Tensor | None:
    """The mask, and no farther than the window: broadcastable to (batch, heads, queries, keys)."""
    if window is None:
        return mask
    return masks.combine(mask, masks.window(length, window, device, begin))


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
