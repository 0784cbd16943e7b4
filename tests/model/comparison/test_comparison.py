"""The comparison: small runs of two networks, trained, measured, written down; and what its figure says."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.comparison import measure, plan, run, table
from model.comparison.measure import Result, Spread
from model.comparison.plan import CONTESTS, Contest
from model.networks import families
from model.tasks import find
from model.training.settings import config_with
from viz import comparison

SMALL = Contest(
    task="reverse",
    settings={"longest": 20},
    max_steps=2,
    score="exact",
    along="letters",
    networks={"LSTM": {"network": "lstm", "hidden_size": 8, "d_model": 8}, "Transformer": {"d_model": 16}},
)


def test_networks_are_trained_measured_and_written_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (plan, run, measure, table):
        monkeypatch.setattr(module, "SEEDS", (0,), raising=False)
    jobs = run.run_all(tmp_path / "runs", [SMALL])
    assert [job.network for job in jobs] == ["LSTM", "Transformer"]
    assert all(job.is_done for job in jobs)
    written = {job.folder: (job.folder / "model.safetensors").stat().st_mtime_ns for job in jobs}
    again = run.run_all(tmp_path / "runs", [SMALL])  # which does nothing anew
    assert {job.folder: (job.folder / "model.safetensors").stat().st_mtime_ns for job in again} == written
    results = measure.compare(jobs, [SMALL])
    (found,) = results
    assert [list(one.by_place) for one in found] == [[10, 20]] * 2
    assert all(one.training > 0 and one.writing > 0 and one.tokens is None for one in found)
    table.write_page(tmp_path / "docs", results, [SMALL])
    text = (tmp_path / "docs" / table.PAGE).read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| LSTM") or line.startswith("| Transf")]
    assert len(rows) == 2
    assert {row.count("|") for row in rows} == {9}
    assert "– (0 of 1)" in text
    ElementTree.fromstring((tmp_path / "docs" / table.FIGURE).read_text(encoding="utf-8"))


def test_a_failed_run_is_told(tmp_path: Path) -> None:
    broken = replace(SMALL, networks={"Transformer": {"num_heads": 7}})
    with pytest.raises(ValueError, match=r"failed: .*multiple of the number of heads"):
        run.run_all(tmp_path, [broken], at_once=1)


@pytest.mark.parametrize("contest", CONTESTS, ids=lambda contest: contest.task)
def test_networks_of_a_contest_have_as_many_parameters(contest: Contest, tmp_path: Path) -> None:
    task = find(contest.task).with_data([], contest.settings)
    tokenizer = task.tokenizer(tmp_path)
    counts = {
        name: sum(
            weight.numel()
            for weight in families.build(config_with(task.config(tokenizer), told)).parameters()
        )
        for name, told in contest.networks.items()
    }
    middle = counts["Transformer"]
    assert all(abs(count - middle) <= 0.1 * middle for count in counts.values()), counts


def test_tokens_to_the_goal_are_those_of_the_first_look_that_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = [{"step": step, "scores": {"exact": share}} for step, share in ((10, 0.5), (20, 0.96), (30, 0.9))]
    monkeypatch.setattr(measure, "read_looks", lambda _job: looks)
    job = run.Job(SMALL, "LSTM", 0, tmp_path)
    assert measure.reach(job, 7.0) == 20 * find("reverse").recipe.batch_size * 7
    monkeypatch.setattr(measure, "read_looks", lambda _job: looks[:1])
    assert measure.reach(job, 7.0) is None


@given(st.lists(st.none() | st.floats(0, 1), max_size=5))
def test_a_spread_is_of_all_seeds_or_none(numbers: list[float | None]) -> None:
    found = Spread.of(numbers)
    if not numbers or None in numbers:
        assert found is None
    else:
        assert found is not None
        known = [number for number in numbers if number is not None]
        assert min(known) == found.least <= found.middle <= found.most == max(known)


@given(
    st.dictionaries(
        st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=9),
        st.lists(st.tuples(st.integers(1, 60), st.floats(0, 1)), min_size=1, max_size=5),
        min_size=1,
        max_size=7,
    )
)
def test_the_figure_is_well_formed_and_shows_each_line(lines: dict[str, list[tuple[int, float]]]) -> None:
    panel = {
        "title": "a < b",
        "along": "letters",
        "lines": {name: [(place, y, y, y) for place, y in line] for name, line in lines.items()},
    }
    root = ElementTree.fromstring(comparison.draw([panel, panel]))
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}polyline")) == 2 * len(lines)
    words = [one.text for one in root.findall(f"{space}text")]
    assert words.count("a < b") == 2
    assert all(words.count(name) >= 1 for name in lines)
    for one in root.findall(f"{space}polyline"):
        for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", one.attrib["points"]):
            assert 0 <= float(x) <= 2 * comparison.WIDTH
            assert comparison.TOP - 1 <= float(y) <= comparison.HEIGHT


def test_shares_and_tokens_are_said_with_their_spread() -> None:
    spread = Spread(0.5, 0.25, 1.0)
    assert table.share(spread) == "0.50 (0.25 – 1.00)"
    assert table.share(None) == "–"
    known = Result("LSTM", 5, spread, {}, Spread(2e6, 1e6, 3e6), 3, 1e-6, 1e-3)
    assert table.tokens(known) == "2.0 M (1.0 – 3.0)"
    assert table.tokens(replace(known, tokens=None, reached=2)) == "– (2 of 3)"
