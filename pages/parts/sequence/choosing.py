"""What the page on sequences asks: the series, the place in it, the window, and how far ahead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import links, stage
from pages.common.language import _

if TYPE_CHECKING:
    from model.experiments.series import Series

SERIES, NUMBERS = "series", "numbers"
T, ORDER, AHEAD = "t", "order", "ahead"
USUAL = "sunspots"
IN_LINK = 1_500  # characters of a person's numbers that a link can carry everywhere
WIDEST, USUAL_ORDER = 20, 9  # of the window; nine years are most of a sunspot cycle


@dataclass(frozen=True, eq=False)
class Asked:
    """The series, by its name and a person's text; t: the place that is predicted first, from 0.

    order: of the autoregressive model, τ. ahead: how many numbers ahead is predicted, k.
    """

    name: str
    text: str
    series: Series
    t: int
    order: int
    ahead: int

    @property
    def step(self) -> int:
        """Which of the numbers held out it is, from 0."""
        return self.t - self.series.learned

    def called(self, place: int) -> str:
        """What a time is called: a year, or its number."""
        return str(self.series.begins + place)


def names() -> dict[str, str]:
    """The series, by their names in the link."""
    return {
        "sunspots": _("Sunspots, yearly mean"),
        "sine": _("Noisy sine"),
        "ar2": _("Autoregressive process of order 2"),
        "noise": _("White noise"),
        "own": _("Your own numbers"),
    }


@st.cache_data(max_entries=32, show_spinner=False)
def find_series(name: str, text: str) -> Series:
    """The series of a name. Raises ValueError with a plain sentence."""
    from model.experiments import series

    if name == "own":
        return series.read_numbers(text)
    made = {
        "sunspots": series.read_sunspots,
        "sine": series.draw_sine,
        "ar2": series.draw_autoregressive,
        "noise": series.draw_noise,
    }
    return made[name]()


def ask() -> Asked:
    """The controls. Raises ValueError with a plain sentence where a person's numbers are no series."""
    from model.experiments.sequence_models import FARTHEST

    text = ""
    with stage.bar():
        name = links.one(_("Series"), names(), SERIES, USUAL, label_visibility="collapsed", width=320)
        if name == "own":
            text = write_numbers()
    if len(text) > IN_LINK:
        st.caption(_("too long to be in the link"))
    series = find_series(name, text)
    held = len(series.values) - series.learned
    with stage.choices():
        moved, windows, steps = st.container(), st.container(width=170), st.container(width=170)
    with steps:
        ahead = slide(_("Steps ahead, k"), AHEAD, 1, min(FARTHEST, held // 2), 1)
    with windows:
        widest = min(WIDEST, series.learned // 4)
        order = slide(_("Window, τ"), ORDER, 1, widest, min(USUAL_ORDER, widest))
    with moved:
        first, last = series.learned, len(series.values) - ahead
        usual = min(find_usual(name, first), last)
        t = (
            slide(_("The number that is predicted, t"), T, first + 1, last + 1, usual + 1, series.begins - 1)
            - 1
        )
    return Asked(name, text, series, t, order, ahead)


def find_usual(name: str, first: int) -> int:
    """The place where a series opens: in the sunspots 1953, on the way down of a cycle; else the first."""
    return first + 47 if name == USUAL else first + 5


def slide(label: str, key: str, low: int, high: int, usual: int, shift: int = 0) -> int:
    """A slider whose ends may move. The link carries the number where it is not the usual one.

    shift: what is added to the number where a person reads it.
    """
    told = st.query_params.get(key, "")
    number = int(told) if told.isascii() and told.isdigit() and len(told) < 8 else usual
    if not low <= number <= high:
        links.leave_out(key, told)
        number = min(max(number, low), high)
    st.session_state[key] = number + shift
    moved: int = st.slider(
        label,
        low + shift,
        high + shift,
        key=key,
        on_change=lambda: links.put(key, str(st.session_state[key] - shift), str(usual)),
    )
    links.put(key, str(moved - shift), str(usual))
    return moved - shift


def write_numbers() -> str:
    """Where a person writes numbers. They are in the link where they are not too many."""
    if NUMBERS not in st.session_state:
        st.session_state[NUMBERS] = st.query_params.get(NUMBERS, "")
    text: str = st.text_area(
        _("Your own numbers"),
        key=NUMBERS,
        persist_state="session",
        height=80,
        label_visibility="collapsed",
        placeholder=_("Write or paste at least 30 numbers, between commas, spaces or line ends"),
    )
    text = text or ""
    links.put(NUMBERS, text if len(text) <= IN_LINK else "")
    return text
