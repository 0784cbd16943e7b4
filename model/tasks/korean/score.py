"""How well a model knows whom 그 or 그녀 means, and whether its attention has a part in it.

Everything is measured on minimal pairs: two texts that differ in the pronoun only. Weights are the encoder's,
from the pronoun to a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from model.analysis import batch_weights
from model.capture.checkpoint import Checkpoint
from model.capture.forward import observing
from model.data import lines
from model.edits import Cut, Edit
from model.tasks import Job, Progress
from model.tasks.korean.grammar import Text, minimal_pairs
from model.tasks.korean.names import PRONOUNS
from model.tasks.pronouns.score import both_right, by_length, in_batches
from model.text.particles import split_particles
from model.text.tokenizer import CompactTokenizer
from model.text.tokens import detokenize

PAIRS = 400
ROOM = 45  # tokens that a rewriting may have
CHOOSING_SEED, MEASURING_SEED = 4001, 4002
WATCHED, SHOWN = 40, 4  # pairs while it learns, and how many of their texts are shown


def tokenizer_of(m: Checkpoint) -> CompactTokenizer:
    if not isinstance(m.tokenizer, CompactTokenizer) or not m.tokenizer.particles:
        raise ValueError(f"{m.name} was not trained on the Korean pronoun task.")
    return m.tokenizer


@lru_cache(maxsize=4096)  # while a model learns, the same texts are looked at again and again
def pronouns(tokenizer: CompactTokenizer, text: str) -> list[int]:
    """Where the pronouns stand among the tokens of a text."""
    words = tokenizer.split(text)
    return [i for i, word in enumerate(words) if word.text in PRONOUNS.values() and not word.particle]


@lru_cache(maxsize=4096)
def place(tokenizer: CompactTokenizer, text: str, name: str) -> int:
    """Where a name first stands among the tokens of a text. Raises ValueError where it does not."""
    return [word.text for word in tokenizer.split(text)].index(name)


def people(text: Text) -> tuple[str, str]:
    """The one meant and the other. Raises ValueError for a text without the two."""
    if len(text.meant) != 1 or text.other is None:
        raise ValueError(f"This text needs one pronoun and two people: {text.source}")
    return text.meant[0], text.other


@torch.no_grad()
def looks(m: Checkpoint, texts: Sequence[Text]) -> NDArray[np.float32]:
    """What every encoder head gives from the pronoun to the one meant and to the other.

    Returns (texts, layers, heads, 2).
    """
    tokenizer = tokenizer_of(m)
    rows = []
    for part in in_batches(texts):
        found = batch_weights.weights(m, "encoder", encode_batch(m, part))
        for i, text in enumerate(part):
            [query] = pronouns(tokenizer, text.source)
            keys = [place(tokenizer, text.source, name) for name in people(text)]
            rows.append(found[i][:, :, query, keys])
    return np.stack(rows)


def encode_batch(m: Checkpoint, texts: Sequence[Text]) -> Any:
    """A padded batch of the texts: input_ids and attention_mask (batch, tokens)."""
    batch = tokenizer_of(m)([text.source for text in texts], padding=True, return_tensors="pt")
    return batch.to(m.model.device)


@torch.no_grad()
def rewritings(m: Checkpoint, texts: Sequence[Text], cut: str | None = None) -> list[str]:
    """What the model writes for each text, greedily.

    cut: "meant" or "other": the pronoun cannot look at that name, in any layer and head of the encoder.
    """
    tokenizer = tokenizer_of(m)
    generate: Any = m.model.generate
    written = [""] * len(texts)
    for part in in_batches(by_length([text.source for text in texts])):
        told = [texts[i] for i in part]
        with observing(m, rows=[edits(tokenizer, text, cut) for text in told]):
            out = generate(**encode_batch(m, told), do_sample=False, num_beams=1, max_new_tokens=ROOM)
        for i, ids in zip(part, out.tolist(), strict=True):
            written[i] = detokenize(tokenizer, ids, texts[i].source)
    return written


def edits(tokenizer: CompactTokenizer, text: Text, cut: str | None) -> tuple[Edit, ...]:
    """The pronoun's view of a name taken away; nothing where cut is None."""
    if cut is None:
        return ()
    name = place(tokenizer, text.source, people(text)[cut == "other"])
    return tuple(Cut("encoder", query, name) for query in pronouns(tokenizer, text.source))


def score_names(m: Checkpoint, texts: Sequence[Text], written: Sequence[str]) -> float:
    """The share of rewritings with the right name, and no other word but a particle, for the pronoun."""
    tokenizer, right = tokenizer_of(m), []
    for text, said in zip(texts, written, strict=True):
        [query] = pronouns(tokenizer, text.source)
        words = [word.text for word in tokenizer.split(said)]
        right.append(words[query : query + 1] == [text.meant[0]])
    return float(np.mean(right))


def exact(texts: Sequence[Text], written: Sequence[str]) -> float:
    """The share of rewritings that are right to the last letter."""
    return float(np.mean([said == text.target for text, said in zip(texts, written, strict=True)]))


def flat(pairs: Sequence[tuple[Text, Text]]) -> list[Text]:
    return [text for pair in pairs for text in pair]


@cache
def watched_pairs(pairs: int) -> tuple[tuple[Text, Text], ...]:
    """The pairs that are looked at while a model learns, those on which the head is chosen."""
    return tuple(minimal_pairs(pairs, CHOOSING_SEED, choosing=True))


def pair_up(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """(texts, …) as (pairs, 2, …)."""
    return weights.reshape(len(weights) // 2, 2, *weights.shape[1:])


def choose(m: Checkpoint) -> dict[str, Any]:
    """The encoder head whose pronoun finds the one meant most often, on pairs that `score` does not use."""
    weights = looks(m, flat(minimal_pairs(PAIRS, CHOOSING_SEED, choosing=True)))
    merit = both_right(pair_up(weights)) + weights[..., 0].mean(0)  # (layers, heads)
    layer, head = (int(i) for i in np.unravel_index(merit.argmax(), merit.shape))
    return {"kind": "encoder", "layer": layer, "head": head, "query": PRONOUNS["f"]}


def job(m: Checkpoint) -> Job:
    """What each encoder head gives, from the pronoun, to the one meant: on few pairs, to watch it form."""
    weights = looks(m, flat(watched_pairs(WATCHED)))
    return Job("antecedent_weight", "encoder", weights[..., 0].mean(0))


def progress(m: Checkpoint) -> Progress:
    """A few of the card's measures on few pairs."""
    texts = flat(watched_pairs(WATCHED))
    written = rewritings(m, texts)
    found = both_right(pair_up(looks(m, texts)))  # (layers, heads)
    scores = {"both_members_right": float(found.max()), "exact": exact(texts, written)}
    samples = [(text.source, said, text.target) for text, said in zip(texts, written, strict=True)]
    return Progress(scores, samples[:SHOWN])


def score(m: Checkpoint, pairs: Sequence[tuple[Text, Text]] | None = None) -> dict[str, Any]:
    """Every number of the model card, on pairs of names that never met in training."""
    pairs = pairs or minimal_pairs(PAIRS, MEASURING_SEED)
    chosen = m.first_head or choose(m)
    texts = flat(pairs)
    weights = looks(m, texts)[:, chosen["layer"], chosen["head"]]  # (texts, 2)
    written = rewritings(m, texts)
    return {
        "pairs": len(pairs),
        "head": chosen,
        "both_members_right": float(both_right(pair_up(weights))),
        "antecedent_weight": float(weights[:, 0].mean()),
        "other_weight": float(weights[:, 1].mean()),
        "name_accuracy": score_names(m, texts, written),
        "name_accuracy_cut_antecedent": score_names(m, texts, rewritings(m, texts, "meant")),
        "name_accuracy_cut_other": score_names(m, texts, rewritings(m, texts, "other")),
        "exact": exact(texts, written),
    }


def read_pairs(path: Path) -> list[tuple[Text, Text]]:
    """Minimal pairs from a file: text, rewriting, the one meant, the other, with tabs between them.

    Two lines make a pair. Raises ValueError where a line has other columns or is alone, and where its text
    lacks one of the names or does not have one pronoun.
    """
    texts = []
    for number, (source, target, meant, other) in lines.rows(path, columns=4):
        words = [word.text for word in split_particles(source)]
        if not {meant, other} <= set(words) or sum(word in PRONOUNS.values() for word in words) != 1:
            raise ValueError(f"Line {number} of {path} needs both names and one 그 or 그녀: {source}")
        texts.append(Text(source, target, (meant,), other))
    if not texts or len(texts) % 2:
        raise ValueError(f"{path} needs an even number of lines: two for each minimal pair.")
    return list(zip(texts[::2], texts[1::2], strict=True))
