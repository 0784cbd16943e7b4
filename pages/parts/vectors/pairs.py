"""One step of learning: a word of a sentence, its context words, and the words drawn against them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import links, look, stage
from pages.common.language import _
from pages.common.text import escape
from pages.parts.vectors import passage, telling
from pages.parts.vectors.passage import Asked, Sentence
from viz.pieces import Box, Row, table

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.experiments.skip_gram import Told, Vectors

SEED = "draw"
DRAWN = 6  # pairs that are shown


def show(asked: Asked, field: DeltaGenerator) -> None:
    """The sentence, its pairs with their probabilities, and the sentence that sums them up."""
    with field:
        sentence = passage.choose_sentence(asked)
    learned = passage.learn(asked)
    seed = read_seed()
    with stage.picture():
        usual = find_clearest(asked, learned, sentence)
        place = passage.choose_place(sentence, usual)
        told = find(asked, learned, sentence, place, seed)
        rows = [row(asked, sentence, place, told, i) for i in range(min(len(told.places), DRAWN))]
        columns = [_("Pair"), _("σ(u · v) of the context word, then of the words drawn"), _("Loss")]
        if rows:
            st.html(table(rows, columns, dark=look.dark()))
    stage.answer(tell(sentence, place, told))
    if len(told.places) > DRAWN:
        st.caption(
            _("{count} of {all} pairs are shown; the sentence is of all.").format(
                count=DRAWN, all=len(told.places)
            )
        )
    passage.tell_unknown(sentence)
    st.button(
        _("Draw other words"),
        key="draw others",
        icon=":material/casino:",
        on_click=lambda: links.put(SEED, str(seed + 1), "0"),
    )
    telling.losses(learned)


def find(asked: Asked, learned: Vectors, sentence: Sentence, place: int, seed: int) -> Told:
    """The pairs of a word of the sentence."""
    from model.experiments.skip_gram import tell_pairs

    counts = asked.text.counts
    return tell_pairs(learned, counts, sentence.ids, sentence.number, place, asked.window, seed)


def find_clearest(asked: Asked, learned: Vectors, sentence: Sentence) -> int:
    """The word whose context is told most clearly from the words that are drawn first."""

    def lead(place: int) -> float:
        shares = find(asked, learned, sentence, place, 0).probabilities
        return float(shares[:, 0].mean() - shares[:, 1:].mean()) if len(shares) else -1.0

    return max(range(len(sentence.words)), key=lead)


def read_seed() -> int:
    """The number of the draw, of the link."""
    told = st.query_params.get(SEED, "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 8 else 0


def row(asked: Asked, sentence: Sentence, place: int, told: Told, number: int) -> Row:
    """One pair: its context word filled, the words drawn plain, each with its probability under it."""
    one, other = sentence.words[place], sentence.words[told.places[number]]
    shares = told.probabilities[number]
    drawn = (asked.text.words[word] for word in told.drawn[number])
    boxes = [Box(other, under=f"{shares[0]:.2f}", fresh=True)]
    boxes += [Box(word, under=f"{share:.2f}") for word, share in zip(drawn, shares[1:], strict=True)]
    return Row(f"{one} → {other}", "", boxes, numbers=[f"{told.losses[number]:.2f}"])


def tell(sentence: Sentence, place: int, told: Told) -> str:
    """How far the context words and the drawn ones are told apart, in Markdown."""
    word = escape(sentence.words[place])
    if not told.places:
        return _(
            "“**{word}**” has no word beside it in its sentence: nothing is learned from it here."
        ).format(word=word)
    real, drawn = float(told.probabilities[:, 0].mean()), float(told.probabilities[:, 1:].mean())
    if round(real, 2) > round(drawn, 2):  # as they are written
        said = _(
            "The vectors tell the context of “**{word}**” from words drawn at random: σ(u·v) is {real} on "
            "average for what stands beside it, {drawn} for what was drawn. Before training all were 0.50."
        )
    else:
        said = _(
            "The vectors do not tell the context of “**{word}**” from words drawn at random: σ(u·v) is "
            "{real} on average for what stands beside it, {drawn} for what was drawn. Before training all "
            "were 0.50."
        )
    return said.format(word=word, real=f"{real:.2f}", drawn=f"{drawn:.2f}")
