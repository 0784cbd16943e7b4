"""What a network without attention in its encoder knows of "it", and where its decoder looks as it writes.

A recurrent encoder has no heads whose "it" could look at a noun. Its decoder, where it has attention, looks
at the encoder's states at the step that writes *il* or *elle*; a state remembers the words beside its own, so
what a word is given is what its state and the two next to it are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from model.analysis import batch_weights
from model.capture.checkpoint import Checkpoint
from model.tasks import Job, Progress, collate
from model.tasks.pronouns import score as measures
from model.tasks.pronouns.sampling import Sentence, minimal_pairs

PLACES = ("antecedent_weight", "other_weight", "it_weight")
BESIDE = 1  # states to either side of a word's own


def looks(m: Checkpoint, sentences: Sequence[Sentence]) -> NDArray[np.float32]:
    """What each head of cross-attention gives, while the right translation's pronoun is written, to the noun
    meant, the other one and "it": (sentences, layers, heads, 3), the last in the order of PLACES.
    """
    found = []
    tokenizer = measures.tokenizer_of(m)
    for part in measures.in_batches(sentences):
        labels = [tokenizer.encode_target(one.french, one.english) for one in part]
        sources = [tokenizer.encode(one.english) for one in part]
        pairs = zip(sources, labels, strict=True)
        batch = collate([{"input_ids": source, "labels": target} for source, target in pairs])
        stack = batch_weights.weights(m, "cross", batch)
        for i, one in enumerate(part):
            row = stack[i, :, :, measures.spots(tokenizer, one.french, one.pronoun)[0]]
            words = (*measures.nouns(one), "it")
            given = [row[..., near(m, one, word, len(sources[i]))].sum(-1) for word in words]
            found.append(np.stack(given, -1))
    return np.stack(found)


def near(m: Checkpoint, sentence: Sentence, word: str, length: int) -> list[int]:
    """The places of a word's tokens and of those next to them."""
    own = measures.find(m, sentence, word)
    return [place for place in range(min(own) - BESIDE, max(own) + BESIDE + 1) if 0 <= place < length]


def choose(m: Checkpoint) -> dict[str, Any] | None:
    """The head of cross-attention that gives the noun meant most; None where there is none."""
    found = job(m)
    if found is None:
        return None
    layer, head = (int(i) for i in np.unravel_index(found.strengths.argmax(), found.strengths.shape))
    return {"kind": "cross", "layer": layer, "head": head, "query": ""}


def job(m: Checkpoint) -> Job | None:
    """What each head of cross-attention gives the noun meant, as its pronoun is written."""
    if "cross" not in m.layers:
        return None
    sentences = measures.flat(measures.watched_pairs(measures.WATCHED))
    return Job("antecedent_weight", "cross", looks(m, sentences)[..., 0].mean(0))


def progress(m: Checkpoint, distance: int = 0) -> Progress:
    """The pronouns on few pairs, near ones and where there are some far ones."""
    right, samples = measures.write_watched(m, distance)
    return Progress({"pronoun_accuracy": right}, samples)


@torch.no_grad()
def score(
    m: Checkpoint, pairs: Sequence[tuple[Sentence, Sentence]] | None = None, distance: int = 0
) -> dict[str, Any]:
    """As `model.tasks.pronouns.score.score`, as far as it has a meaning here."""
    pairs = pairs or minimal_pairs(measures.PAIRS, measures.MEASURING_SEED)
    sentences = measures.flat(pairs)
    written = measures.translations(m, sentences)
    told: dict[str, Any] = {"pairs": len(pairs)} | measures.count_right(m, written, sentences)
    chosen = m.first_head or choose(m)
    if chosen is not None:
        weights = looks(m, sentences)[:, chosen["layer"], chosen["head"]].mean(0)
        told |= {"head": chosen} | {
            f"writing_{name}": float(share) for name, share in zip(PLACES, weights, strict=True)
        }
    return told | measures.count_far(m, distance)
