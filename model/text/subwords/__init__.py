"""A text in pieces: tokenizers learned on the spot by `tokenizers` and `sentencepiece`, and how they cut.

    from model.text.subwords import learn, sample
    bpe = learn(sample(), "bpe", 700)
    [piece.text for piece in bpe.cut("unaffordable")]  # ['un', 'afford', 'able']

Nothing here imports PyTorch; `vectors`, which looks into a checkpoint, is imported by itself.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from model.text.subwords.learning import KINDS, LARGEST, Kind, Learned, learn, learn_at_most
from model.text.subwords.merges import Film, Merge, film
from model.text.subwords.record import Piece, Size, find_words, measure, plain

__all__ = [
    "KINDS",
    "LARGEST",
    "Film",
    "Kind",
    "Learned",
    "Merge",
    "Piece",
    "Size",
    "film",
    "find_words",
    "learn",
    "learn_at_most",
    "measure",
    "plain",
    "sample",
]


@cache
def sample() -> str:
    """A small text to learn from, a sentence a line: 205 English ones, then 122 Korean ones.

    It was made for this project from a few patterns of sentences. It has many words with un-, afford and
    -able, and never the word "unaffordable".
    """
    return (Path(__file__).parent / "sample.txt").read_text(encoding="utf-8")
