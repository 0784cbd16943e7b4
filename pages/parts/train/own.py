"""A person's own pairs: the files, how they are read, their columns, and what becomes of every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.common import checkpoints, links
from pages.common.language import _
from pages.common.text import escape, refuse
from pages.parts.train import counted, kept
from viz.labels import tell_apart

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.data.encodings import Encoding
    from model.data.looks import Look
    from model.data.tables import Table

KEEP = "column_keep"  # values of the filter, in the link
READING = ("table_sheet", "table_encoding", "table_delimiter", "table_header", "table_entities")
COLUMNS = ("column_source", "column_target", "column_filter", KEEP)
DELIMITERS = {
    "\t": "tab",
    ",": ",",
    ";": ";",
    "|": "|",
    " ||| ": "|||",
}  # as a link and a run's settings say them
STOPPED = "stopped table"  # in the session: the files whose reading was ended


def table() -> tuple[tuple[str, ...], dict[str, Any]] | None:
    """The files, and what is set of how they are read; None while there is nothing that can be used.

    Files are kept beside the runs, so that a run can go on and a link or a reload finds them again.
    """
    paths = kept.ask()
    with refuse(go_on=True):
        if not paths or stopped(paths):
            return None
        told, place = {}, st.container()
        doubts = st.container()
        how = st.expander(_("How the file is read"), key="table_how", bind="query-params")
        found = read(paths, {})
        with how:
            told = reading(found)
        if told:
            found = read(paths, told)
        with place:
            told |= columns(found, paths, told)
        look = look_at(paths, told)
        with doubts:
            tell_doubts(found)
        with how:
            if entities(look):
                told["entities"] = True
                look = look_at(paths, told)
            undo(told)
        counted.show(look)
        preview(look)
        return tuple(map(str, paths)), told
    return None


def is_missing() -> bool:
    """Whether no file was sent yet, and the link names none."""
    return not st.session_state.get(kept.SENT) and not kept.find_linked()


def read(paths: Sequence[Path], told: Mapping[str, Any]) -> list[Table]:
    """The tables of the files, by their beginnings."""
    from model.data import looks, tables

    stamps = tuple(tables.stamp(path) for path in paths)
    return _read(stamps, looks.reading_of(told))


@st.cache_resource(max_entries=16, show_spinner=False)
def _read(stamps: tuple[tuple[str, int, int], ...], told: Any) -> list[Table]:
    from model.data import tables

    return tables.read_all([Path(path) for path, *_stamp in stamps], told)


@st.cache_data(max_entries=16, show_spinner=False)
def _values(stamps: tuple[tuple[str, int, int], ...], told: Any, column: str) -> list[str]:
    from model.data import tables

    found = _read(stamps, told)
    return list(dict.fromkeys(value for table in found for value, _count in tables.values(table, column)))


def look_at(paths: Sequence[Path], told: Mapping[str, Any]) -> Look:
    """All rows of the files, told as they are read; it can be ended, and then the files are left alone."""
    from model.data.looks import look

    place = st.empty()
    counted: DeltaGenerator | None = None
    said: set[int] = set()

    def tell(count: int) -> None:
        nonlocal counted
        checkpoints.still_wanted()
        if counted is None:  # the button is put down once: one that is put anew under a click never hears it
            with place.container(horizontal=True, vertical_alignment="center"):
                counted = st.empty()
                st.button(_("Cancel"), key="stop reading", on_click=stop, args=(tuple(paths),))
        if count not in said:
            counted.caption(_("{count} rows read …").format(count=f"{count:,}"))
            said.add(count)

    found = look(paths, told, tell)
    place.empty()
    return found


def stop(paths: tuple[Path, ...]) -> None:
    st.session_state[STOPPED] = paths


def stopped(paths: Sequence[Path]) -> bool:
    """Whether these files were left alone; then there is a button to read them after all."""
    if st.session_state.get(STOPPED) != tuple(paths):
        return False
    st.caption(_("Reading was stopped."))
    st.button(_("Read it"), key="read table", on_click=st.session_state.pop, args=(STOPPED, None))
    return True


# How the file is read


def reading(found: Sequence[Table]) -> dict[str, Any]:
    """The controls for what was found out about the files; what is set otherwise, as the task calls it."""
    told: dict[str, Any] = {}
    first = found[0]
    has_rows = first.kind in ("text", "sheet")
    shown = (len(first.sheets) > 1, first.encoding is not None, bool(first.delimiter), has_rows)
    places = iter(st.columns(max(1, sum(shown))))
    if len(first.sheets) > 1:
        with next(places):
            name = links.one(_("Sheet"), {one: one for one in first.sheets}, READING[0], first.sheet)
        told |= {"sheet": name} if name != first.sheet else {}
    if first.encoding:
        with next(places):
            name = links.one(_("Encoding"), encodings(first.encoding), READING[1], first.encoding.name)
        told |= {"encoding": name} if name != first.encoding.name else {}
    if first.delimiter:
        usual = DELIMITERS.get(first.delimiter, first.delimiter)
        names = {"tab": _("tab"), ",": _("comma"), ";": _("semicolon"), "|": "|", "|||": "|||"}
        with next(places):
            name = links.one(_("Between the columns"), {usual: usual} | names, READING[2], usual)
        told |= {"delimiter": name} if name != usual else {}
    if has_rows:
        usual = "names" if first.has_header else "pair"
        options = {"names": _("names the columns"), "pair": _("is a pair")}
        with next(places):
            name = links.one(_("The first row"), options, READING[3], usual)
        told |= {"header": name == "names"} if name != usual else {}
    return told


def encodings(found: Encoding) -> dict[str, str]:
    """The encodings on offer: the one that was found, those that it could be, and all others."""
    from model.data.encodings import KNOWN, describe_encodings

    names = dict.fromkeys((found.name, *found.others, *KNOWN))
    return {name: describe_encodings([name]) for name in names}


def tell_doubts(found: Sequence[Table]) -> None:
    """Says what of the files is not sure, and what it rests on."""
    from model.data.encodings import describe_encodings

    for table in found:
        if table.encoding and not table.encoding.is_sure:
            others = describe_encodings(table.encoding.others[:3])
            said = _("{file} is read as {encoding}; it could be {others}. Do the pairs below read well?")
            encoding = describe_encodings([table.encoding.name])
            st.warning(said.format(file=escape(table.name), encoding=encoding, others=others))
        if not table.is_sure:
            said = (
                _("The first row of {file} is taken for the names of the columns. Is it a pair?")
                if table.has_header
                else _("The first row of {file} is taken for a pair. Does it name the columns?")
            )
            st.caption(said.format(file=escape(table.name)))


def entities(look: Look) -> bool:
    """Whether signs that are written as in HTML become what they stand for; asked where there are some."""
    if not sum(part.counts.notes["entities"].count for part in look.parts):
        return False
    options = {"": _("stay as they are"), "undone": _("become what they stand for")}
    return links.one(_("HTML entities such as &amp;amp; and &amp;#39;"), options, READING[4], "") == "undone"


def undo(told: Mapping[str, Any]) -> None:
    """The button that takes back all that was chosen about the table."""
    changed = [key for key in (*READING, *COLUMNS) if key in st.query_params]
    if changed:
        st.button(_("Back to what was found"), key="undo table", icon=":material/undo:", on_click=forget)


def forget() -> None:
    """Take back all choices about a table."""
    for key in (*READING, *COLUMNS):
        st.session_state.pop(key, None)
        if key in st.query_params:
            del st.query_params[key]


# What of it is learned


def columns(found: Sequence[Table], paths: Sequence[Path], told: Mapping[str, Any]) -> dict[str, Any]:
    """The controls for the columns; what is set, in the words of the task.

    Of several tables only columns that all of them have can be chosen; else each proposes its own.
    """
    from model.data import looks, tables

    proposed = [looks.choose(table, {}) for table in found]
    shared = [name for name in found[0].header if all(name in table.header for table in found)]
    alike = len({(choice.source, choice.target) for choice in proposed}) == 1
    each = {} if alike else {"": _("as each file has it")}
    names = each | {name: name for name in shared}
    source, target, filtered = st.columns(3)
    with source:
        first = links.one(_("Source"), names, COLUMNS[0], proposed[0].source if alike else "")
    with target:
        second = links.one(_("Target"), names, COLUMNS[1], proposed[0].target if alike else "")
    with filtered:
        every = {"": _("every row")}
        sieve = links.one(_("Only rows with"), every | {name: name for name in shared}, COLUMNS[2], "")
    chosen: dict[str, Any] = {"source": first} if first else {}
    chosen |= {"target": second} if second else {}
    if sieve:
        stamps = tuple(tables.stamp(path) for path in paths)
        values = _values(stamps, looks.reading_of(told), sieve)
        keep = links.several(escape(sieve), values, KEEP, values[:1], placeholder=_("Choose values"))
        chosen |= {"filter": sieve, "keep": keep}
    else:
        st.session_state.pop(KEEP, None)
        links.put(KEEP, "")
    return chosen


def preview(look: Look) -> None:
    """The first pairs, as they will be learned."""
    part = next((part for part in look.parts if len(part.pairs)), look.parts[0])
    first = [part.pairs[place] for place in range(min(counted.SHOWN, len(part.pairs)))]
    read, written = tell_apart([part.choice.source, part.choice.target])  # perhaps one column for both
    st.dataframe(
        {read: [pair[0] for pair in first], written: [pair[1] for pair in first]},
        hide_index=True,
        width="stretch",
    )
