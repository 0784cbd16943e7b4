"""Every page, in both languages, run by Streamlit's own test runner."""

from __future__ import annotations

import gettext
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from model import load, trace
from pages.common import views
from tests.pages.running import PAGES, ROOT, run

STRANGE = {
    "empty": "",
    "blank": "   ",
    "long": "word " * 10_000,
    "emoji": "🦉",
    "joined emoji": "👩‍👩‍👧‍👦 🇰🇷",
    "arabic": "القطة لم تعبر الشارع لأنها كانت متعبة.",
    "korean": "동물은 길을 건너지 않았다.",
    "control": "\x00\u202e\ufeff",
}
KOREAN = gettext.translation("headlight", ROOT / "locale", languages=["ko"])
UNKNOWN = ["no-such/checkpoint", "/nowhere", "..", "checkpoint with spaces", "<b>x</b>"]


@pytest.mark.parametrize("page", PAGES)
def test_page_opens_in_both_languages(page: str) -> None:
    """Under one title, which in Korean is the catalogue's."""
    titles = []
    for language in ("en", "ko"):
        app = run(page, language)
        assert not app.exception
        assert not app.error
        [title] = app.title
        titles.append(title.value)
    english, korean = titles
    assert korean == KOREAN.gettext(english) != english


FOLDED: list[tuple[str, dict[str, str]]] = [(page, {}) for page in PAGES] + [
    *(
        ("seq2seq.py", {"network": network})
        for network in ("rnn", "bahdanau", "luong", "both", "transformer")
    ),
    *(("vectors.py", {"part": part}) for part in ("pairs", "mixing")),
    *(("tokens.py", {"part": part}) for part in ("merges", "train", "vectors")),
    *(("unrolled.py", {"checkpoint": name}) for name in ("tagger-lstm", "reverse-attention")),
    ("gates.py", {"checkpoint": "tagger-lstm"}),
    ("reach.py", {"part": "trained"}),
]


@pytest.mark.parametrize(("page", "query"), FOLDED, ids=[f"{page} {query}" for page, query in FOLDED])
def test_everything_that_is_folded_can_be_opened(page: str, query: dict[str, str]) -> None:
    """All of it at once: no two things on a page have the same name."""
    app = run(page, "en", **query)
    folds = {one.proto.query_param_key for one in app.expander} - {""}
    app = run(page, "en", **query, **dict.fromkeys(folds, "true"))
    assert not app.exception
    assert not app.error
    assert {one.proto.query_param_key for one in app.expander if one.proto.expanded} >= folds


@pytest.mark.parametrize("page", [page for page in PAGES if "/" not in page])
def test_a_page_file_run_alone_goes_through_the_app(page: str) -> None:
    """A cold process answers a deep link with the page file alone; language and menu must be there."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.switch_page(f"pages/{page}").run()  # before any run: Streamlit goes by the file's name
    assert not app.exception
    assert "lang" in app.session_state
    assert len(app.title) == 1


@pytest.mark.parametrize(
    ("page", "language"), [("explore.py", "en"), ("explore.py", "ko"), ("translate.py", "ko")]
)
@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_any_text_is_answered(text: str, page: str, language: str) -> None:
    """Strange text is either shown or refused in one sentence; the next sentence works again."""
    app = run(page, language)
    app.text_input(key="text").set_value(text).run()
    assert not app.exception
    assert len(app.error) <= 1
    if not text.strip() or len(text) > 1000:
        assert len(app.error) == 1
    assert app.text_input(key="text").value == text
    app.text_input(key="text").set_value("The dog was tired.").run()
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_checkpoint_is_refused_in_one_sentence(name: str) -> None:
    app = run("explore.py", "en", checkpoint=name)
    assert not app.exception
    assert len(app.error) == 1
    app.selectbox(key="checkpoint").set_value("pronouns").run()
    assert not app.exception
    assert not app.error


def test_a_broken_checkpoint_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{ this is not JSON")
    app = run("explore.py", "ko", checkpoint=str(tmp_path))
    assert not app.exception
    assert len(app.error) == 1


def test_an_example_fills_both_sentences() -> None:
    app = run("explore.py", "en")
    app.menu_button(key="examples").click_index(3).run()
    assert not app.exception
    assert (
        app.text_input(key="text").value == "The trophy doesn't fit in the suitcase because it is too small."
    )
    assert (
        app.text_input(key="beside").value == "The trophy doesn't fit in the suitcase because it is too big."
    )


def test_markup_in_a_sentence_is_text() -> None:
    app = run("explore.py", "en")
    app.text_input(key="text").set_value(
        "<b>The</b> **animal** [x](javascript:alert(1)) $x$ was :red[tired]."
    ).run()
    assert not app.exception
    for shown in app.markdown:
        assert "**animal**" not in shown.value
        assert not shown.allow_html


def test_a_link_to_another_kind_of_attention_holds_no_word_of_the_first() -> None:
    app = run("explore.py", "en", kind="cross", compared="true")
    assert not app.exception
    assert app.query_params["kind"] == "cross"
    assert any("Hold a word" in caption.value for caption in app.caption)


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("The animal was quiet because it was too tired.", ["it"]),
        ("Since it's tired, it didn't cross the street.", ["it's"]),
        ("The animal was tired.", []),
    ],
)
def test_the_word_that_the_card_names_is_held_first(text: str, held: list[str]) -> None:
    m = load(ROOT / "checkpoints" / "pronouns")
    found = trace(m, text)
    view = views.first(m, found)
    words = found[view.kind].by_words().query_tokens
    assert [words[place] for place in view.held] == held
