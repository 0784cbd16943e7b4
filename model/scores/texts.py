"""Scores of texts against one reference each, by sacreBLEU (Post 2018). Knows no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from model.errors import N_
from model.text.scripts import Script, script_of

ORDER = 4  # of BLEU: it counts groups of up to four tokens
KNOWN = ("13a", "intl", "zh", "ja-mecab", "ko-mecab", "char", "none")  # of sacreBLEU's tokenizers
SHORT = N_("too short for BLEU")
# sacreBLEU's tokenizers for each writing, the best first; those of MeCab need packages of their own.
TOKENIZERS: dict[Script, tuple[str, ...]] = {
    "spaced": ("13a",),
    "korean": ("ko-mecab", "char"),
    "chinese": ("zh",),
    "japanese": ("ja-mecab", "char"),
    "unspaced": ("char",),
}


@dataclass(frozen=True)
class TextScores:
    """How near texts are to their references.

    count: of texts. bleu: 0 to 100 (Papineni et al. 2002), of the whole corpus; None where no reference has
    the ORDER tokens that it needs. chrf: 0 to 100 (chrF2, Popović 2015). exact: the share of texts that are
    their reference to the letter, 0 to 1. tokenizer: sacreBLEU's name of what cut the texts for BLEU.
    bleu_signature, chrf_signature: sacreBLEU's.
    """

    count: int
    bleu: float | None
    chrf: float
    exact: float
    tokenizer: str
    bleu_signature: str
    chrf_signature: str

    def measures(self, how: str = "") -> dict[str, Any]:
        """All of it by the names that cards have. how: the texts were written, told beside the signatures."""
        how = f", {how}" if how else ""
        why = {} if self.bleu is not None else {"bleu_missing": f"{SHORT}: no reference has {ORDER} tokens"}
        return {
            "sentences": self.count,
            "bleu": self.bleu,
            **why,
            "bleu_signature": self.bleu_signature + how,
            "chrf": self.chrf,
            "chrf_signature": self.chrf_signature + how,
            "exact_reference": self.exact,
        }

    def shares(self) -> dict[str, float | None]:
        """The scores alone, each from 0 to 1."""
        bleu = None if self.bleu is None else self.bleu / 100
        return {"bleu": bleu, "chrf": self.chrf / 100, "exact": self.exact}

    def notes(self) -> dict[str, str]:
        """What is to be said of them: what cut the texts for BLEU, or why there is none."""
        return {"bleu": SHORT if self.bleu is None else self.tokenizer}


def compute(written: Sequence[str], references: Sequence[str]) -> TextScores:
    """The scores of texts against their references, one each. Raises ValueError where there are none."""
    if not references or len(written) != len(references):
        raise ValueError(f"{len(written)} texts cannot be measured against {len(references)} references.")
    tokenizer = choose_tokenizer(references)
    bleu, chrf = BLEU(tokenize=tokenizer), CHRF()
    near = bleu.corpus_score(written, [references])
    longest = max(len(bleu.tokenizer(text.rstrip()).split()) for text in references)
    return TextScores(
        count=len(references),
        bleu=min(float(near.score), 100.0) if longest >= ORDER else None,  # 100.00000000000004
        chrf=min(float(chrf.corpus_score(written, [references]).score), 100.0),
        exact=sum(text == right for text, right in zip(written, references, strict=True)) / len(references),
        tokenizer=tokenizer,
        bleu_signature=str(bleu.get_signature()),
        chrf_signature=str(chrf.get_signature()),
    )


def choose_tokenizer(references: Sequence[str]) -> str:
    """sacreBLEU's tokenizer for the writing that references are in, of those that are installed here."""
    return next(name for name in TOKENIZERS[script_of(references)] if is_installed(name))


def find_tokenizers() -> tuple[str, ...]:
    """sacreBLEU's tokenizers that can be used here."""
    return tuple(name for name in KNOWN if is_installed(name))


def settle_tokenizer(wished: str, references: Sequence[str]) -> str:
    """sacreBLEU's tokenizer of this name; "": the one for the writing of the references.

    Raises ValueError for one that is not installed.
    """
    tokenizer = wished or choose_tokenizer(references)
    if tokenizer not in KNOWN or not is_installed(tokenizer):
        raise ValueError(f"sacreBLEU's tokenizer {tokenizer} is not here.")
    return tokenizer


@lru_cache
def is_installed(tokenizer: str) -> bool:
    """Whether sacreBLEU has all that a tokenizer of its needs; it never fetches anything for these."""
    try:
        BLEU(tokenize=tokenizer)
    except (RuntimeError, AssertionError):  # no MeCab; not the dictionary that its scores are known for
        return False
    return True
