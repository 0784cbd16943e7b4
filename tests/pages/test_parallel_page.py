"""One at a time, or all at once, run by Streamlit's own test runner: formulas for any n and d, and times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model.experiments import parallel
from model.experiments.parallel import TIMED, Times, find_complexity
from pages.parts.heads.costs import short, three
from pages.parts.parallel import layers, telling
from tests.pages.running import run, stage_answer

PAGE = "parallel.py"
SETTINGS = [(n, d) for n in (16, 64, 256, 1024, 4096) for d in layers.WIDTHS]  # twenty


def make_times(mode: Any, attention: float, lstm: float, scale: float = 1e-6) -> Times:
    """Times that grow like n to these powers."""
    lengths = parallel.LENGTHS[mode]
    powers = {"attention": attention, "lstm": lstm}
    seconds: dict[Any, Any] = {
        layer: scale * np.array(lengths, dtype=float) ** powers.get(layer, 1.0) for layer in TIMED
    }
    return Times(mode, 64, 4, lengths, seconds, 7, 1)


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """Nothing is measured, but what is asked for is kept."""
    asked: list[tuple[int, str]] = []

    def measure(width: int, mode: Any, on_step: Callable[[], object]) -> Times:
        asked.append((width, mode))
        return make_times(mode, 1.5, 1.0)

    monkeypatch.setattr(parallel, "measure_times", measure)
    return asked


def press(app: AppTest) -> AppTest:
    return app.button(key="measure").click().run()


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("part", ["train", "write"])
def test_it_opens_measures_and_shows_both(part: str, language: str, timed: list[tuple[int, str]]) -> None:
    app = run(PAGE, language, part=part, formula="true")
    assert not app.exception
    assert len(app.get("plotly_chart")) == 2
    before = stage_answer(app)
    press(app)
    assert not app.exception
    assert timed == [(64, part)]
    assert len(app.get("plotly_chart")) == 2
    assert stage_answer(app) != before
    assert "n = " in stage_answer(app)
    assert any("1" in line.value and "7" in line.value and "float32" in line.value for line in app.caption)


@pytest.mark.parametrize(("n", "d"), SETTINGS)
def test_what_is_said_of_the_formulas_is_true(n: int, d: int) -> None:
    app = run(PAGE, "en", n=str(n), cost_width=str(d))
    answer = stage_answer(app)
    attention, recurrent = (find_complexity(layer, n, d) for layer in ("attention", "recurrent"))
    assert short(attention.operations) in answer
    assert f"{n:,} steps, one after another" in answer
    larger, smaller = max(n, d), min(n, d)
    if n == d:
        assert attention.operations == recurrent.operations
        assert "as many words as features" in answer
    else:
        assert short(recurrent.operations) in answer
        assert f"{three(larger / smaller)} times" in answer
        more = answer.index("times") < answer.index("recurrent layer")
        assert more == (attention.operations > recurrent.operations)
    [table] = app.table
    cells = table.value.to_numpy()
    assert cells[0][1] == f"O(n²·d) = {n * n * d:,}"
    assert cells[1][1:].tolist() == [f"O(n·d²) = {n * d * d:,}", f"O(n) = {n:,}", f"O(n) = {n:,}"]


@pytest.mark.parametrize("attention", [0.9, 1.4, 1.8, 2.1, 2.6])
@pytest.mark.parametrize("lstm", [0.5, 0.9, 1.1, 1.6])
def test_what_is_said_of_times_is_true(attention: float, lstm: float) -> None:
    for mode in ("train", "write"):
        times = make_times(mode, attention, lstm)
        said = telling.tell_times(times)
        assert f"n = {times.lengths[-1]}" in said
        assert f"n^{{{attention:.1f}}}" in said
        assert f"n^{{{lstm:.1f}}}" in said
        close = abs(attention - 2) <= telling.CLOSE, abs(lstm - 1) <= telling.CLOSE
        assert ("as the formulas say" in said) == all(close)
        assert ("LSTM’s time grows" in said) == (close == (False, True))
        assert ("Attention’s time grows" in said) == (close == (True, False))
        first = said.index("LSTM") < said.index("self-attention")
        assert first == (lstm > attention)  # the slower one stands first


def test_times_belong_to_their_width_and_mode(timed: list[tuple[int, str]]) -> None:
    app = press(run(PAGE, "en"))
    assert "Measured" in stage_answer(app)
    app.select_slider(key="cost_width").set_value("128").run()
    assert "Measured" not in stage_answer(app)
    app.select_slider(key="cost_width").set_value("64").run()
    assert "Measured" in stage_answer(app)
    app.segmented_control(key="part").set_value("write").run()
    assert "Measured" not in stage_answer(app)
    assert timed == [(64, "train")]


def test_the_link_comes_back_and_nonsense_is_told() -> None:
    app = run(PAGE, "en")
    app.select_slider(key="n").set_value("1024").run()
    app.segmented_control(key="part").set_value("write").run()
    assert (app.query_params["n"], app.query_params["part"]) == ("1024", "write")
    assert stage_answer(run(PAGE, "en", n="1024", part="write")) == stage_answer(app)
    for wrong in ({"n": "many"}, {"cost_width": "-3"}, {"part": "sleep"}):
        app = run(PAGE, "en", **wrong)
        assert not app.exception
        assert any("has no meaning here" in line.value for line in app.caption)


def test_a_real_measurement_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "LENGTHS", {"train": (2, 4, 8), "write": (2, 4, 8)})
    monkeypatch.setattr(parallel, "SECONDS", 0.0)
    app = press(run(PAGE, "en", cost_width="32"))
    assert not app.exception
    assert "Measured at n = 8" in stage_answer(app)
