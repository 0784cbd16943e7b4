"""One text against its reference, taken apart: which n-grams match, and what BLEU and chrF make of them.

BLEU (Papineni et al. 2002, §2) counts the n-grams of a translation that its reference has, each no more often
than it stands there: p_n is their share. The geometric mean of p_1 to p_4 times the brevity penalty is BLEU.
chrF (Popović 2015) counts groups of one to six letters in both directions. All scores are sacreBLEU's (Post
2018); what is found here beside them is compared with its counts by the tests. Knows no torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from model.scores.texts import ORDER, settle_tokenizer

LETTERS = 6  # of chrF: groups of up to so many


@dataclass(frozen=True)
class Matched:
    """The n-grams of one length. n: of tokens. matched: how many of the translation's `total` the reference
    has, each as often as it stands there. written, reference: at which tokens of each text these begin.
    """

    n: int
    matched: int
    total: int
    written: tuple[int, ...]
    reference: tuple[int, ...]

    @property
    def precision(self) -> float | None:
        """p_n, from 0 to 1; None where the translation has no n tokens."""
        return self.matched / self.total if self.total else None

    def covers(self, side: str, count: int) -> list[bool]:
        """Which of `count` tokens of "written" or "reference" stand in a matched n-gram."""
        begins = self.written if side == "written" else self.reference
        inside = {place for begin in begins for place in range(begin, begin + self.n)}
        return [place in inside for place in range(count)]


@dataclass(frozen=True)
class Scored:
    """One translation beside its reference.

    tokenizer: sacreBLEU's name of what cut both into tokens; written, reference: the tokens. orders: n-grams
    of 1 to 4 tokens. bleu, chrf: 0 to 100, sacreBLEU's of a sentence: where no n-gram of a length matches,
    BLEU takes half of one, then a quarter, … (smoothing "exp"), and a text of fewer than four tokens is
    measured by the lengths that it has ("eff:yes"). smoothed: p_1 to p_4 as BLEU takes them, 0 to 1.
    penalty: for brevity, 0 to 1. letters: of chrF, precision and recall of 1 to 6 letters, None where a text
    has no such group. bleu_signature, chrf_signature: sacreBLEU's.
    """

    tokenizer: str
    written: tuple[str, ...]
    reference: tuple[str, ...]
    orders: tuple[Matched, ...]
    bleu: float
    chrf: float
    smoothed: tuple[float, ...]
    penalty: float
    letters: tuple[tuple[float, float] | None, ...]
    bleu_signature: str
    chrf_signature: str


def score(written: str, reference: str, tokenizer: str = "") -> Scored:
    """A translation beside its reference. tokenizer: sacreBLEU's name; "": that of the reference's writing.

    Raises ValueError for one that is not installed, and where there is no reference.
    """
    if not reference.strip():
        raise ValueError("There is no reference to measure against.")
    tokenizer = settle_tokenizer(tokenizer, [reference])
    bleu, chrf = BLEU(tokenize=tokenizer, effective_order=True), CHRF()
    near = bleu.sentence_score(written, [reference])
    one, other = (tuple(bleu.tokenizer(text.rstrip()).split()) for text in (written, reference))
    return Scored(
        tokenizer=tokenizer,
        written=one,
        reference=other,
        orders=tuple(match(one, other, n) for n in range(1, ORDER + 1)),
        bleu=min(float(near.score), 100.0),
        chrf=min(float(chrf.sentence_score(written, [reference]).score), 100.0),
        smoothed=tuple(precision / 100 for precision in near.precisions),
        penalty=float(near.bp),
        letters=tuple(compare_letters(written, reference, n) for n in range(1, LETTERS + 1)),
        bleu_signature=str(bleu.get_signature()),
        chrf_signature=str(chrf.get_signature()),
    )


def match(written: Sequence[str], reference: Sequence[str], n: int) -> Matched:
    """The n-grams that two texts share, each as often as the text that has it less often."""
    one, other = group(written, n), group(reference, n)
    shared = Counter(one) & Counter(other)
    return Matched(n, shared.total(), len(one), take_first(one, shared), take_first(other, shared))


def group(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """All n-grams, in order."""
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def take_first(grams: Sequence[tuple[str, ...]], counts: Counter[tuple[str, ...]]) -> tuple[int, ...]:
    """Where the first so many of each stand."""
    left, found = Counter(counts), []
    for place, gram in enumerate(grams):
        if left[gram] > 0:
            left[gram] -= 1
            found.append(place)
    return tuple(found)


def compare_letters(written: str, reference: str, n: int) -> tuple[float, float] | None:
    """Precision and recall of groups of n letters, without the spaces; None where a text has none."""
    one, other = (group("".join(text.split()), n) for text in (written, reference))
    if not one or not other:
        return None
    shared = (Counter(one) & Counter(other)).total()
    return shared / len(one), shared / len(other)
