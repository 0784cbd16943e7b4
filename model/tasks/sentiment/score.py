"""How many reviews a model judges right, and how many of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.capture.checkpoint import Checkpoint
from model.tasks import Progress
from model.tasks.classes import classify
from model.tasks.sentiment.grammar import Language, Review, reviews

SCORED, WATCHED, SHOWN = 2000, 200, 4
WATCHING_SEED, MEASURING_SEED = 6001, 6002
NAMES = ("negative", "positive")
Pair = tuple[str, int]  # a text and its label


def judge(m: Checkpoint, texts: Sequence[str]) -> list[int]:
    """1 for each text that the model takes for positive, 0 for the others."""
    return [int(found) for found in classify(m, [m.tokenizer.encode(text) for text in texts])]


def measure(m: Checkpoint, told: Sequence[Review]) -> tuple[dict[str, float | None], list[int]]:
    """The share of reviews that are judged right, of all and of each kind; and what they were judged."""
    found = judge(m, [review.text for review in told])
    right = [label == review.label for label, review in zip(found, told, strict=True)]
    shares: dict[str, float | None] = {"accuracy": float(np.mean(right))}
    for kind in sorted({review.kind for review in told}):
        of_kind = [is_right for is_right, review in zip(right, told, strict=True) if review.kind == kind]
        shares[f"accuracy_{kind}"] = float(np.mean(of_kind))
    return shares, found


def progress(m: Checkpoint, language: Language, told: Sequence[Pair]) -> Progress:
    """On few reviews: of the grammar, or those told."""
    if told:
        found = judge(m, [text for text, _ in told])
        pairs = list(told)
        shares: dict[str, float | None] = {
            "accuracy": float(np.mean([a == b for a, (_, b) in zip(found, told, strict=True)]))
        }
    else:
        drawn = reviews(WATCHED, WATCHING_SEED, language, True)
        shares, found = measure(m, drawn)
        pairs = [(review.text, review.label) for review in drawn]
    samples = [
        (text, NAMES[said], NAMES[label]) for (text, label), said in zip(pairs[:SHOWN], found, strict=False)
    ]
    return Progress(shares, samples)


def score(m: Checkpoint, language: Language, told: Sequence[Pair]) -> dict[str, Any]:
    """On a table's reviews, else on those of the grammar that say what none in training says."""
    if not told:
        drawn = reviews(SCORED, MEASURING_SEED, language, True)
        return {"reviews": len(drawn), **measure(m, drawn)[0]}
    found = np.array(judge(m, [text for text, _ in told]))
    labels = np.array([label for _, label in told])
    shares = {
        f"accuracy_{name}": float(np.mean(found[labels == label] == label))
        if (labels == label).any()
        else None
        for label, name in enumerate(NAMES)
    }
    return {"reviews": len(told), "accuracy": float(np.mean(found == labels)), **shares}
