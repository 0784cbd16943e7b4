"""The page on word vectors: what is said is true of any word, sentence and text, and nonsense is refused."""

from __future__ import annotations

import re
from math import acos, degrees

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model.experiments.skip_gram import Vectors, train_vectors
from model.experiments.word_contexts import (
    Text,
    count_pairs,
    find_nearest,
    read_text,
    split_sentence,
    weigh_pairs,
)
from pages.parts.vectors.passage import make_sentences
from tests.pages.running import check_link, run, stage_answer
from tests.pages.sentences import SENTENCES

PAGE = "vectors.py"
PARTS = ("nearest", "pairs", "mixing")
OWN = (
    "The cat saw a dog near the old bridge. The dog saw a cat near the new house. A bird sang over the "
    "house. The bird saw the cat. It slept. We walk along the river every day, and they walk along the road. "
) * 4
STRANGE = {
    "empty": "",
    "marks": "... !!! 🦉 \n",
    "short": "only a few words",
    "alike": "again and again " * 60,
    "apart": "\n".join(f"word{i % 40}" for i in range(200)),
    "control": "\x00\u202e\ufeff",
}


@pytest.fixture(scope="module")
def learned() -> tuple[Text, Vectors]:
    """What the page learns by default, without the page."""
    text = read_text(make_sentences("en"))
    return text, train_vectors(text, 2)


def numbers(said: str) -> list[float]:
    return [float(one.replace("−", "-")) for one in re.findall(r"−?[0-9]+\.[0-9]+", said)]


WORDS = ("dog", "tired", "street", "it", "the", "because", "cake", "truck", "castle", "wide", "n't",
         "crossed", "guitar", "water", "was", "hungry", "yesterday", "drank", "two", "too")  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_what_is_said_of_neighbours_is_true_of_any_word(word: str, learned: tuple[Text, Vectors]) -> None:
    text, vectors = learned
    app = run(PAGE, "en", word=word)
    assert not app.exception
    if word not in text.places:
        assert len(app.error) == 1
        assert word in app.error[0].value
        return
    assert not app.error
    place = text.places[word]
    near, start, counted = (
        find_nearest(table, place, 6)
        for table in (vectors.words, vectors.start, weigh_pairs(count_pairs(text, 2)))
    )
    said = stage_answer(app)
    assert f"“**{word}**”" in said
    assert f"“**{text.words[near[0][0]]}**”" in said or f"“{text.words[near[0][0]]}”" in said
    assert numbers(said)[:2] == [pytest.approx(near[0][1], abs=0.006), pytest.approx(start[0][1], abs=0.006)]
    assert ("Nothing is nearer" in said) == (near[0][1] <= start[0][1])
    if "Nothing" not in said:
        shared = len({one for one, _cosine in near} & {one for one, _cosine in counted})
        assert f"finds {shared} of these {len(near)} words" in said


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("part", ["pairs", "mixing"])
def test_what_is_said_is_true_of_any_sentence(
    part: str, sentence: str, learned: tuple[Text, Vectors]
) -> None:
    text, vectors = learned
    app = run(PAGE, "en", part=part, sentence=sentence)
    assert not app.exception
    words = [word.text for word in split_sentence(sentence)][:24]
    known = [word for word in words if word in text.places]
    if not known:
        assert len(app.error) == 1
        return
    assert not app.error
    unknown = [word for word in words if word not in text.places]
    assert bool(unknown) == any("Left out" in caption.value for caption in app.caption)
    said = stage_answer(app)
    chosen = re.search(r"“\*\*(.+?)\*\*”", said)
    assert chosen is not None
    assert chosen[1] in known
    if part == "pairs":
        if "nothing is learned" not in said:
            real, drawn, half = numbers(said)
            assert half == 0.5
            assert ("do not tell" in said) == (real <= drawn)
        return
    others = set(known) - {chosen[1]}
    assert ("There is no other word" in said) == (not others)
    if others:
        told = re.findall(r"“\*\*(.+?)\*\*”", said)
        x = vectors.words[[text.places[word] for word in known]].astype(float)
        own = vectors.words[text.places[chosen[1]]].astype(float)
        grown = np.exp(x @ own - (x @ own).max())
        weights = grown / grown.sum()
        shares = {word: weights[[one == word for one in known]].sum() for word in known}
        assert told[1] == max(others, key=lambda word: float(shares[word]))
        goal = vectors.words[text.places[told[1]]].astype(float)

        def angle(one: np.ndarray) -> float:
            return degrees(acos(float(one @ goal / np.linalg.norm(one) / np.linalg.norm(goal))))

        expected = [angle(own), angle(weights @ x), angle(x.mean(0))]
        assert numbers(said)[-3:] == [pytest.approx(one, abs=0.06) for one in expected]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("corpus", ["en", "ko"])
@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_in_both_languages(part: str, corpus: str, language: str) -> None:
    app = run(PAGE, language, part=part, corpus=corpus)
    assert not app.exception
    assert not app.error
    assert stage_answer(app)


def test_readers_of_korean_begin_with_korean() -> None:
    app = run(PAGE, "ko")
    assert app.selectbox(key="corpus").value == "ko"
    assert str(app.query_params["corpus"]).strip("[]'") == "ko"
    assert "김치" in stage_answer(app)
    assert run(PAGE, "en").selectbox(key="corpus").value == "en"


def test_another_text_begins_with_a_word_of_its_own() -> None:
    app = run(PAGE, "en", word="truck", part="nearest")
    app.selectbox(key="corpus").set_value("ko").run()
    assert not app.exception
    assert not app.error
    assert "word" not in app.query_params
    assert "김치" in stage_answer(app)


def test_a_word_is_found_however_it_is_written() -> None:
    assert "“**dog**”" in stage_answer(run(PAGE, "en", word=" Dog. "))
    assert "“**서울**”" in stage_answer(run(PAGE, "ko", corpus="ko", word="서울에서"))


def test_the_link_keeps_what_is_chosen() -> None:
    app = run(PAGE, "en")
    assert set(app.query_params) <= {"lang"}
    app.selectbox(key="word").set_value("truck").run()
    app.slider(key="window").set_value(3).run()
    told = {name: str(app.query_params[name]).strip("[]'") for name in app.query_params}
    assert told["word"], told["window"] == ("truck", "3")
    check_link(app)
    again = run(PAGE, "en", word="truck", window="3")
    assert stage_answer(again) == stage_answer(app)


def test_a_word_of_the_sentence_is_chosen_where_it_stands() -> None:
    app = run(PAGE, "en", part="mixing", token="2")
    assert "“**animal**”" in stage_answer(app)
    assert run(PAGE, "en", part="mixing", token="77").error == []


def table(app: AppTest) -> list[str]:
    """The words of the pairs, in order."""
    return [word for one in app.get("html") for word in re.findall(r"<bdi>(.*?)</bdi>", one.proto.body)]


def test_other_words_are_drawn() -> None:
    app = run(PAGE, "en", part="pairs", token="2")
    before = table(app)
    app.button(key="draw others").click().run()
    assert not app.exception
    assert str(app.query_params["draw"]).strip("[]'") == "1"
    assert table(app) != before


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_nonsense_is_refused_in_one_sentence_and_a_text_works_again(
    text: str, part: str, language: str
) -> None:
    app = run(PAGE, language, corpus="own", part=part)
    app.text_area(key="own text").set_value(text).run()
    assert not app.exception
    assert len(app.error) == 1
    app.text_area(key="own text").set_value(OWN).run()
    assert not app.exception
    assert not app.error
    assert stage_answer(app)


def test_a_text_of_markup_is_text() -> None:
    app = run(PAGE, "en", corpus="own")
    app.text_area(key="own text").set_value(OWN + "<b>bold</b> **star** $x$ :red[tired] " * 20).run()
    assert not app.exception
    app.selectbox(key="word").set_value("<b>bold</b>").run()
    assert not app.exception
    assert not app.error
    for shown in app.markdown:
        assert "<b>bold" not in shown.value
    assert not any("<b>bold" in one.proto.body for one in app.get("html"))


def test_a_file_is_read_whatever_its_encoding() -> None:
    from pages.parts.vectors.passage import decode

    text = "철수는 영희를 만났다. 그는 학교에 갔다. " * 30
    for encoding in ("utf-8", "utf-8-sig", "cp949", "utf-16"):
        assert decode(text.encode(encoding), "a.txt") == text


@pytest.mark.parametrize(
    ("name", "value"),
    [("corpus", "x"), ("window", "99"), ("part", "<b>"), ("token", "0"), ("draw", "-1")],
)
def test_a_strange_link_is_passed_over(name: str, value: str) -> None:
    for part in PARTS if name != "part" else [value]:
        app = run(PAGE, "en", **{"part": part, name: value})
        assert not app.exception
        assert not app.error


def test_the_loss_is_shown_when_it_is_asked_for() -> None:
    for part in ("nearest", "pairs"):
        app = run(PAGE, "en", loss="true", part=part)
        assert not app.exception
        assert len(app.get("plotly_chart")) >= 1
