"""Scaled dot-product attention, once: it computes, it records, it intervenes.

Attention(Q, K, V) = softmax(Q Kᵀ / √d_k) V (Vaswani et al. 2017, "Attention Is All You Need", eq. 1).
The compact Transformer calls `attention`, and so does every Hugging Face model that goes through
transformers' AttentionInterface, once `register` has been called. Axes: (batch, heads, queries, keys).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch

from model.trace import Kind

NAME = "headlight"
NO_WEIGHT = -1e4  # a key whose score is lowered this much gets no weight in any precision


@dataclass(frozen=True)
class Cut:
    """The query no longer looks at the key: weight exactly 0, the rest of the row sums to 1 again.

    A row with nothing left looks at nothing: it becomes all zeros. None means every one; layers,
    heads and positions are counted from 0.
    """

    kind: Kind
    query: int | None = None
    key: int | None = None
    layer: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Open:
    """The query may look at the key, whatever the mask says; with no query and no key named, the mask is off.

    What is cut stays cut.
    """

    kind: Kind
    query: int | None = None
    key: int | None = None
    layer: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Silence:
    """The head says nothing: its output is 0 before W_O. What it looks at is still recorded."""

    kind: Kind
    layer: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Uniform:
    """The head looks at every key it may look at equally. A sink keeps its share."""

    kind: Kind
    layer: int | None = None
    head: int | None = None


@dataclass(frozen=True)
class Temperature:
    """The head's scores are divided by tau: below 1 it looks sharper, above 1 it spreads."""

    kind: Kind
    tau: float
    layer: int | None = None
    head: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.tau < math.inf:
            raise ValueError(f"The temperature must be a number above 0, not {self.tau}.")


Edit = Cut | Open | Silence | Uniform | Temperature


class Seen(NamedTuple):
    """What one call did, before dropout. A row of weights sums to 1, to less with a sink.

    weights, scores: float (batch, heads, queries, keys); scores are scaled, with position bias, softcap
        and temperature, before the mask and the softmax.
    mask: bool, True = may look and is not cut, broadcastable to the same shape.
    q, k: (batch, heads, tokens, d_k), after rotary positions; v: (batch, heads, tokens, d_v). Keys and
        values that several heads share are repeated, one for each head.
    scaling: what q·k is multiplied by, 1 / √d_k as a rule.
    output: (batch, heads, queries, d_v), weights times values, before W_O; 0 where the head is silenced.
    """

    weights: Tensor
    scores: Tensor
    mask: Tensor
    q: Tensor
    k: Tensor
    v: Tensor
    scaling: float
    output: Tensor


class Call(NamedTuple):
    """What is wanted of one call beside its output: interventions, and to be told what it did."""

    edits: tuple[Edit, ...] = ()
    record: Callable[[Seen], None] | None = None


class Listener(Protocol):
    """Whoever listens is asked at each call what is wanted of it; None: nothing, let it run."""

    def hear(self, module: nn.Module, query: Tensor, key: Tensor) -> Call | None: ...


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within the block, and in this thread only, each call of `attention` asks the listener."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def attention(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None = None,
    scaling: float | None = None,
    dropout: float = 0.0,
    position_bias: Tensor | None = None,
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    **_: Any,
) -> tuple[Tensor, Tensor | None]:
    """What each query fetches: (batch, queries, heads, d_v), and the weights where they were computed.

    query: (batch, heads, queries, d_k); key: (batch, kv_heads, keys, d_k); value: (batch, kv_heads, keys,
    d_v). Each key-value head serves heads / kv_heads query heads (Ainslie et al. 2023, GQA).
    attention_mask: bool (True = may look) or added to the scores. scaling: 1 / √d_k unless given.
    dropout: its probability, 0 when not training. position_bias: added to the scores (T5, ALiBi).
    softcap: scores are kept within ±softcap by a tanh (Gemma 2). s_aux: (heads,), the score of a sink
    that takes weight and gives nothing (GPT-OSS).

    Where nothing is recorded or changed, PyTorch's fused kernel does the work and no weights exist; except in
    bfloat16 training on a processor, where the kernel's backward pass is slower than writing them down.
    """
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    listener = _listener.get()
    call = None if listener is None else listener.hear(module, query, key)
    slow = query.dtype == torch.bfloat16 and query.device.type == "cpu" and query.requires_grad
    if call is None and softcap is None and s_aux is None and not slow:
        mask = combined(attention_mask, position_bias)
        output = F.scaled_dot_product_attention(
            query, key, value, mask, dropout, scale=scaling, enable_gqa=query.shape[1] != key.shape[1]
        )
        return output.transpose(1, 2).contiguous(), None

    edits, record = call or Call()
    group = query.shape[1] // key.shape[1]
    if group > 1:
        key, value = key.repeat_interleave(group, dim=1), value.repeat_interleave(group, dim=1)

    scores = (query * scaling) @ key.transpose(-2, -1)  # (batch, heads, queries, keys)
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    if position_bias is not None:
        scores = scores + position_bias
    for edit in edits:
        if isinstance(edit, Temperature):
            scores[:, at(edit.head)] /= edit.tau

    allowed, logits = masked(scores, attention_mask)
    opens = [edit for edit in edits if isinstance(edit, Open)]
    if opens:
        allowed, logits = opened(allowed, logits, scores, opens)
    cuts = [edit for edit in edits if isinstance(edit, Cut)]
    if cuts:
        allowed, logits = severed(allowed, logits, cuts)
    weights = softmax(logits, allowed, s_aux)
    for edit in edits:
        if isinstance(edit, Uniform):
            head, weights = at(edit.head), weights.clone()
            even = (allowed / allowed.sum(-1, keepdim=True).clamp(min=1)).expand_as(weights)
            weights[:, head] = even[:, head] * weights[:, head].sum(-1, keepdim=True)

    output = F.dropout(weights, dropout).to(value.dtype) @ value  # (batch, heads, queries, d_v)
    for edit in edits:
        if isinstance(edit, Silence):
            output[:, at(edit.head)] = 0
    if record is not None:
        record(Seen(weights, scores, allowed, query, key, value, scaling, output))
    return output.transpose(1, 2).contiguous(), weights


def at(position: int | None) -> slice:
    """One position of an axis, or with None all of them."""
    return slice(None) if position is None else slice(position, position + 1)


def combined(mask: Tensor | None, bias: Tensor | None) -> Tensor | None:
    """Mask and position bias as the one mask that the fused kernel takes."""
    if mask is None or bias is None:
        return bias if mask is None else mask
    return bias.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else bias + mask


def masked(scores: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Who may look at whom (broadcastable to the scores), and the scores with the mask on."""
    if mask is None:
        return torch.ones((1, 1, *scores.shape[-2:]), dtype=torch.bool, device=scores.device), scores
    if mask.dtype == torch.bool:
        return mask, scores.masked_fill(~mask, -math.inf)
    return mask > NO_WEIGHT, scores + mask


def opened(allowed: Tensor, logits: Tensor, scores: Tensor, opens: list[Open]) -> tuple[Tensor, Tensor]:
    """The same with the mask lifted where the edits say so."""
    free = edges(logits, opens)
    return allowed | free, torch.where(free, scores, logits)


def severed(allowed: Tensor, logits: Tensor, cuts: list[Cut]) -> tuple[Tensor, Tensor]:
    """The same with edges cut. In a row that was cut, nothing goes to masked keys either.

    Additive masks lower the score by a finite number, so a row whose last allowed key is cut would
    otherwise spread its weight over the keys it must not see.
    """
    cut = edges(logits, cuts)
    allowed = allowed & ~cut
    return allowed, logits.masked_fill(cut.any(-1, keepdim=True) & ~allowed, -math.inf)


def edges(logits: Tensor, edits: Sequence[Cut | Open]) -> Tensor:
    """Which edges the edits speak of: bool (heads, queries, keys)."""
    named = torch.zeros(logits.shape[1:], dtype=torch.bool, device=logits.device)
    for edit in edits:
        named[at(edit.head), at(edit.query), at(edit.key)] = True
    return named


def softmax(logits: Tensor, allowed: Tensor, sink: Tensor | None) -> Tensor:
    """Weights over the keys: each row sums to 1, to less with a sink, to 0 where all are at -inf."""
    if sink is not None:
        column = sink.to(logits.dtype).reshape(1, -1, 1, 1).expand(*logits.shape[:-1], 1)
        return torch.cat([logits, column], dim=-1).softmax(-1)[..., :-1]
    if allowed.any(-1).all():
        return logits.softmax(-1)
    nothing = logits.amax(-1, keepdim=True) == -math.inf  # softmax would make such a row NaN
    return logits.masked_fill(nothing, 0).softmax(-1).masked_fill(nothing, 0)


def register() -> None:
    """Teach transformers the name "headlight" for `attention` (`attn_implementation=NAME`).

    The mask function matters as much: without it the models would send no mask at all.
    """
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import eager_mask

    AttentionInterface.register(NAME, attention)
    AttentionMaskInterface.register(NAME, eager_mask)
