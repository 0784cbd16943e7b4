"""A page run by Streamlit's own test runner."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]


def run(page: str, language: str, **query: str) -> AppTest:
    """A page as a person of this language meets it, opened through the app."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in {"lang": language, **query}.items():
        app.query_params[name] = value
    if page != "explore.py":
        app.switch_page(f"pages/{page}")
    return app.run()
