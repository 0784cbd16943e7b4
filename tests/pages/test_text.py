"""Words of a person inside a sentence: plain, and each where it is said."""

from __future__ import annotations

import pytest

from pages.common.text import escape
from tests.pages.running import run


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a *b*", r"a \*b\*"),
        ("“it”, “하나”", "“it”, “하나”"),
        ("كتاب", "\u2068كتاب\u2069"),
        ("ספר one", "\u2068ספר one\u2069"),
        ("“كتاب”, “it”, “دار”", "“\u2068كتاب\u2069”, “it”, “\u2068دار\u2069”"),
    ],
)
def test_only_words_from_right_to_left_are_isolated(text: str, plain: str) -> None:
    assert escape(text) == plain


def test_words_from_right_to_left_keep_their_quotes_and_their_order() -> None:
    app = run("explore.py", "en", checkpoint="pronouns", text="كتاب دار")
    [told] = [line.value for line in app.caption if "Not seen in training" in line.value]
    assert "“\u2068كتاب\u2069”, “\u2068دار\u2069”" in told
    assert app.query_params["text"] == "كتاب دار"
