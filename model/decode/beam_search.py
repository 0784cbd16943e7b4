"""Beam search as a tree, told from what transformers' generate shows of it on the way."""

from __future__ import annotations

import math
from collections.abc import Sequence

from torch import Tensor
from transformers import LogitsProcessor

from model.decodings import Branch, Choice, Fate, Step

Begun = tuple[int, ...]  # ids from the start token on


class Watcher(LogitsProcessor):
    """Changes nothing; remembers at each step which beginnings are followed, and their next pieces.

    ends: how many ids end a text. normalise: generate tells of logits, or normalises them afterwards.
    given: how many ids stand at the beginning, the start token among them; to force them is no search.
    seen: for each step {beginning: [(id, log-probability), …]}, as many as could matter.
    """

    def __init__(self, ends: int = 1, normalise: bool = False, given: int = 1) -> None:
        self.ends, self.normalise, self.given = ends, normalise, given
        self.seen: list[dict[Begun, list[tuple[int, float]]]] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        if input_ids.shape[1] < self.given:
            return scores
        logprobs = scores.log_softmax(-1) if self.normalise else scores
        values, ids = logprobs.topk(min(count_candidates(len(scores), self.ends), scores.shape[-1]))
        rows = zip(input_ids.tolist(), ids.tolist(), values.tolist(), strict=True)
        self.seen.append({tuple(begun): list(zip(i, v, strict=True)) for begun, i, v in rows})
        return scores


def count_candidates(beams: int, ends: int) -> int:
    """How many candidates the search looks at in each step: enough to go on where every end is among them."""
    return max(2, 1 + ends) * beams


def tree(watcher: Watcher, steps: Sequence[Step], beams: int, ends: set[int]) -> tuple[Branch, ...]:
    """The search as branches, parents first: at each step the candidates that it looks at, see looked_at.

    Their choices have no text yet. steps: of the text that was written in the end; those that were given
    stand alone. beams: how many are followed. ends: ids that end a text. A candidate that ends the text
    counts only among the best `beams`, the others go on with the best that do not end (transformers,
    GenerationMixin._beam_search). What cannot be written, at -inf, is left out.
    """
    given = [step.chosen for step in steps if step.given]
    text = tuple(step.chosen.id for step in steps)
    branches: list[Branch] = []
    for place, choice in enumerate(given):
        parent = place - 1 if place else None
        score = choice.logprob + (branches[-1].score if branches else 0.0)
        end: Fate = "ended" if choice.id in ends else "kept"
        branches.append(Branch(parent, place, choice, score, end, written=True))
    if not watcher.seen:
        return tuple(branches)
    root = next(iter(watcher.seen[0]))
    live: dict[Begun, tuple[int | None, float]] = {
        root: (len(given) - 1 if given else None, branches[-1].score if branches else 0.0)
    }
    for number, seen in enumerate(watcher.seen):
        candidates = sorted(
            (
                (score + logprob, (*begun, i), parent, i, logprob)
                for begun, (parent, score) in live.items()
                for i, logprob in seen[begun]
                if logprob > -math.inf
            ),
            key=lambda candidate: -candidate[0],
        )[: count_candidates(beams, len(ends))]
        ended = {c[1] for c in candidates[:beams] if c[3] in ends}
        going = [c for c in candidates if c[3] not in ends][:beams]
        if number + 1 < len(watcher.seen):  # what generate went on with, whatever rounding said here
            going = [c for c in candidates if c[1] in watcher.seen[number + 1]]
        kept = {c[1] for c in going}
        to_go_on = min((c[0] for c in candidates if c[1] in kept), default=-math.inf)
        to_end = min((c[0] for c in candidates[:beams]), default=-math.inf)
        live = {}
        for score, begun, parent, i, logprob in candidates:
            fate: Fate = "ended" if begun in ended else "kept" if begun in kept else "dropped"
            ids = begun[len(root) - len(given) :]
            bar = to_end if i in ends else to_go_on
            if begun in kept:
                live[begun] = (len(branches), score)
            branches.append(
                Branch(
                    parent,
                    len(given) + number,
                    Choice(i, "", logprob, math.exp(logprob)),
                    score,
                    fate,
                    max(bar - score, 0.0) if fate == "dropped" else 0.0,
                    ids == text[: len(ids)],
                )
            )
    return tuple(branches)
