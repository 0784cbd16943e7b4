"""What the changes did, beside the picture: the text before and after, and the words that it moved most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pages.common import effects
from pages.common.language import _
from pages.common.writings import say_stopped
from pages.parts.explore.reading import Reading
from viz.columns import percent
from viz.labels import visible
from viz.linked.cutting import Outcome

if TYPE_CHECKING:
    from model.analysis.ablation import Effect

MOST = 3  # words that are told of
SEEN = 0.005  # of a probability, or of a vector's length: what is less is next to nothing


@dataclass(frozen=True)
class Moved:
    """A word and what became of it: its probability before and after, or 0 and how far its vector moved."""

    word: str
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before


def rank(effect: Effect) -> list[Moved]:
    """The words, those first of which most became of."""
    words = effect.by_words()
    before, after = words.before, words.after
    if words.unit == "logprob":
        before, after = np.exp(before), np.exp(after)
    moved = [
        Moved(visible(text), float(one), float(two))
        for text, one, two, special in zip(
            words.tokens.texts, before, after, words.tokens.special, strict=True
        )
        if np.isfinite(one) and np.isfinite(two) and not special
    ]
    return sorted(moved, key=lambda one: -abs(one.change))


def of_text(text: str | None, note: str = "") -> Outcome | None:
    """What was written, where nothing is changed, with a note under it; None where nothing was."""
    return None if text is None else Outcome(_("What it wrote"), ((text, False),), notes=(note, ""))


def panel(plain: Reading, seen: Reading) -> Outcome | None:
    """What stands beside the picture; None where nothing was written and nothing is changed.

    May raise a plain ValueError.
    """
    if not seen.request.wishes:
        return of_text(plain.written.text, say_stopped(plain.written)) if plain.written else None
    title = _("What it wrote") if plain.written else _("What the changes do")
    effect = effects.effect(seen.request)
    moved = [one for one in rank(effect) if abs(one.change) >= SEEN][:MOST]
    if effect.unit == "logprob":
        told = tuple((one.word, f"{percent(one.before)} → {percent(one.after)}") for one in moved)
        by = (
            _("How likely each word still is")
            if moved
            else _("No word's probability changes by half a percentage point.")
        )
    else:
        told = tuple((one.word, percent(one.after)) for one in moved)
        by = (
            _("How far each word's vector moved")
            if moved
            else _("No word's vector moves by half a percent of its length.")
        )
    if plain.written is None or seen.written is None:
        return Outcome(title, moved=told, measure=by)
    notes = say_stopped(plain.written), say_stopped(seen.written)
    before, after = effects.split_differences(plain.written.text, seen.written.text)
    if plain.written.text == seen.written.text:
        same = _("The same before and after")
        return Outcome(title, ((plain.written.text, False),), None, (same, ""), told, by, notes)
    return Outcome(title, before, after, (_("Before"), _("After")), told, by, notes)
