"""How a text was written, step by step: what decoding tells, as plain records. Knows no torch.

`model.decode` makes them; the pages and figures read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    stopped: the limit of tokens at which it was stopped before it ended its text; None where it ended it.
    """

    method: Method
    source: str
    ids: tuple[int, ...]
    text: str
    steps: tuple[Step, ...]
    branches: tuple[Branch, ...] = ()
    stopped: int | None = None

    @property
    def logprob(self) -> float:
        return sum(step.chosen.logprob for step in self.steps)
