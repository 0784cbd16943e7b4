"""그 and 그녀: Korean texts whose pronoun means one of two people, and the same with the name in its place.

The pronoun's gender tells which of the two is meant. The state of the pronoun has to name the one (a small
output read there), and the first encoder layer sees four words to either side, so that the model finds the
name by attention in the second. Where attention goes is never trained.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.errors import N_
from model.networks.config import CompactConfig
from model.networks.loss import IGNORED
from model.tasks import Example, Job, Lesson, Probe, Progress, Recipe, Task, config_of
from model.tasks.korean.grammar import Text, texts, vocabulary
from model.tasks.korean.names import PRONOUNS
from model.text.particles import split_particles
from model.text.tokenizer import CompactTokenizer, train_tokenizer, whole_words

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

TEXTS = 30_000
VALIDATION_TEXTS, VALIDATION_SEED = 512, 4003
PLACEHOLDERS = 12
MEASURES = {
    "both_members_right": N_("pairs with both right"),
    "antecedent_weight": N_("weight on what the pronoun means"),
    "exact": N_("exactly right"),
}
PROBES = (
    Probe(
        "아이유는 1993년에 태어났다. 그녀는 최근에 드라마 호텔 델루나에 출연했다",
        "아이유는 1993년에 태어났다. 아이유는 최근에 드라마 호텔 델루나에 출연했다",
    ),
    Probe(
        "철수는 영희를 공원에서 만났다. 그는 영화를 좋아한다.",
        "철수는 영희를 공원에서 만났다. 철수는 영화를 좋아한다.",
    ),
)


@dataclass(frozen=True)
class KoreanTask(Task):
    """A text is written again, each pronoun as the name that it stands for."""

    name: str
    title: str
    recipe: Recipe
    lesson: Lesson | None
    measures = MEASURES

    def tokenizer(self, folder: Path) -> CompactTokenizer:
        return train_tokenizer(vocabulary(), folder, "word", placeholders=PLACEHOLDERS, particles=True)

    def config(self, tokenizer: CompactTokenizer) -> CompactConfig:
        return config_of(
            tokenizer,
            self,
            d_model=128,
            num_heads=4,
            d_ff=256,
            encoder_layers=2,
            decoder_layers=1,
            dropout=0.1,
            label_smoothing=0.1,
            encoder_windows=[4, None],
            source_labels=len(tokenizer),
            source_loss_weight=0.5,
        )

    def examples(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        return [self.example(tokenizer, text) for text in texts(TEXTS, seed)]

    def validation(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        return [self.example(tokenizer, text) for text in texts(VALIDATION_TEXTS, seed + VALIDATION_SEED)]

    def example(self, tokenizer: CompactTokenizer, text: Text) -> Example:
        """The text's ids, its rewriting's, and at each pronoun the id of the name that it stands for."""
        ids = tokenizer.encode(text.source)
        words = [word.text for word in tokenizer.split(text.source)]
        named = [i for i, word in enumerate(words) if word in PRONOUNS.values()]
        labels = [IGNORED] * len(ids)
        for place, name in zip(named, text.meant, strict=True):
            labels[place] = ids[words.index(name)]
        target = tokenizer.encode_target(text.target, text.source)
        return {"input_ids": ids, "labels": target, "source_labels": labels}

    def probes(self) -> Sequence[Probe]:
        return PROBES

    def job(self, m: Checkpoint) -> Job:
        from model.tasks.korean import score

        return score.job(m)

    def progress(self, m: Checkpoint) -> Progress:
        from model.tasks.korean import score

        return score.progress(m)

    def sources(self, seed: int) -> Iterator[str]:
        """Without the words that nobody knows, which are other ones each time."""
        known = {word for text in vocabulary() for word in whole_words(text, particles=True)}
        for text in texts(TEXTS, seed):
            words = split_particles(text.source)
            strange = {word.number for word in words if not word.particle and word.text not in known}
            kept = (w for w in words if w.number - w.particle not in strange)
            yield "".join(word.text if word.particle else f" {word.text}" for word in kept)

    def choose(self, m: Checkpoint) -> dict[str, Any]:
        from model.tasks.korean import score

        return score.choose(m)

    def read(self, path: Path) -> Sequence[Any]:
        from model.tasks.korean import score

        return score.read_pairs(path)

    def score(self, m: Checkpoint, told: Sequence[Any] | None = None) -> dict[str, Any]:
        from model.tasks.korean import score

        return score.score(m, told)

    def card(self, m: Checkpoint | None = None) -> str:
        return CARD


CARD = f"""
The data are {TEXTS:,} texts drawn from a controlled Korean grammar: two or three sentences about one person
or two, a woman and a man, and the same with each 그 and 그녀 replaced by the name. In seven of ten texts a
name or other words are unknown or out of place; years and titles are always unknown. The tokenizer takes
particles (는, 가, 를 …) as words of their own and writes them so that they agree with the word before.

At a pronoun a small output has to say who is meant (the grammar knows), and in the first encoder layer a
word sees four words to either side; attention itself is not trained to look anywhere.

Never in training: 철수 with 영희, 민준 with 서연, 길동 with 춘향, 로미오 with 줄리엣, 지훈 with 아이유, in
any order; and one pair of names in ten, chosen by a hash. Everything is measured on minimal pairs of such
names: two texts that differ in the pronoun only. The head was chosen on other pairs of the same sort.

- `both_members_right`: pairs in both of whose texts the head looks more at the one meant than at the other.
- `antecedent_weight`, `other_weight`: what the head gives, from the pronoun, to the one meant and to the
  other.
- `name_accuracy`: rewritings, written greedily, with the right name for the pronoun; `…_cut_antecedent` and
  `…_cut_other`: the same while the pronoun cannot look at that name, in any layer and head of the encoder.
- `exact`: rewritings that are right to the last letter.
"""
RECIPE = Recipe(max_steps=1100, batch_size=64, learning_rate=2e-3, warmup_steps=200, by_length=True)
LESSON = Lesson(
    N_("Who 그 and 그녀 are"),
    N_("Korean: the pronoun is replaced by the name of the person. Watch 그녀 find its name."),
    6,
)
TASKS = (KoreanTask("pronouns-ko", 'Whom "그" and "그녀" mean', RECIPE, LESSON),)
