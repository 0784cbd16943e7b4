"""How well a model knows what "it" means, and whether its attention has a part in it.

Everything is measured on minimal pairs: two sentences that differ in one cue, so that "it" means the
subject in one and the object in the other. Weights are the encoder's, from "it" to a noun.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from model.analysis import batch_weights
from model.capture.checkpoint import Checkpoint
from model.capture.forward import observing
from model.data import lines
from model.edits import Cut, Edit
from model.tasks import Job, Progress
from model.tasks.pronouns.distance import MOST, far_pairs
from model.tasks.pronouns.lexicon import Kind
from model.tasks.pronouns.sampling import Sentence, minimal_pairs, sentences_with, stranger
from model.text.tokenizer import CompactTokenizer
from model.text.tokens import detokenize, places
from model.text.words import normalise, split_words

BATCH = 256
PAIRS = 400
ROOM = 40  # tokens that a translation may have
CHOOSING_SEED, MEASURING_SEED = 1001, 1002
DISTANCES = (1, 2, 5, 10, 15, 20, 25, 30, 35, 40)  # at which pronouns are counted
FAR = 100  # sentences at each
WATCHED, WRITTEN, SHOWN = 60, 60, 4  # pairs while it learns; of their sentences, translated and shown

# Nouns that are not in the vocabulary, of each kind that "it" can mean.
STRANGERS = tuple(
    stranger(name, cast(Kind, kind))
    for kind, names in {
        "animal": "walrus gorilla hamster buffalo penguin octopus",
        "vehicle": "limousine minibus lorry",
        "way": "lane railway freeway",
        "water": "reservoir",
        "building": "monastery mansion warehouse",
        "container": "hamper satchel flask",
        "object": "saxophone microscope tripod",
        "food": "lollipop lasagna burger",
    }.items()
    for name in names.split()
)


def tokenizer_of(m: Checkpoint) -> CompactTokenizer:
    if not isinstance(m.tokenizer, CompactTokenizer):
        raise ValueError(f"{m.name} was not trained on the pronoun task.")
    return m.tokenizer


def encode_batch(m: Checkpoint, sentences: Sequence[Sentence]) -> dict[str, torch.Tensor]:
    """A padded batch of the English sentences: input_ids and attention_mask (batch, tokens)."""
    texts = [sentence.english for sentence in sentences]
    batch = tokenizer_of(m)(texts, padding=True, return_tensors="pt")
    return {name: tensor.to(m.model.device) for name, tensor in batch.items()}


def looks(m: Checkpoint, sentences: Sequence[Sentence]) -> NDArray[np.float32]:
    """What every encoder head gives from "it" to the noun meant and to the other.

    Returns (sentences, layers, heads, 2).
    """
    rows = []
    for part in in_batches(sentences):
        stack = batch_weights.weights(m, "encoder", encode_batch(m, part))
        for i, sentence in enumerate(part):
            row = stack[i, :, :, find(m, sentence, "it")].mean(0)  # (layers, heads, keys)
            rows.append(np.stack([row[..., find(m, sentence, noun)].sum(-1) for noun in nouns(sentence)], -1))
    return np.stack(rows)


def find(m: Checkpoint, sentence: Sentence, word: str) -> list[int]:
    """Where a word's tokens stand in the English sentence."""
    return spots(m.tokenizer, sentence.english, word)


@lru_cache(maxsize=4096)  # while a model learns, the same sentences are looked at again and again
def spots(tokenizer: CompactTokenizer, text: str, word: str) -> list[int]:
    return places(tokenizer, text, word)


@cache
def watched_pairs(pairs: int) -> tuple[tuple[Sentence, Sentence], ...]:
    """The pairs that are looked at while a model learns, those on which the head is chosen."""
    return tuple(minimal_pairs(pairs, CHOOSING_SEED, choosing=True))


def in_batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[i : i + BATCH] for i in range(0, len(items), BATCH))


def nouns(sentence: Sentence) -> tuple[str, str]:
    """The noun meant and the other. Raises ValueError for a sentence without the two."""
    if sentence.meant is None or sentence.other is None:
        raise ValueError(f"This sentence needs a noun that is meant and another: {sentence.english}")
    return sentence.meant, sentence.other


@torch.no_grad()
def translations(
    m: Checkpoint, sentences: Sequence[Sentence], cut: str | None = None, room: int | None = None
) -> list[list[int]]:
    """The ids that the model writes for each sentence, greedily, without the start token and padding.

    cut: "meant" or "other": "it" cannot look at that noun, in any layer and head of the encoder. room: how
    many tokens a translation may have; None = ROOM.
    """
    written: list[list[int]] = [[] for _ in sentences]
    tokenizer = tokenizer_of(m)
    generate: Any = m.model.generate
    for part in in_batches(by_length([sentence.english for sentence in sentences])):
        told = [sentences[i] for i in part]
        with observing(m, rows=[edits(m, sentence, cut) for sentence in told]):
            out = generate(**encode_batch(m, told), do_sample=False, num_beams=1, max_new_tokens=room or ROOM)
        for i, row in zip(part, out[:, 1:].tolist(), strict=True):
            written[i] = [token for token in row if token != tokenizer.pad_token_id]
    return written


def by_length(texts: Sequence[str]) -> list[int]:
    """The places of the texts, the shortest first, so that batches hold little padding."""
    return sorted(range(len(texts)), key=lambda i: len(texts[i]))


def edits(m: Checkpoint, sentence: Sentence, cut: str | None) -> tuple[Edit, ...]:
    """The view that "it" has of a noun, taken away; nothing where cut is None."""
    if cut is None:
        return ()
    noun = nouns(sentence)[cut == "other"]
    return tuple(
        Cut("encoder", query, key) for query in find(m, sentence, "it") for key in find(m, sentence, noun)
    )


def same(m: Checkpoint, ids: Sequence[int], sentence: Sentence) -> bool:
    """Whether what was written is the sentence's French, however it is cut into tokens."""
    tokenizer = tokenizer_of(m)
    text = detokenize(tokenizer, ids, sentence.english)
    return tokenizer.tokenize(text, source=sentence.english) == tokenizer.tokenize(
        sentence.french, source=sentence.english
    )


def pronoun(m: Checkpoint, ids: Sequence[int]) -> str:
    """The pronoun of a translation: "il", "elle", or "" where there is none."""
    words = (normalise(word.text) for word in split_words(detokenize(m.tokenizer, ids)))
    return next((word for word in words if word in ("il", "elle")), "")


def pronoun_accuracy(m: Checkpoint, sentences: Sequence[Sentence], cut: str | None = None) -> float:
    """The share of translations with the right pronoun."""
    written = translations(m, sentences, cut)
    right = [pronoun(m, ids) == s.pronoun for ids, s in zip(written, sentences, strict=True)]
    return float(np.mean(right))


def pronoun_accuracy_at(
    m: Checkpoint, distances: Sequence[int], count: int, most: int = MOST
) -> dict[int, float]:
    """The share of translations with the right pronoun, by how many words stand between "it" and its noun.

    count: sentences at each distance, whose two nouns were never in one training sentence and have two
    genders: half of them are right by chance. most: the greatest distance that the model has learned.
    Raises Refusal for a distance that is not 1 … MOST.
    """
    found = {}
    for distance in distances:
        told = [at for at, _ in far_pairs(count, MEASURING_SEED, distance, most=most)]
        room = max(len(tokenizer_of(m).encode_target(s.french, s.english)) for s in told) + ROOM
        written = translations(m, told, room=room)
        right = [pronoun(m, ids) == s.pronoun for ids, s in zip(written, told, strict=True)]
        found[distance] = float(np.mean(right))
    return found


def both_right(weights: NDArray[np.float32]) -> NDArray[np.float64]:
    """The share of pairs in both of whose members the noun meant gets more than the other.

    weights: (pairs, 2, …, 2), the last axis being the noun meant and the other.
    """
    return np.mean((weights[..., 0] > weights[..., 1]).all(axis=1), axis=0)


def flat(pairs: Iterable[tuple[Sentence, Sentence]]) -> list[Sentence]:
    return [sentence for pair in pairs for sentence in pair]


def choose(m: Checkpoint, pairs: int | None = None) -> dict[str, Any]:
    """The encoder head whose "it" finds the noun meant most often, on pairs that `score` does not use.

    pairs: how many; None = PAIRS.
    """
    pairs = pairs or PAIRS
    sentences = flat(minimal_pairs(pairs, CHOOSING_SEED, choosing=True))
    weights = looks(m, sentences)
    paired = weights.reshape(pairs, 2, *weights.shape[1:])
    merit = both_right(paired) + weights[..., 0].mean(0)  # (layers, heads)
    layer, head = (int(i) for i in np.unravel_index(merit.argmax(), merit.shape))
    return {"kind": "encoder", "layer": layer, "head": head, "query": "it"}


def job(m: Checkpoint) -> Job:
    """What each encoder head gives, from "it", to the noun meant: on few pairs, to watch it form."""
    weights = looks(m, flat(watched_pairs(WATCHED)))
    return Job("antecedent_weight", "encoder", weights[..., 0].mean(0))


def progress(m: Checkpoint, distance: int = 0) -> Progress:
    """A few of the card's measures on few pairs; pronouns where there are some at far nouns, too."""
    pairs = watched_pairs(WATCHED)
    weights = looks(m, flat(pairs))
    found = both_right(weights.reshape(len(pairs), 2, *weights.shape[1:]))  # (layers, heads)
    right, samples = write_watched(m, distance)
    return Progress({"both_members_right": float(found.max()), "pronoun_accuracy": right}, samples)


def write_watched(m: Checkpoint, distance: int) -> tuple[float, list[tuple[str, str, str]]]:
    """The share of right pronouns in WRITTEN translations, half of them far ones where distance is not 0; and
    some of them: what is read, what is written, what would be right.
    """
    told = flat(watched_pairs(WATCHED))[:WRITTEN]
    if distance:
        told = [*told[: WRITTEN // 2], *watched_far(distance)]
    room = max(len(one.french.split()) for one in told) + ROOM
    written = translations(m, told, room=room)
    right = [pronoun(m, ids) == s.pronoun for ids, s in zip(written, told, strict=True)]
    samples = [
        (sentence.english, detokenize(m.tokenizer, ids, sentence.english), sentence.french)
        for sentence, ids in zip(told[:SHOWN], written, strict=False)
    ]
    return float(np.mean(right)), samples


@cache
def watched_far(distance: int) -> tuple[Sentence, ...]:
    """The far sentences that are looked at while a model learns, their distances spread evenly."""
    places = np.linspace(1, distance, WRITTEN // 2).round().astype(int).tolist()
    seeds = range(CHOOSING_SEED, CHOOSING_SEED + len(places))
    return tuple(
        far_pairs(1, seed, place, choosing=True, most=distance)[0][0]
        for seed, place in zip(seeds, places, strict=True)
    )


def score(
    m: Checkpoint, pairs: Sequence[tuple[Sentence, Sentence]] | None = None, distance: int = 0
) -> dict[str, Any]:
    """Every number of the model card, on pairs of nouns that were never in training.

    distance: up to which the model has learned; from 1 on, pronouns are counted at distances up to there.
    """
    pairs = pairs or minimal_pairs(PAIRS, MEASURING_SEED)
    chosen = m.first_head or choose(m)
    place = (slice(None), chosen["layer"], chosen["head"])
    sentences = flat(pairs)
    weights = looks(m, sentences)[place]  # (sentences, 2)
    right = count_right(m, translations(m, sentences), sentences)
    strange = looks(m, sentences_with(STRANGERS, MEASURING_SEED))[place]
    return {
        "pairs": len(pairs),
        "head": chosen,
        "both_members_right": float(both_right(weights.reshape(len(pairs), 2, 2))),
        "antecedent_weight": float(weights[:, 0].mean()),
        "other_weight": float(weights[:, 1].mean()),
        "pronoun_accuracy": right["pronoun_accuracy"],
        "pronoun_accuracy_cut_antecedent": pronoun_accuracy(m, sentences, "meant"),
        "pronoun_accuracy_cut_other": pronoun_accuracy(m, sentences, "other"),
        "exact_translation": right["exact_translation"],
        "unknown_noun_sentences": len(strange),
        "unknown_noun_head_accuracy": float(np.mean(strange[:, 0] > strange[:, 1])),
        **count_far(m, distance),
    }


def count_right(
    m: Checkpoint, written: Sequence[Sequence[int]], sentences: Sequence[Sentence]
) -> dict[str, float]:
    """The shares of translations with the right pronoun, and of those that are right to the last word."""
    both = list(zip(written, sentences, strict=True))
    return {
        "pronoun_accuracy": float(np.mean([pronoun(m, ids) == s.pronoun for ids, s in both])),
        "exact_translation": float(np.mean([same(m, ids, s) for ids, s in both])),
    }


def count_far(m: Checkpoint, distance: int) -> dict[str, float]:
    """`pronoun_accuracy_at_…` for distances up to the one that the model has learned; none for 0."""
    distances = sorted({at for at in (*DISTANCES, distance) if 0 < at <= distance})
    far = pronoun_accuracy_at(m, distances, FAR, distance) if distances else {}
    return {f"pronoun_accuracy_at_{at}": share for at, share in far.items()}


def read_pairs(path: Path) -> list[tuple[Sentence, Sentence]]:
    """Minimal pairs from a file: English, French, noun meant, other noun, with tabs between them.

    Two lines make a pair. Raises ValueError where a line has other columns or is alone, and where its
    English lacks "it" or one of the nouns.
    """
    sentences = []
    for number, (english, french, meant, other) in lines.rows(path, columns=4):
        words = [normalise(word.text) for word in split_words(french)]
        found = next((word for word in words if word in ("il", "elle")), "")
        sentence = Sentence(english, french, found, normalise(meant), normalise(other))
        present = {normalise(word.text) for word in split_words(english)}
        for word in ("it", *nouns(sentence)):
            if word not in present:
                raise ValueError(f'Line {number} of {path} has no word "{word}" in its English: {english}')
        sentences.append(sentence)
    if not sentences or len(sentences) % 2:
        raise ValueError(f"{path} needs an even number of lines: two for each minimal pair.")
    return list(zip(sentences[::2], sentences[1::2], strict=True))
