"""The sentence at the picture: what comes out, and which looks led there; all from the numbers shown."""

from __future__ import annotations

from pages.common.language import _
from pages.common.text import escape
from viz.columns import percent
from viz.labels import visible
from viz.whole.view import View
from viz.whole.whole import Guess, Looking, Side, Whole

SAID = 6  # tokens of the text so far
LEAST = 0.1  # of a weight that is told


def answer(whole: Whole, view: View) -> str:
    """In Markdown."""
    said = [outcome(whole, view)]
    if whole.two and whole.encoder is not None and view.read is not None and view.step is not None:
        said.append(across(whole, view.read - whole.encoder.first, view.step - last_first(whole)))
    else:
        place = view.step if whole.decoder is not None else view.read
        kind = "decoder" if whole.decoder is not None else "encoder"
        if place is not None:
            said.append(alone(whole, kind, place - last_first(whole)))
    return " ".join(sentence for sentence in said if sentence)


def last_first(whole: Whole) -> int:
    return whole.last.first


def outcome(whole: Whole, view: View) -> str:
    """What comes out at the top."""
    side = whole.last
    told = view.read if whole.decoder is None else view.step
    place = (0 if told is None else told) - side.first
    token = quoted(side, place)
    if whole.output is None:
        if not side.width:
            return ""
        return _("“{token}” leaves the model as a vector of {width} numbers.").format(
            token=token, width=side.width
        )
    best: Guess = whole.output.best[place][0]
    values = {"best": escape(visible(best.text)), "share": percent(best.probability)}
    if whole.decoder is None:
        return _("At the place of “{token}” the model expects **“{best}”** ({share}).").format(
            token=token, **values
        )
    before = side.tokens.join(range(max(0, place + 1 - SAID), place + 1))
    if not before:
        return _("The model begins with **“{best}”** ({share}).").format(**values)
    if whole.two and whole.output.chosen[place] == 0:
        said = _("After “{before}” the model writes **“{best}”** ({share}).")
    else:
        said = _("After “{before}” the model expects **“{best}”** ({share}).")
    return said.format(before=escape(visible(before)), **values)


def across(whole: Whole, read: int, step: int) -> str:
    """Where the decoder looks in the sentence, and where that token had looked before."""
    assert whole.encoder is not None, "Something is handed across from an encoder."
    look = whole.cross(step, read)
    own = whole.looks.get("encoder", (None,) * (read + 1))[read]
    token = quoted(whole.encoder, read)
    if look.weight < LEAST:
        return ""
    if own is None or own.weight < LEAST:
        return _("To write it, the decoder looks at “{token}” (layer {layer}, head {head}: {share}).").format(
            token=token, **numbers(look)
        )
    return _(
        "To write it, the decoder looks at “{token}” (layer {layer}, head {head}: {share}), and in the "
        "encoder “{token}” looks at “{key}” (layer {own_layer}, head {own_head}: {own_share})."
    ).format(
        token=token,
        key=quoted(whole.encoder, own.key),
        **numbers(look),
        **{f"own_{name}": value for name, value in numbers(own).items()},
    )


def alone(whole: Whole, kind: str, place: int) -> str:
    """What one token of a lone stack looks at."""
    look = whole.looks.get(kind, (None,) * (place + 1))[place]
    if look is None or look.weight < LEAST:
        return ""
    return _("“{token}” looks at “{key}” (layer {layer}, head {head}: {share}).").format(
        token=quoted(whole.last, place), key=quoted(whole.last, look.key), **numbers(look)
    )


def numbers(look: Looking) -> dict[str, str | int]:
    return {"layer": look.layer + 1, "head": look.head + 1, "share": percent(look.weight)}


def quoted(side: Side, place: int) -> str:
    return escape(visible(side.tokens.texts[place]))
