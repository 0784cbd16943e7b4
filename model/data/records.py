"""Rows of JSON: lines of records (.jsonl), or one document with a list of them (.json).

A record is an object, whose fields become columns ("translation": {"en", "ko"} is two), or a list of cells.
Lines are read one by one, so that a broken one is named and costs no other; a document is never held in
memory (ijson). Knows no torch.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import ijson

from model.data.encodings import AsUtf8
from model.data.rows import Row
from model.errors import Refusal

PEEKED = 1000  # records whose fields are the columns
TRANSLATION = "translation."  # how data sets of Hugging Face nest a pair


def is_lines(path: Path, encoding: str) -> bool:
    """Whether each line is a record of its own: the first one that has something in it is whole."""
    with path.open(encoding=encoding) as file:
        first = next((line for line in file if line.strip()), "")
        try:
            record = json.loads(first)
        except (ValueError, RecursionError):
            return False
        another = next((line for line in file if line.strip()), "")
    if isinstance(record, dict):
        return not any(is_list_of_records(value) for value in record.values())
    return isinstance(record, list) and bool(another)


def is_list_of_records(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(one, dict | list) for one in value)


def find_columns(path: Path, name: str, encoding: str, by_line: bool) -> tuple[str, ...] | None:
    """The fields of the first records, in the order in which they are met; None where records are lists.

    Raises Refusal where there is no record.
    """
    with closing(records(path, name, encoding, by_line)) as told:
        seen = [record for _, record in islice(told, PEEKED)]
    fields = dict.fromkeys(field for record in seen if isinstance(record, dict) for field in record)
    if not fields and not any(isinstance(record, list) for record in seen):
        raise Refusal("{name} has no records: a list of objects is needed, or one object a line.", name=name)
    return tuple(fields) or None


def read_rows(
    path: Path, name: str, encoding: str, by_line: bool, columns: tuple[str, ...] | None
) -> Iterator[Row]:
    """Every record as a row, with the number of its line, or its own in a document."""
    for number, record in records(path, name, encoding, by_line):
        if columns is None:
            is_row = isinstance(record, list)
            yield Row(
                number, [spell(value) for value in record] if is_row else [], "" if is_row else "broken"
            )
        elif isinstance(record, dict):
            yield Row(number, [record.get(column, "") for column in columns])
        else:
            yield Row(number, [], "broken")


def records(path: Path, name: str, encoding: str, by_line: bool) -> Generator[tuple[int, Any]]:
    """The number of each record and what it holds: an object flat, a list; None where it is broken."""
    if not by_line:
        yield from elements(path, name, encoding)
        return
    with path.open(encoding=encoding) as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                try:
                    record = json.loads(line)
                except (ValueError, RecursionError):
                    record = None
                yield number, flatten(record) if isinstance(record, dict) else record


def elements(path: Path, name: str, encoding: str) -> Iterator[tuple[int, Any]]:
    """The records of a document, from 1: of the first list of objects or lists in it.

    Several documents in a row, printed over several lines, are a record each.
    """
    prefix = find_list(path, name, encoding)
    try:
        with closing(AsUtf8(path, encoding)) as file:
            found = ijson.items(file, prefix, multiple_values=True, use_float=True)
            for number, record in enumerate(found, start=1):
                yield number, flatten(record) if isinstance(record, dict) else record
    except (ijson.JSONError, UnicodeError) as error:
        raise Refusal("{name} is damaged: it is no whole JSON.", name=name) from error


def find_list(path: Path, name: str, encoding: str) -> str:
    """Where in a document the records stand, as ijson names it: "" = each document is one."""
    before: tuple[str, str] = ("", "")
    try:
        with closing(AsUtf8(path, encoding)) as file:
            for prefix, event, _ in ijson.parse(file, multiple_values=True):
                if event in ("start_map", "start_array") and before[1] == "start_array":
                    return prefix
                if event == "end_map" and prefix == "":
                    return ""
                before = prefix, event
    except (ijson.JSONError, UnicodeError) as error:
        raise Refusal("{name} is damaged: it is no whole JSON.", name=name) from error
    return ""


def flatten(record: dict[str, Any], before: str = "") -> dict[str, str]:
    """The fields of a record, those of objects within it by "outer.inner"."""
    flat: dict[str, str] = {}
    for field, value in record.items():
        name = f"{before}{field}"
        if isinstance(value, dict) and value:
            flat |= flatten(value, f"{name}.")
        else:
            flat[name.removeprefix(TRANSLATION)] = spell(value)
    return flat


def spell(value: Any) -> str:
    """A value as a cell."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
