"""A page run by Streamlit's own test runner."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from pages.common.menu import Page, pages

ROOT = Path(__file__).resolve().parents[2]


def run(page: str, language: str, **query: str) -> AppTest:
    """A page as a person of this language meets it, opened through the app."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in {"lang": language, **query}.items():
        app.query_params[name] = value
    if "/" in page:  # before its first run, Streamlit knows a page by its file's name
        app.run()
    if page != opening().script.name:
        app.switch_page(f"pages/{page}")
    return app.run()


# As `switch_page` and `run` know them.
PAGES = tuple(str(page.script.relative_to(ROOT / "pages")) for page in pages())


def opening() -> Page:
    """The page that the app opens on."""
    return next(page for page in pages() if page.default)
