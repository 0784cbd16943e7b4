"""Word alignment from cross-attention: which words of a sentence stand for which words of its translation.

Before a decoder writes a word, its cross-attention looks for what to translate; in the step after, having
read the word, it looks at what the word came from. "naive" takes the first for the word's alignment, "shift"
the second: NAIVE-ATT and SHIFT-ATT of Chen et al. (2020, "Accurate Word Alignment Induction from Neural
Machine Translation"), who find the second much better. The heads of a layer are averaged; a word is looked at
as much as its pieces together, and looks as its pieces do on average; special tokens are left out; each word
of the translation is linked to the word that it looks at most. One model translates one way, so there is no
second direction to symmetrise with, and a word of the source can stay without a link.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.capture.checkpoint import Checkpoint
from model.capture.encode import end_tokens
from model.errors import Refusal
from model.text.shares import find_shares
from model.text.words import Word
from model.trace import Trace

Method = Literal["naive", "shift"]
METHODS: tuple[Method, ...] = ("shift", "naive")
Link = tuple[int, int]  # a word of the source and one of the target, from 0
Links = frozenset[Link]
Weights = NDArray[np.float32]
_LINK = re.compile(r"([0-9]{1,6})([-?])([0-9]{1,6})")


@dataclass(frozen=True)
class Aligner:
    """Reads links off cross-attention.

    layer: as the model numbers it, from 0. heads: of that layer, from 0, of which the mean is taken.
    threshold: beside the word that it looks at most, a word is linked to each that gets at least this share
    of what it gives to the sentence's words; None = to no other.
    """

    layer: int
    heads: tuple[int, ...]
    method: Method = "shift"
    threshold: float | None = None

    def align(self, trace: Trace, source: Sequence[Word], target: Sequence[Word]) -> Links:
        """The links between the words of what was read and of what was written.

        trace: of an encoder-decoder, with the cross-attention of this layer. source, target: the words of
        trace.source and trace.output_text.
        """
        weights = weigh_words(trace, source, target, self.method)
        layer = weights[trace["cross"].layers.index(self.layer)]
        return link_words(layer[list(self.heads)].mean(0), self.threshold)

    def describe(self) -> str:
        """In words, layer and heads as people count them: from 1."""
        many = "heads" if len(self.heads) > 1 else "head"
        heads = ", ".join(str(head + 1) for head in self.heads)
        return f"cross layer {self.layer + 1}, {many} {heads}, method {self.method}"


def check(m: Checkpoint, aligner: Aligner) -> None:
    """Raises Refusal where a model has no such layer or heads of cross-attention."""
    layers = find_layers(m)
    if aligner.layer not in layers:
        raise Refusal(
            "The cross-attention of {name} has no layer {layer}; it has {layers}.",
            name=m.name,
            layer=aligner.layer + 1,
            layers=", ".join(str(layer + 1) for layer in layers),
        )
    count = count_heads(m, aligner.layer)
    for head in aligner.heads:
        if not 0 <= head < count:
            raise Refusal(
                "Layer {layer} of {name} has {count} heads of cross-attention; there is no head {head}.",
                name=m.name,
                layer=aligner.layer + 1,
                count=count,
                head=head + 1,
            )


def find_layers(m: Checkpoint) -> tuple[int, ...]:
    """The layers of a model that have cross-attention, from 0. Raises Refusal where there are none."""
    if m.architecture != "encoder-decoder":
        raise Refusal("{name} does not translate; choose an encoder-decoder.", name=m.name)
    if not m.layers.get("cross"):
        raise Refusal("The cross-attention of {name} cannot be seen, so it aligns no words.", name=m.name)
    return m.layers["cross"]


def count_heads(m: Checkpoint, layer: int) -> int:
    """How many heads of cross-attention a layer has."""
    return m.head_counts.get("cross", {}).get(layer, m.heads["cross"])


def middle(m: Checkpoint) -> Aligner:
    """The mean of all heads of the layer in the middle, as Chen et al. took the third of six.

    Where that is the last one, nothing but its attention is there to find what is written next: "naive".
    """
    layers = find_layers(m)
    layer = layers[(len(layers) - 1) // 2]
    method: Method = "naive" if layer == layers[-1] else "shift"
    return Aligner(layer, tuple(range(count_heads(m, layer))), method)


def ended(m: Checkpoint, ids: Sequence[int]) -> tuple[int, ...]:
    """The ids of a translation with an end: without one the step that reads its last piece is not there."""
    ends = end_tokens(m)
    return (*ids, *ends[:1]) if not ids or ids[-1] not in ends else tuple(ids)


def weigh_words(trace: Trace, source: Sequence[Word], target: Sequence[Word], method: Method) -> Weights:
    """How much each word of the target looks at each of the source: (layers, heads, target, source).

    Rows are averages over a word's pieces of what they give to the pieces of a word of the source; what goes
    to special tokens is in none of them. A row is 0 where no piece of the text belongs to the word.
    """
    stack = trace["cross"]
    read = find_shares(stack.keys, source)
    spoken = find_shares(stack.queries, target)[1:]  # without the start token, which is not written
    rows = stack.weights[:, :, 1:] if method == "shift" else stack.weights[:, :, :-1]
    spoken = spoken / np.maximum(spoken.sum(0, keepdims=True), np.finfo(np.float32).tiny)
    found: Weights = spoken.T @ (rows @ read)
    return found


def link_words(weights: Weights, threshold: float | None = None) -> Links:
    """Each word of the target with the one of the source that it looks at most, the first of equal ones.

    weights: (target, source). threshold: see Aligner.
    """
    links: set[Link] = set()
    for word, row in enumerate(weights):
        if not row.size or not row.max() > 0:
            continue
        links.add((int(row.argmax()), word))
        if threshold is not None:
            links.update((int(i), word) for i in np.flatnonzero(row >= threshold * row.sum()))
    return frozenset(links)


def link_diagonal(source: int, target: int) -> Links:
    """Each word of the target with the one of the source that stands nearest to the diagonal.

    The baseline that knows how long both texts are, and nothing else: |i/I - j/J| is smallest, i and j
    counted from 1 (Dyer, Chahuneau and Smith 2013, "A Simple, Fast, and Effective Reparameterization of IBM
    Model 2"). source, target: how many words each has.
    """
    # In whole numbers, so that equal distances are equal.
    return frozenset(
        (min(range(source), key=lambda i: abs((i + 1) * target - (j + 1) * source)), j)
        for j in range(target if source else 0)
    )


class Rates(NamedTuple):
    """How good links are, each from 0 to 1."""

    error: float
    precision: float
    recall: float


class MeasuredAligner(NamedTuple):
    """An aligner, how good it is on how many pairs that it was not chosen on, and the diagonal there."""

    aligner: Aligner
    rates: Rates
    pairs: int
    diagonal: Rates


def measure_links(
    found: Sequence[Links], sure: Sequence[Collection[Link]], possible: Sequence[Collection[Link]]
) -> Rates:
    """Alignment error rate, precision and recall of the links of some sentences, all of them together.

    AER = 1 - (|A ∩ S| + |A ∩ P|) / (|A| + |S|), precision |A ∩ P| / |A|, recall |A ∩ S| / |S| (Och and Ney
    2003, "A Systematic Comparison of Various Statistical Alignment Models", §5). sure: S. possible: with
    sure, P. The precision of no links is 0. Raises ValueError where no link is sure.
    """
    links = hits = certain = right = 0
    for a, s, p in zip(found, sure, possible, strict=True):
        links, certain = links + len(a), certain + len(set(s))
        right += len(a & set(s))
        hits += len(a & (set(s) | set(p)))
    if not certain:
        raise ValueError("There is no sure link to compare with.")
    return Rates(1 - (right + hits) / (links + certain), hits / max(links, 1), right / certain)


def write_pharaoh(links: Collection[Link]) -> str:
    """Links as a line, 0-0 1-2: the source's word, the target's, both from 0 (Pharaoh's format)."""
    return " ".join(f"{i}-{j}" for i, j in sorted(links))


def read_pharaoh(line: str, number: int = 1, source: int | None = None, target: int | None = None) -> Links:
    """The links of such a line; see `read_links`. Raises Refusal for a link that is only possible, too."""
    sure, possible = read_links(line, number, source, target)
    if possible - sure:
        raise Refusal("Line {line} has links that are not sure; write every link as 0-0.", line=number)
    return sure


def read_links(
    line: str, number: int = 1, source: int | None = None, target: int | None = None
) -> tuple[Links, Links]:
    """The sure links of a line (0-0) and all that are possible (0?0), the sure ones among them.

    number: of the line, from 1, for what is said about it. source, target: how many words each text has.
    Raises Refusal where something is no link, or links a word that is not there.
    """
    sure: set[Link] = set()
    possible: set[Link] = set()
    for part in line.split():
        match = _LINK.fullmatch(part)
        if match is None:
            raise Refusal(
                "Line {line}: {part} is no link; write links as 0-0 1-2.", line=number, part=part[:40]
            )
        link = int(match[1]), int(match[3])
        for place, count in zip(link, (source, target), strict=True):
            if count is not None and place >= count:
                raise Refusal(
                    "Line {line}: {part} links a word that is not there; the last of {count} is {last}.",
                    line=number,
                    part=part,
                    count=count,
                    last=count - 1,
                )
        possible.add(link)
        if match[2] == "-":
            sure.add(link)
    return frozenset(sure), frozenset(possible)
