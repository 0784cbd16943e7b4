"""How many words a model tags right, and of those that are of several parts of speech how many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from model.capture.checkpoint import Checkpoint
from model.data import lines
from model.errors import Refusal
from model.tasks import Progress
from model.tasks.classes import classify
from model.tasks.tags.grammar import Language, Sentence, sentences
from model.tasks.tags.labels import TAGS, find_tokens
from model.text.tokenizer import CompactTokenizer
from model.text.words import join_words

SCORED, WATCHED, SHOWN = 2000, 200, 3
WATCHING_SEED, MEASURING_SEED = 5001, 5002
NAMES = {"before": "known_before", "after": "known_after"}


def write_tags(m: Checkpoint, told: Sequence[Sentence]) -> list[list[str]]:
    """The tag that a model gives to each word of each sentence; "" where a word begins with no piece."""
    tokenizer = cast(CompactTokenizer, m.tokenizer)
    rows = [tokenizer.encode(sentence.text) for sentence in told]
    names = m.model.config.id2label or dict(enumerate(TAGS))
    found = []
    for sentence, ids, classes in zip(told, rows, classify(m, rows), strict=True):
        tags = [""] * len(sentence.words)
        for word, number in zip(find_tokens(tokenizer, ids, sentence), classes.tolist(), strict=True):
            if word is not None:
                tags[word] = names[number]
        found.append(tags)
    return found


def measure(told: Sequence[Sentence], written: Sequence[Sequence[str]]) -> dict[str, float | None]:
    """Shares of right tags: of all words, of the forms of several parts of speech, and of those by side.

    None for what no sentence has.
    """
    right: dict[str, list[bool]] = {name: [] for name in ("accuracy", "ambiguous", *NAMES.values())}
    for sentence, tags in zip(told, written, strict=True):
        right["accuracy"] += [a == b for a, b in zip(sentence.tags, tags, strict=True)]
        for spot in sentence.spots:
            is_right = sentence.tags[spot.place] == tags[spot.place]
            right["ambiguous"].append(is_right)
            right[NAMES[spot.side]].append(is_right)
    return {name: float(np.mean(found)) if found else None for name, found in right.items()}


def progress(m: Checkpoint, language: Language) -> Progress:
    told = sentences(WATCHED, WATCHING_SEED, language, True)
    written = write_tags(m, told)
    samples = [
        (sentence.text, " ".join(tags), " ".join(sentence.tags))
        for sentence, tags in zip(told[:SHOWN], written, strict=False)
    ]
    return Progress(measure(told, written), samples)


def score(m: Checkpoint, told: Sequence[Sentence] | None, language: Language) -> dict[str, Any]:
    """On sentences with nouns and verbs that never stood together in training, or on those of a file."""
    told = told or sentences(SCORED, MEASURING_SEED, language, True)
    shares = measure(told, write_tags(m, told))
    return {"sentences": len(told), "words": sum(len(one.words) for one in told), **shares}


def read_treebank(path: Path) -> list[Sentence]:
    """The sentences of a treebank in CoNLL-U, as Universal Dependencies has them: its FORM and UPOS columns.

    Words that are written in one (1-2) are taken apart, and so is the text. Raises Refusal for another file.
    """
    found: list[Sentence] = []
    words: list[str] = []
    tags: list[str] = []
    for number, line in enumerate([*lines.read(path), ""], start=1):
        if not line.strip():
            if words:
                found.append(Sentence(join_words(words), tuple(words), tuple(tags)))
            words, tags = [], []
        elif not line.startswith("#"):
            cells = lines.cut(line)
            if len(cells) != 10:
                raise Refusal(
                    "Line {number} of {name} has {count} columns; a treebank in CoNLL-U has 10 between tabs.",
                    number=number,
                    name=path.name,
                    count=len(cells),
                )
            if cells[0].isdigit():
                words.append(cells[1].replace(" ", ""))
                tags.append(cells[3])
    if not found:
        raise Refusal("{name} has no sentence to be measured on.", name=path.name)
    return found
