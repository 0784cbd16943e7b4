"""Which columns of a table hold the pairs: by their names, in English and Korean, and by what stands in them.

Knows no torch.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from model.data.headers import NUMBER, kind_of
from model.data.names import LANGUAGES, OTHERS, SOURCE, TARGET, is_one_of

VARIED = 0.2  # different cells among all from which on a column is no list of categories
MANY = 20  # rows from which on that can be told
# Links, addresses, numbers and codes.
NO_TEXT = re.compile(r"(https?://|www\.)\S+|[\w.-]+@[\w.-]+|\d[\d.,:/\s-]*|[\w-]*\d[\w-]*")


def propose(header: Sequence[str], body: Sequence[Sequence[str]]) -> tuple[int, int]:
    """The places of the column that is read and of the one that is written; of two columns or more.

    header: their names. body: rows to look at. Names count first; then the first two columns of texts.
    """
    columns = [[row[place].strip() for row in body if len(row) > place] for place in range(len(header))]
    texts = [place for place, column in enumerate(columns) if holds_texts(column)]
    order = sorted(
        range(len(header)),
        key=lambda place: (place not in texts, is_one_of(header[place], OTHERS), place),
    )

    def named(names: frozenset[str]) -> list[int]:
        return [place for place in order if is_one_of(header[place], names) and is_varied(columns[place], 0)]

    languages = sorted(place for place in named(LANGUAGES) if place in texts)  # "id" is a language, too
    sources, targets = named(SOURCE), named(TARGET)
    if len(languages) >= 2 and not (sources and targets):
        return languages[0], languages[1]
    source = next(iter(sources), None)
    target = next((place for place in targets if place != source), None)
    rest = [place for place in order if place not in (source, target)]
    if source is None and target is None:
        first, second = sorted(rest[:2])
        return first, second
    return (source if source is not None else rest[0]), (target if target is not None else rest[0])


def holds_texts(column: Sequence[str]) -> bool:
    """Whether a column holds texts: no numbers, codes, links or a few categories again and again."""
    filled = [cell for cell in column if cell]
    plain = sum(kind_of(cell) != NUMBER and not NO_TEXT.fullmatch(cell) for cell in filled)
    return plain * 2 > len(filled) and is_varied(filled, VARIED)


def is_varied(column: Sequence[str], least: float) -> bool:
    """Whether more than a share of a column's cells differ, where there are enough to tell."""
    different = len(set(column))
    return bool(different) and (len(column) < MANY or (different > 1 and different > least * len(column)))
