"""A page run by Streamlit's own test runner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

from pages.common import schema
from pages.common.menu import Page, pages
from pages.common.stage import ANSWER

ROOT = Path(__file__).resolve().parents[2]


def run(page: str, language: str, **query: str) -> AppTest:
    """A page as a person of this language meets it, opened through the app."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["lang"] = language
    if "/" in page:  # before its first run, Streamlit knows a page by its file's name
        app.run()
    for name, value in query.items():
        app.query_params[name] = value
    if page != opening().script.name:
        app.switch_page(f"pages/{page}")
    app.run()
    check_link(app, query)
    return app


def check_link(app: AppTest, given: Mapping[str, str] | None = None) -> None:
    """What a page put into its link is in the schema. given: what the test put there."""
    for name in app.query_params:
        told = app.query_params[name]
        for value in [told] if isinstance(told, str) else told:
            key = schema.find(name)
            assert value == (given or {}).get(name) or (key is not None and key.reads(value)), (name, value)


# As `switch_page` and `run` know them.
PAGES = tuple(str(page.script.relative_to(ROOT / "pages")) for page in pages())


def opening() -> Page:
    """The page that the app opens on."""
    return next(page for page in pages() if page.default)


def stage_answer(app: AppTest) -> str:
    """The sentence that answers the page's question, without the marks that make it plain text."""
    block = next(block for block in walk(app.main) if getattr(block, "key", None) == ANSWER)
    return " ".join(str(one.value) for one in block.markdown).replace("\\", "")


def walk(block: Any) -> Iterator[Any]:
    """A block of a page and everything in it that has children."""
    yield block
    for child in getattr(block, "children", {}).values():
        if hasattr(child, "children"):
            yield from walk(child)
