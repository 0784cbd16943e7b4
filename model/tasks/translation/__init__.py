"""English to French: sentences that people wrote, and among them those whose "it" has to choose.

Real pairs alone teach little about "it": it mostly stands where nothing can be seen of what it means. So
the pronoun task's sentences are mixed in, told by somebody or with something said before them, and with
nouns that nobody knows. In those the state of "it" has to name the noun that is meant, as in
`model.tasks.pronouns`; where attention goes is not trained.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from model.data.pairs import Pair, read_whole
from model.errors import Refusal
from model.networks.config import CompactConfig
from model.networks.loss import IGNORED
from model.tasks import NOTHING, Example, Job, Lesson, Probe, Progress, Recipe, Task, config_of
from model.tasks.encoded import Made
from model.tasks.pronouns import MEASURES, PROBES, VALIDATION_SEED, VALIDATION_SENTENCES, vocabulary
from model.tasks.pronouns.sampling import MADE_UP_WORD, Sentence, sentences
from model.tasks.translation.frames import FRAMES, put_in_frame, rename_made_up
from model.text.tokenizer import CompactTokenizer, train_tokenizer
from model.text.tokens import places

if TYPE_CHECKING:
    from model.analysis.alignment import MeasuredAligner
    from model.capture.checkpoint import Checkpoint

PIECES = 8000
GRAMMAR_TOLD = 20_000  # of the grammar's sentences, beside the real ones, for the pieces to be learned from
UNKNOWN = 0.2  # the share of the grammar's sentences with nouns that nobody knows
MOST = 1_000_000


@dataclass(frozen=True)
class TranslationTask(Task):
    """columns: of the files, what is read and what is written.

    data: the files to learn from; none is needed to measure. grammar: how many sentences of the pronoun
    grammar there are beside them; couples: how many couples of real sentences in a row.
    """

    name: str
    title: str
    columns: tuple[str, str]
    recipe: Recipe
    lesson: Lesson | None = None  # it takes hours, and a table that the page cannot ask for
    data: tuple[Path, ...] = ()
    grammar: int = 16_000
    couples: int = 4_000  # since people type more than one sentence
    measures = MEASURES
    settings = ("grammar", "couples")

    def with_data(self, data: Sequence[Path], settings: Mapping[str, Any] = NOTHING) -> Self:
        if not data:
            raise ValueError(
                f"The task {self.name} learns from a table of sentences: give its file with --data, columns "
                f"{' and '.join(self.columns)} between tabs, named in the first line."
            )
        for path in data:
            read_whole(path, *self.columns)
        told = {name: settings[name] for name in self.settings if name in settings}
        if any(not isinstance(count, int) or not 0 <= count <= MOST for count in told.values()):
            raise Refusal("grammar and couples must be whole numbers from 0 to {most}.", most=MOST)
        return replace(self, data=tuple(data), **told)

    def pairs(self) -> list[Pair]:
        return [pair for path in self.data for pair in read_whole(path, *self.columns)]

    def tokenizer(self, folder: Path) -> CompactTokenizer:
        texts = [text for pair in self.pairs() for text in pair]
        return train_tokenizer(
            [*texts, *vocabulary(GRAMMAR_TOLD)], folder, "unigram", PIECES, normalization="nfkc"
        )

    def config(self, tokenizer: CompactTokenizer) -> CompactConfig:
        return config_of(
            tokenizer,
            self,
            d_model=256,
            num_heads=4,
            d_ff=1024,
            encoder_layers=3,
            decoder_layers=3,
            dropout=0.1,
            label_smoothing=0.1,
            encoder_windows=[1, 4, None],  # pieces into words, words into phrases, and then the text
            source_labels=len(tokenizer),
            source_loss_weight=0.5,
        )

    def examples(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        told = self.gather_sentences(seed)
        return Made(len(told), lambda place: self.example(tokenizer, told[place]))

    def validation(self, tokenizer: CompactTokenizer, seed: int) -> Sequence[Example]:
        """Of the grammar: every real pair is learned from."""
        return [
            self.example(tokenizer, sentence)
            for sentence in sentences(VALIDATION_SENTENCES, seed + VALIDATION_SEED, UNKNOWN)
        ]

    def probes(self) -> Sequence[Probe]:
        return PROBES

    def job(self, m: Checkpoint) -> Job:
        from model.tasks.pronouns import score

        return score.job(m)

    def progress(self, m: Checkpoint) -> Progress:
        from model.tasks.pronouns import score

        return score.progress(m)

    def sources(self, seed: int) -> Iterator[str]:
        """The real ones, and the grammar's without the made-up words, which are other ones each time."""
        yield from (source for source, _ in self.pairs())
        for sentence in sentences(self.grammar, seed, UNKNOWN):
            yield MADE_UP_WORD.sub("", sentence.english)

    def gather_sentences(self, seed: int) -> list[Sentence]:
        """Real sentences, couples of them, and the grammar's."""
        chance = random.Random(seed)
        real = self.pairs()
        told = [Sentence(*pair) for pair in real]
        told += [
            Sentence(f"{a} {c}", f"{b} {d}")
            for (a, b), (c, d) in (chance.sample(real, 2) for _ in range(min(self.couples, len(real) - 1)))
        ]
        return told + list(self.pronouns(real, chance, seed))

    def pronouns(self, real: Sequence[Pair], chance: random.Random, seed: int) -> Iterator[Sentence]:
        """Sentences of the pronoun grammar: alone, in a frame, or behind a real sentence."""
        # The first "it" of a text is the one that is labelled.
        quiet = [pair for pair in real if "it" not in pair[0].lower()]
        for sentence in sentences(self.grammar, seed, UNKNOWN):
            sentence = rename_made_up(sentence, chance)
            draw = chance.random()
            if draw < 0.3:
                sentence = put_in_frame(sentence, chance.choice(FRAMES))
            elif draw < 0.4 and quiet:
                english, french = chance.choice(quiet)
                sentence = replace(
                    sentence, english=f"{english} {sentence.english}", french=f"{french} {sentence.french}"
                )
            yield sentence

    def example(self, tokenizer: CompactTokenizer, sentence: Sentence) -> Example:
        """Its ids, its translation's, and at "it" the id of the noun meant, where that is known."""
        ids = tokenizer.encode(sentence.english)
        labels = [IGNORED] * len(ids)
        if sentence.meant:
            for place in places(tokenizer, sentence.english, "it"):
                labels[place] = ids[places(tokenizer, sentence.english, sentence.meant)[0]]
        target = tokenizer.encode_target(sentence.french, sentence.english)
        return {"input_ids": ids, "labels": target, "source_labels": labels}

    def choose(self, m: Checkpoint) -> dict[str, Any]:
        from model.tasks.pronouns import score

        return score.choose(m)

    def measure_alignment(self, m: Checkpoint) -> MeasuredAligner:
        from model.tasks.translation import alignments

        return alignments.measure(m)

    def read(self, path: Path) -> Sequence[Pair]:
        return read_whole(path, *self.columns)

    def score(self, m: Checkpoint, told: Sequence[Pair] | None = None) -> dict[str, Any]:
        from model.tasks.translation import score

        return score.score(m, told)

    def card(self, m: Checkpoint | None = None) -> str:
        from model.tasks.translation.alignments import aligned

        return CARD.format(task=self, unknown=UNKNOWN, pieces=PIECES, aligned=len(aligned("development")))


CARD = """
Beside these pairs the data are {task.couples:,} couples of them in a row, and {task.grammar:,} sentences of
this project's pronoun grammar, whose "it" means one of two nouns, so that French needs *il* or *elle*: some
told by somebody, some behind a real sentence, and {unknown:.0%} with an invented noun. The tokenizer has
{pieces:,} pieces of SentencePiece (unigram) for both languages.

In the grammar's sentences a small output at "it" has to name the noun that is meant; attention itself is not
trained to look anywhere. A piece sees one piece to either side in the first encoder layer and four in the
second, so that what "it" means is looked up in the third. That costs little: most of what an encoder looks at
is near (You, Sun and Iyyer 2020, "Hard-Coded Gaussian Attention for Neural Machine Translation").

- `both_members_right` to `unknown_noun_head_accuracy`: as in the card of `pronouns`, on its minimal pairs,
  whose pairs of nouns were never in training.
- `everyday_…`: the same pairs in frames that were never in training ("The teacher explained that …").
- `new_noun_pronoun_accuracy`: with a common noun that the grammar does not have ("mosquito", "airport").
- `alignment_error_rate`: of the links between words that cross-attention gives for `alignment_pairs` everyday
  pairs aligned by hand (Och and Ney 2003), with `alignment_precision` and `alignment_recall`; `alignment_by`:
  the layer, heads and step that are looked at, chosen on {aligned} other pairs: *shift*, the step that has
  just read the word, or *naive*, the step that writes it (Chen et al. 2020);
  `alignment_error_rate_diagonal`: of links to the word that stands nearest to the diagonal.
- `bleu`: sacreBLEU of the sentences of a file, written by beam search, against one reference each;
  `exact_reference`: the share of them that are the reference to the letter.
"""
RECIPE = Recipe(
    max_steps=18_000,
    batch_size=128,
    learning_rate=1e-3,
    warmup_steps=1500,
    by_length=True,
    bf16=True,
    half=True,
)
TASKS = (TranslationTask("en-fr", "English to French, everyday sentences", ("en", "fr"), RECIPE),)
