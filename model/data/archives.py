"""Files within a .zip or a .gz, taken out into a folder that goes when nobody reads them any more.

What an archive says of its size is not believed: bytes are counted as they come. Knows no torch.
"""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

from model.errors import Refusal

LARGEST_UNPACKED = 1_000_000_000  # bytes of all that is taken out
MOST_MEMBERS = 50
PART = 1 << 20
ZIP, EMPTY_ZIP, GZIP = b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b"
ASIDE = ("__MACOSX", ".")  # how names begin that the system that packed them put there
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, gzip.BadGzipFile)
TEXTS = (".tsv", ".csv", ".txt", ".xlsx", ".xls", ".ods", ".jsonl", ".json", ".tmx", ".tab", ".ndjson")


@dataclass(frozen=True)
class Member:
    """A file to be read. name: for people, within an archive its own there. keep: holds its folder."""

    path: Path
    name: str
    keep: object = field(default=None, repr=False, compare=False)


def unpack(path: Path, name: str) -> list[Member]:
    """The files of an archive, or the file itself where it is none. An archive within one is left packed.

    Raises Refusal where it is damaged, holds too much, or nothing that a table could be.
    """
    with path.open("rb") as file:
        start = file.read(4)
    try:
        if start.startswith(GZIP):
            return [gunzip(path, name)]
        if start.startswith((ZIP, EMPTY_ZIP)) and not is_document(path):
            return list(unzip(path, name))
    except DAMAGED as error:
        if "password" in str(error) or "encrypted" in str(error):
            raise Refusal("{name} has a password; save it without one.", name=name) from error
        raise Refusal("{name} is damaged, or no table.", name=name) from error
    return [Member(path, name)]


def is_document(path: Path) -> bool:
    """Whether a zip is one spreadsheet, as .xlsx and .ods are."""
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    return "[Content_Types].xml" in names or {"mimetype", "content.xml"} <= names


def is_aside(part: str) -> bool:
    return part.startswith(ASIDE)


def is_about(name: str) -> bool:
    """Whether a file tells of the others, as corpora have it."""
    return PurePosixPath(name).stem.lower() in ("readme", "license", "licence", "copying", "info")


def gunzip(path: Path, name: str) -> Member:
    """What a .gz holds, by its name without that end."""
    inner = name.removesuffix(".gz") if name.endswith(".gz") else name
    folder = TemporaryDirectory(prefix="headlight-")
    out = Path(folder.name) / "unpacked"
    with gzip.open(path) as file:
        copy(file, out, name, 0)
    return Member(out, inner, folder)


def unzip(path: Path, name: str) -> Iterator[Member]:
    """The files in a zip that can be tables: by their names, or all where no name tells."""
    folder = TemporaryDirectory(prefix="headlight-")
    with zipfile.ZipFile(path) as archive:
        members = [
            one
            for one in archive.infolist()
            if not (one.is_dir() or any(map(is_aside, PurePosixPath(one.filename).parts)))
        ]
        members = [one for one in members if not is_about(one.filename)]
        members = [one for one in members if one.filename.lower().endswith(TEXTS)] or members
        if not members:
            raise Refusal("{name} is empty.", name=name)
        if len(members) > MOST_MEMBERS:
            raise Refusal("{name} holds more than {most} files.", name=name, most=MOST_MEMBERS)
        size = 0
        for number, member in enumerate(members):
            out = Path(folder.name) / str(number)  # never by a name that the archive gives
            with archive.open(member) as file:
                size = copy(file, out, name, size)
            yield Member(out, PurePosixPath(member.filename).name, folder)


def copy(file: IO[bytes] | gzip.GzipFile, out: Path, name: str, size: int) -> int:
    """Writes a file out; the bytes of all so far. Raises Refusal where they are too many."""
    with out.open("wb") as written:
        while part := file.read(PART):
            size += len(part)
            if size > LARGEST_UNPACKED:
                raise Refusal(
                    "{name} unpacks to more than {most} MB.", name=name, most=LARGEST_UNPACKED // 1_000_000
                )
            written.write(part)
    return size
