"""Two systems against the same references: their scores, and whether one is better beyond chance.

The paired bootstrap of Koehn (2004, "Statistical Significance Tests for Machine Translation Evaluation") as
sacreBLEU has it: the sentences are drawn anew with replacement, the same ones for both, 1,000 times. Knows no
torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.significance import PairedTest

from model.scores.texts import settle_tokenizer

SAMPLES = 1000
METRICS = ("BLEU", "chrF2")


@dataclass(frozen=True)
class System:
    """One metric of one system.

    score: of all texts, 0 to 100. mean, reach: of the scores of the draws, and how far 95 % of them lie from
    it on either side. p: how often a difference as large as that to the first system comes about by chance
    alone; None of the first.
    """

    score: float
    mean: float
    reach: float
    p: float | None


@dataclass(frozen=True)
class Compared:
    """systems: metric -> a System for each, in order. signatures: metric -> sacreBLEU's. precisions: of each
    system p_1 to p_4 of BLEU, 0 to 1; penalties: for brevity. count: of texts. tokenizer: what cut them.
    """

    systems: dict[str, tuple[System, ...]]
    signatures: dict[str, str]
    precisions: tuple[tuple[float, ...], ...]
    penalties: tuple[float, ...]
    count: int
    tokenizer: str


def compare(
    systems: Sequence[Sequence[str]],
    references: Sequence[str],
    tokenizer: str = "",
    samples: int = SAMPLES,
) -> Compared:
    """Scores of one system or several, each a list of texts beside the references.

    tokenizer: sacreBLEU's name; "": that of the references' writing. Raises ValueError where the lists are
    not equally long, empty, or the tokenizer is not installed.
    """
    if not references or any(len(texts) != len(references) for texts in systems):
        lengths = ", ".join(str(len(texts)) for texts in systems)
        raise ValueError(f"{lengths} texts cannot be measured against {len(references)} references.")
    tokenizer = settle_tokenizer(tokenizer, references)
    named: list[tuple[str, Sequence[str]]] = [
        (str(place), list(texts)) for place, texts in enumerate(systems)
    ]
    bleu = BLEU(tokenize=tokenizer, references=[list(references)])
    metrics: dict[str, Any] = {"BLEU": bleu, "chrF2": CHRF(references=[list(references)])}
    signatures, found = PairedTest(named, metrics, None, "bs", samples)()
    scores = {metric: tuple(map(read, found[metric])) for metric in METRICS}
    wholes = [bleu.corpus_score(texts, None) for _name, texts in named]
    return Compared(
        systems={metric: doubt_equals(told, samples) for metric, told in scores.items()},
        signatures={metric: str(signatures[metric]) for metric in METRICS},
        precisions=tuple(tuple(p / 100 for p in whole.precisions) for whole in wholes),
        penalties=tuple(float(whole.bp) for whole in wholes),
        count=len(references),
        tokenizer=tokenizer,
    )


def doubt_equals(told: tuple[System, ...], samples: int) -> tuple[System, ...]:
    """The same with p = 1 where no draw differs from the first system; sacreBLEU (2.6.0) says the least p."""
    first, least = told[0].score, 1 / samples

    def is_equal(one: System) -> bool:
        return one.p is not None and one.p < least and one.score == first

    return tuple(replace(one, p=1.0) if is_equal(one) else one for one in told)


def read(result: Any) -> System:
    """What sacreBLEU tells of one system."""
    p = None if result.p_value is None else float(result.p_value)
    return System(min(float(result.score), 100.0), float(result.mean), float(result.ci), p)
