"""Where the page opens: the step, and the heads of decoder and encoder, in which most is to be seen.

Everything is chosen from the numbers of the trace. Where the checkpoint's card names a word and the decoder
somewhere looks at that word more than at any other, the page opens where it does so the most, and follows it
into the head that the card names. Else it opens where the model is least sure of what it writes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from model.text.words import is_word
from viz.steps.film import find_sides

if TYPE_CHECKING:
    from model import Trace
    from model.decodings import Writing
    from model.trace import Stack, Tokens

Head = tuple[int, int]  # layer and head, from 0
FIRST: Head = (0, 0)


@dataclass(frozen=True)
class Opening:
    """step: as the player counts, the piece that is being written, from 1; 0 where nothing is.

    cross, encoder: whose look at the source is shown, and whose look goes on from there; the first head where
    the model has no such attention.
    """

    step: int
    cross: Head
    encoder: Head


def find_opening(
    trace: Trace,
    writing: Writing,
    card: Mapping[str, Any] | None = None,
    sides: tuple[Tokens, Tokens] | None = None,
) -> Opening:
    """Where a translation is opened.

    trace: of writing.ids, with weights. card: the head that the checkpoint's card names ("kind", "layer",
    "head", "query"), counted from 0. sides: what is read, and what the decoder reads; None: the trace's.
    Raises ValueError where the trace is not that of an encoder-decoder.
    """
    encoder, cross = trace.encoder, trace.cross
    source, read = sides or find_sides(trace)
    content = [place for place in range(len(writing.steps)) if is_content(read, place)]

    def surprise(place: int) -> float:
        return writing.steps[place].best[0].logprob

    if cross is None:
        return Opening(min(content, key=surprise) + 1 if content else 0, FIRST, FIRST)
    weights = np.nan_to_num(cross.weights[:, :, : len(writing.steps)])  # (layers, heads, steps, source)
    told = card if card and card.get("kind") == "encoder" else {}
    named = find_pieces(source, str(told.get("query", "")))
    if not content:
        return Opening(0, (cross.layers[-1], 0), FIRST if encoder is None else (encoder.layers[-1], 0))
    rows = weights[:, :, content]
    to_named = rows[..., named].sum(axis=-1)
    to_others = without(rows, [*special(source), *named]).max(axis=-1, initial=0)
    leads = np.where(to_named > to_others, to_named, 0)  # no other word is looked at more
    if leads.any():
        layer, head, place = (int(i) for i in np.unravel_index(leads.argmax(), leads.shape))
        step, via = content[place], named[0]
    else:
        step = min(content, key=surprise)
        looks = without(weights[:, :, step], special(source))
        layer, head, via = (int(i) for i in np.unravel_index(looks.argmax(), looks.shape))
    if encoder is None:
        onward = FIRST
    elif leads.any() and told.get("layer") in encoder.layers and 0 <= told.get("head", -1) < encoder.heads:
        onward = (int(told["layer"]), int(told["head"]))
    else:
        onward = find_onward(encoder, via)
    return Opening(step + 1, (cross.layers[layer], head), onward)


def is_content(read: Tokens, place: int) -> bool:
    """Whether the piece written at a step is none of the special ones; the last of them is never read.

    read: what the decoder reads.
    """
    return place + 1 < len(read) and not read.special[place + 1]


def find_pieces(tokens: Tokens, word: str) -> list[int]:
    """The pieces of the last word of a text that is this one; none where the text does not have it."""
    words = tokens.by_words().texts
    found = [
        group for group, text in zip(tokens.groups(), words, strict=True) if word and is_word(text, word)
    ]
    return found[-1] if found else []


def find_onward(encoder: Stack, via: int) -> Head:
    """The head of the encoder that looks the most from a piece at another word, special ones left out."""
    own = next((group for group in encoder.queries.groups() if via in group), (via,))
    looks = without(np.nan_to_num(encoder.weights[:, :, via]), [*special(encoder.keys), *own])
    layer, head, _key = (int(i) for i in np.unravel_index(looks.argmax(), looks.shape))
    return encoder.layers[layer], head


def special(tokens: Tokens) -> list[int]:
    return [place for place, is_special in enumerate(tokens.special) if is_special]


def without(weights: np.ndarray[Any, Any], places: Sequence[int]) -> np.ndarray[Any, Any]:
    """Weights (…, keys) with none on some keys."""
    left = weights.copy()
    left[..., list(places)] = 0
    return left
