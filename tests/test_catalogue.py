"""Everything a person reads exists in Korean, with the same places to fill in."""

from __future__ import annotations

import gettext
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "locale" / "ko" / "LC_MESSAGES" / "headlight"
ROOMS = ("app.py", "pages", "viz", "model")


def said_in_the_code() -> set[str]:
    """Every string that the code marks for translation."""
    found = extract_from_dir(
        ROOT,
        method_map=[("**.py", "python")],
        keywords={"_": None, "N_": None, "Refusal": None},
        directory_filter=lambda path: Path(path).name not in {".venv", "tests", "benchmarks", ".git"},
    )
    return {text for _name, _line, text, _comments, _context in found if isinstance(text, str)}


@pytest.fixture(scope="module")
def korean() -> dict[str, Message]:
    with CATALOGUE.with_suffix(".po").open("rb") as file:
        return {str(message.id): message for message in read_po(file) if message.id}


def test_every_string_is_translated(korean: dict[str, Message]) -> None:
    said = said_in_the_code()
    assert len(said) > 40, "the strings of the code were not found"
    missing = {text for text in said if text not in korean or not korean[text].string or korean[text].fuzzy}
    assert not missing


def test_no_translation_is_left_over(korean: dict[str, Message]) -> None:
    assert not set(korean) - said_in_the_code()


def test_translations_keep_the_places(korean: dict[str, Message]) -> None:
    def places(text: str) -> set[str]:
        return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}

    for text, message in korean.items():
        assert places(text) == places(str(message.string)), text


def test_what_is_loaded_is_what_is_written(korean: dict[str, Message]) -> None:
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        loaded = gettext.GNUTranslations(file)
    for text, message in korean.items():
        assert loaded.gettext(text) == message.string, f"run `make words`: {text}"
