"""Strings of letters: reversed, copied, sorted. Learned in seconds, with the crispest of cross-attention."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.data import lines
from model.errors import N_, Refusal
from model.networks.config import CompactConfig
from model.networks.loss import IGNORED
from model.tasks import NOTHING, Example, Job, Lesson, Probe, Progress, Recipe, Task, collate, config_of
from model.text.tokenizer import CompactTokenizer, train_tokenizer
from model.text.tokens import detokenize

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

LETTERS = "abcdefghijklmnopqrst"
SHORTEST, LONGEST, MOST = 3, 12, 200
REMEMBERED = 3  # steps later a letter is looked for: a state may be read for what came before it
EVERY = 10  # letters from one length to the next whose strings are measured apart
STRINGS = 20_000
SCORED, WATCHED, SHOWN = 500, 64, 4
VALIDATED = 128
MEASURES = {"exact": N_("exactly right"), "place_weight": N_("weight on the letter to be written")}
VALIDATION_SEED, WATCHING_SEED, SCORING_SEED = 2001, 2002, 2003


@dataclass(frozen=True)
class StringTask(Task):
    """order: where each written letter is read: letters -> their places. longest: of the strings."""

    name: str
    title: str
    order: Callable[[Sequence[str]], list[int]]
    recipe: Recipe
    lesson: Lesson | None
    recurrent: Recipe
    longest: int = LONGEST
    measures = MEASURES
    settings = ("longest",)

    def with_data(self, data: Sequence[Path], settings: Mapping[str, Any] = NOTHING) -> Self:
        task = super().with_data(data)
        longest = settings.get("longest", LONGEST)
        if not isinstance(longest, int) or not SHORTEST <= longest <= MOST:
            raise Refusal(
                "The longest string must have {first} to {last} letters, not {value}.",
                first=SHORTEST,
                last=MOST,
                value=longest,
            )
        return replace(task, longest=longest, recipe=self.recipe_of(settings.get("network")))

    def tokenizer(self, folder: Path) -> CompactTokenizer:
        return train_tokenizer([" ".join(LETTERS)], folder, "word")

    def config(self, tokenizer: CompactTokenizer) -> CompactConfig:
        return config_of(
            tokenizer,
            self,
            d_model=64,
            num_heads=2,
            d_ff=128,
            encoder_layers=1,
            decoder_layers=1,
            dropout=0.0,
        )

    def write_target(self, text: str) -> str:
        """What is to be written for a string."""
        letters = text.split()
        return " ".join(letters[place] for place in self.order(letters))

    def examples(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        return self.encode(tokenizer, strings(STRINGS, seed, self.longest))

    def validation(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        return self.encode(tokenizer, strings(VALIDATED, seed + VALIDATION_SEED, self.longest))

    def encode(self, tokenizer: CompactTokenizer, texts: Iterable[str]) -> Sequence[Example]:
        """An example of each string.

        Where letters are words that the tokenizer knows, each is one id whatever stands beside it.
        """
        if not tokenizer.words or tokenizer.unknown_words(" ".join(LETTERS)):
            pairs = ((text, self.write_target(text)) for text in texts)
            return [
                {"input_ids": tokenizer.encode(text), "labels": tokenizer.encode(target)}
                for text, target in pairs
            ]
        end = tokenizer.encode("")
        ids = {letter: tokenizer.encode(letter)[0] for letter in LETTERS}
        return [
            {
                "input_ids": [ids[letter] for letter in letters] + end,
                "labels": [ids[letters[place]] for place in self.order(letters)] + end,
            }
            for letters in map(str.split, texts)
        ]

    def batch(self, m: Checkpoint, texts: Sequence[str]) -> dict[str, Tensor]:
        """Strings, and what is to be written for them."""
        tokenizer = cast(CompactTokenizer, m.tokenizer)
        read, written = (
            encode_texts(tokenizer, tuple(texts)),
            encode_texts(tokenizer, tuple(map(self.write_target, texts))),
        )
        pairs = zip(read, written, strict=True)
        batch = collate([{"input_ids": source, "labels": target} for source, target in pairs])
        return {name: part.to(m.model.device) for name, part in batch.items()}

    def sources(self, seed: int) -> Iterator[str]:
        return strings(STRINGS, seed, self.longest)

    def probes(self) -> Sequence[Probe]:
        return tuple(Probe(text, self.write_target(text)) for text in ("h e a d l i g h t", "m o d e l"))

    def job(self, m: Checkpoint) -> Job | None:
        """What each cross-attention head gives, while it writes a letter, to the place where it is read."""
        if "cross" not in m.layers:
            return None
        found = self.looks(m, list(strings(WATCHED, WATCHING_SEED, self.longest)))
        return Job("place_weight", "cross", found.mean(0))

    def looks(self, m: Checkpoint, texts: Sequence[str]) -> NDArray[np.float32]:
        """The same for each string: (strings, layers, heads)."""
        from model.analysis import batch_weights

        found = batch_weights.weights(m, "cross", self.batch(m, texts))
        places = [np.array(self.order(text.split())) for text in texts]
        looks = np.stack(
            [
                [
                    found[i][:, :, range(len(at)), np.minimum(at + later, len(at))].mean(-1)
                    for i, at in enumerate(places)
                ]
                for later in range(REMEMBERED + 1 if m.recurrences else 1)
            ]
        )  # (how much later, strings, layers, heads)
        best = looks.mean(1).argmax(0)  # (layers, heads)
        return cast(NDArray[np.float32], np.take_along_axis(looks, best[None, None], 0)[0])

    def choose(self, m: Checkpoint) -> dict[str, Any] | None:
        job = self.job(m)
        if job is None:
            return None
        strengths = job.strengths
        layer, head = (int(i) for i in np.unravel_index(strengths.argmax(), strengths.shape))
        return {"kind": "cross", "layer": layer, "head": head, "query": ""}

    def progress(self, m: Checkpoint) -> Progress:
        texts = list(strings(WATCHED, WATCHING_SEED, self.longest))
        written = writings(m, texts[:SHOWN])
        samples = [
            (text, found, self.write_target(text)) for text, found in zip(texts, written, strict=False)
        ]
        return Progress({"exact": float(self.exact(m, texts).mean())}, samples)

    @torch.no_grad()
    def exact(self, m: Checkpoint, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which strings are written right, greedily: (strings,).

        One pass over the right ones tells: the first wrong letter comes after right ones only.
        """
        batch = self.batch(m, texts)
        right = (m.model(**batch).logits.argmax(-1) == batch["labels"]) | (batch["labels"] == IGNORED)
        return cast(NDArray[np.bool_], right.all(-1).cpu().numpy())

    def read(self, path: Path) -> Sequence[str]:
        """Strings, one a line."""
        texts = [line for line in lines.read(path) if line]
        if not texts:
            raise ValueError(
                f"{path} has no string to be measured on: write one a line, letters with spaces."
            )
        return texts

    def score(self, m: Checkpoint, told: Sequence[str] | None = None) -> dict[str, Any]:
        """On strings of every length, or on a file's."""
        texts = told or list(strings(SCORED, SCORING_SEED, self.longest))
        found: dict[str, Any] = {"strings": len(texts), "exact": self.share_exact(m, texts)}
        if not told and self.longest >= 2 * EVERY:
            for length in range(EVERY, self.longest + 1, EVERY):
                alike = strings(SCORED // 5, SCORING_SEED + length, length, length)
                found[f"exact_at_{length}"] = self.share_exact(m, list(alike))
        chosen = m.first_head or self.choose(m)
        if chosen is not None:
            weights = self.looks(m, texts[:WATCHED])[:, chosen["layer"], chosen["head"]]
            found |= {"head": chosen, "place_weight": float(np.mean(weights))}
        return found

    def share_exact(self, m: Checkpoint, texts: Sequence[str]) -> float:
        """The share of strings for which all that is written, greedily and from its own letters, is right."""
        written = zip(texts, writings(m, texts), strict=True)
        return float(np.mean([found == self.write_target(text) for text, found in written]))

    def card(self, m: Checkpoint | None = None) -> str:
        by_length = "" if self.longest < 2 * EVERY else CARD_BY_LENGTH
        return CARD.format(strings=STRINGS, shortest=SHORTEST, longest=self.longest) + by_length


@lru_cache(maxsize=4)  # a run looks at the same strings again and again
def encode_texts(tokenizer: CompactTokenizer, texts: tuple[str, ...]) -> list[list[int]]:
    """The ids of each text."""
    return [tokenizer.encode(text) for text in texts]


def strings(count: int, seed: int, longest: int = LONGEST, shortest: int = SHORTEST) -> Iterator[str]:
    """Random letters with spaces between them."""
    chance = random.Random(seed)
    for _ in range(count):
        yield " ".join(chance.choices(LETTERS, k=chance.randint(shortest, longest)))


@torch.no_grad()
def writings(m: Checkpoint, texts: Sequence[str]) -> list[str]:
    """What the model writes for each string, greedily."""
    model: Any = m.model
    batch = m.tokenizer(list(texts), padding=True, return_tensors="pt").to(m.model.device)
    most = batch["input_ids"].shape[1] + LONGEST
    written = model.generate(**batch, do_sample=False, num_beams=1, max_new_tokens=most)
    return [detokenize(m.tokenizer, row.tolist()).lower() for row in written]


CARD = """
The data are {strings:,} random strings of {shortest} to {longest} letters, and what is to be written.

- `exact`: strings, drawn anew, for which all that is written is right.
- `place_weight`: what the head gives, while a letter is written, to the place where that letter is read; of a
  recurrent network, whose states remember, to that place or always one, two or three later, whichever is
  most.
"""
CARD_BY_LENGTH = "- `exact_at_…`: the same of strings of so many letters.\n"
RECIPE = Recipe(max_steps=1500, batch_size=64, learning_rate=3e-3, warmup_steps=100)
FASTER = replace(RECIPE, max_steps=400, warmup_steps=30, optimizer="muon", matrix_rate=10 / 3)
RECURRENT = replace(RECIPE, max_steps=4000)  # which Muon does not teach sooner
TASKS = (
    StringTask(
        "reverse",
        "A string, reversed",
        lambda letters: [*range(len(letters))][::-1],
        FASTER,
        Lesson(
            N_("Reverse a string"),
            N_("Letters, written backwards."),
            2,
            N_("Watch cross-attention become an antidiagonal within seconds."),
        ),
        RECURRENT,
    ),
    StringTask(
        "copy",
        "A string, copied",
        lambda letters: [*range(len(letters))],
        RECIPE,
        Lesson(
            N_("Copy a string"),
            N_("Letters, written again."),
            3,
            N_("Watch cross-attention become a diagonal within seconds."),
        ),
        RECURRENT,
    ),
    StringTask(
        "sort",
        "A string, sorted",
        lambda letters: sorted(range(len(letters)), key=letters.__getitem__),
        RECIPE,
        Lesson(
            N_("Sort a string"),
            N_("Letters in the order of the alphabet."),
            4,
            N_("Watch each written letter find its place."),
        ),
        RECURRENT,
    ),
)
