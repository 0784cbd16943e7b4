"""A random sequence, and the same again: what a decoder can foresee only by looking back.

To go on, the model has to find where the present syllable stood before and look at what came after it: an
induction head (Olsson et al. 2022, "In-context Learning and Induction Heads"). It takes two layers: in the
first a head tells each syllable what stood before it, in the second a head uses that.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from model.data import lines
from model.errors import N_
from model.networks.config import CompactConfig
from model.networks.loss import IGNORED
from model.tasks import Example, Job, Lesson, Probe, Progress, Recipe, Task, config_of
from model.text.tokenizer import CompactTokenizer, train_tokenizer

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

SYLLABLES = [consonant + vowel for consonant in "bdfghjklmnprstvz" for vowel in "aeio"]
SHORTEST, LONGEST = 5, 24  # syllables, once
SEQUENCES = 40_000
SCORED, WATCHED, SHOWN = 300, 48, 4
VALIDATION_SEED, WATCHING_SEED, SCORING_SEED = 3001, 3002, 3003
MEASURES = {"foreseen": N_("predicted correctly"), "induction": N_("induction score")}


@dataclass(frozen=True)
class RepeatTask(Task):
    """A sequence comes a second time, and is foreseen."""

    name: str
    title: str
    recipe: Recipe
    lesson: Lesson | None
    measures = MEASURES

    def tokenizer(self, folder: Path) -> CompactTokenizer:
        return train_tokenizer([" ".join(SYLLABLES)], folder, "word")

    def config(self, tokenizer: CompactTokenizer) -> CompactConfig:
        return config_of(
            tokenizer,
            self,
            d_model=128,
            num_heads=4,
            d_ff=128,
            encoder_layers=0,
            decoder_layers=2,
            positions="rotary",
            dropout=0.0,
        )

    def examples(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        return [example(tokenizer, text) for text in sequences(SEQUENCES, seed)]

    def validation(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        return [example(tokenizer, text) for text in sequences(SCORED, seed + VALIDATION_SEED)]

    def sources(self, seed: int) -> Iterator[str]:
        return sequences(SEQUENCES, seed)

    def probes(self) -> Sequence[Probe]:
        return (Probe("ka lo mi te ra ne ba ka lo mi te ra ne ba"), Probe("do re mi fa so do re mi fa so"))

    def job(self, m: Checkpoint) -> Job:
        """The induction score of each head (Olsson et al. 2022), on few sequences."""
        found = inductions(m, list(sequences(WATCHED, WATCHING_SEED)))
        return Job("induction", "decoder", found.mean(0))

    def choose(self, m: Checkpoint) -> dict[str, Any]:
        strengths = self.job(m).strengths
        layer, head = (int(i) for i in np.unravel_index(strengths.argmax(), strengths.shape))
        return {"kind": "decoder", "layer": layer, "head": head, "query": ""}

    def progress(self, m: Checkpoint) -> Progress:
        texts = list(sequences(WATCHED, WATCHING_SEED))
        found = predict_repetition(m, texts)
        samples = []
        for text, (written, right) in list(zip(texts, found, strict=True))[:SHOWN]:
            begun = " ".join(text.split()[: len(text.split()) // 2 + 1])
            samples.append((begun, " ".join(written), " ".join(right)))
        return Progress({"foreseen": accuracy(found)}, samples)

    def read(self, path: Path) -> Sequence[str]:
        """Sequences, one a line, each with its repetition."""
        texts = [line for line in lines.read(path) if line]
        for text in texts:
            syllables = text.split()
            if len(syllables) < 4 or syllables[: len(syllables) // 2] != syllables[len(syllables) // 2 :]:
                raise ValueError(
                    f"Each line of {path} must say two syllables or more twice; this one does not: {text}"
                )
        if not texts:
            raise ValueError(f"{path} has no sequence to be measured on.")
        return texts

    def score(self, m: Checkpoint, told: Sequence[str] | None = None) -> dict[str, Any]:
        """On sequences drawn anew, or on a file's."""
        texts = told or list(sequences(SCORED, SCORING_SEED))
        chosen = m.first_head or self.choose(m)
        scores = inductions(m, texts[:SCORED]).mean(0)
        return {
            "sequences": len(texts),
            "foreseen": accuracy(predict_repetition(m, texts)),
            "head": chosen,
            "induction": float(scores[chosen["layer"], chosen["head"]]),
        }

    def card(self, m: Checkpoint | None = None) -> str:
        return CARD


def sequences(count: int, seed: int) -> Iterator[str]:
    """Random syllables, no one twice, and all of them again."""
    chance = random.Random(seed)
    for _ in range(count):
        once = chance.sample(SYLLABLES, chance.randint(SHORTEST, LONGEST))
        yield " ".join([*once, *once])


def example(tokenizer: CompactTokenizer, text: str) -> Example:
    """A sequence; only what can be foreseen counts in the loss."""
    ids = tokenizer.encode(text)
    once = len(text.split()) // 2
    foreseeable = [IGNORED] * (once + 1) + ids[once + 1 : 2 * once]
    return {"input_ids": ids, "labels": foreseeable + [IGNORED] * (len(ids) - len(foreseeable))}


def inductions(m: Checkpoint, texts: Sequence[str]) -> NDArray[np.float32]:
    """What each head gives, at each syllable of the repetition, to the one after its first occurrence.

    (texts, layers, heads), the mean over the syllables but the last, which nothing comes after.
    """
    from model.analysis import batch_weights

    found = batch_weights.weights(m, "decoder", m.tokenizer(list(texts), padding=True, return_tensors="pt"))
    rows = []
    for row, text in zip(found, texts, strict=True):
        once = len(text.split()) // 2
        places = np.arange(once - 1)
        rows.append(row[:, :, once + places, places + 1].mean(-1))
    return np.stack(rows)


@torch.no_grad()
def predict_repetition(m: Checkpoint, texts: Sequence[str]) -> list[tuple[list[str], list[str]]]:
    """For each sequence what is expected in the repetition, from its second syllable on, and what comes."""
    model: Any = m.model
    batch = m.tokenizer(list(texts), padding=True, return_tensors="pt").to(m.model.device)
    best = model(**batch).logits.argmax(-1).tolist()
    found = []
    for text, row in zip(texts, best, strict=True):
        syllables = text.split()
        once = len(syllables) // 2
        expected = m.tokenizer.convert_ids_to_tokens(row[once : 2 * once - 1])
        found.append(([token.lstrip("▁") for token in expected], syllables[once + 1 :]))
    return found


def accuracy(found: Sequence[tuple[list[str], list[str]]]) -> float:
    """The share of syllables that were foreseen."""
    pairs = [pair for written, right in found for pair in zip(written, right, strict=True)]
    return float(np.mean([a == b for a, b in pairs]))


CARD = f"""
The data are {SEQUENCES:,} random sequences of {SHORTEST} to {LONGEST} syllables, each followed by itself.
Only what can be foreseen counts in the loss: the repetition from its second syllable on.

- `foreseen`: the share of those syllables that the model expects, on sequences drawn anew.
- `induction`: the head's induction score (Olsson et al. 2022): what it gives, at a syllable of the
  repetition, to the one after that syllable's first occurrence.
"""
RECIPE = Recipe(max_steps=2500, batch_size=64, learning_rate=2e-3, warmup_steps=200, by_length=True)
LESSON = Lesson(
    N_("A sequence, repeated"),
    N_(
        "A decoder alone reads a random sequence twice. To predict the second pass it has to "
        "look at what came after the same syllable the first time: watch an induction head "
        "appear in layer 2."
    ),
    5,
)
TASKS = (RepeatTask("repeat", "A random sequence, repeated", RECIPE, LESSON),)
