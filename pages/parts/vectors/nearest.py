"""The words whose vectors lie nearest to that of one: learned, before training, and by counting alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.common import figures, look, stage
from pages.common.language import _
from pages.common.text import escape
from pages.parts.vectors import passage, telling
from pages.parts.vectors.passage import Asked
from viz.cloud import cloud, find_plane
from viz.pieces import Box, Row, table

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.experiments.skip_gram import Vectors

NEAR = 6  # words that are listed
Near = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class Nearest:
    """The nearest words with their cosines: of learned vectors, of those before training, and by PPMI."""

    learned: Near
    start: Near
    counted: Near

    @property
    def shared(self) -> int:
        """How many of the learned vectors' words counting finds as well."""
        return len({word for word, _cosine in self.learned} & {word for word, _cosine in self.counted})

    @property
    def is_beyond_chance(self) -> bool:
        """Whether the nearest is nearer than the nearest of random vectors."""
        return bool(self.learned) and self.learned[0][1] > (self.start[0][1] if self.start else 0.0)


@st.cache_resource(max_entries=24, show_spinner=False)
def count(corpus: str, own: str, window: int) -> NDArray[np.float32]:
    from model.experiments.word_contexts import count_pairs, weigh_pairs

    return weigh_pairs(count_pairs(passage.read_text(corpus, own), window))


def find(asked: Asked, learned: Vectors, word: int) -> Nearest:
    """The nearest words in each of the three ways."""
    from model.experiments.word_contexts import find_nearest

    counted = count(asked.corpus, asked.own, asked.window)
    passage.work_ahead("word contexts", count, asked)
    return Nearest(*(find_nearest(each, word, NEAR) for each in (learned.words, learned.start, counted)))


def show(asked: Asked, field: DeltaGenerator) -> None:
    """The three lists, the planes before and after training, and the sentence."""
    with field:
        word = passage.choose_word(asked)
    learned = passage.learn(asked)
    found = find(asked, learned, word)
    with stage.picture():
        rows = [
            list_row(asked, _("Skip-gram, trained"), found.learned),
            list_row(asked, _("Before training"), found.start, _("random vectors")),
            list_row(asked, _("Counting alone"), found.counted, _("PPMI, no training")),
        ]
        columns = [
            _("Vectors"),
            _("Nearest to “{word}”, with the cosine").format(word=asked.text.words[word]),
        ]
        st.html(table(rows, columns, dark=look.dark()))
        near = dict(found.learned)
        for column, vectors, title, key in zip(
            st.columns(2, gap="medium"),
            (learned.start, learned.words),
            (_("Before training"), _("Trained")),
            ("cloud before", "cloud trained"),
            strict=True,
        ):
            with column:
                draw(asked, vectors, word, near, title, key)
    stage.answer(tell(asked, found, word))
    telling.tell_size(asked)
    telling.losses(learned)


def list_row(asked: Asked, name: str, near: Near, note: str = "") -> Row:
    """One list of words with their cosines under them."""
    said = [Box(asked.text.words[word], under=telling.signed(cosine)) for word, cosine in near]
    return Row(name, note, said, more="" if near else _("no word at all"))


def draw(
    asked: Asked, vectors: NDArray[np.float32], word: int, near: dict[int, float], title: str, key: str
) -> None:
    """All words on the plane on which their vectors are spread most widely."""
    plane = find_plane(vectors)
    said = _("**{when}**: two principal components, {share} of the variance")
    st.caption(said.format(when=title, share=telling.percent(plane.share)))
    figure = cloud(
        plane.place(vectors),
        asked.text.words,
        word,
        near,
        dark=look.dark(),
    )
    figures.growing(figure, key)


def tell(asked: Asked, found: Nearest, word: int) -> str:
    """What is nearest, and whether that is more than random vectors have, in Markdown."""
    words = asked.text.words
    said = {
        "word": escape(words[word]),
        "count": f"{int(asked.text.counts[word]):,}",
        "shared": found.shared,
        "all": len(found.learned),
    }
    if not found.learned:
        return _("No vector points the way that of “{word}” does; it stands {count} × in the text.").format(
            **said
        )
    near, cosine = found.learned[0]
    start, before = found.start[0] if found.start else (near, 0.0)
    said |= {
        "near": escape(words[near]),
        "cosine": telling.signed(cosine),
        "start": escape(words[start]),
        "before": telling.signed(before),
    }
    if found.is_beyond_chance:
        return _(
            "Nearest to “**{word}**” is “**{near}**” (cosine {cosine}); among random vectors it was "
            "“{start}” ({before}). Counting alone finds {shared} of these {all} words, too."
        ).format(**said)
    return _(
        "Nothing is nearer to “**{word}**” than among random vectors: “{near}” (cosine {cosine}), before "
        "training “{start}” ({before}). It stands {count} × in the text."
    ).format(**said)
