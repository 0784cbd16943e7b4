"""Which tokens are of one word, told from the text that they stand for: alike for every kind of tokenizer."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from model.text.spelling import LOOSE, Span, Style
from model.text.words import BREAKS, find_loose, find_starts, is_blank
from model.traces.signs import SPACES


class Groups(NamedTuple):
    """The words of a text's tokens.

    numbers: of each token's word. spaced: whether a space lies before the token. unspaced: whether there is a
    script without spaces. across: the places of tokens that reach from one word of it into the next.
    """

    numbers: tuple[int, ...]
    spaced: tuple[bool, ...]
    across: tuple[int, ...]
    unspaced: bool


def group_tokens(
    text: str,
    spans: Sequence[Span],
    raws: Sequence[str],
    special: Sequence[bool],
    blanks: Sequence[bool],
    ends: bool = False,
) -> Groups:
    """The words of tokens that stand in a text at these spans.

    A token begins a word if one begins in the text between what stands before the token and its own first
    character; so one that reaches across the end of a word joins it with the next. A token of nothing but
    spaces belongs to the word that follows; where none does, at an end, it is by itself.

    raws: what the tokens spell. blanks: which of them are nothing but spaces. ends: whether such a token ends
    the word before it, and does not begin the next (</w>).
    """
    starts = find_starts(text)
    numbers: list[int] = []
    spaced: list[bool] = []
    across: list[int] = []
    number, end = -1, 0  # of the word and of the text so far
    first = apart = True  # no token of the text has been there; a special one was the last
    waiting = False  # spaces were the last
    for place, (start, stop) in enumerate(spans):
        spaced.append(False)
        if special[place]:
            number += 1
            apart, waiting = True, False
        elif blanks[place] and ends and not (first or apart):
            pass
        elif blanks[place] or (waiting and not raws[place] and all(map(is_blank, text[start:stop]))):
            number += not waiting
            first, waiting = False, True
        else:
            own_break = raws[place].lstrip(SPACES)[:1] in BREAKS
            while start < stop and (is_blank(text[start]) or (text[start] in BREAKS and not own_break)):
                start += 1
            begins = bisect_left(starts.places, end) < bisect_right(starts.places, start)
            alone = apart and not waiting  # spaces that are tokens of their own spell themselves
            spaced[-1] = not first and (alone or any(map(str.isspace, text[end:start])))
            number += not waiting and (begins or apart)
            if starts.cut(start, stop):
                across.append(place)
            first = apart = waiting = False
        end = max(end, stop)
        numbers.append(number)
    return Groups(tuple(numbers), tuple(spaced), tuple(across), starts.unspaced)


def put_together(
    style: Style,
    pieces: Sequence[str],
    raws: list[str],
    places: Sequence[Span],
    cores: Sequence[str],
    special: Sequence[bool],
    unknown: Sequence[bool],
) -> tuple[str, list[Span]]:
    """The text that tokens spell by themselves, and where each stands in it.

    An unknown one goes on with its word where the style would tell of a space.
    pieces: as the vocabulary writes them. raws, places: what the known ones spell, and where that stands in
    all of them put together. cores: what is shown; of an unknown one its piece where nothing else is known.
    """
    parts: list[str] = []
    spans: list[Span] = []
    moved = 0  # by how much what stood among the raws stands later
    for place, (start, end) in enumerate(places):
        whole = ""
        if special[place]:
            whole = "  "
        elif unknown[place]:
            whole = cores[place] if cores[place] != pieces[place] else "x"
            whole = f" {whole} " if style in LOOSE else whole
        if whole:
            spans.append((end + moved, end + moved + len(whole)))
            moved += len(whole)
        else:
            spans.append((start + moved, end + moved))
        parts += [raws[place], whole]
    written = "".join(parts)
    if style not in LOOSE:
        return written, spans
    dropped = find_loose(written)
    bare = "".join(character for place, character in enumerate(written) if place not in dropped)
    order = sorted(dropped)
    return bare, [(a - bisect_left(order, a), b - bisect_left(order, b)) for a, b in spans]
