"""What to notice at a step of a translation, in one sentence that is chosen from the numbers shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pages.common.language import _
from pages.common.text import escape

if TYPE_CHECKING:
    from viz.steps import Film


def say(film: Film, step: int) -> str:
    """The sentence of a step, in Markdown.

    step: as the player counts: the piece that is being written, from 1; 0 while the encoder reads.
    """
    if step == 0 and not film.encoder.size:
        return _("The encoder reads the {count} tokens. Nothing is written yet.").format(
            count=len(film.source)
        )
    if step == 0:
        return _("The encoder reads all {count} tokens at once. Nothing is written yet.").format(
            count=len(film.source)
        )
    piece, via = film.written.texts[step - 1], film.passed[step - 1]
    if not film.cross.size:
        chance = film.steps[step - 1].chosen.chance
        return _(
            "No attention: {piece} ({share}) is written from the decoder's state, in which all that was read "
            "and written so far has to fit."
        ).format(piece=name(piece), share=percent(chance))
    weights = film.cross[step - 1]
    most = int(weights.argmax())
    special = film.source.special[most]
    if via is None:
        said = _(
            "To write {piece} this head looks at no word in particular: the most, {share}, goes to {key}."
        )
        if special:
            said = _(
                "To write {piece} this head looks at no word in particular: the most, {share}, goes to the "
                "special token {key}."
            )
        return said.format(piece=name(piece), share=percent(weights[most]), key=name(film.source.texts[most]))
    words = {
        "piece": name(piece),
        "share": percent(film.cross[step - 1, via]),
        "key": name(film.source.texts[via]),
        "special": name(film.source.texts[most]),
        "most": percent(weights[most]),
    }
    if not film.encoder.size:
        said = _("To write {piece} the decoder looks {share} at {key}.")
        if special:
            said = _(
                "To write {piece} the decoder looks most at the special token {special} ({most}), and at "
                "{key} {share}."
            )
        return said.format(**words)
    onward = film.encoder[via]
    to = int(np.argmax(onward))
    if to == via and special:
        said = _(
            "To write {piece} this head looks most at the special token {special} ({most}). With special "
            "tokens left out, the light leads to {key} ({share}), which looks most at itself ({onward})."
        )
    elif to == via:
        said = _(
            "To write {piece} the light leads to {key} ({share}), which looks most at itself ({onward})."
        )
    elif special:
        said = _(
            "To write {piece} this head looks most at the special token {special} ({most}). With special "
            "tokens left out, the light leads to {key} ({share}), and from there to {end} ({onward})."
        )
    else:
        said = _("To write {piece} the light leads to {key} ({share}), and from there to {end} ({onward}).")
    return said.format(**words, end=name(film.source.texts[to]), onward=percent(onward[to]))


def name(text: str) -> str:
    """A piece as it stands out in a sentence."""
    return f"**{escape(text) or '∅'}**"


def percent(share: float) -> str:
    """A weight in whole percent."""
    number = round(100 * float(share)) if share >= 0.005 else "<1"
    return _("{number} %").format(number=number).replace(" ", "\u00a0")
