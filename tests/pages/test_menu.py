"""The one list of pages: what each script says of itself, read and not run."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.common import menu
from pages.common.menu import GROUPS, N_, Page, group_pages, pages
from tests.pages.running import ROOT


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of pages."""
    monkeypatch.setattr(menu, "FOLDER", tmp_path)
    return tmp_path


def told() -> dict[str, list[str]]:
    return {group: [page.name for page in found] for group, found in group_pages().items()}


def test_every_script_is_a_page_that_says_what_it_is() -> None:
    scripts = {path.stem for path in (ROOT / "pages").glob("*.py")}
    scripts |= {path.parent.name for path in (ROOT / "pages" / "parts").glob("*/page.py")}
    assert {page.name for page in pages()} == scripts
    for page in pages():
        assert replace(page, name="", script=Path()) != Page(page.name.capitalize())
        assert "\nPAGE = Page(" in page.script.read_text(encoding="utf-8")
    assert [page.name for page in pages() if page.default] == ["explore"]
    names = [page.name for page in pages()]
    told = ("explore", "sequence", "vectors", "unrolled", "gates", "reach", "seq2seq", "parallel", "tokens")
    assert [name for name in names if name in told] == list(told)
    assert [*group_pages()] == list(GROUPS)


def test_the_order_of_groups_and_of_pages_in_them(folder: Path) -> None:
    def page(name: str, said: str) -> None:
        (folder / f"{name}.py").write_text(f"raise SystemExit('this was run')\nPAGE = Page({said})\n")

    page("b", 'title=N_("B"), group=N_("New")')
    page("a", 'title="A", group=N_("New")')
    page("last", "title='Last', group=N_('New'), order=101")
    page("helps", 'title="Helps", group=N_("Help"), order=2')
    page("idea", 'title="Idea", group="Text"')
    page("opens", 'title="Opens", default=True')
    assert told() == {"": ["opens"], "Text": ["idea"], "Help": ["helps"], "New": ["a", "b", "last"]}
    assert pages()[0] == Page("Opens", default=True, name="opens", script=folder / "opens.py")


def test_a_page_can_live_with_its_parts(folder: Path) -> None:
    (folder / "parts" / "lens").mkdir(parents=True)
    script = folder / "parts" / "lens" / "page.py"
    script.write_text('PAGE = Page(title=N_("Lens"), order=2)\n')
    (folder / "parts" / "lens" / "drawing.py").write_text('PAGE = Page(title="No page")\n')
    assert pages() == (Page("Lens", order=2, name="lens", script=script),)


@pytest.mark.parametrize(
    "script",
    [
        "",
        "import streamlit as st\n",
        "this is no Python\n",
        "PAGE = Page(titel='Lens')\n",
        "PAGE = Page()\n",
        "PAGE = Page(title='Le' + name)\n",
        "PAGE = 3\n",
    ],
)
def test_a_script_that_says_nothing_is_listed_by_its_name(folder: Path, script: str) -> None:
    (folder / "lens.py").write_text(script)
    assert pages() == (Page("Lens", name="lens", script=folder / "lens.py"),)


def test_what_has_changed_is_read_anew(folder: Path) -> None:
    script = folder / "lens.py"
    for number in range(3):
        script.write_text(f"PAGE = Page(title='{number}')\n")
        os.utime(script, (number, number))  # a file system may tell no more than hundredths of a second
        assert pages()[0].title == str(number)


def test_a_marked_text_is_itself() -> None:
    assert N_("Lens") == "Lens"


def test_the_list_needs_no_page_and_no_torch() -> None:
    code = (
        "import sys\nfrom pages.common.menu import pages\nassert len(pages()) > 8\n"
        "assert not {'torch', 'transformers', 'plotly', 'streamlit'} & set(sys.modules)\n"
        "assert not [name for name in sys.modules if name.startswith('pages.parts')]\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_app_opens_where_the_list_says() -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["lang"] = "en"
    assert app.run().title[0].value == "What does a word look at?"
