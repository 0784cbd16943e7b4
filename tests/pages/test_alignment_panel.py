"""Word alignment on the Translate page, run by Streamlit's own test runner, in both languages."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from model import load, trace
from model.analysis.alignment import Aligner, ended, link_diagonal, middle, read_pharaoh, write_pharaoh
from model.capture.checkpoint import Checkpoint
from model.decode.decoding import write
from model.edits import Cut
from model.tasks.translation.alignments import measure
from model.text.words import split_words
from tests.pages.running import run

SENTENCE = "I don't drink black coffee in the evening."
LANGUAGES = pytest.mark.parametrize("language", ["en", "ko"])


@pytest.fixture(scope="module")
def m() -> Checkpoint:
    return load("checkpoints/en-fr")


def opened(language: str = "en", **query: str) -> AppTest:
    app = run("translate.py", language, **{"text": SENTENCE, "align": "true"} | query)
    assert not app.exception
    return app


def line(app: AppTest) -> str:
    (code,) = app.code
    return str(code.value)


def expected(m: Checkpoint, aligner: Aligner, text: str = SENTENCE, edits: tuple[Cut, ...] = ()) -> str:
    found = trace(m, text, target=write(m, text, edits=edits).ids, edits=edits)
    return write_pharaoh(aligner.align(found, split_words(text), split_words(found.output_text or "")))


def told(app: AppTest, number: float) -> bool:
    return any(f"{number:.3f}" in caption.value.replace("\\", "") for caption in app.caption)


@LANGUAGES
def test_what_the_card_has_chosen_is_shown_first_with_its_error_rate(m: Checkpoint, language: str) -> None:
    app = opened(language)
    found = measure(m)
    assert not app.error
    assert line(app) == expected(m, found.aligner)
    assert told(app, found.rates.error)
    assert told(app, found.diagonal.error)
    assert "align_layer" not in app.query_params


@LANGUAGES
def test_the_table_has_the_links_and_the_diagonals(m: Checkpoint, language: str) -> None:
    app = opened(language)
    links = read_pharaoh(line(app))
    french = [word.text for word in split_words(write(m, SENTENCE).text)]
    english = [word.text for word in split_words(SENTENCE)]
    frame = app.dataframe[0].value
    assert list(frame.iloc[:, 0]) == [f"{i} {word}" for i, word in enumerate(english)]
    diagonal = link_diagonal(len(english), len(french))
    for column, those in ((1, links), (2, diagonal)):
        for i, cell in enumerate(frame.iloc[:, column]):
            own = [f"{j} {french[j]}" for a, j in sorted(those) if a == i]
            assert cell == (", ".join(own) or "–")
    shared, count = len(links & diagonal), len(links)
    assert any(str(shared) in c.value and str(count) in c.value for c in app.caption)


@LANGUAGES
def test_another_choice_is_in_the_link_and_no_rate_is_told_of_it(m: Checkpoint, language: str) -> None:
    found = measure(m)
    app = opened(language)
    app.button_group(key="align_layer").set_value("2").run()
    app.multiselect(key="align_heads").set_value(["1", "4"]).run()
    app.button_group(key="align_method").set_value("naive").run()
    assert not app.exception
    assert line(app) == expected(m, Aligner(1, (0, 3), "naive"))
    assert not told(app, found.rates.error)
    query = {name: app.query_params[name] for name in ("align_layer", "align_method", "v")}
    assert {name: value if isinstance(value, str) else value[0] for name, value in query.items()} == {
        "align_layer": "2",
        "align_method": "naive",
        "v": "3",
    }
    again = opened(language, align_layer="2", align_method="naive", v="2")
    assert line(again) == expected(m, Aligner(1, (0, 1, 2, 3), "naive")), (
        "no head that is named is all of them"
    )


def test_a_rate_is_not_told_of_a_model_that_is_changed(m: Checkpoint) -> None:
    """Nor is an end forgotten: the text is the one under the changes."""
    found = measure(m)
    sentence = "The animal didn't cross the street because it was too wide."
    words = trace(m, sentence)["encoder"].query_tokens
    it, street = words.index("it"), words.index("street")
    app = opened(text=sentence, edits=f"cut-encoder-{it + 1}-{street + 1}")
    assert line(app) == expected(m, found.aligner, sentence, (Cut("encoder", it, street),))
    assert not told(app, found.rates.error)
    assert any("has not been measured" in caption.value for caption in app.caption)
    whole = opened(text=sentence)
    assert told(whole, found.rates.error)
    assert not any("has not been measured" in caption.value for caption in whole.caption)


@LANGUAGES
def test_of_a_model_without_such_pairs_no_rate_is_told(language: str) -> None:
    pronouns = load("checkpoints/pronouns")
    sentence = "The dog ate the cake because it was hungry."
    app = opened(language, checkpoint="pronouns", text=sentence)
    assert line(app) == expected(pronouns, middle(pronouns), sentence)
    assert not any(
        "0." in caption.value.replace("\\", "") and "120" in caption.value for caption in app.caption
    )


@pytest.mark.parametrize(
    "query",
    [
        {"align_layer": "9"},
        {"align_layer": "<b>"},
        {"align_heads": "17"},
        {"align_heads": "x"},
        {"align_method": "giza"},
    ],
    ids=str,
)
def test_what_a_link_cannot_ask_for_is_passed_over(m: Checkpoint, query: dict[str, str]) -> None:
    app = opened(**query)
    assert not app.error
    assert line(app) == expected(m, measure(m).aligner)


def test_a_text_without_an_end_is_aligned_to_its_last_word(m: Checkpoint) -> None:
    """A beginning that fills the text up to the model's room is not followed by an end of its own."""
    ids = write(m, SENTENCE).ids[:3]
    found = trace(m, SENTENCE, target=ended(m, ids))
    words = split_words(found.output_text or "")
    links = measure(m).aligner.align(found, split_words(SENTENCE), words)
    assert sorted(j for _, j in links) == list(range(len(words)))


def test_words_are_shown_as_text() -> None:
    app = opened(text="Is *this* <b>bold</b> or $x$?")
    assert not app.error
    assert "<b>bold</b>" in " ".join(app.dataframe[0].value.iloc[:, 0])
