"""Writings are told apart as Unicode names their characters, and most of a text decides."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.text.scripts import is_unspaced, script_of

# By the first word of its name in Unicode: a writing that puts no spaces between words, or one that does.
UNSPACED = (
    *("CJK UNIFIED", "CJK COMPATIBILITY", "HIRAGANA LETTER", "KATAKANA LETTER", "THAI CHARACTER"),
    *("LAO LETTER", "KHMER LETTER", "MYANMAR LETTER", "TIBETAN LETTER", "BOPOMOFO LETTER"),
)
SPACED = ("LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "DEVANAGARI", "HANGUL", "ETHIOPIC", "GEORGIAN")


def characters(names: tuple[str, ...]) -> list[str]:
    every = map(chr, range(sys.maxunicode + 1))
    found = [c for c in every if unicodedata.name(c, "").startswith(names)]
    # CJK COMPATIBILITY has signs of measures, too, which are no letters of a word
    return [c for c in found if unicodedata.category(c)[0] == "L"]


def test_every_letter_is_on_its_side() -> None:
    assert all(map(is_unspaced, characters(UNSPACED)))
    assert not any(map(is_unspaced, characters(SPACED)))
    assert not any(map(is_unspaced, "0123 .,!?…“”，。！？：；「」 ฿😂ㅋㅠ"))


@pytest.mark.parametrize(
    ("script", "texts"),
    [
        ("chinese", ["我们在这里喜欢苹果。", "他说：“好の！”"]),
        ("chinese", ["我喜欢在家里用 Windows", "好"]),
        ("japanese", ["私は学校に行きました。", "東京都庁前駅で待つ"]),
        ("korean", ["위로해 드립니다 ㅋㅋ", "漢字 조금", "OK 좋아"]),
        ("unspaced", ["สวัสดีครับ"]),
        ("unspaced", ["ສະບາຍດີ", "hi"]),
        ("unspaced", ["សួស្តី"]),
        ("unspaced", ["မင်္ဂလာပါ"]),
        ("spaced", ["The word สวัสดี means hello", "한국어 is Korean, 中文 is Chinese"]),
        ("spaced", ["Привет, мир", "γειά σου"]),
        ("spaced", ["123 !?", ""]),
        ("spaced", []),
    ],
)
def test_most_of_the_texts_decide(script: str, texts: list[str]) -> None:
    assert script_of(texts) == script


@given(st.lists(st.text("가나 ab中の了ก"), max_size=6), st.randoms())
def test_neither_order_nor_repetition_matters(texts: list[str], chance: object) -> None:
    assert script_of(texts) == script_of(texts[::-1]) == script_of(texts * 3)
