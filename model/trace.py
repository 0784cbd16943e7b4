"""The record: what one forward pass left behind, as plain NumPy. Knows no torch.

One array convention everywhere: (layers, heads, queries, keys).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

Kind = Literal["encoder", "decoder", "cross"]
KINDS: tuple[Kind, ...] = get_args(Kind)
CONTINUED = "·"  # the text of a token that is only the rest of a character begun in the token before


@dataclass(frozen=True)
class Tokens:
    """One side of an attention matrix: what stands along its queries or its keys.

    texts: each token as a person reads it, without '▁', 'Ġ' or '##'.
    words: the number of the word each token belongs to; tokens of one word are neighbours.
    special: True where the token was added by the tokenizer ([CLS], </s>, …).
    unknown: True where the tokenizer did not know what stands there.
    """

    texts: tuple[str, ...]
    words: tuple[int, ...]
    special: tuple[bool, ...]
    unknown: tuple[bool, ...]

    def __post_init__(self) -> None:
        if not len(self.texts) == len(self.words) == len(self.special) == len(self.unknown):
            raise ValueError("texts, words, special and unknown must have one entry for each token.")

    def __len__(self) -> int:
        return len(self.texts)

    def groups(self) -> list[list[int]]:
        """The positions of each word's tokens, in order: [[0], [1, 2], …]."""
        groups: list[list[int]] = []
        for position, word in enumerate(self.words):
            if position and word == self.words[position - 1]:
                groups[-1].append(position)
            else:
                groups.append([position])
        return groups

    def spelt(self, places: Sequence[int]) -> str:
        """The pieces of one word put together."""
        return "".join(self.texts[i] for n, i in enumerate(places) if n == 0 or self.texts[i] != CONTINUED)

    def joined(self, places: range) -> str:
        """Some of them as a text, without special ones: a word's pieces together, a space between words."""
        words: list[list[int]] = []
        for i in places:
            if self.special[i]:
                continue
            if words and self.words[i] == self.words[words[-1][-1]]:
                words[-1].append(i)
            else:
                words.append([i])
        return " ".join(map(self.spelt, words))

    def by_words(self) -> Tokens:
        """One token a word: the pieces joined, special only if all are, unknown if any is."""
        groups = self.groups()
        return Tokens(
            texts=tuple(map(self.spelt, groups)),
            words=tuple(range(len(groups))),
            special=tuple(all(self.special[i] for i in group) for group in groups),
            unknown=tuple(any(self.unknown[i] for i in group) for group in groups),
        )


@dataclass(frozen=True)
class Stack:
    """The attention of one kind: every recorded layer and head of it.

    weights: float32 (layers, heads, queries, keys). A row sums to 1, to less where the model has
        a sink, and to 0 where nothing was left to look at.
    layers: which layers these are, counted from 0; weights[i] is layer layers[i].
    scores: float32, same shape: before the mask and the softmax. None unless recorded.
    mask: bool, same shape: True where the query may look at the key. None unless recorded.
    scaling: float32 (layers,), what q·k was multiplied by to give the scores. None unless recorded.
    q, k, v: float32 (layers, heads, tokens, width). None unless recorded.
    output: float32 (layers, heads, queries, d_v), what each head says before W_O. None unless recorded.
    """

    kind: Kind
    weights: NDArray[np.float32]
    queries: Tokens
    keys: Tokens
    layers: tuple[int, ...]
    scores: NDArray[np.float32] | None = None
    mask: NDArray[np.bool_] | None = None
    scaling: NDArray[np.float32] | None = None
    q: NDArray[np.float32] | None = None
    k: NDArray[np.float32] | None = None
    v: NDArray[np.float32] | None = None
    output: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        expected = (len(self.layers), self.weights.shape[1], len(self.queries), len(self.keys))
        if self.weights.shape != expected:
            raise ValueError(
                f"weights have shape {self.weights.shape}, but layers, queries and keys say {expected}."
            )

    @property
    def query_tokens(self) -> tuple[str, ...]:
        return self.queries.texts

    @property
    def key_tokens(self) -> tuple[str, ...]:
        return self.keys.texts

    @property
    def heads(self) -> int:
        return self.weights.shape[1]

    def by_words(self, queries: bool = True) -> Stack:
        """Pieces merged into words: the keys of a word summed, and with queries its queries averaged.

        A word is looked at as much as its pieces together, and looks as its pieces do on average,
        so a row still sums to 1. Scores, mask, q, k, v and output belong to pieces and are left out.
        """
        query_groups, key_groups = self.queries.groups(), self.keys.groups()
        weights = np.add.reduceat(self.weights, [g[0] for g in key_groups], axis=3)
        if queries:
            weights = np.add.reduceat(weights, [g[0] for g in query_groups], axis=2)
            weights /= np.array([len(g) for g in query_groups], dtype=np.float32)[:, None]
        return Stack(
            kind=self.kind,
            weights=weights,
            queries=self.queries.by_words() if queries else self.queries,
            keys=self.keys.by_words(),
            layers=self.layers,
        )


@dataclass(frozen=True)
class Trace:
    """What one forward pass left behind: up to three stacks, and what was written.

    encoder, decoder, cross: None where the model has no attention of that kind.
    source: the text that went in.
    output_tokens, output_text: what an encoder-decoder wrote, or the target it was given; of a decoder the
        target, or the text itself where there is none; None for an encoder.
    """

    encoder: Stack | None = None
    decoder: Stack | None = None
    cross: Stack | None = None
    source: str = ""
    output_tokens: tuple[str, ...] | None = None
    output_text: str | None = None

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of attention that are here, in the order encoder, decoder, cross."""
        return tuple(kind for kind in KINDS if getattr(self, kind) is not None)

    def __getitem__(self, kind: Kind) -> Stack:
        stack: Stack | None = getattr(self, kind) if kind in KINDS else None
        if stack is None:
            raise KeyError(f"This trace has no {kind} attention; it has {', '.join(self.kinds) or 'none'}.")
        return stack

    def by_words(self) -> Trace:
        """The same trace with sub-word pieces merged into words; see Stack.by_words."""
        merged: dict[str, Any] = {kind: self[kind].by_words() for kind in self.kinds}
        return replace(self, **merged)


Method = Literal["greedy", "beam", "sampling"]
Fate = Literal["kept", "ended", "dropped"]


@dataclass(frozen=True)
class Choice:
    """A piece that could be written next.

    logprob: the model's own, natural logarithm. chance: the probability with which it is drawn, after
    temperature, top-k and top-p; the model's own where nothing is drawn.
    """

    id: int
    text: str
    logprob: float
    chance: float


@dataclass(frozen=True)
class Step:
    """One piece written: what was chosen, and the likeliest choices, the best first.

    given: it was not the method's choice but given with the beginning of the text.
    """

    chosen: Choice
    best: tuple[Choice, ...]
    given: bool = False


@dataclass(frozen=True)
class Branch:
    """A beginning that beam search looked at: its last piece, and the branch that it goes on from.

    parent: its place among the branches, None at the root. step: how many pieces came before, from 0.
    score: the sum of its log-probabilities. fate: "kept" among the best, "ended" with the end token,
    "dropped" for better ones; behind: how much its score lacked to be kept, 0 where it was.
    written: it is on the way to what was written in the end.
    """

    parent: int | None
    step: int
    choice: Choice
    score: float
    fate: Fate
    behind: float = 0.0
    written: bool = False


@dataclass(frozen=True)
class Writing:
    """How an encoder-decoder wrote its text, piece by piece.

    source: what it read. ids: what it wrote, with the end token where it came to an end. steps: one for each
    id. text: as it is read. logprob: the sum over the steps. branches: of beam search; parents come first.
    """

    method: Method
    source: str
    ids: tuple[int, ...]
    text: str
    steps: tuple[Step, ...]
    branches: tuple[Branch, ...] = ()

    @property
    def logprob(self) -> float:
        return sum(step.chosen.logprob for step in self.steps)
