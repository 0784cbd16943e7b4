"""How well a model translates real sentences, and whether "it" still finds its noun among everyday words."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from model.capture.checkpoint import Checkpoint
from model.data.pairs import Pair
from model.scores import measure
from model.tasks.pronouns import score as pronouns
from model.tasks.pronouns.lexicon import Gender, Kind, Noun
from model.tasks.pronouns.sampling import Sentence, minimal_pairs, sentences_with
from model.tasks.translation import alignments
from model.tasks.translation.frames import UNSEEN_FRAMES, put_in_frame

# Common nouns that the grammar does not have, whatever their translation in French, by its gender and kind.
NEWCOMERS: dict[tuple[Gender, Kind], str] = {
    ("m", "animal"): "mosquito dolphin shark butterfly lamb seal monster",
    ("f", "animal"): "fly mule",
    ("m", "vehicle"): "canoe raft yacht",
    ("f", "vehicle"): "rocket",
    ("m", "building"): "airport supermarket skyscraper apartment",
    ("f", "building"): "bank hut",
    ("m", "object"): "pencil telescope microscope armchair kite",
    ("f", "object"): "bathtub fence",
    ("m", "food"): "pudding stew corn",
    ("f", "food"): "orange",
}


def newcomers() -> list[Noun]:
    """French is left out: only the pronoun is looked at."""
    return [
        Noun(name, name, gender, kind)
        for (gender, kind), names in NEWCOMERS.items()
        for name in names.split()
    ]


def everyday(count: int) -> list[tuple[Sentence, Sentence]]:
    """The minimal pairs of the pronoun task, each told in a frame that no training sentence stands in."""
    chance = random.Random(pronouns.MEASURING_SEED)
    told = []
    for pair in minimal_pairs(count, pronouns.MEASURING_SEED):
        frame = chance.choice(UNSEEN_FRAMES)
        told.append((put_in_frame(pair[0], frame), put_in_frame(pair[1], frame)))
    return told


def score(m: Checkpoint, told: Sequence[Pair] | None = None) -> dict[str, Any]:
    """Every number of the model card; those of real translations only where there are some."""
    scores = pronouns.score(m)
    del scores["exact_translation"]  # French has more than one right word where data are real
    place = (slice(None), scores["head"]["layer"], scores["head"]["head"])
    pairs = everyday(scores["pairs"])
    sentences = pronouns.flat(pairs)
    weights = pronouns.looks(m, sentences)[place].reshape(len(pairs), 2, 2)
    new = sentences_with(newcomers(), pronouns.MEASURING_SEED)
    scores |= {
        "everyday_both_members_right": float(pronouns.both_right(weights)),
        "everyday_antecedent_weight": float(weights[..., 0].mean()),
        "everyday_pronoun_accuracy": pronouns.pronoun_accuracy(m, sentences),
        "new_noun_sentences": len(new),
        "new_noun_pronoun_accuracy": pronouns.pronoun_accuracy(m, new),
    }
    scores |= alignments.score(m)
    return scores | (measure(m, told) if told else {})
