"""A person's own tables in a real browser: sent as they are, and learned from with nothing but the button."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from model.training import jobs
from tests.browser.conftest import App
from tests.browser.test_train import LONG, QUICK, press_train, run_box, training  # noqa: F401 - a fixture
from tests.browser.waiting import WAIT
from tests.model.table_files import put, sheet

PAIRS = [(f"I see {i} birds.", f"나는 새 {i}마리를 본다 ㅋㅋ") for i in range(30)]


def headerless(folder: Path) -> Path:
    rows = [f"{a}\t{b}\tCC-BY 2.0 (France) Attribution: #{i}" for i, (a, b) in enumerate(PAIRS)]
    return put(folder / "eng-kor.txt", "\n".join(rows))


def second_sheet(folder: Path) -> Path:
    rows = [("번호", "원문", "번역문"), *((i, *pair) for i, pair in enumerate(PAIRS))]
    return sheet(folder / "대화.xlsx", [("읽어 보세요",)], 자료=rows)


def lines_of_json(folder: Path) -> Path:
    records = [json.dumps({"id": i, "translation": {"en": a, "ko": b}}) for i, (a, b) in enumerate(PAIRS)]
    return put(folder / "pairs.jsonl", "\n".join(records))


@pytest.mark.parametrize("make", [headerless, second_sheet, lines_of_json])
def test_a_table_is_learned_from_with_nothing_but_the_button(
    make: Callable[[Path], Path],
    training: App,  # noqa: F811
    page: Page,
    tmp_path: Path,
) -> None:
    page.goto(f"{training.url}/train?task=pairs&{QUICK}&set_steps=20")
    page.locator("input[type=file]").first.set_input_files(make(tmp_path))
    expect(page.get_by_text("30 pairs can be learned from")).to_be_visible(timeout=WAIT)
    expect(page.get_by_text(re.compile(r"[\d,]+ parameters"))).to_be_visible(timeout=LONG)
    press_train(page)
    expect(run_box(page)).to_have_value(re.compile("done"), timeout=LONG)
    [job] = jobs.jobs()
    card = (job.folder / "README.md").read_text(encoding="utf-8")
    assert "29 pairs were learned from, 1 kept for validation." in card


def test_the_reading_of_a_large_table_is_told_and_can_be_ended(
    training: App,  # noqa: F811
    page: Page,
    tmp_path: Path,
) -> None:
    rows = "".join(f"I see {i} birds.\t나는 새 {i}마리를 본다\n" for i in range(600_000))
    page.goto(f"{training.url}/train?task=pairs&{QUICK}&set_steps=20")
    page.locator("input[type=file]").first.set_input_files(put(tmp_path / "many.txt", rows))
    expect(page.get_by_text(re.compile("[1-9][0-9]*0,000 rows read"))).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Cancel").first.click()
    expect(page.get_by_text("Reading was stopped.")).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Read it").click()
    expect(page.get_by_text("600,000 pairs can be learned from")).to_be_visible(timeout=LONG)
