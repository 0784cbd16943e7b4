"""How a decoder's state looks at the states of the encoder: attention before the Transformer.

Scores of a state s and an encoder's state h̄: vᵀ tanh(W_a s + U_a h̄) (Bahdanau et al. 2015, "Neural Machine
Translation by Jointly Learning to Align and Translate", §3.1 and A.1.2); sᵀ h̄, sᵀ W_a h̄ and
vᵀ tanh(W_a [s; h̄]), "dot", "general" and "concat" (Luong et al. 2015, "Effective Approaches to
Attention-based Neural Machine Translation", eq. 8). W_a [s; h̄] is a product with each of them, so "concat" is
Bahdanau's score; the two differ in which state asks.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.attention import attention
from model.attention.stepwise import Stepwise

AT_ONCE = 1 << 22  # numbers of tanh(…) that are written down at a time


class Alignment(nn.Module):
    """Attention with one head, whose keys and values are the encoder's states.

    score: "bahdanau", "luong-dot", "luong-general" or "luong-concat"; the names of the weights are the
    papers'. size: of the hidden layer in an additive score.
    """

    num_heads = 1

    def __init__(self, score: str, query_size: int, memory_size: int, size: int) -> None:
        super().__init__()
        self.is_additive = score in ("bahdanau", "luong-concat")
        if self.is_additive:
            self.W_a = nn.Linear(query_size, size, bias=False)
            self.U_a = nn.Linear(memory_size, size, bias=False)
            self.v_a = nn.Linear(size, 1, bias=False)
        elif score == "luong-general":
            self.W_a = nn.Linear(query_size, memory_size, bias=False)
        self.asks_raw = score == "luong-dot"

    def forward(self, states: Tensor, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        """The context of each state: states (batch, steps, query) and memory (batch, keys, width) ->
        (batch, steps, width). mask: bool, True = may look, broadcastable to (batch, 1, steps, keys).
        """
        scorer = self.score if self.is_additive else None
        query, key, value = self.ask(states), self.keys(memory), memory[:, None]
        context, _ = attention(self, query, key, value, mask, scaling=1.0, scorer=scorer)
        return context.squeeze(2)

    def ask(self, states: Tensor) -> Tensor:
        """What meets the keys: (batch, 1, steps, width)"""
        query: Tensor = states if self.asks_raw else self.W_a(states)
        return query[:, None]

    def keys(self, memory: Tensor) -> Tensor:
        """What the states are compared with, the same at each step: (batch, 1, keys, width)"""
        keys: Tensor = self.U_a(memory) if self.is_additive else memory
        return keys[:, None]

    def score(self, query: Tensor, key: Tensor) -> Tensor:
        """vᵀ tanh(query + key): (…, queries, width), (…, keys, width) -> (…, queries, keys)"""
        one = key[..., None, :, :].numel()
        rows = max(1, AT_ONCE // one)
        parts = [
            self.v_a(torch.tanh(part[..., :, None, :] + key[..., None, :, :])).squeeze(-1)
            for part in query.split(rows, -2)
        ]
        return parts[0] if len(parts) == 1 else torch.cat(parts, -2)


class AlignmentSteps:
    """The same where a state depends on the context before it (Bahdanau): one state after another."""

    def __init__(self, alignment: Alignment, memory: Tensor, mask: Tensor | None, steps: int) -> None:
        self.alignment, self.mask = alignment, mask
        self.keys, self.values = alignment.keys(memory), memory[:, None]
        self.steps = Stepwise(alignment, (len(memory), 1, steps, memory.shape[1]))

    def look(self, state: Tensor) -> Tensor:
        """The context (batch, width) of the next state (batch, query)."""
        alignment = self.alignment
        query = alignment.ask(state[:, None])
        scorer = alignment.score if alignment.is_additive else None
        return self.steps(query, self.keys, self.values, self.mask, scorer=scorer)[:, 0, 0]

    def finish(self) -> None:
        self.steps.finish()
