"""Streamlit's theme and the figures wear the same colours."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from viz import scales

CONFIG = Path(__file__).resolve().parents[2] / ".streamlit" / "config.toml"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_app_wears_the_colours_of_the_figures(dark: bool) -> None:
    theme = tomllib.loads(CONFIG.read_text())["theme"]["dark" if dark else "light"]
    colours = scales.theme(dark)
    assert theme["backgroundColor"] == theme["sidebar"]["backgroundColor"] == colours["paper"]
    assert theme["textColor"] == colours["ink"]
    assert theme["borderColor"] == colours["rule"]
    assert theme["secondaryBackgroundColor"] == colours["shade"]
    assert theme["sidebar"]["secondaryBackgroundColor"] == colours["shade"]
    assert theme["primaryColor"] == theme["linkColor"] == colours["accent"]
