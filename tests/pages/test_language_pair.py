"""The languages of a translator on the pages, run by Streamlit's own test runner: chosen, shown, kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from model import load, trace
from model.decode.decoding import write
from tests.model.polyglots import model, tokenizer
from tests.pages.running import ROOT, run

pytestmark = pytest.mark.usefixtures("pronouns")

TEXT = "The animal"
LABELS = {"en": ("From", "To"), "ko": ("원문 언어", "번역 언어")}
ASKING = sorted(
    path.name
    for path in (ROOT / "pages").glob("*.py")
    # The page on reach opens without a sentence, and differentiates no translator of these languages.
    if "ask.sentence()" in path.read_text(encoding="utf-8") and path.name != "reach.py"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tiny random translators, as save_pretrained leaves them."""
    folder = tmp_path_factory.mktemp("translators")
    for kind in ("nllb", "m2m100", "marian"):
        words = tokenizer(kind)
        model(kind, words).save_pretrained(folder / kind)
        words.save_pretrained(folder / kind)
    return folder


@pytest.fixture(autouse=True)
def offered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pages offer them by their names."""
    monkeypatch.setenv("HEADLIGHT_RUNS", str(folder))


@pytest.fixture(scope="module")
def nllb(folder: Path) -> Any:
    return load(folder / "nllb")


def said(app: AppTest) -> str:
    """The translation, as it stands on the page."""
    return str(app.subheader[0].value).replace("\\", "")


def boxes(app: AppTest) -> list[str]:
    return [box.label for box in app.selectbox if box.key in ("from", "to")]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_translator_of_many_languages_asks_for_two(nllb: Any, language: str) -> None:
    app = run("translate.py", language, checkpoint="nllb", text=TEXT)
    assert not app.exception
    assert not app.error
    assert boxes(app) == list(LABELS[language])
    assert (app.selectbox(key="from").value, app.selectbox(key="to").value) == ("eng_Latn", "fra_Latn")
    assert app.selectbox(key="to").options == list(nllb.languages.codes)
    assert not {"from", "to"} & set(app.query_params)
    usual = write(nllb, TEXT)
    assert said(app) == usual.text

    app.selectbox(key="to").set_value("deu_Latn").run()
    german = write(nllb, TEXT, target_language="deu_Latn")
    assert said(app) == german.text != usual.text
    assert app.query_params["to"] == "deu_Latn"
    app.selectbox(key="from").set_value("kor_Hang").run()
    korean = write(nllb, TEXT, source_language="kor_Hang", target_language="deu_Latn")
    assert said(app) == korean.text != german.text
    assert app.query_params["from"] == "kor_Hang"
    assert not app.exception


@pytest.mark.parametrize("page", ASKING)
@pytest.mark.parametrize(("kind", "target"), [("nllb", "deu_Latn"), ("marian", "deu")])
def test_a_link_says_the_languages(folder: Path, page: str, kind: str, target: str) -> None:
    app = run(page, "en", checkpoint=kind, text=TEXT, to=target, cut="true", measured="true")
    assert not app.exception
    assert not app.error
    assert boxes(app) == (["To"] if kind == "marian" else ["From", "To"])
    assert app.selectbox(key="to").value == target
    assert app.query_params["to"] == target
    written = write(load(folder / kind), TEXT, target_language=target)
    if page == "translate.py":
        assert said(app) == written.text
    if page == "explore.py":
        assert written.text in [str(text.value).replace("\\", "") for text in app.markdown]


def test_what_was_kept_of_one_language_is_not_shown_for_another(nllb: Any) -> None:
    for target in ("deu_Latn", "kor_Hang", "deu_Latn"):
        app = run("translate.py", "en", checkpoint="nllb", text=TEXT, to=target)
        assert said(app) == trace(nllb, TEXT, target_language=target).output_text


@pytest.mark.parametrize("page", ["explore.py", "translate.py"])
def test_a_checkpoint_of_one_language_asks_nothing(page: str) -> None:
    app = run(page, "en", **{"to": "fra_Latn", "from": "x"})
    assert not app.exception
    assert not app.error
    assert boxes(app) == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "This model has no language"), ("ko", "이 모델에 없는 언어입니다: tlh")],
)
@pytest.mark.parametrize("key", ["from", "to"])
def test_a_language_that_there_is_not(nllb: Any, key: str, language: str, sentence: str) -> None:
    app = run("translate.py", language, checkpoint="nllb", text=TEXT, **{key: "tlh"})
    assert not app.exception
    assert len(app.error) == 1
    assert sentence in app.error[0].value.replace("\\", "")
    assert said(app) == write(nllb, TEXT).text
    assert key not in app.query_params
    app.run()
    assert not app.error


@pytest.mark.parametrize("key", ["from", "to"])
@pytest.mark.parametrize("nothing", ["", " "])
def test_a_link_that_says_nothing_of_a_language(key: str, nothing: str) -> None:
    app = run("translate.py", "en", checkpoint="nllb", text=TEXT, **{key: nothing})
    assert not app.exception
    assert not app.error
    assert app.selectbox(key=key).value == {"from": "eng_Latn", "to": "fra_Latn"}[key]
    assert key not in app.query_params


def test_a_language_in_another_spelling() -> None:
    app = run("translate.py", "en", checkpoint="nllb", text=TEXT, to="DEU_latn")
    assert not app.error
    assert app.selectbox(key="to").value == "deu_Latn"
    assert app.query_params["to"] == "deu_Latn"


def test_another_translator_has_other_languages() -> None:
    app = run("translate.py", "en", checkpoint="nllb", text=TEXT, to="deu_Latn")
    app.selectbox(key="checkpoint").set_value("m2m100").run()
    assert not app.exception
    assert not app.error
    assert (app.selectbox(key="from").value, app.selectbox(key="to").value) == ("en", "fr")
    app.selectbox(key="checkpoint").set_value("pronouns").run()
    assert not app.exception
    assert boxes(app) == []


def test_the_languages_go_along_to_another_page() -> None:
    app = run("translate.py", "en", checkpoint="nllb", text=TEXT, to="deu_Latn")
    app.selectbox(key="from").set_value("kor_Hang").run()
    app.switch_page("pages/attention.py").run()
    assert not app.exception
    assert (app.selectbox(key="from").value, app.selectbox(key="to").value) == ("kor_Hang", "deu_Latn")


def test_chosen_words_go_with_their_language(nllb: Any) -> None:
    ids = write(nllb, TEXT, target_language="deu_Latn").ids
    prefix = ".".join(map(str, (*ids[:2], nllb.tokenizer.convert_tokens_to_ids("e"))))
    app = run("translate.py", "en", checkpoint="nllb", text=TEXT, to="deu_Latn", prefix=prefix)
    assert not app.exception
    chosen = write(nllb, TEXT, prefix=tuple(map(int, prefix.split("."))), target_language="deu_Latn")
    assert said(app) == chosen.text
    assert [button for button in app.button if button.label == "Let the model choose again"]
    app.selectbox(key="to").set_value("fra_Latn").run()
    assert "prefix" not in app.query_params
    assert said(app) == write(nllb, TEXT).text
    assert not [button for button in app.button if button.label == "Let the model choose again"]
