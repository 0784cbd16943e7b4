"""A word's vector as a weighted sum of its sentence's vectors: attention with nothing learned but these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import figures, look, stage
from pages.common.language import _
from pages.common.text import escape
from pages.parts.vectors import passage, telling
from pages.parts.vectors.passage import Asked, Sentence
from viz.bars import bars
from viz.cloud import Move, cloud, find_plane
from viz.columns import fit

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.experiments.skip_gram import Mixed

LONGEST = 6  # em of a word under its bar


def show(asked: Asked, field: DeltaGenerator) -> None:
    """The weights, where the sum lies, the sentence, and the way on to the Transformer."""
    from model.experiments.skip_gram import mix_vectors

    with field:
        sentence = passage.choose_sentence(asked)
    learned = passage.learn(asked)
    vectors = learned.words[sentence.ids]
    with stage.picture():
        place = passage.choose_place(asked, sentence)
        mixed = mix_vectors(vectors, place)
        left, right = st.columns([6, 5], gap="medium")
        with left:
            figure = bars(
                mixed.weights,
                [fit(word, LONGEST) for word in sentence.words],
                title=_("How much of each word goes into the sum"),
                level=(1 / len(sentence.words), _("all alike")),
                dark=look.dark(),
            )
            figures.growing(figure, "weights")
        with right:
            draw(sentence, vectors, place, mixed)
    stage.answer(tell(sentence, vectors, place, mixed))
    passage.tell_unknown(sentence)
    st.markdown(
        _(
            "Here nothing but the vectors says who is looked at: a word takes from those that its own vector "
            "is like. A Transformer learns what to ask and what to answer, by matrices for queries, keys and "
            "values, and sums in the same way."
        )
    )
    st.page_link("pages/attention.py", label=_("Attention, step by step"), icon=":material/arrow_forward:")


def draw(sentence: Sentence, vectors: np.ndarray, place: int, mixed: Mixed) -> None:
    """The sentence's words on their own plane, and where the chosen one goes."""
    plane = find_plane(vectors)
    points = plane.place(vectors)
    end, even = plane.place([mixed.vector, vectors.mean(0)])
    largest = float(mixed.weights.max())
    figure = cloud(
        points,
        sentence.words,
        place,
        {i: float(weight) / largest for i, weight in enumerate(mixed.weights)},
        title=_("Where the sum lies"),
        under=_("two principal components of these words, {share} of the variance").format(
            share=telling.percent(plane.share)
        ),
        move=Move(
            (float(end[0]), float(end[1])), _("the sum"), (float(even[0]), float(even[1])), _("the mean")
        ),
        dark=look.dark(),
    )
    figures.growing(figure, "sum of vectors")


def tell(sentence: Sentence, vectors: np.ndarray, place: int, mixed: Mixed) -> str:
    """How much the word keeps of itself, from whom it takes most, and how near it comes, in Markdown."""
    word = escape(sentence.words[place])
    other = [i for i, found in enumerate(sentence.ids) if found != sentence.ids[place]]
    same = [i for i, found in enumerate(sentence.ids) if found == sentence.ids[place]]
    kept = telling.percent(float(mixed.weights[same].sum()))
    if not other:
        return _("There is no other word to take from: “**{word}**” stays what it is.").format(word=word)
    shares = dict.fromkeys(sentence.ids[other], 0.0)
    for i in other:
        shares[sentence.ids[i]] += float(mixed.weights[i])
    most = max(shares, key=shares.__getitem__)
    at = int(np.flatnonzero(sentence.ids == most)[0])
    before = telling.find_cosine(vectors[place], vectors[at])
    after = telling.find_cosine(mixed.vector, vectors[at])
    return _(
        "“**{word}**” keeps {kept} of itself and takes most, {share}, from “**{other}**”: its cosine with "
        "that word goes from {before} to {after}."
    ).format(
        word=word,
        kept=kept,
        share=telling.percent(shares[most]),
        other=escape(sentence.words[at]),
        before=telling.signed(before),
        after=telling.signed(after),
    )
