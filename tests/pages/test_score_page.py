"""The page on scores: its numbers are sacreBLEU's, whatever is typed or uploaded, in both languages."""

from __future__ import annotations

import re

import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from streamlit.testing.v1 import AppTest

from pages.parts.score.systems import guess
from tests.pages.running import run, stage_answer
from tests.pages.sentences import SENTENCES

PAGE = "score.py"
REFERENCES = [
    f"The {noun} did not cross the street because it was too {how}."
    for noun in ("dog", "cat", "truck", "train", "king", "guest")
    for how in ("wide", "tired", "old")
]
FIRST = [text.replace("did not cross", "does not cross") for text in REFERENCES]
SECOND = [text.replace("too", "very") if i % 3 == 0 else text for i, text in enumerate(REFERENCES)]
STRANGE = {
    "empty": "",
    "blank": "  ",
    "emoji": "🦉",
    "marks": "... !!! ** <b>x</b> $x$ [a](b)",
    "one": "dog",
    "arabic": "القطة لم تعبر الشارع",
    "control": "\x00\u202e\ufeff",
    "long": "word " * 1200,
}


def numbers(app: AppTest) -> list[float]:
    """BLEU and chrF, as the answer tells them."""
    return [float(one) for one in re.findall(r"\d+\.\d\d", stage_answer(app))[:2]]


def captions(app: AppTest) -> str:
    """All small print of the page."""
    return " ".join(line.value for line in app.caption).replace("\\", "")


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("place", range(0, len(SENTENCES) - 1, 3))
def test_the_numbers_are_sacrebleus(place: int, language: str) -> None:
    reference, written = SENTENCES[place], SENTENCES[place + 1]
    app = run(PAGE, language, reference=reference, translation=written)
    assert not app.exception
    tokenizer = re.findall(r"tok:([a-z0-9-]+)", captions(app))[0]
    bleu = BLEU(tokenize=tokenizer, effective_order=True).sentence_score(written, [reference]).score
    chrf = CHRF().sentence_score(written, [reference]).score
    assert numbers(app) == [pytest.approx(bleu, abs=0.006), pytest.approx(chrf, abs=0.006)]


@pytest.mark.parametrize("other", STRANGE.values(), ids=STRANGE)
@pytest.mark.parametrize("key", ["reference", "translation"])
def test_nonsense_is_measured_or_refused_in_one_sentence(key: str, other: str) -> None:
    app = run(PAGE, "en")
    app.text_input(key=key).set_value(other).run()
    assert not app.exception
    refused = (key == "reference" and not other.strip()) or len(other) > 5000
    assert len(app.error) == int(refused)
    app.text_input(key=key).set_value("The dog was tired.").run()
    assert not app.exception
    assert not app.error
    assert len(numbers(app)) == 2


@pytest.mark.parametrize("n", "1234")
@pytest.mark.parametrize("tokenizer", ["writing", "13a", "char", "none"])
def test_groups_and_tokenizers_are_chosen_by_the_link(n: str, tokenizer: str) -> None:
    app = run(PAGE, "ko", grams=n, cut_by=tokenizer, chrf="true", formula="true")
    assert not app.exception
    assert not app.error
    [found] = re.findall(r"tok:([a-z0-9-]+)", captions(app))
    assert tokenizer in (found, "writing")


def upload(app: AppTest, rows: list[tuple[str, ...]], name: str = "systems.tsv") -> None:
    content = "\n".join("\t".join(row) for row in rows).encode()
    app.file_uploader(key="score files").set_value([(name, content, "text/plain")]).run()


@pytest.mark.parametrize("language", ["en", "ko"])
def test_two_systems_of_a_file(language: str) -> None:
    app = run(PAGE, language, part="file")
    assert not app.exception
    upload(app, [("ref", "mt one", "mt two"), *zip(REFERENCES, FIRST, SECOND, strict=True)])
    assert not app.exception
    assert not app.error
    told = stage_answer(app)
    for texts in (FIRST, SECOND):
        assert f"{BLEU().corpus_score(texts, [REFERENCES]).score:.2f}" in told
        assert f"{CHRF().corpus_score(texts, [REFERENCES]).score:.2f}" in told
    assert ("**“mt two” is better**" if language == "en" else "**“mt two” 쪽이 낫습니다**") in told
    app.selectbox(key="score second").set_value("").run()
    assert not app.exception
    assert "mt two" not in stage_answer(app)
    app.number_input(key="score row").set_value(7).run()
    assert not app.exception


def test_a_system_against_itself_is_no_better() -> None:
    app = run(PAGE, "en", part="file")
    upload(app, [("ref", "one", "two"), *zip(REFERENCES, SECOND, SECOND, strict=True)])
    assert not app.exception
    assert stage_answer(app).startswith("**No difference beyond chance**")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"one column\nalone\n",
        b"\x89PNG\r\n\x1a\n\x00",
        b"reference\ttranslation\n" + b"\tthe dog slept\n" * 5,
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(content: bytes) -> None:
    app = run(PAGE, "ko", part="file")
    app.file_uploader(key="score files").set_value([("mine.tsv", content, "text/plain")]).run()
    assert not app.exception
    assert len(app.error) == 1


def test_columns_are_known_by_their_names() -> None:
    assert guess(("id", "hypothesis", "reference")) == ("reference", "hypothesis")
    assert guess(("mt a", "mt b", "ref")) == ("ref", "mt a", "mt b")
    assert guess(("A", "B", "C", "D")) == ("A", "B", "C")
    assert guess(("정답", "번역")) == ("정답", "번역")


def test_rows_without_a_reference_are_left_out_and_told() -> None:
    rows = [*zip(REFERENCES, SECOND, strict=True), ("", "The dog slept."), ("", "It rained.")]
    app = run(PAGE, "en", part="file")
    upload(app, [("reference", "translation"), *rows])
    assert not app.exception
    assert f"{BLEU().corpus_score(SECOND, [REFERENCES]).score:.2f}" in stage_answer(app)
    assert "not to be read: 2" in captions(app)


def test_nothing_is_called_more_than_0_that_is_shown_as_0() -> None:
    app = run(PAGE, "en", reference="dog " + "word " * 900, translation="dog slept")
    assert not app.exception
    assert numbers(app)[0] == 0
    assert "not 0" not in stage_answer(app)
