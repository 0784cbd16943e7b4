"""What a notebook is given: a frame with the linked view, or a plain table where there is none."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

import model
from model.trace import Stack, Trace
from model.traces import notebook as trace_cell
from tests.viz.traces import MARKUP, pieces, pronouns, random, tokens
from viz.linked import html

record = sys.modules["model.trace"]  # model.trace is the function


def framed(cell: str) -> str:
    """The page in the frame of a cell."""
    found = re.fullmatch(
        r'<style>[^<]*</style><iframe class="headlight-cell" [^<]*srcdoc="([^"]*)"></iframe>', cell
    )
    assert found
    return unescape(found[1])


def test_a_trace_is_shown_as_the_linked_view() -> None:
    for t in (pronouns(), pieces()):
        assert framed(t._repr_html_()) == html(t)
        assert 'sandbox="allow-scripts"' in t._repr_html_()


def test_the_frame_grows_with_the_text_within_bounds() -> None:
    heights = [trace_cell.height(random(length, 1, 1)) for length in (1, 10, 14, 20, 300)]
    assert heights == sorted(heights)
    assert (heights[0], heights[-1]) == (trace_cell.LOWEST, trace_cell.HIGHEST)
    assert len(set(heights)) == 5


def test_no_token_becomes_markup() -> None:
    marked = tokens([MARKUP])
    t = Trace(Stack("encoder", np.ones((1, 1, 1, 1), np.float32), marked, marked, (0,)), source=f'"{MARKUP}')
    framed(t._repr_html_())
    assert "<img" not in trace_cell.table(t)
    assert MARKUP not in t._repr_html_()


@pytest.mark.parametrize("viewer", [None, "", "no.such.package:html", "viz.linked:nothing", "viz.linked"])
def test_without_a_viewer_there_is_a_table(monkeypatch: pytest.MonkeyPatch, viewer: str | None) -> None:
    monkeypatch.setattr(record, "VIEWER", viewer)
    cell = pronouns()._repr_html_()
    assert "<iframe" not in cell
    assert re.findall(r"<t[hd]>([^<]*)</t[hd]>", cell)[6:12] == [
        "encoder",
        "0, 1",
        "4",
        "14",
        "14",
        "weights",
    ]
    assert "The animal didn&#x27;t cross" in cell
    assert "L&#x27;animal" in cell


def test_nothing_to_look_at_is_a_table_too() -> None:
    none = replace(pronouns()["encoder"], weights=np.zeros((0, 4, 14, 14), np.float32), layers=())
    for t in (Trace(), Trace(encoder=none), replace(pronouns(), encoder=none)):
        assert "<table>" in t._repr_html_()


def test_what_is_too_much_for_a_notebook_is_a_table_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(random(48, 6, 8)._repr_html_()) < trace_cell.LARGEST
    for name in ("LARGEST", "MOST_WEIGHTS"):
        with monkeypatch.context() as patch:
            patch.setattr(trace_cell, name, 100)
            cell = pronouns()._repr_html_()
        assert "<table>" in cell
        assert "too much for a notebook" in cell


def test_the_viewer_is_imported_only_when_a_notebook_asks() -> None:
    code = """
import sys
from model.trace import Trace
import model.traces.notebook
assert "viz" not in sys.modules
model.traces.notebook.find_viewer("viz.linked:html")
assert "viz" in sys.modules and "torch" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert model.Trace is Trace
