"""Positive or negative: many to one, with a network that reads a review and answers once.

Of the written grammar (English or Korean) no word decides by itself: what turns it into its opposite, which
of two clauses counts, and what was only expected have to be read. With a table of a person's own, such as the
Naver movie reviews (NSMC: id, document, label), it learns from that.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from model.data import looks
from model.errors import N_, Refusal
from model.networks.families import OwnConfig
from model.networks.recurrent.config import RecurrentConfig
from model.tasks import NOTHING, Example, Lesson, Probe, Progress, Recipe, Task
from model.tasks.encoded import Encoded
from model.tasks.own import SAMPLE, Corpus, corpus
from model.tasks.sentiment.grammar import Language, Review, reviews, texts
from model.tasks.sentiment.table import look_at, read_label
from model.tasks.tags import check_language
from model.text import fitting
from model.text.fitting import Wanted, fit_tokenizer, wanted
from model.text.tokenizer import CompactTokenizer, train_tokenizer

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

REVIEWS = 30_000
VALIDATION_REVIEWS, VALIDATION_SEED = 512, 6003
VOCABULARY_REVIEWS, VOCABULARY_SEED = 4000, 6004
QUICK = 200  # of a table's reviews, looked at on the way
LARGE = 20_000  # reviews of a table from which on a larger network pays
EPOCHS, FEWEST_STEPS, MOST_STEPS = 4, 400, 8000
MEASURES = {
    "accuracy": N_("right"),
    "accuracy_plain": N_("right where a word decides"),
    "accuracy_negation": N_("right where it is negated"),
    "accuracy_double": N_("right where it is negated twice"),
    "accuracy_degree": N_("right where it could be more"),
    "accuracy_expectation": N_("right where something was expected"),
    "accuracy_contrast": N_("right where one of two clauses counts"),
    "accuracy_agreement": N_("right where two clauses agree"),
}
PROBES: dict[Language, tuple[Probe, ...]] = {
    "en": (
        Probe("The acting was bad, but the plot was not dull."),
        Probe("The plot was dull, but the acting was wonderful."),
    ),
    "ko": (
        Probe("결말은 엉성했지만 연기가 감동적이었다."),
        Probe("연기는 훌륭했지만 이야기가 지루했다."),
    ),
}


class Labelled(Encoded):
    """Reviews of a table as ids, each with its one class."""

    def encode(self, source: str, target: str) -> Example:
        return {"input_ids": self.tokenizer.encode(source), "labels": [read_label(target)]}


@dataclass(frozen=True)
class SentimentTask(Task):
    """language: of the grammar. corpus: a table's reviews, if any; cut: what is set of its tokenizer."""

    name: str
    title: str
    recipe: Recipe
    lesson: Lesson | None
    language: Language = "en"
    corpus: Corpus | None = None
    cut: Wanted = field(default_factory=Wanted)
    from_table: bool = False
    measures = MEASURES
    settings = ("language", *looks.SETTINGS, *fitting.SETTINGS)

    def with_data(self, data: Sequence[Path], settings: Mapping[str, Any] = NOTHING) -> Self:
        """The task with tables of reviews, or with none.

        settings: "language", "en" or "ko", of the grammar; with tables those of `model.data.looks` and, of
        the tokenizer, `model.text.fitting`. Raises Refusal where all labels are the same, and for what is no
        table of reviews.
        """
        language = check_language(settings.get("language", self.language))
        if not data:
            return replace(self, language=language, from_table=settings.get("from_table") is True)
        cut = wanted(settings)
        seen, labels = look_at(data, settings)
        if len(labels) < 2:
            raise Refusal("All reviews have the same label, so that there is nothing to tell apart.")
        found = corpus(seen)
        recipe = recipe_for(len(found))
        return replace(self, language=language, corpus=found, cut=cut, recipe=recipe, from_table=True)

    def tokenizer(self, folder: Path) -> CompactTokenizer:
        """Of words for the English grammar; of pieces for the Korean one, and for a table."""
        if self.corpus:
            places = np.flatnonzero(~self.corpus.held)
            drawn = places[np.linspace(0, len(places) - 1, min(SAMPLE, len(places))).astype(int)]
            return fit_tokenizer(self.cut, [self.corpus.pair(int(place))[0] for place in drawn], folder)
        if self.language == "en":
            return train_tokenizer(texts("en"), folder, "word")
        drawn_texts = [review.text for review in reviews(VOCABULARY_REVIEWS, VOCABULARY_SEED, "ko")]
        return fit_tokenizer(Wanted("unigram"), [*texts("ko"), *drawn_texts], folder)

    def config(self, tokenizer: CompactTokenizer) -> OwnConfig:
        large = self.corpus is not None and len(self.corpus) >= LARGE
        return RecurrentConfig(
            vocab_size=len(tokenizer),
            pad_token_id=tokenizer.pad_token_id,
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            task=self.name,
            cell="lstm",
            d_model=128 if large else 64,
            hidden_size=128 if large else 64,
            encoder_layers=1,
            decoder_layers=0,
            bidirectional=False,
            pooling="last",
            dropout=0.3 if self.corpus else 0.1,
            id2label={0: "negative", 1: "positive"},
        )

    def examples(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        if self.corpus:
            return Labelled(self.corpus.pair, np.flatnonzero(~self.corpus.held), tokenizer)
        return [encode(tokenizer, review) for review in reviews(REVIEWS, seed, self.language)]

    def validation(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        if self.corpus:
            return Labelled(self.corpus.pair, np.flatnonzero(self.corpus.held), tokenizer)
        drawn = reviews(VALIDATION_REVIEWS, seed + VALIDATION_SEED, self.language, True)
        return [encode(tokenizer, review) for review in drawn]

    def held(self) -> list[tuple[str, int]]:
        """A table's reviews that are not learned from; none without a table."""
        pairs = self.corpus.validation() if self.corpus else []
        return [(text, read_label(label)) for text, label in pairs]

    def probes(self) -> Sequence[Probe]:
        if not self.corpus:
            return PROBES[self.language]
        chosen = sorted(self.held(), key=lambda pair: (len(pair[0].split()) < 4, len(pair[0]), pair))
        return tuple(Probe(text) for text, _ in chosen[:2])

    def job(self, m: Checkpoint) -> None:
        """There are no heads."""

    def progress(self, m: Checkpoint) -> Progress:
        from model.tasks.sentiment import score

        return score.progress(m, self.language, self.held()[:QUICK])

    def sources(self, seed: int) -> Iterator[str]:
        if self.corpus:
            return (text for text, _ in self.corpus.training_pairs())
        return (review.text for review in reviews(REVIEWS, seed, self.language))

    def choose(self, m: Checkpoint) -> None:
        """There are no heads."""

    def read(self, path: Path) -> Sequence[tuple[str, int]]:
        """The texts and labels of a table, in the columns that it learns from or else in those found out."""
        names = self.corpus.look.parts[0].choice if self.corpus else None
        told = {"source": names.source, "target": names.target} if names else {}
        found, _ = look_at([path], told)
        if not len(found):
            raise Refusal("{name} has no review to be measured on.", name=path.name)
        return [(text, read_label(label)) for part in found.parts for text, label in part.pairs]

    def score(self, m: Checkpoint, told: Sequence[tuple[str, int]] | None = None) -> dict[str, Any]:
        from model.tasks.sentiment import score

        told = told or self.held()
        if self.from_table and not told:
            raise Refusal("{name} learned from a table of reviews: give one to measure it on.", name=m.name)
        return score.score(m, self.language, told)

    def card(self, m: Checkpoint | None = None) -> str:
        if not self.corpus:
            return CARD
        held = int(self.corpus.held.sum())
        return OF_TABLE.format(learned=len(self.corpus) - held, held=held)


def encode(tokenizer: CompactTokenizer, review: Review) -> Example:
    return {"input_ids": tokenizer.encode(review.text), "labels": [review.label]}


def recipe_for(count: int) -> Recipe:
    """How this many reviews of a table are learned: some times over, within what a person waits for."""
    steps = min(MOST_STEPS, max(FEWEST_STEPS, EPOCHS * math.ceil(count / RECIPE.batch_size)))
    return replace(RECIPE, max_steps=steps, learning_rate=2e-3)


CARD = f"""
The data are {REVIEWS:,} reviews of a written grammar, English or Korean, as many positive as negative, of
films, food, hotels, people and devices. Most of what praises or blames is turned into its opposite or back,
or stands in the clause that does not count, or was only expected; the label follows from the parse. A bag of
words gets six in ten right.

One combination of a noun and an adjective in ten, chosen by a hash, stands in no training review; each review
that is measured on has one.

- `accuracy`: reviews that are judged right.
- `accuracy_plain`, …: the same of those where a word means what it says; where it is negated once
  (`negation`) or twice (`double`); where something could or could not be more so (`degree`); where it was
  expected or said by others (`expectation`); where of two clauses one counts (`contrast`), or both say the
  same (`agreement`).
"""
OF_TABLE = """
The reviews come from a table: one column has texts, another 1 or 0, positive or negative. {learned:,} were
learned from, {held:,}, chosen by a hash of the text, were kept for validation.

- `accuracy`: reviews that are judged right; `accuracy_negative`, `accuracy_positive`: of those that are.
"""
RECIPE = Recipe(max_steps=1000, batch_size=64, learning_rate=3e-3, warmup_steps=100, by_length=True)
LESSON = Lesson(
    N_("Positive or negative"),
    N_(
        "A review, judged once it is read. No single word decides: watch what the network makes of “not”, "
        "“but” and “although”."
    ),
    9,
)
TASKS = (SentimentTask("sentiment", "Whether a review is positive", RECIPE, LESSON),)
