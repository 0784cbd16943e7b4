"""The pairs of texts in two columns of a table, kept on the disk, and why rows cannot be used.

Knows no torch.
"""

from __future__ import annotations

import html
import mmap
import re
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from model.data.lines import cut
from model.data.rows import REPLACED, Row, clean, find_width
from model.data.tables import Table, read_between_tabs, value
from model.errors import Refusal

LONGEST = 600  # bytes of a text in UTF-8: no tokenizer makes more pieces of it than that
FIRST = 5  # numbers of rows that are told for each reason
OFTEN = 10_000  # rows from one word of how far it is to the next
ENTITY = re.compile(r"&(#\d{1,7}|#x[0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")

Pair = tuple[str, str]
Reason = Literal["filtered", "broken", "quote", "wide", "narrow", "empty", "long", "repeated"]
Note = Literal["equal", "entities", "spaces", "replaced"]
REASONS: tuple[Reason, ...] = get_args(Reason)
NOTES: tuple[Note, ...] = get_args(Note)


@dataclass(frozen=True)
class Choice:
    """What of a table is learned: the column that is read and the one that is written.

    filter: a column, of which only rows with a value in keep are used; "" = every row is. entities: signs
    that are written as in HTML (&amp;) become what they stand for.
    """

    source: str
    target: str
    filter: str = ""
    keep: tuple[str, ...] = ()
    entities: bool = False


@dataclass
class Tally:
    """How many rows there are of a kind, and the numbers of the first ones."""

    count: int = 0
    first: tuple[int, ...] = ()

    def add(self, number: int) -> None:
        self.count += 1
        if len(self.first) < FIRST:
            self.first = (*self.first, number)


@dataclass(frozen=True)
class Counts:
    """What became of the rows of a table.

    rows: how many there are. aside: those that are not used, by reason: "filtered", its value is not kept;
    "broken", it cannot be read; "quote", a quotation mark in it never closes; "wide", it has more cells than
    the table has columns; "narrow", it has fewer; "empty", a text is; "long", one is longer than LONGEST;
    "repeated", an earlier row has the same pair. notes: of those that are used: "equal", both texts are the
    same; "entities", there are signs written as in HTML; "spaces", line breaks, tabs, wide or several spaces,
    which become one; "replaced", what is no character, which becomes �.
    """

    rows: int
    aside: Mapping[Reason, Tally]
    notes: Mapping[Note, Tally]


class Pairs(Sequence[Pair]):
    """Pairs of texts, kept on the disk in a nameless file that goes when this does.

    starts: uint64 (pairs,), where each begins in the file. hashes: uint64 (pairs,), of what is read.
    """

    def __init__(self, file: IO[bytes], starts: NDArray[np.uint64], hashes: NDArray[np.uint64]) -> None:
        file.flush()
        self.starts, self.hashes = starts, hashes
        self.text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, place: Any) -> Any:
        start = int(self.starts[place])
        source, target = cut(self.text[start : self.text.find(b"\n", start)].decode())
        return source, target


def read(table: Table, choice: Choice, on_rows: Callable[[int], None] | None = None) -> tuple[Pairs, Counts]:
    """The pairs of texts in two columns, and what became of the rows.

    on_rows: is told now and then how many were read; whatever it raises ends the reading.
    Raises Refusal where there is no such column.
    """
    source, target = table.column(choice.source), table.column(choice.target)
    sieve = table.column(choice.filter) if choice.filter else None
    keep = {value(kept) for kept in choice.keep}
    width = len(table.header)
    aside: dict[Reason, Tally] = {reason: Tally() for reason in REASONS}
    notes: dict[Note, Tally] = {note: Tally() for note in NOTES}
    starts, both, hashes, numbers = array("Q"), array("Q"), array("Q"), array("Q")
    count = 0
    with TemporaryFile() as file:
        place = file.write(b"\n")  # what is empty cannot be mapped into memory
        for count, row in enumerate(table.rows(), start=1):
            if on_rows and not count % OFTEN:
                on_rows(count)
            cells = row.cells
            if len(cells) != width and (reason := find_fault(row, width)):
                aside[reason].add(row.number)
                continue
            if row.fault:
                aside[row.fault].add(row.number)
                continue
            if sieve is not None and value(cells[sieve] if len(cells) > sieve else "") not in keep:
                aside["filtered"].add(row.number)
                continue
            read, written = cells[source], cells[target]
            if ("&" in read or "&" in written) and (ENTITY.search(read) or ENTITY.search(written)):
                notes["entities"].add(row.number)
                if choice.entities:
                    read, written = html.unescape(read), html.unescape(written)
            given, told = clean(read), clean(written)
            if not (given and told):
                aside["empty"].add(row.number)
                continue
            line = f"{given}\t{told}\n".encode()
            if len(line) > LONGEST and max(len(given.encode()), len(told.encode())) > LONGEST:
                aside["long"].add(row.number)
                continue
            if (given != read.strip() or told != written.strip()) and is_uneven(read, written):
                notes["spaces"].add(row.number)
            if given == told:
                notes["equal"].add(row.number)
            if REPLACED in told or REPLACED in given:
                notes["replaced"].add(row.number)
            starts.append(place)
            place += file.write(line)
            both.append(hash_of(line))
            hashes.append(hash_of(given.encode()))
            numbers.append(row.number)
        first = np.sort(np.unique(np.array(both, dtype=np.uint64), return_index=True)[1])
        again = np.delete(np.array(numbers, dtype=np.uint64), first)
        aside["repeated"] = Tally(len(again), tuple(int(number) for number in again[:FIRST]))
        found = Pairs(
            file,
            np.array(starts, dtype=np.uint64)[first],
            np.array(hashes, dtype=np.uint64)[first],
        )
    return found, Counts(count, aside, notes)


def is_uneven(*texts: str) -> bool:
    """Whether there is other white space than single spaces inside one of the texts."""
    return any(" ".join(text.split()) != text.strip() for text in texts)


def find_fault(row: Row, width: int) -> Reason | None:
    """Why a row of another width than its table cannot be used; empty cells too many at its end are no fault.

    Of a row that is too short nobody knows which cell it lacks.
    """
    if row.fault:
        return row.fault
    if len(row.cells) < width:
        return "narrow"
    return "wide" if find_width(row.cells) > width else None


def read_whole(path: Path, source: str, target: str) -> list[Pair]:
    """The pairs in two columns of a file with tabs, as they stand there, without white space around them.

    Rows that lack one are left out, and no others; all are held in memory.
    Raises Refusal where the file cannot be read, has no such columns, or no pair in them.
    """
    table = read_between_tabs(path)
    first, second = table.column(source), table.column(target)
    wide = (row.cells for row in table.rows() if len(row.cells) > max(first, second))
    cells = ((row[first].strip(), row[second].strip()) for row in wide)
    found = [(a, b) for a, b in cells if a and b]
    if not found:
        raise Refusal(
            "{name} has no row with something in both {source} and {target}.",
            name=path.name,
            source=source,
            target=target,
        )
    return found


def hash_of(text: bytes) -> int:
    """A number that a text always has, on every machine."""
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "little")
