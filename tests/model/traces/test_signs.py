"""Signs for what cannot be seen: one table, for whatever a person types."""

from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.traces.signs import LINE_ENDS, NAMES, is_hidden, name, show


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the", "the"),
        ("", ""),
        (" ", "␣"),
        ("\u3000 ", "␣␣"),
        ("of the", "of the"),
        ("\t", "⇥"),
        (".\n\n", ".⏎⏎"),
        ("\u2028", "⏎"),
        ("trop\u00a0!", "trop⍽!"),
        ("\u202f", "⟨NNBSP⟩"),
        ("a\u200bb", "a⟨ZWSP⟩b"),
        ("\ufeffThe", "⟨BOM⟩The"),
        ("\u200e\u202e", "⟨LRM⟩⟨RLO⟩"),
        ("\u2067א\u2069", "⟨RLI⟩א⟨PDI⟩"),
        ("co\u00adop", "co⟨SHY⟩op"),
        ("\u2060", "⟨WJ⟩"),
        ("\x07", "⟨U+0007⟩"),
        ("\ud83d", "⟨U+D83D⟩"),
        ("\u0301", "◌\u0301"),
        ("e\u0301", "e\u0301"),
        ("a \u0301", "a ◌\u0301"),
        ("\u200b\u0301", "⟨ZWSP⟩◌\u0301"),
        ("\u0e31", "◌\u0e31"),
        ("กั", "กั"),
        ("\ufe0f", "⟨VS16⟩"),
        ("❤\ufe0f", "❤\ufe0f"),
        ("1\ufe0f\u20e3", "1\ufe0f\u20e3"),
        ("葛\U000e0100", "葛\U000e0100"),
        ("\u200d", "⟨ZWJ⟩"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("👩🏽\u200d🚀", "👩🏽\u200d🚀"),
        ("❤\ufe0f\u200d🔥", "❤\ufe0f\u200d🔥"),
        ("👩\u200d", "👩⟨ZWJ⟩"),
        ("a\u200db", "a⟨ZWJ⟩b"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("می\u200c", "می⟨ZWNJ⟩"),
        ("a\u200cb", "a⟨ZWNJ⟩b"),
        ("ක්\u200dර", "ක්\u200dර"),
        ("🏴\U000e0067\U000e0062\U000e007f", "🏴\U000e0067\U000e0062\U000e007f"),
        ("\U000e0067", "⟨U+E0067⟩"),
        ("\u115f\u1161", "\u115f\u1161"),
        ("\u115f", "⟨HCF⟩"),
        ("\u3164", "⟨HF⟩"),
        ("\u0600", "\u0600"),
        ("🫨", "🫨"),
    ],
)
def test_what_is_shown(text: str, shown: str) -> None:
    assert show(text) == shown


@given(st.text())
def test_what_is_shown_once_stays(text: str) -> None:
    assert show(show(text)) == show(text)


@given(st.text(st.characters() | st.sampled_from([*map(chr, NAMES), *LINE_ENDS, "👩", "क", "e"])))
def test_nothing_is_lost_and_only_what_is_hidden_has_a_sign(text: str) -> None:
    if text.strip(" "):
        shown = show(text).replace("◌", "")
        for character in text:
            own, sign = character in shown, name(character) in shown
            assert own or (sign and is_hidden(character)) or character == "◌"


@given(st.characters())
def test_no_character_alone_is_invisible(character: str) -> None:
    shown = show(character)
    assert shown.strip()
    assert category(shown[0]) not in ("Cc", "Cs", "Zs", "Zl", "Zp", "Mn", "Mc", "Me")
    assert category(shown[0]) != "Cf" or not is_hidden(shown)  # those of Arabic and others have a picture


def test_every_name_is_the_abbreviation_of_one_character() -> None:
    assert len(set(NAMES.values())) == len(NAMES)
    assert all(is_hidden(chr(number)) for number in NAMES)
