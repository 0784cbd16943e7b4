""" "It": English sentences whose pronoun means one of two nouns, and their French, which must choose.

French forces the choice that English hides: "it" becomes il or elle, and the adjective agrees. Two tasks
share the data. In `pronouns` the state of "it" has to name the noun that is meant (a small output read at
"it"), and the first encoder layer sees four words to either side, so that the model finds the noun by
attention in the second. Where attention goes is never trained. In `pronouns-shortcut` neither is there: the
translation is as good, and the decoder works it out by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from model.errors import N_
from model.networks.config import CompactConfig
from model.networks.loss import IGNORED
from model.tasks import NOTHING, Example, Job, Lesson, Probe, Progress, Recipe, Task, config_of
from model.tasks.encoded import Made
from model.tasks.pronouns import fillers
from model.tasks.pronouns.distance import check_distance, far_sentences
from model.tasks.pronouns.french import agree
from model.tasks.pronouns.lexicon import ALONE, ATTRIBUTES, CUES, NOUNS, PHRASES, VERBS
from model.tasks.pronouns.sampling import MADE_UP_WORD, Sentence, drawn, sentences
from model.text.tokenizer import CompactTokenizer, train_tokenizer

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

SENTENCES = 80_000
VOCABULARY_SENTENCES, VOCABULARY_SEED = 5_000, 1000
VALIDATION_SENTENCES, VALIDATION_SEED = 512, 1003
PLAIN = 5  # where the noun is far away: one sentence in so many has no asides
MEASURES = {
    "both_members_right": N_("pairs with both right"),
    "pronoun_accuracy": N_("right pronouns"),
    "antecedent_weight": N_("weight on what the pronoun means"),
}
PROBES = (
    Probe(
        "The animal didn't cross the street because it was too tired.",
        "L'animal n'a pas traversé la rue parce qu'il était trop fatigué.",
    ),
    Probe(
        "The animal didn't cross the street because it was too wide.",
        "L'animal n'a pas traversé la rue parce qu'elle était trop large.",
    ),
)


@dataclass(frozen=True)
class PronounTask(Task):
    """carried: "it" has to carry its meaning, by a loss of its own and a layer that sees nearby words.

    distance: the most words that stand between "it" and the noun that it means; 0: as they come.
    """

    name: str
    title: str
    carried: bool
    recipe: Recipe
    lesson: Lesson | None = None
    recurrent: Recipe | None = None
    distance: int = 0
    measures = MEASURES
    settings = ("distance",)

    def with_data(self, data: Sequence[Path], settings: Mapping[str, Any] = NOTHING) -> Self:
        """settings: "distance", from 0 to 40; see `model.tasks.pronouns.distance`."""
        task = super().with_data(data, settings)
        distance = check_distance(settings.get("distance", task.distance))
        return replace(task, distance=distance, recipe=self.recipe_of(settings.get("network")))

    def tokenizer(self, folder: Path) -> CompactTokenizer:
        return train_tokenizer(chain(vocabulary(), self.rare_texts()), folder, "word")

    def rare_texts(self) -> Iterator[str]:
        """What the vocabulary has of asides, where there are any."""
        return fillers.texts() if self.distance else iter(())

    def learned(self, seed: int) -> Sequence[Sentence]:
        """What is learned from, each sentence drawn when it is asked for where it stands alone."""
        return self.draw(SENTENCES, seed) if self.distance else drawn(SENTENCES, seed)

    def draw(self, count: int, seed: int) -> Sequence[Sentence]:
        """This many sentences. Where the noun is far away, some are without asides, as people type them."""
        if not self.distance:
            return sentences(count, seed)
        plain = count // PLAIN
        return (*sentences(plain, seed), *far_sentences(count - plain, seed, self.distance))

    def config(self, tokenizer: CompactTokenizer) -> CompactConfig:
        return config_of(
            tokenizer,
            self,
            d_model=128,
            num_heads=4,
            d_ff=256,
            encoder_layers=2,
            decoder_layers=1,
            dropout=0.0,  # hardly a sentence is seen twice, so there is little to learn by heart
            label_smoothing=0.1,
            encoder_windows=[4, None] if self.carried else None,
            source_labels=len(tokenizer) if self.carried else 0,
            source_loss_weight=0.5,
        )

    def examples(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        told = self.learned(seed)
        return Made(SENTENCES, lambda place: self.example(tokenizer, told[place]))

    def validation(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        return [
            self.example(tokenizer, sentence)
            for sentence in self.draw(VALIDATION_SENTENCES, seed + VALIDATION_SEED)
        ]

    def probes(self) -> Sequence[Probe]:
        return PROBES

    def job(self, m: Checkpoint) -> Job | None:
        from model.tasks.pronouns import across, score

        return score.job(m) if "encoder" in m.layers else across.job(m)

    def progress(self, m: Checkpoint) -> Progress:
        from model.tasks.pronouns import across, score

        return (
            score.progress(m, self.distance) if "encoder" in m.layers else across.progress(m, self.distance)
        )

    def sources(self, seed: int) -> Iterator[str]:
        """Without the made-up words, which are not in the vocabulary either."""
        return (MADE_UP_WORD.sub("", sentence.english) for sentence in self.learned(seed))

    def example(self, tokenizer: CompactTokenizer, sentence: Sentence) -> Example:
        """The sentence's ids, its translation's, and at "it" the id of the noun that is meant."""
        ids = tokenizer.encode(sentence.english)
        example = {"input_ids": ids, "labels": tokenizer.encode_target(sentence.french, sentence.english)}
        if self.carried:
            example["source_labels"] = [IGNORED] * len(ids)
            if sentence.meant:
                example["source_labels"][sentence.position("it")] = ids[sentence.position(sentence.meant)]
        return example

    def choose(self, m: Checkpoint) -> dict[str, Any] | None:
        from model.tasks.pronouns import across, score

        return score.choose(m) if "encoder" in m.layers else across.choose(m)

    def read(self, path: Path) -> Sequence[Any]:
        from model.tasks.pronouns import score

        return score.read_pairs(path)

    def score(self, m: Checkpoint, told: Sequence[Any] | None = None) -> dict[str, Any]:
        from model.tasks.pronouns import across, score

        measure = score.score if "encoder" in m.layers else across.score
        return measure(m, told, self.distance)

    def card(self, m: Checkpoint | None = None) -> str:
        far = FAR.format(most=self.distance) if self.distance else ""
        if m is not None and m.recurrences:
            return CARD + far + (ACROSS if "cross" in m.layers else "")
        return CARD + far + (CARRIED if self.carried else SHORTCUT)


def vocabulary(count: int | None = None) -> Iterator[str]:
    """Texts with every word of both languages, and sentences that show how common each is.

    count: of the sentences; None = VOCABULARY_SENTENCES.
    """
    for noun in NOUNS:
        yield f"{noun.english} {noun.french.lstrip('*')}"
    for cue in CUES:
        yield f"{cue.english} {cue.masculine} {cue.feminine}"
    for attribute in ATTRIBUTES:
        yield f"{attribute.english} {attribute.masculine} {attribute.vowel} {attribute.feminine}"
    for phrase in PHRASES:
        forms = (phrase.english_past, phrase.english_present, phrase.past, phrase.present, phrase.subjunctive)
        yield " ".join(form.replace("{e}", ending) for form in forms for ending in ("", "e"))
    for verb in (*VERBS, *ALONE):
        past = [verb.participle, agree(verb.participle, "f")] if verb.participle else [verb.imperfect or ""]
        yield " ".join((*verb.english, verb.infinitive.lstrip("*"), verb.present.lstrip("*"), *past))
    for sentence in sentences(count or VOCABULARY_SENTENCES, VOCABULARY_SEED, unknown=0):
        yield f"{sentence.english} {sentence.french}"


CARD = f"""
The data are {SENTENCES:,} sentences drawn from a controlled English grammar with their French translation:
some 260 nouns of ten kinds, 110 adjectives and 22 verb phrases of which each fits some kinds and not
others, 60 verbs, passives, places that distract, and eleven ways to join the two halves. "It" means the
subject half of the time and the object otherwise. In three of ten sentences a word or two are unknown, so
that unknown words (placeholders in the vocabulary, masculine in French) disturb little.

Never in training: animal with street, dog with road, truck with bridge, trophy with suitcase, cat with
cake, in any order; and one pair of nouns in ten, chosen by a hash. Everything is measured on minimal
pairs made of such nouns: two sentences that differ in one cue, so that "it" means the subject in one and
the object in the other, and French needs *il* in one and *elle* in the other. The head was chosen on other
pairs of the same sort.

- `both_members_right`: pairs in both of whose sentences the head looks more at the noun meant than at the
  other.
- `antecedent_weight`, `other_weight`: what the head gives, from "it", to the noun meant and to the other.
- `pronoun_accuracy`: translations, written greedily, with the right pronoun; `…_cut_antecedent` and
  `…_cut_other`: the same while "it" cannot look at that noun, in any layer and head of the encoder.
- `exact_translation`: translations that are right to the last word.
- `unknown_noun_head_accuracy`: sentences with a noun that is not in the vocabulary, in which the head looks
  more at the noun meant.
"""
FAR = """
In four of five sentences asides of a second grammar ("which my sister often talked about", "as everyone
said") stand between the nouns, and between them and "it": from 1 to {most} words between "it" and the noun
that it means, each number as often as any other, and as often where that noun is the nearer one of two that
stand at the same places.

- `pronoun_accuracy_at_…`: translations with the right pronoun where so many words stand between it and the
  noun meant, in sentences whose two nouns were never together in training. Half of them are right by chance.
"""
CARRIED = """
Two things make the state of "it" matter: a loss at "it" that asks which noun is meant (the grammar knows),
and a first encoder layer in which a word sees four words to either side. Attention itself is not trained to
look anywhere.
"""
ACROSS = """
The encoder has no heads. What is measured is where the decoder looks at the step that writes *il* or *elle*:

- `writing_antecedent_weight`, `writing_other_weight`, `writing_it_weight`: what it gives then to the noun
  meant, to the other one and to "it", each with the states next to it, which remember the word as well.
"""
SHORTCUT = """
This is plain translation. The pronouns are right, but no head looks from "it" to what it means: the decoder
reads the cue and both nouns by itself. The same accuracy, and another attention.
"""

RECURRENT = Recipe(max_steps=2600, batch_size=64, learning_rate=2e-3, warmup_steps=200, by_length=True)
RECIPE = replace(
    RECURRENT,
    max_steps=1500,
    learning_rate=3e-3,
    warmup_steps=30,
    weight_decay=0.4,
    optimizer="muon",
    matrix_rate=2.0,
    bf16=True,
)
LONGER = replace(RECURRENT, max_steps=4200)  # without "it" to go by, the last pronouns take more practice
LESSON = Lesson(
    N_("What “it” means"),
    N_("English into French: “it” becomes il or elle, so the model has to know what it means."),
    1,
    N_("Watch a head find the noun."),
)
TASKS = (
    PronounTask(
        "pronouns", 'What "it" means', carried=True, recipe=RECIPE, lesson=LESSON, recurrent=RECURRENT
    ),
    PronounTask("pronouns-shortcut", 'What "it" means, without "it"', False, LONGER),
)
