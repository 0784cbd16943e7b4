"""A look at tables: how they are read, which columns hold the pairs, what becomes of each row.

What is looked at is what is learned from: the pairs that are found are kept with the look. Knows no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from model.data import pairs, tables
from model.data.columns import propose
from model.data.pairs import Choice, Counts, Pairs, Reason
from model.data.tables import Reading, Table
from model.errors import Refusal

SPELT = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";"}  # what is hard to type
SHOWN = 3  # pairs
TOLD = ("sheet", "encoding", "delimiter", "header")  # settings of how a file is read
CHOSEN = ("source", "target", "filter", "keep", "entities")  # and of what of it is learned
SETTINGS = (*TOLD, *CHOSEN)

OnRows = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Part:
    """One table: how it is read, what of it is learned, the pairs, and what became of its rows."""

    table: Table
    choice: Choice
    pairs: Pairs = field(repr=False)
    counts: Counts


@dataclass(frozen=True, eq=False)
class Look:
    """All tables together."""

    parts: tuple[Part, ...]

    def __len__(self) -> int:
        """How many pairs can be learned from."""
        return sum(len(part.pairs) for part in self.parts)

    def aside(self) -> dict[Reason, int]:
        """How many rows are not used, for each reason."""
        return {
            reason: sum(part.counts.aside[reason].count for part in self.parts) for reason in pairs.REASONS
        }

    def examples(self) -> list[pairs.Pair]:
        """The first pairs."""
        first = self.parts[0].pairs
        return [first[place] for place in range(min(SHOWN, len(first)))]

    def report(self) -> dict[str, Any]:
        """All of it in words that JSON has."""
        return {"usable": len(self), "tables": [describe(part) for part in self.parts]}


def look(paths: Sequence[Path], settings: Mapping[str, Any], on_rows: OnRows | None = None) -> Look:
    """Looks at all of some files. settings: by name, those of SETTINGS; what is not said is found out.

    The same files are looked at once. on_rows: is told now and then how many rows were read; whatever it
    raises ends the look. Raises Refusal for what is no table, and for what is set and is not there.
    """
    try:
        stamps = tuple(tables.stamp(path) for path in paths)
    except OSError as error:
        raise Refusal(
            "{name} cannot be read: {what}.", name=Path(error.filename).name, what=error.strerror
        ) from error
    told = tuple(
        (name, hashable(settings[name])) for name in SETTINGS if settings.get(name) not in (None, "")
    )
    return _look(stamps, told, _Quiet(on_rows))


@lru_cache(maxsize=8)  # the app asks more than once before a run starts
def _look(stamps: tuple[tuple[str, int, int], ...], told: tuple[tuple[str, Any], ...], heard: _Quiet) -> Look:
    settings, before = dict(told), 0
    parts = []
    for table in tables.read_all([Path(path) for path, *_ in stamps], reading_of(settings)):
        choice = choose(table, settings)
        found, counts = pairs.read(table, choice, heard.after(before))
        parts.append(Part(table, choice, found, counts))
        before += counts.rows
    return Look(tuple(parts))


class _Quiet:
    """Who is told of the rows: equal to any other, so that the same look is the same whoever listens."""

    def __init__(self, on_rows: OnRows | None) -> None:
        self.on_rows = on_rows

    def after(self, before: int) -> OnRows | None:
        """Who is told, where this many rows were read before."""
        on_rows = self.on_rows
        return None if on_rows is None else lambda count: on_rows(before + count)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Quiet)

    def __hash__(self) -> int:
        return 0


def hashable(value: Any) -> Any:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else value


def reading_of(settings: Mapping[str, Any]) -> Reading:
    """How the files are read, as set. Raises Refusal for a value that cannot be meant."""
    header = settings.get("header")
    if header is not None and not isinstance(header, bool):
        raise Refusal("{name} must be true or false.", name="header")
    told = {name: str(settings.get(name, "")) for name in TOLD[:-1]}
    delimiter = SPELT.get(told["delimiter"], told["delimiter"])
    if delimiter in ('"', "\n", "\r") or (len(delimiter) > 1 and delimiter.strip() != "|||"):
        raise Refusal("What stands between columns is one character, such as a tab, a comma or a semicolon.")
    return Reading(told["sheet"], told["encoding"], " ||| " if len(delimiter) > 1 else delimiter, header)


def choose(table: Table, settings: Mapping[str, Any]) -> Choice:
    """What of a table is learned: as set, else as its columns propose themselves."""
    entities = settings.get("entities", False)
    if not isinstance(entities, bool):
        raise Refusal("{name} must be true or false.", name="entities")
    first, second = propose(table.header, [row.cells for row in table.beginning])
    named = {name: str(settings[name]) for name in ("source", "target") if settings.get(name)}
    source = (
        named.get("source") or table.header[first if named.get("target") != table.header[first] else second]
    )
    target = named.get("target") or table.header[second if source != table.header[second] else first]
    keep = settings.get("keep", ())
    kept = tuple(map(str, keep if isinstance(keep, list | tuple) else [keep]))
    return Choice(source, target, str(settings.get("filter", "")), kept, entities)


def describe(part: Part) -> dict[str, Any]:
    """One table in words that JSON has."""
    table, counts = part.table, part.counts
    found: dict[str, Any] = {"file": table.name, "kind": table.kind}
    if table.encoding:
        found |= {"encoding": table.encoding.name, "encoding_is_sure": table.encoding.is_sure}
        found |= {"encoding_could_be": list(table.encoding.others)} if table.encoding.others else {}
    if table.delimiter:
        found["delimiter"] = table.delimiter
    if table.sheet:
        found |= {"sheet": table.sheet, "sheets": list(table.sheets)}
    return found | {
        "header": table.has_header,
        "header_is_sure": table.is_sure,
        "rows_above": list(table.above),
        "columns": list(table.header),
        "source": part.choice.source,
        "target": part.choice.target,
        "rows": counts.rows,
        "usable": len(part.pairs),
        "set_aside": {name: asdict(tally) for name, tally in counts.aside.items() if tally.count},
        "noted": {name: asdict(tally) for name, tally in counts.notes.items() if tally.count},
        "examples": [list(part.pairs[place]) for place in range(min(SHOWN, len(part.pairs)))],
    }
