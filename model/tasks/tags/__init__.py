"""A part of speech for each word: many to many, with a network that only reads.

Most words are of one part of speech; the sentences are about those that are of several. For some of them
what stands before tells which ("the watch", "they watch"), for others only what comes after ("that dog",
"that dogs bark"): a network that reads from left to right has to answer before it can know, one that reads
both ways knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from model.errors import N_, Refusal
from model.networks.families import OwnConfig
from model.networks.recurrent.config import RecurrentConfig
from model.tasks import NOTHING, Example, Lesson, Probe, Progress, Recipe, Task
from model.tasks.tags.grammar import LANGUAGES, Language, Sentence, sentences, vocabulary
from model.tasks.tags.labels import TAGS, encode
from model.text.tokenizer import CompactTokenizer, train_tokenizer

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

SENTENCES = 30_000
VALIDATION_SENTENCES, VALIDATION_SEED = 512, 5003
MEASURES = {
    "accuracy": N_("right"),
    "ambiguous": N_("right where a word has several parts of speech"),
    "known_before": N_("right where what stands before tells"),
    "known_after": N_("right where only what comes after tells"),
}
PROBES: dict[Language, tuple[Probe, ...]] = {
    "en": (
        Probe("The teacher saw that dog again."),
        Probe("The teacher saw that dogs slept near the bridge."),
    ),
    "ko": (Probe("그는 공원에 갔다."), Probe("그 학생이 나타났다.")),
}


@dataclass(frozen=True)
class TagsTask(Task):
    """language: of the sentences."""

    name: str
    title: str
    recipe: Recipe
    lesson: Lesson | None
    language: Language = "en"
    measures = MEASURES
    settings = ("language",)

    def with_data(self, data: Sequence[Path], settings: Mapping[str, Any] = NOTHING) -> Self:
        """settings: "language", "en" or "ko"."""
        task = super().with_data(data, settings)
        return replace(task, language=check_language(settings.get("language", task.language)))

    def tokenizer(self, folder: Path) -> CompactTokenizer:
        return train_tokenizer(vocabulary(self.language), folder, "word", particles=self.language == "ko")

    def config(self, tokenizer: CompactTokenizer) -> OwnConfig:
        return RecurrentConfig(
            vocab_size=len(tokenizer),
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            task=self.name,
            cell="lstm",
            d_model=64,
            hidden_size=64,
            encoder_layers=1,
            decoder_layers=0,
            bidirectional=True,
            pooling="none",
            dropout=0.1,
            id2label=dict(enumerate(TAGS)),
        )

    def examples(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        return [encode(tokenizer, one) for one in sentences(SENTENCES, seed, self.language)]

    def validation(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        drawn = sentences(VALIDATION_SENTENCES, seed + VALIDATION_SEED, self.language, True)
        return [encode(tokenizer, one) for one in drawn]

    def probes(self) -> Sequence[Probe]:
        return PROBES[self.language]

    def job(self, m: Checkpoint) -> None:
        """There are no heads."""

    def progress(self, m: Checkpoint) -> Progress:
        from model.tasks.tags import score

        return score.progress(m, self.find_language(m))

    def sources(self, seed: int) -> Iterator[str]:
        return (one.text for one in sentences(SENTENCES, seed, self.language))

    def choose(self, m: Checkpoint) -> None:
        """There are no heads."""

    def read(self, path: Path) -> Sequence[Sentence]:
        from model.tasks.tags import score

        return score.read_treebank(path)

    def score(self, m: Checkpoint, told: Sequence[Sentence] | None = None) -> dict[str, Any]:
        from model.tasks.tags import score

        return score.score(m, told, self.find_language(m))

    def find_language(self, m: Checkpoint) -> Language:
        """The language that a model has learned: Korean where its tokenizer knows particles."""
        return "ko" if getattr(m.tokenizer, "particles", None) else "en"

    def card(self, m: Checkpoint | None = None) -> str:
        return CARD


def check_language(value: object) -> Language:
    """A language that was set. Raises Refusal for one that there is no grammar of."""
    for language in LANGUAGES:
        if value == language:
            return language
    raise Refusal("The language must be one of {names}.", names=", ".join(LANGUAGES))


CARD = f"""
The data are {SENTENCES:,} sentences of a written grammar, English or Korean, with the part of speech of each
word by the names of Universal Dependencies. Each sentence is written around one word or two that are of
several parts of speech (more than 100 in English, 43 in Korean), each of which comes with each of its tags
equally often. Korean particles are words of their own.

One combination of a noun and a verb in ten, chosen by a hash, stands in no training sentence; each sentence
that is measured on has one.

- `accuracy`: words with the right tag.
- `ambiguous`: the same of words that are of several parts of speech.
- `known_before`, `known_after`: of those for which what stands before tells, and of those for which only
  what comes after does. Whoever reads from left to right alone has to guess at the latter.
"""
RECIPE = Recipe(max_steps=600, batch_size=64, learning_rate=3e-3, warmup_steps=50, by_length=True)
LESSON = Lesson(
    N_("Parts of speech"),
    N_(
        "A tag for each word. For some words only what comes after tells: a network that reads from left to "
        "right cannot know, one that reads both ways can."
    ),
    8,
)
TASKS = (TagsTask("tags", "A part of speech for each word", RECIPE, LESSON),)
