"""What there is to notice about the positions that are shown, chosen from their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pages.common.ask import Asked
from pages.common.language import _
from pages.common.text import escape
from pages.parts.positions.shown import FAR, Shown
from viz.columns import minus, percent

if TYPE_CHECKING:
    from model.experiments.position_curves import ByPosition


def sentence(shown: Shown, asked: Asked, alone: ByPosition | None) -> str:
    """What there is to notice, chosen from the numbers, in Markdown."""
    if shown.scheme == "rotary":
        from model.experiments.position_curves import wavelengths

        waves = wavelengths("rotary", shown.width)
        return _(
            "Nothing is added to the words: each pair of features of q and k is turned, by an angle that "
            "grows "
            "with the position. The fastest of {count} pairs comes round every {fast} positions, the slowest "
            "every {slow}."
        ).format(count=len(waves), fast=f"{waves[0]:.1f}", slow=f"{waves[-1]:,.0f}")
    if shown.scheme == "alibi":
        count, last = len(shown.table) - 1, shown.table[-1]
        return _(
            "Nothing is added to the words: scores fall with the distance. From the last word back to the "
            "first, "
            "{count} positions, head 1 takes {most} off a score and head {head} takes {least}."
        ).format(count=count, head=shown.width, most=minus(-float(last[0])), least=minus(-float(last[-1]), 3))
    if shown.scheme == "learned":
        return tell_learned(shown, asked, alone)
    return tell_pattern(shown)


def tell_pattern(shown: Shown) -> str:
    """That a word which stands there twice is told apart; else which two places are most alike."""
    from model.experiments import position_curves

    alike = position_curves.cosines(shown.table)
    if pair := find_twice(shown.words):
        one, two = pair
        return _(
            "“{word}” stands at positions {one} and {two}: its own vector is the same twice, what is added "
            "is "
            "not (cosine {cosine})."
        ).format(word=escape(shown.words[one]), one=one, two=two, cosine=minus(float(alike[one, two])))
    if len(alike) < 2:
        return _("A single word has a single position, 0: there is no order to tell.")
    apart = np.where(np.eye(len(alike), dtype=bool), -np.inf, alike)
    one, two = (int(i) for i in np.unravel_index(int(apart.argmax()), apart.shape))
    return _(
        "Each of the {count} positions adds a pattern of its own. Most alike are {one} and {two}, with a "
        "cosine "
        "of {cosine}."
    ).format(count=len(alike), one=min(one, two), two=max(one, two), cosine=minus(float(apart.max())))


def find_twice(words: Sequence[str]) -> tuple[int, int] | None:
    """Two places at which the same word stands, the first two; None where none does."""
    met: dict[str, int] = {}
    for place, word in enumerate(words):
        if word in met and any(map(str.isalnum, word)):
            return met[word], place
        met.setdefault(word, place)
    return None


def tell_learned(shown: Shown, asked: Asked, alone: ByPosition | None) -> str:
    """Whose positions these are, and where a head looks by them; else whether neighbours look alike."""
    from model.experiments import position_curves

    alike = position_curves.cosines(shown.table)
    count = len(alike)
    near = float(np.mean(np.diagonal(alike, 1))) if count > 1 else float("nan")
    far = float(np.mean([alike[i, j] for i in range(count) for j in range(i + FAR, count)] or [np.nan]))
    if shown.of is None:
        return _(
            "{name} has learned no positions; these are random ones, as training would begin with."
        ).format(name=escape(asked.name))
    whose = _("{name} has learned a vector for each position.")
    if shown.of is not asked.checkpoint:
        whose = _("{name} has learned a vector for each position; {asked} has not.")
    said = whose.format(name=escape(shown.of.name), asked=escape(asked.name))
    if alone is not None:
        return f"{said} {tell_alone(alone)}"
    if count <= FAR:
        return said
    if near - far > 0.05:
        more = _(
            "Neighbours have come to look more alike (cosine {near}) than positions {apart} or more apart "
            "({far})."
        )
    else:
        more = _("Neighbours are no more alike (cosine {near}) than positions {apart} or more apart ({far}).")
    return f"{said} {more.format(near=minus(near), far=minus(far), apart=FAR)}"


def tell_alone(alone: ByPosition) -> str:
    """How decided the head is where positions were learned and where the table ends, in Markdown."""
    count = len(alone.weights)
    half, part = max(count // 2, 2), max(count // 4, 1)
    begin, end = alone.decided(1, half), alone.decided(count - part, count)
    query = half // 2 + int(alone.weights[half // 2 : half].max(-1).argmax())
    said = _(
        "By position alone, head {head} of layer 1 gives {begin} of its weight to a single position in the "
        "first "
        "{half} rows ({query} looks at {key}), and {end} in the last {part}."
    )
    return said.format(
        head=alone.head + 1,
        begin=percent(begin),
        end=percent(end),
        query=query,
        key=int(alone.weights[query].argmax()),
        half=half,
        part=part,
    )
