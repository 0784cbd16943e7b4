"""Scaled dot-product attention, once: it computes, it records, it intervenes.

Attention(Q, K, V) = softmax(Q Kᵀ / √d_k) V (Vaswani et al. 2017, "Attention Is All You Need", eq. 1).
This project's own networks call `attention`, and so does every Hugging Face model that goes through
transformers' AttentionInterface, once `register` has been called. Axes: (batch, heads, queries, keys).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch

from model.edits import Applied, Cut, Edit, Open, Silence, Temperature, Uniform
from model.listening import Call, Seen, at, current_listener

__all__ = ["Cut", "Edit", "Open", "Silence", "Temperature", "Uniform", "attention", "register"]

NAME = "headlight"
Scorer = Callable[[Tensor, Tensor], Tensor]  # (…, queries, d_k), (…, keys, d_k) -> (…, queries, keys)
NO_WEIGHT = -1e4  # a key whose score is lowered this much gets no weight in any precision

# What models hand to a kernel beside what `attention` takes: all of it is in the mask already, or is for
# kernels that make none. Whatever else comes is not known here, and is never swallowed.
IN_THE_MASK = frozenset(
    [
        "sliding_window",
        "cu_seq_lens_q",
        "cu_seq_lens_k",
        "max_length_q",
        "max_length_k",
        "position_ids",
        "cache_position",
        "deterministic",
        "output_attentions",
        "output_hidden_states",
        "output_router_logits",
        "use_cache",
        "return_dict",
        "num_items_in_batch",
        "seq_idx",
        "token_type_ids",
        "logits_to_keep",
    ]
)


class UnknownArgument(ValueError):  # noqa: N818 - it says what is unknown
    """A model passed something to attention whose meaning is not known here."""


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
    sinks: Tensor | None = None,
    is_causal: bool | None = None,
    scorer: Scorer | None = None,
    **others: Any,
) -> tuple[Tensor, Tensor | None]:
    """What each query fetches: (batch, queries, heads, d_v), and the weights where they were computed.

    query: (batch, heads, queries, d_k); key: (batch, kv_heads, keys, d_k); value: (batch, kv_heads, keys,
    d_v). Each key-value head serves heads / kv_heads query heads (Ainslie et al. 2023, GQA).
    attention_mask: bool (True = may look) or added to the scores. scaling: 1 / √d_k unless given.
    dropout: its probability, 0 when not training. position_bias: added to the scores (T5, ALiBi).
    softcap: scores are kept within ±softcap by a tanh (Gemma 2). s_aux: (heads,), the score of a sink
    that takes weight and gives nothing (GPT-OSS); sinks: (batch, heads, queries, 1), where each query has a
    score of its own (Inkling 2). is_causal: without a mask, nobody looks ahead. scorer: what makes the scores
    of queries and keys where they are no product (Bahdanau et al. 2015); there is no scaling then.
    Raises UnknownArgument, a ValueError, for anything else that could change what is computed.

    Where nothing is recorded or changed, PyTorch's fused kernel does the work and no weights exist; except in
    bfloat16 training on a processor, where the kernel's backward pass is slower than writing them down.
    """
    for name, given in others.items():
        if given is not None and name not in IN_THE_MASK:
            raise UnknownArgument(f"Attention is given {name}, which is not known here.")
    scaling = query.shape[-1] ** -0.5 if scaling is None else scaling
    if is_causal and attention_mask is None and query.shape[2] > 1:
        attention_mask = causal_mask(query, key)
    listener = current_listener()
    call = None if listener is None else listener.hear(module, (*query.shape[:3], key.shape[2]))
    if s_aux is not None:
        sinks = s_aux.reshape(1, -1, 1, 1)
    slow = query.dtype == torch.bfloat16 and query.device.type == "cpu" and query.requires_grad
    if call is None and softcap is None and sinks is None and scorer is None and not slow:
        mask = combine(attention_mask, position_bias)
        output = F.scaled_dot_product_attention(
            query, key, value, mask, dropout, scale=scaling, enable_gqa=query.shape[1] != key.shape[1]
        )
        return output.transpose(1, 2).contiguous(), None

    call = call or Call()
    output, weights = attend(
        call, query, key, value, attention_mask, scaling, dropout, position_bias, softcap, sinks, scorer
    )
    return output.transpose(1, 2).contiguous(), weights


def attend(
    call: Call,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None,
    scaling: float,
    dropout: float = 0.0,
    bias: Tensor | None = None,
    softcap: float | None = None,
    sinks: Tensor | None = None,
    scorer: Scorer | None = None,
) -> tuple[Tensor, Tensor]:
    """Attention written out, as `attention` takes it: (batch, heads, queries, d_v), and the weights."""
    call = call.settle(lambda: allowed_by(query, key, mask, bias), dropout)
    group = query.shape[1] // key.shape[1]
    if group > 1:
        key, value = key.repeat_interleave(group, dim=1), value.repeat_interleave(group, dim=1)

    keeps_scores = call.record is not None and "scores" in call.parts
    keeps_scores = keeps_scores or any(isinstance(one.edit, Open) for one in call.edits)
    into = usable(call.into, query)
    if scorer is None:
        scores = multiply(query * scaling, key.transpose(-2, -1), None if keeps_scores else into)
    else:
        scores, scaling = scorer(query, key), 0.0
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
    if softcap is not None:
        scores = softcap * torch.tanh(scores / softcap)
    if bias is not None:
        scores = scores + bias
    temper(scores, call.edits)
    allowed, logits = apply_mask(scores, mask, in_place=not keeps_scores)
    allowed, logits = open_edges(allowed, logits, scores, call.edits)
    allowed, logits = cut_edges(allowed, logits, call.edits)
    weights = even(softmax(logits, allowed, sinks, into), allowed, call.edits)
    output = F.dropout(silence_heads(weights, call.edits), dropout).to(value.dtype) @ value
    if call.record is not None:
        q, k, v = (query, key, value) if "qkv" in call.parts else (None, None, None)
        told, mask = (scores, allowed) if "scores" in call.parts else (None, None)
        call.record(Seen(weights, told, mask, q, k, v, scaling, output))
    return output, weights


def soften(call: Call, logits: Tensor) -> Tensor:
    """The softmax of a model that writes it down: scores with their mask (batch, heads, queries, keys).

    Returns the weights that are to meet the values. Raises ValueError for a mask that should be lifted: what
    is below it is not known any more.
    """
    if call.put is not None:
        return call.put
    call = call.settle(lambda: logits > NO_WEIGHT)
    if any(isinstance(one.edit, Open) for one in call.edits):
        raise ValueError("A mask that is added before the softmax is heard cannot be lifted.")
    if call.edits:
        logits = logits.clone()
        temper(logits, call.edits)
    allowed, logits = cut_edges(logits > NO_WEIGHT, logits, call.edits)
    weights = even(softmax(logits, allowed, None, usable(call.into, logits)), allowed, call.edits)
    if call.record is not None:
        call.record(Seen(weights, mask=allowed))
    return silence_heads(weights, call.edits)


def usable(into: Tensor | None, made: Tensor) -> Tensor | None:
    """Where weights may be written, if it lies where they are computed, and no gradient goes through them."""
    there = into is not None and into.device == made.device and not torch.is_grad_enabled()
    return into if there else None


def multiply(one: Tensor, other: Tensor, into: Tensor | None) -> Tensor:
    """The product of matrices; written where the weights will be, if that holds numbers of the same kind.

    The softmax then overwrites it there, row by row: a matrix less to hold, and to be touched for the first
    time.
    """
    return one @ other if into is None or into.dtype != one.dtype else torch.matmul(one, other, out=into)


def causal_mask(query: Tensor, key: Tensor) -> Tensor:
    """bool (1, 1, queries, keys): nobody looks ahead; position i of one side is position i of the other."""
    shape = (query.shape[2], key.shape[2])
    return torch.ones(shape, dtype=torch.bool, device=query.device).tril()[None, None]


def allowed_by(query: Tensor, key: Tensor, mask: Tensor | None, bias: Tensor | None = None) -> Tensor:
    """Who may look at whom, by a mask and a position bias: bool, broadcastable to the weights."""
    allowed = torch.ones((1, 1, query.shape[2], key.shape[2]), dtype=torch.bool, device=query.device)
    for one in (mask, bias):
        if one is not None:
            allowed = allowed & (one if one.dtype == torch.bool else one > NO_WEIGHT)
    return allowed


def combine(mask: Tensor | None, bias: Tensor | None) -> Tensor | None:
    """Mask and position bias as the one mask that the fused kernel takes."""
    if mask is None or bias is None:
        return bias if mask is None else mask
    return bias.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else bias + mask


def apply_mask(scores: Tensor, mask: Tensor | None, in_place: bool = False) -> tuple[Tensor, Tensor]:
    """Who may look at whom (broadcastable to the scores), and the scores with the mask on.

    in_place: the scores themselves are changed, which saves the memory of another matrix.
    """
    if mask is None:
        return torch.ones((1, 1, *scores.shape[-2:]), dtype=torch.bool, device=scores.device), scores
    if mask.dtype == torch.bool:
        filled = scores.masked_fill_(~mask, -math.inf) if in_place else scores.masked_fill(~mask, -math.inf)
        return mask, filled
    return mask > NO_WEIGHT, scores.add_(mask) if in_place else scores + mask


def temper(scores: Tensor, edits: Sequence[Applied]) -> None:
    """Divides scores, in place, by the temperatures."""
    for edit, row, columns in edits:
        if isinstance(edit, Temperature):
            scores[at(row), at(edit.head), :, columns] /= edit.tau


def open_edges(
    allowed: Tensor, logits: Tensor, scores: Tensor, edits: Sequence[Applied]
) -> tuple[Tensor, Tensor]:
    """The same with the mask lifted where the edits say so."""
    free = edges(logits, edits, Open)
    return (allowed, logits) if free is None else (allowed | free, torch.where(free, scores, logits))


def cut_edges(allowed: Tensor, logits: Tensor, edits: Sequence[Applied]) -> tuple[Tensor, Tensor]:
    """The same with edges cut. In a row that was cut, nothing goes to masked keys either.

    Additive masks lower the score by a finite number, so a row whose last allowed key is cut would
    otherwise spread its weight over the keys it must not see.
    """
    cut = edges(logits, edits, Cut)
    if cut is None:
        return allowed, logits
    allowed = allowed & ~cut
    return allowed, logits.masked_fill(cut.any(-1, keepdim=True) & ~allowed, -math.inf)


def edges(logits: Tensor, edits: Sequence[Applied], kind: type[Cut | Open]) -> Tensor | None:
    """Which edges the edits of one type name: bool (batch or 1, heads, queries, keys); None: no edit does."""
    chosen = [one for one in edits if isinstance(one.edit, kind)]
    if not chosen:
        return None
    batch = 1 if all(one.row is None for one in chosen) else logits.shape[0]
    named = torch.zeros((batch, *logits.shape[1:]), dtype=torch.bool, device=logits.device)
    for edit, row, columns in chosen:
        assert isinstance(edit, Cut | Open)
        named[at(row), at(edit.head), at(edit.query), columns][..., at(edit.key)] = True
    return named


def softmax(logits: Tensor, allowed: Tensor, sink: Tensor | None, into: Tensor | None = None) -> Tensor:
    """Weights over the keys: each row sums to 1, to less with a sink, to 0 where all are at -inf.

    sink: (1 or batch, heads, 1 or queries, 1). into: where they are written, if it is given.
    """
    if sink is not None:
        column = sink.to(logits.dtype).expand(*logits.shape[:-1], 1)
        found = torch.cat([logits, column], dim=-1).softmax(-1)[..., :-1]
        return found if into is None else into.copy_(found)
    if allowed.any(-1).all():
        return torch.softmax(logits, -1, out=into)
    nothing = logits.amax(-1, keepdim=True) == -math.inf  # softmax would make such a row NaN
    found = torch.softmax(logits.masked_fill(nothing, 0), -1, out=into)
    return found.masked_fill(nothing, 0) if into is None else found.masked_fill_(nothing, 0)


def even(weights: Tensor, allowed: Tensor, edits: Sequence[Applied]) -> Tensor:
    """Each row's weight shared evenly among the keys it may look at, where the edits say so; in place."""
    for edit, row, columns in edits:
        if isinstance(edit, Uniform):
            place = (at(row), at(edit.head), slice(None), columns)
            may = allowed.expand_as(weights)[place]
            share = weights[place].sum(-1, keepdim=True) / may.sum(-1, keepdim=True).clamp(min=1)
            weights[place] = may * share
    return weights


def silence_heads(weights: Tensor, edits: Sequence[Applied]) -> Tensor:
    """The weights that meet the values: none where a head is silenced."""
    silent = [one for one in edits if isinstance(one.edit, Silence)]
    if silent:
        weights = weights.clone()
        for edit, row, columns in silent:
            weights[at(row), at(edit.head), :, columns] = 0
    return weights


def register() -> None:
    """Teach transformers the name "headlight" for `attention` (`attn_implementation=NAME`).

    The mask function matters as much: without it the models would send no mask at all.
    """
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import eager_mask

    AttentionInterface.register(NAME, attention)
    AttentionMaskInterface.register(NAME, eager_mask)
