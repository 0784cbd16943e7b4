"""Files of a person's own that are kept beside the runs, and found again by a link."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path, PurePath
from tempfile import mkdtemp
from typing import TYPE_CHECKING

import streamlit as st

from model.errors import Refusal
from model.training import jobs
from pages.common import frame, links
from pages.common.language import _
from pages.common.text import refuse

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

SENT = "own table"  # in the session: the files as they were sent
TABLE = "table"  # the folder of the kept files, in the link
KINDS = ["tsv", "csv", "txt", "xlsx", "ods", "jsonl", "json", "tmx", "zip", "gz"]
FOLDER = re.compile(r"[0-9a-f]{16}")
ALONE = re.compile(r"[0-9a-f]{16}\.(tsv|csv)")  # a link of the first edition: a file of this name
LONGEST_NAME = 80  # characters


def ask() -> list[Path]:
    """The control that takes files in; those that were sent or that the link names, if any."""
    hint = _(
        "A text with tabs or commas, a spreadsheet, JSON, a translation memory (TMX), or two texts line by "
        "line; also in a zip or gz."
    )
    given = frame.upload_several(_("Tables with pairs"), KINDS, SENT, help=hint)
    with refuse(go_on=True):
        paths = keep_files(given) if given else find_linked()
        if paths:
            links.put(TABLE, paths[0].name if paths[0].parent == folder() else paths[0].parent.name)
        return paths
    return []


def folder() -> Path:
    """Where tables are kept."""
    return jobs.runs_folder() / ".tables"


def keep_files(given: Sequence[UploadedFile]) -> list[Path]:
    """The files on the disk, under their own names, in a folder that their contents name.

    Raises Refusal where they cannot be written.
    """
    names = name_apart([file.name for file in given])
    hashed = hashlib.blake2b(digest_size=8)
    for name, file in sorted(zip(names, given, strict=True), key=lambda pair: pair[0]):
        hashed.update(f"{name}\0{file.size}\0".encode())
        hashed.update(file.getbuffer())
    place = folder() / hashed.hexdigest()
    if not place.exists():
        try:
            folder().mkdir(parents=True, exist_ok=True)
            beside = Path(mkdtemp(dir=folder()))
            for name, file in zip(names, given, strict=True):
                (beside / name).write_bytes(file.getbuffer())
            beside.rename(place)  # all of them, or none
        except OSError as error:
            raise Refusal("The table cannot be kept: {what}.", what=error.strerror or str(error)) from error
    return [place / name for name in names]


def name_apart(names: Sequence[str]) -> list[str]:
    """Names that files can have: without folders and signs that systems refuse, each another."""
    safe: list[str] = []
    for name in names:
        plain = (
            re.sub(r'[\x00-\x1f/\\:*?"<>|]', "_", PurePath(name).name).strip(". ")[-LONGEST_NAME:] or "table"
        )
        while plain in safe:
            plain = f"_{plain}"
        safe.append(plain)
    return safe


def find_linked() -> list[Path]:
    """The kept files that the link names, where there are some."""
    name = st.query_params.get(TABLE, "")
    place = folder() / name
    if ALONE.fullmatch(name) and place.is_file():
        return [place]
    if FOLDER.fullmatch(name) and place.is_dir():
        return sorted(path for path in place.iterdir() if path.is_file())
    return []
