"""A person's own pairs: the file, its columns, and how much of it can be used."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.errors import Refusal
from model.training import jobs
from pages.common import frame, links
from pages.common.language import _
from pages.common.text import escape, refuse
from viz.labels import tell_apart

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

    from model.data.tables import Table

TABLE, KINDS = "table", ["tsv", "csv", "xlsx"]
KEPT = re.compile(r"[0-9a-f]{16}\.(tsv|csv)")
KEEP = "column_keep"  # values of the filter, in the link
SHOWN = 3  # pairs


def table() -> tuple[tuple[str, ...], dict[str, Any]] | None:
    """The file and its columns as the person chose them; None while there is none that can be used.

    The file is kept beside the runs, so that a run can go on and a link or a reload finds it again.
    """
    given = frame.upload(_("A table with pairs"), KINDS, "own table")
    with refuse(go_on=True):
        path = keep_file(given) if given else find_linked()
        if path is None:
            return None
        from model.data import tables

        read = _read(str(path), tables.stamp(path))
        links.put(TABLE, path.name)
        chosen = columns(read)
        usable(str(path), chosen)
        return (str(path),), chosen
    return None


def folder() -> Path:
    """Where tables are kept."""
    return jobs.runs_folder() / ".tables"


def keep_file(given: UploadedFile) -> Path:
    """The file on the disk, under a name that its contents give it; a sheet as TSV, which is read far faster.

    Raises ValueError for what is no table.
    """
    from model.data import tables

    content = given.getvalue()
    kind = Path(given.name).suffix.lower().lstrip(".")
    is_sheet = content.startswith(tables.ZIP)
    name = hashlib.blake2b(content, digest_size=8).hexdigest()
    path = folder() / f"{name}.{'csv' if kind == 'csv' and not is_sheet else 'tsv'}"
    if path.exists():
        return path
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=path.parent) as beside, st.spinner(_("Reading the table …")):
            whole = Path(beside) / ("table.xlsx" if is_sheet else "table")
            whole.write_bytes(content)
            table = tables.read(whole)
            (tables.as_tsv(table) if is_sheet else whole).replace(path)
    except Refusal as refusal:  # in the person's own words
        raise Refusal(refusal.template, **{**refusal.values, "name": given.name}) from refusal
    except OSError as error:
        raise Refusal("The table cannot be kept: {what}.", what=error.strerror or str(error)) from error
    return path


def find_linked() -> Path | None:
    """The kept file that the link names, where there is one."""
    name = st.query_params.get(TABLE, "")
    path = folder() / name
    return path if KEPT.fullmatch(name) and path.is_file() else None


@st.cache_resource(max_entries=4, show_spinner=False)
def _read(path: str, stamp: tuple[str, int, int]) -> Table:
    from model.data import tables

    return tables.read(path)


@st.cache_data(max_entries=16, show_spinner=False)
def _values(path: str, stamp: tuple[str, int, int], column: str) -> list[str]:
    from model.data import tables

    return [value for value, _count in tables.values(_read(path, stamp), column)]


def columns(read: Table) -> dict[str, Any]:
    """The controls for the columns; what is set, in the words of the task."""
    names = {name: name for name in read.header}
    source, target, filtered = st.columns(3)
    with source:
        first = links.one(_("What is read"), names, "column_source", read.header[0])
    with target:
        second = links.one(_("What is to be written"), names, "column_target", read.header[1])
    with filtered:
        every = {"": _("every row")}
        sieve = links.one(_("Only rows with"), every | names, "column_filter", "")
    chosen: dict[str, Any] = {"source": first, "target": second}
    if sieve:
        from model.data import tables

        found = _values(str(read.path), tables.stamp(read.path), sieve)
        keep = links.several(escape(sieve), found, KEEP, found[:1], placeholder=_("Choose values"))
        chosen |= {"filter": sieve, "keep": keep}
    else:
        st.session_state.pop(KEEP, None)
        links.put(KEEP, "")
    return chosen


def usable(path: str, chosen: dict[str, Any]) -> None:
    """Says how many rows can be learned from, and why the others cannot."""
    from model.data import tables

    count, left_out, first = _usable(
        path,
        tables.stamp(Path(path)),
        chosen["source"],
        chosen["target"],
        chosen.get("filter", ""),
        tuple(chosen.get("keep", ())),
    )
    reasons = {
        "filtered": _("{count} filtered out"),
        "empty": _("{count} with an empty cell"),
        "long": _("{count} too long"),
        "repeated": _("{count} said before"),
    }
    out = [reasons[reason].format(count=f"{n:,}") for reason, n in left_out.items() if n]
    st.caption(" · ".join([_("{count} pairs can be learned from").format(count=f"{count:,}"), *out]))
    read, written = tell_apart([chosen["source"], chosen["target"]])  # perhaps one column for both
    st.dataframe(
        {read: [pair[0] for pair in first], written: [pair[1] for pair in first]},
        hide_index=True,
        width="stretch",
    )


@st.cache_data(max_entries=16, show_spinner=False)
def _usable(
    path: str, stamp: tuple[str, int, int], source: str, target: str, sieve: str, keep: tuple[str, ...]
) -> tuple[int, dict[str, int], list[tuple[str, str]]]:
    from model.data import pairs

    found, left_out = pairs.read(_read(path, stamp), source, target, sieve, keep)
    return (
        len(found),
        {str(reason): n for reason, n in left_out.items()},
        [found[place] for place in range(min(SHOWN, len(found)))],
    )
