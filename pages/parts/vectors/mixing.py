"""A word's vector as a weighted sum of its sentence's vectors: attention with nothing learned but these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import figures, look, stage
from pages.common.language import _
from pages.common.text import escape
from pages.parts.vectors import passage, telling
from pages.parts.vectors.passage import Asked, Sentence
from viz.bars import bars
from viz.columns import fit
from viz.plane import Turn, measure_turn, turning

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.experiments.skip_gram import Mixed

LONGEST = 6  # em of a word under its bar


def show(asked: Asked, field: DeltaGenerator) -> None:
    """The weights, how far the word turns, the sentence, and the way on to the Transformer."""
    from model.experiments.skip_gram import mix_vectors

    with field:
        sentence = passage.choose_sentence(asked)
    learned = passage.learn(asked)
    vectors = learned.words[sentence.ids]
    with stage.picture():
        place = passage.choose_place(sentence, passage.find_held(asked, sentence))
        mixed = mix_vectors(vectors, place)
        source = find_source(sentence, place, mixed)
        left, right = st.columns([6, 5], gap="medium")
        with left:
            st.caption(_("How much of each word goes into the sum"))
            figure = bars(
                mixed.weights,
                [fit(word, LONGEST) for word in sentence.words],
                level=(1 / len(sentence.words), _("all alike")),
                dark=look.dark(),
            )
            figures.growing(figure, "weights")
        turns = [] if source is None else find_turns(vectors, place, mixed, source.at)
        if source is not None:
            with right:
                said = _("How its vector turns: lengths, and angles with “{word}”, are exact")
                st.caption(said.format(word=escape(sentence.words[source.at])))
                names = (sentence.words[place], _("the sum"), sentence.words[source.at])
                figures.growing(turning(turns[0], *(fit(n, 9) for n in names), dark=look.dark()), "turning")
    stage.answer(tell(sentence, place, mixed, source, turns))
    passage.tell_unknown(sentence)
    st.markdown(
        _(
            "Here nothing but the vectors says who is looked at: a word takes from those that its own vector "
            "is like. A Transformer learns what to ask and what to answer, by matrices for queries, keys and "
            "values, and sums in the same way."
        )
    )
    st.page_link("pages/attention.py", label=_("Attention, step by step"), icon=":material/arrow_forward:")


@dataclass(frozen=True)
class Source:
    """The other word that most is taken from. at: where it stands first. share: of the sum, all places."""

    at: int
    share: float


def find_source(sentence: Sentence, place: int, mixed: Mixed) -> Source | None:
    """What the word at a place takes most from, itself aside; None where there is no other."""
    shares: dict[int, float] = {}
    for word, weight in zip(sentence.ids.tolist(), mixed.weights.tolist(), strict=True):
        shares[word] = shares.get(word, 0.0) + weight
    shares.pop(int(sentence.ids[place]))
    if not shares:
        return None
    most = max(shares, key=shares.__getitem__)
    return Source(int(np.flatnonzero(sentence.ids == most)[0]), shares[most])


def find_turns(vectors: np.ndarray, place: int, mixed: Mixed, goal: int) -> list[Turn]:
    """How the word turns towards another: by the weights, and if all weights were alike."""
    start = vectors[place].astype(np.float64)
    return [measure_turn(start, end - start, vectors[goal]) for end in (mixed.vector, vectors.mean(0))]


def tell(sentence: Sentence, place: int, mixed: Mixed, source: Source | None, turns: Sequence[Turn]) -> str:
    """How much the word keeps of itself, from whom it takes most, and how far it turns, in Markdown."""
    word = escape(sentence.words[place])
    if source is None:
        return _("There is no other word to take from: “**{word}**” stays what it is.").format(word=word)
    kept = float(mixed.weights[sentence.ids == sentence.ids[place]].sum())
    before, after = turns[0].angles
    return _(
        "“**{word}**” keeps {kept} of itself and takes most, {share}, from “**{other}**”: the angle between "
        "the two goes from {before}° to {after}°. With all weights alike it would be {even}°."
    ).format(
        word=word,
        kept=telling.percent(kept),
        share=telling.percent(source.share),
        other=escape(sentence.words[source.at]),
        before=f"{before:.1f}",
        after=f"{after:.1f}",
        even=f"{turns[1].angles[1]:.1f}",
    )
