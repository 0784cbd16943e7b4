"""What becomes of every row of a table: how many are pairs, and for each reason how many are set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common.language import _
from pages.common.text import escape

if TYPE_CHECKING:
    from model.data.looks import Look, Part
    from model.data.pairs import Tally

SHOWN = 3  # pairs


def show(look: Look) -> None:
    """How many pairs can be learned from, why other rows cannot, and what of those that can is changed."""
    st.caption(_("{count} pairs can be learned from").format(count=f"{len(look):,}"))
    several = len(look.parts) > 1
    for part in look.parts:
        name = f"{escape(part.table.name)}: " if several else ""
        for told in (tell_aside(part), tell_notes(part)):
            if told:
                st.caption(name + told)


def tell_aside(part: Part) -> str:
    """The rows that are set aside, with the numbers of the first ones."""
    reasons = {
        "filtered": _("{count} filtered out"),
        "broken": _("{count} that cannot be read"),
        "quote": _("{count} with a quotation mark that never closes"),
        "wide": _("{count} with more cells than there are columns"),
        "narrow": _("{count} with fewer cells than there are columns"),
        "empty": _("{count} with an empty cell"),
        "long": _("{count} too long"),
        "repeated": _("{count} repeated"),
    }
    out = [say(reasons[why], tally) for why, tally in part.counts.aside.items() if tally.count]
    above = part.table.above
    out += [_("above the table: {rows}").format(rows=list_rows(above, len(above)))] if above else []
    return _("Set aside: {reasons}").format(reasons=" · ".join(out)) if out else ""


def tell_notes(part: Part) -> str:
    """What there is to know of rows that are learned from."""
    undone = part.choice.entities
    notes = {
        "equal": _("{count} with the same text twice"),
        "entities": _("{count} with HTML entities, decoded") if undone else _("{count} with HTML entities"),
        "spaces": _("{count} with line breaks or other white space, which become single spaces"),
        "replaced": _("{count} with what is no character, which becomes �"),
    }
    out = [say(notes[what], tally) for what, tally in part.counts.notes.items() if tally.count]
    return _("Among the pairs: {notes}").format(notes=" · ".join(out)) if out else ""


def say(words: str, tally: Tally) -> str:
    """How many, and where the first of them are."""
    where = list_rows(tally.first, tally.count)
    return f"{words.format(count=f'{tally.count:,}')} ({where})"


def list_rows(numbers: tuple[int, ...], count: int) -> str:
    """ "row 3", or "rows 3, 5, 8, …" where there are more."""
    told = ", ".join(f"{number:,}" for number in numbers) + (", …" if count > len(numbers) else "")
    return (_("row {numbers}") if count == 1 else _("rows {numbers}")).format(numbers=told)
