"""A file of translations and their references: one system's scores, or two systems and chance."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import frame, stage
from pages.common.language import _
from pages.common.text import escape
from pages.parts.score import choosing, pair, telling
from viz.labels import tell_apart

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.scores.files import Texts
    from model.scores.systems import Compared

FILES = "score files"
COLUMNS = ("score reference", "score first", "score second")  # in the session: a file's own names
ROW = "score row"
KINDS = ("tsv", "csv", "txt", "xlsx", "ods", "jsonl", "json", "zip", "gz")
LARGEST = 50  # megabytes
NAMED = {  # what columns are often called
    "reference": ("ref", "target", "gold", "참조", "정답"),
    "systems": ("hyp", "sys", "mt", "out", "pred", "trans", "번역"),
}


def show(bar: DeltaGenerator, tokenizer: str) -> None:
    """Upload, columns, the scores and the sentence, and any row as a pair.

    Raises ValueError with a plain sentence where a file is no table.
    """
    with bar:
        given = frame.upload_several(
            _("A table with a reference and one or two translations in each row, or two texts line by line"),
            KINDS,
            FILES,
            LARGEST,
        )
    if not given:
        with stage.picture():
            st.markdown(
                _(
                    "Each row needs a reference and a translation; a second translation is a second system. "
                    "Nothing is sent anywhere: the file is read here."
                )
            )
        stage.answer(_("Upload a file, and both scores of all its rows stand here."))
        return
    texts = read(tuple((one.name, one.getvalue()) for one in given))
    names = choose_columns(texts)
    texts = texts.having(names[0])
    with st.spinner(_("Drawing the texts anew, 1,000 times …")):
        found = compare(texts, names, tokenizer)
    with stage.picture():
        draw(found, names[1:])
    stage.answer(telling.tell_systems(found, tuple(escape(f"“{name}”") for name in names[1:])))
    if texts.left_out:
        said = _("Rows left out, without a reference, with too many cells, or not to be read: {count}")
        st.caption(said.format(count=f"{texts.left_out:,}"))
    signed = (f"{metric}: {signature}" for metric, signature in found.signatures.items())
    st.caption(escape(" · ".join(signed)))
    show_row(texts, names, tokenizer)


@st.cache_data(max_entries=8, show_spinner=False)
def read(files: tuple[tuple[str, bytes], ...]) -> Texts:
    """The texts of what was uploaded. Raises ValueError with a plain sentence."""
    from model.scores.files import read_texts

    with TemporaryDirectory() as folder:
        paths = []
        for place, (name, data) in enumerate(files):
            path = Path(folder) / str(place) / Path(name).name
            path.parent.mkdir()
            path.write_bytes(data)
            paths.append(path)
        return read_texts(paths)


@st.cache_data(max_entries=16, show_spinner=False)
def compare(texts: Texts, names: tuple[str, ...], tokenizer: str) -> Compared:
    from model.scores.systems import compare

    reference, *systems = (texts.column(name) for name in names)
    return compare(systems, reference, tokenizer)


def choose_columns(texts: Texts) -> tuple[str, ...]:
    """Which columns hold the reference, the translation and, if any, a second one."""
    usual = guess(texts.header)
    labels = {"": _("none"), **dict(zip(texts.header, tell_apart(texts.header), strict=True))}
    chosen: list[str] = []
    said = (_("Reference"), _("Translation"), _("Second translation"))
    for place, (column, label, key) in enumerate(zip(st.columns(3), said, COLUMNS, strict=True)):
        options = [name for name in texts.header if name not in chosen]
        if place == len(COLUMNS) - 1:
            options = ["", *options]
        held = st.session_state.get(key)
        wished = usual[place] if place < len(usual) else ""
        st.session_state[key] = held if held in options else wished if wished in options else options[0]
        with column:
            name: str = st.selectbox(label, options, key=key, format_func=labels.__getitem__)
        if name or place < 2:
            chosen.append(name)
    return tuple(chosen)


def guess(header: tuple[str, ...]) -> tuple[str, ...]:
    """The reference, then the systems, by what columns are called; in their order where they say nothing."""

    def is_called(name: str, words: tuple[str, ...]) -> bool:
        return any(word in name.lower() for word in words)

    reference = next((name for name in header if is_called(name, NAMED["reference"])), header[0])
    others = [name for name in header if name != reference]
    named = [name for name in others if is_called(name, NAMED["systems"])]
    return (reference, *(named or others)[:2])


def draw(found: Compared, names: tuple[str, ...]) -> None:
    """The scores in a table, a column for each system, so that a phone can show it."""
    lines: list[tuple[str, list[str]]] = []
    for metric, told in found.systems.items():
        drawn = _("{metric}, drawn anew").format(metric=metric)
        lines.append((f"**{metric}**", [f"**{telling.number(one.score)}**" for one in told]))
        lines.append((drawn, [telling.tell_draws(one) for one in told]))
        if len(told) > 1:
            lines.append((f"p ({metric})", [telling.tell_p(one.p) for one in told]))
    for n, subscript in enumerate("₁₂₃₄"):
        lines.append((f"p{subscript}", [telling.share(shares[n]) for shares in found.precisions]))
    lines.append((_("brevity penalty"), [f"{penalty:.3f}" for penalty in found.penalties]))
    columns = {_("System"): [name for name, _told in lines]}
    for place, label in enumerate(tell_apart(map(escape, names))):
        columns[label] = [told[place] for _name, told in lines]
    st.table(columns, hide_index=True)
    said = _("{count} texts, cut by {tokenizer}; p of a difference to the first system")
    st.caption(said.format(count=f"{found.count:,}", tokenizer=found.tokenizer))


def show_row(texts: Texts, names: tuple[str, ...], tokenizer: str) -> None:
    """One row as a pair, with what it shares marked."""
    count = len(texts.rows)
    st.session_state[ROW] = min(max(st.session_state.get(ROW, 1), 1), count)
    place = int(
        st.number_input(_("Row, 1 to {count}").format(count=f"{count:,}"), 1, count, key=ROW, width=200)
    )
    reference, *systems = (texts.column(name)[place - 1] for name in names)
    for number, (name, written) in enumerate(zip(names[1:], systems, strict=True), 1):
        st.markdown(f"**{escape(name)}**")
        pair.draw(choosing.score(written, reference, tokenizer), 1, key=str(number))
