"""The linked view on the page: its link, the sentence beside it, the page that is saved."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import streamlit as st

from model.trace import Trace
from pages.common import figures, links, views
from tests.viz.traces import pronouns, stack, tokens
from viz.labels import tell_apart
from viz.linked import View


@pytest.fixture
def link(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    told: dict[str, str] = {}
    monkeypatch.setattr(st, "query_params", told)
    monkeypatch.setattr(st, "session_state", {links.ARRIVED: {}})
    return told


def halves() -> Trace:
    """As many layers and heads in each kind of attention."""
    side = tokens(["one", "two", "three", "four", "five"])
    return Trace(**{kind: stack(kind, side, side, layers=3) for kind in ("encoder", "decoder", "cross")})  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["encoder", "decoder", "cross"])
@pytest.mark.parametrize("heads", [((2, 0),), ((1, 3), (2, 0))])
@pytest.mark.parametrize("held", [(), (3,), (0, 4)])
def test_a_link_brings_the_view_back(link: dict[str, str], kind: Any, heads: Any, held: Any) -> None:
    trace, start = halves(), View("encoder", ((2, 0),), held=(3,))
    view = View(kind, heads, held=held).fit_to(trace)
    views.to_link(view, start, trace)
    assert views.from_link(start, trace) == view


def test_the_view_of_the_start_leaves_nothing_in_the_link(link: dict[str, str]) -> None:
    start = View("encoder", ((2, 0),), held=(3,))
    trace = halves()
    views.to_link(View("cross", ((2, 0),), held=(3,)), start, trace)
    views.to_link(start, start, trace)
    assert link == {}


def test_only_words_of_both_sentences_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []
    monkeypatch.setattr(figures.viz, "difference", lambda *rows, **said: drawn.append((rows, said)))
    monkeypatch.setattr(figures.st, "plotly_chart", lambda *_, **__: None)
    one, two = pronouns("tired"), pronouns("wide")
    view = View("encoder", ((1, 3),), held=(8,))
    for held in ((8,), (8, 11)):  # "tired" does not stand in the other
        figures.difference(one, replace(view, held=held), two)
    (first, said), (second, other) = drawn
    assert said["title"] == other["title"] == "What “it” looks at"
    for before, after in zip(first, second, strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_page_is_saved_in_the_language_of_who_saves_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    monkeypatch.setattr(figures.st, "plotly_chart", lambda *_, **__: None)
    monkeypatch.setattr(figures.st, "segmented_control", lambda *_, **__: "PNG")
    monkeypatch.setattr(figures.st, "download_button", lambda _label, make, *_, **__: made.append(make))
    main = threading.get_ident()
    monkeypatch.setattr(figures, "current", lambda: "ko" if threading.get_ident() == main else "en")
    figures.heatmap(pronouns(), View("encoder", ((1, 3),)), "pronouns")
    pages: list[str] = []
    saving = threading.Thread(target=lambda: pages.append(made[0]()))
    saving.start()
    saving.join()
    assert '<html lang="ko"' in pages[0]


def test_equal_options_are_told_apart() -> None:
    labels = tell_apart(["the", "dog", "the", "the"])
    assert len(set(labels)) == 4
    assert [label.rstrip("\u200b") for label in labels] == ["the", "dog", "the", "the"]
