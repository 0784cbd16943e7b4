"""The pairs of texts in two columns of a table, kept on the disk, and why rows cannot be used.

Knows no torch.
"""

from __future__ import annotations

import mmap
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Literal

import numpy as np
from numpy.typing import NDArray

from model.data.lines import cut
from model.data.tables import Table, clean, read_between_tabs, value
from model.errors import Refusal

LONGEST = 600  # bytes of a text in UTF-8: no tokenizer makes more pieces of it than that

Pair = tuple[str, str]
Reason = Literal["filtered", "empty", "long", "repeated"]
REASONS: tuple[Reason, ...] = ("filtered", "empty", "long", "repeated")


@dataclass(frozen=True)
class Choice:
    """What of a table is learned: the column that is read and the one that is written.

    filter: a column, of which only rows with a value in keep are used; "" = every row is.
    """

    source: str
    target: str
    filter: str = ""
    keep: tuple[str, ...] = ()


class Pairs(Sequence[Pair]):
    """Pairs of texts, kept on the disk in a nameless file that goes when this does.

    table, choice: where they come from. starts: uint64 (pairs,), where each begins in the file.
    hashes: uint64 (pairs,), of what is read.
    """

    def __init__(
        self,
        table: Table,
        choice: Choice,
        file: IO[bytes],
        starts: NDArray[np.uint64],
        hashes: NDArray[np.uint64],
    ) -> None:
        file.flush()
        self.table, self.choice, self.starts, self.hashes = table, choice, starts, hashes
        self.text = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, place: Any) -> Any:
        start = int(self.starts[place])
        source, target = cut(self.text[start : self.text.find(b"\n", start)].decode())
        return source, target


def read(
    table: Table, source: str, target: str, filter: str = "", keep: Sequence[str] = ()
) -> tuple[Pairs, dict[Reason, int]]:
    """The pairs of texts in two columns, and how many rows cannot be used, for each reason.

    filter, keep: see Choice. Reasons: "filtered", its value is not kept; "empty", a cell is; "long", a text
    is longer than LONGEST; "repeated", an earlier row has the same pair. White space is made even.
    Raises Refusal where there is no such column.
    """
    choice = Choice(source, target, filter, tuple(keep))
    out = Counter[Reason]()
    starts, both, hashes = array("Q"), array("Q"), array("Q")
    with TemporaryFile() as file:
        place = file.write(b"\n")  # what is empty cannot be mapped into memory
        for given, written, kept in read_rows(table, choice):
            if not kept:
                out["filtered"] += 1
            elif not (given and written):
                out["empty"] += 1
            elif max(len(given.encode()), len(written.encode())) > LONGEST:
                out["long"] += 1
            else:
                starts.append(place)
                place += file.write(f"{given}\t{written}\n".encode())
                both.append(number(f"{given}\t{written}"))
                hashes.append(number(given))
        first = np.sort(np.unique(np.array(both), return_index=True)[1])
        out["repeated"] = len(both) - len(first)
        found = Pairs(table, choice, file, np.array(starts)[first], np.array(hashes)[first])
    return found, {reason: out[reason] for reason in REASONS}


def read_whole(path: Path, source: str, target: str) -> list[Pair]:
    """The pairs in two columns of a file with tabs, as they stand there, without white space around them.

    Rows that lack one are left out, and no others; all are held in memory.
    Raises Refusal where the file cannot be read, has no such columns, or no pair in them.
    """
    table = read_between_tabs(path)
    first, second = table.column(source), table.column(target)
    cells = ((row[first].strip(), row[second].strip()) for row in table.rows())
    found = [(a, b) for a, b in cells if a and b]
    if not found:
        raise Refusal(
            "{name} has no row with something in both {source} and {target}.",
            name=path.name,
            source=source,
            target=target,
        )
    return found


def read_rows(table: Table, choice: Choice) -> Iterator[tuple[str, str, bool]]:
    """Of every row the text that is read, the one that is written, and whether the filter lets it through."""
    source, target = table.column(choice.source), table.column(choice.target)
    sieve = table.column(choice.filter) if choice.filter else None
    keep = {value(kept) for kept in choice.keep}
    for row in table.rows():
        kept = sieve is None or value(row[sieve]) in keep
        yield clean(row[source]), clean(row[target]), kept


def number(text: str) -> int:
    """A number that a text always has, on every machine."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")
