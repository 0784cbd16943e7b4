"""How near written texts are to their references: BLEU, chrF, and the share that is the same to the letter.

    from model.scores import compute
    compute(["The cat sat."], ["The cat sits."]).chrf

What cuts the texts for BLEU follows from the writing of the references. Nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from model.data.pairs import Pair
from model.scores.texts import SHORT, TextScores, choose_tokenizer, compute

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

BEAMS = 4
MEANING = {  # of what `measure` gives, for a card
    "bleu": "sacreBLEU of what is written by beam search, 0 to 100, against one reference each; what cut the "
    "texts for it follows from their writing and stands in the signature, as `tok`",
    "chrf": "chrF of the same texts, 0 to 100: of characters, however a writing parts its words",
    "exact_reference": "the share of them that are the reference to the letter",
    "exact_reachable": "the share of references that the tokenizer can write to the letter, so that no more "
    "could be exact",
}

__all__ = ["BEAMS", "MEANING", "SHORT", "TextScores", "choose_tokenizer", "compute", "measure", "write"]


def measure(m: Checkpoint, pairs: Sequence[Pair]) -> dict[str, Any]:
    """The scores of what a model writes by beam search for each source, against its one reference.

    See MEANING. Raises ValueError where there are no pairs.
    """
    from model.scores.writing import reachable

    written = write(m, [source for source, _ in pairs])
    scores = compute(written, [target for _, target in pairs])
    return scores.measures(f"beam {BEAMS}") | {"exact_reachable": reachable(m, pairs)}


def write(m: Checkpoint, texts: Sequence[str], beams: int = BEAMS) -> list[str]:
    """What the model writes for each text, by beam search; greedily with one beam."""
    from model.scores import writing

    return writing.write(m, texts, beams)
