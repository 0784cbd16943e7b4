"""A second sentence on the pages: where it is asked for, what is done with it, and what is said of it."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from streamlit.testing.v1 import AppTest

from model import Cut, load, trace
from model.analysis.ablation import effect, matters, passage
from model.analysis.measures import measure
from pages.common.examples import PAIRS
from tests.model.paired import FIRST, SECOND, save_paired
from tests.pages.running import run

ASK = ("explore.py", "attention.py", "heads.py", "block.py", "path.py")
DO_NOT = ("masks.py", "positions.py", "translate.py")
LANGUAGES = ("en", "ko")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models")
    sizes = {"bert": {"max_position_embeddings": 64}}
    for name in ("bert", "roberta", "xlnet"):
        save_paired(name, place / name, **sizes.get(name, {}))
    return place


@pytest.fixture(autouse=True)
def offered(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The models are on offer by their names, so that a page with one can be run again."""
    monkeypatch.setenv("HEADLIGHT_RUNS", str(place))


def opened(page: str, name: str, language: str = "en", **query: str) -> AppTest:
    app = run(page, language, **{"checkpoint": name, "text": FIRST, **query})
    assert not app.exception
    return app


def fields(app: AppTest) -> list[str | None]:
    return [field.key for field in app.text_input]


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def figure(app: AppTest, key: str) -> dict[str, Any]:
    """The data and layout of a Plotly figure, by its key."""
    [chart] = [one for one in app.get("plotly_chart") if key in one.proto.id]
    found: dict[str, Any] = json.loads(chart.proto.spec)
    return found


def numbers(told: dict[str, str]) -> NDArray[Any]:
    """An array of a figure, as Plotly sends it."""
    return np.frombuffer(b64decode(told["bdata"]), told["dtype"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", ASK)
def test_pages_ask_for_a_second_sentence_where_the_model_reads_pairs(page: str, language: str) -> None:
    for name in ("bert", "roberta"):
        app = opened(page, name, language, pair=SECOND)
        assert app.text_input(key="pair").value == SECOND
        assert not app.error
        assert SECOND not in captions(app)
    app = opened(page, "pronouns", language)
    assert "pair" not in fields(app)
    assert not app.error


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", DO_NOT)
def test_pages_of_one_sentence_say_that_they_leave_the_second_out(page: str, language: str) -> None:
    app = opened(page, "bert", language, pair="Is it?")
    assert "pair" not in fields(app)
    assert "Is it?" in captions(app).replace("\\", "")
    assert "Is it?" not in captions(opened(page, "bert", language)).replace("\\", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_model_that_takes_one_text_says_that_it_leaves_the_second_out(language: str) -> None:
    app = opened("explore.py", "pronouns", language, pair="<b>Is</b> *it*?")
    assert "pair" not in fields(app)
    told = captions(app)
    assert "pronouns" in told
    assert r"\<b\>Is" in told  # as text, not as markup
    assert not app.error


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_second_sentence_can_be_typed_and_taken_away(language: str) -> None:
    app = opened("explore.py", "bert", language, pieces="true")
    for pair, words in (("", 8), (SECOND, 16), ("", 8)):
        app.text_input(key="pair").set_value(pair).run()
        assert not app.exception
        assert len(app.dataframe[-1].value) == words


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("text", "pair", "words"), [(FIRST, "  ", 8), ("", SECOND, 8), ("It.", "?", 3)])
def test_a_sentence_without_another_is_a_sentence(language: str, text: str, pair: str, words: int) -> None:
    app = opened("explore.py", "bert", language, text=text, pair=pair, pieces="true")
    assert not app.error
    table = app.dataframe[-1].value
    assert len(table) == words
    assert len(table.columns) == (3 if text.strip() and pair.strip() else 2)


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_empty_sentences_are_refused_as_one_is(language: str) -> None:
    app = opened("explore.py", "bert", language, text=" ", pair=" ")
    one = opened("explore.py", "bert", language, text=" ")
    assert [error.value for error in app.error] == [error.value for error in one.error]
    assert len(app.error) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_too_much_together_is_refused_with_the_count(language: str) -> None:
    long = "the dog " * 20
    assert not opened("explore.py", "bert", language, text=long).error
    app = opened("explore.py", "bert", language, text=long, pair=long)
    assert len(app.error) == 1
    assert "83" in app.error[0].value  # 40 + 40 words, [CLS] and two [SEP]
    assert "64" in app.error[0].value


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_and_pieces_lists_both(language: str) -> None:
    app = opened("explore.py", "bert", language, pair=SECOND, pieces="true")
    table = app.dataframe[-1].value
    assert "".join(table.iloc[:, -1]) == "A" * 8 + "B" * 8
    assert list(table.iloc[:, 0])[:3] == ["the", "dog", "sleeps"]
    assert list(table.iloc[:, 0])[8:10] == ["an", "animal"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_cut_is_cut_from_the_pair(language: str, place: Path) -> None:
    app = opened(
        "explore.py",
        "bert",
        language,
        pair=SECOND,
        held="3",
        segments="ab",
        cut="true",
        compare="true",
        edits="cut-encoder-3-12",
    )
    assert not app.error
    m = load(place / "bert")
    text = passage(m, FIRST, pair=SECOND)
    expected = effect(m, text, [Cut("encoder", query=2, key=11)]).by_words()
    np.testing.assert_allclose(numbers(figure(app, "moved")["data"][0]["y"]), expected.after, atol=1e-6)
    # Every word of both, special tokens too, whichever way the picture shows.
    stack = trace(m, FIRST, pair=SECOND)["encoder"]
    words = stack.keys.groups()
    compared = [numbers(bars["x"]) for bars in figure(app, "effect")["data"]]
    found = [matters(m, text, "encoder", [2], words), stack.by_words().weights[0, 0, 2]]
    for told in found:
        assert len(told) == 19
        assert any(np.allclose(bars, told, atol=1e-6) for bars in compared)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_measured_is_of_the_pair(language: str, place: Path) -> None:
    app = opened("explore.py", "xlnet", language, pair=SECOND, measured="true", measure="entropy")
    found = measure(load(place / "xlnet"), FIRST, "entropy", pair=SECOND)["encoder"].values
    alone = measure(load(place / "xlnet"), FIRST, "entropy")["encoder"].values
    assert f"{found.max():.2f}" != f"{alone.max():.2f}"
    lines = "\n".join(line.value for line in app.markdown)
    assert f"{found.max():.2f} " in lines
    assert f"{found.min():.2f} " in lines


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_figure_shows_the_part_that_the_view_shows(language: str, place: Path) -> None:
    app = opened("explore.py", "bert", language, pair=SECOND, segments="ba", figure="true")
    drawn = figure(app, "heatmap")["data"][0]
    stack = trace(load(place / "bert"), FIRST, pair=SECOND)["encoder"]
    assert app.query_params["segments"] in ("ba", ["ba"])
    assert (len(drawn["y"]), len(drawn["x"])) == (8, 8)
    values = numbers(drawn["z"]).reshape(8, 8)
    np.testing.assert_allclose(values, stack.by_words().weights[0, 0, 10:18, 1:9], atol=1e-6)


def test_a_way_through_a_pair_means_nothing_without_one() -> None:
    app = opened("explore.py", "bert", segments="ba")
    assert not app.error
    assert "segments" not in app.query_params


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_other_sentence_stands_in_the_place_of_the_first(language: str, place: Path) -> None:
    beside = "The animal sleeps on the old sofa."
    app = opened("explore.py", "bert", language, pair=SECOND, beside=beside, held="4")
    told = json.dumps(figure(app, "difference"))
    assert "resting" in told  # of the second sentence, which both have
    m = load(place / "bert")
    one, two = (trace(m, text, pair=SECOND)["encoder"].weights[0, 0, 3] for text in (FIRST, beside))
    assert not np.allclose(one, two)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_example_fills_all_sentences_and_another_empties_the_second(language: str) -> None:
    app = opened("explore.py", "bert", language)
    app.menu_button(key="examples").click_index(5).run()
    assert app.text_input(key="text").value == PAIRS[1].text
    assert app.text_input(key="pair").value == PAIRS[1].pair
    assert app.text_input(key="beside").value == PAIRS[1].beside
    app.menu_button(key="examples").click_index(0).run()
    assert app.text_input(key="pair").value == ""
    assert not app.exception
    assert len(app.menu_button(key="examples").options) == 6
    assert len(opened("explore.py", "pronouns", language).menu_button(key="examples").options) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_path_takes_both_sentences_along(language: str) -> None:
    app = opened("path.py", "bert", language, pair=SECOND, token="13")
    assert not app.error
    links = [str(link.proto) for link in app.get("page_link")]
    assert links
    assert all("resting" in link for link in links)


def test_the_shortest_example_stands_alone() -> None:
    app = opened("attention.py", "bert", pair=SECOND, experiment="bare")
    app.button(key="home").click().run()
    assert app.text_input(key="text").value == "I go home."
    assert app.text_input(key="pair").value == ""
    assert not app.exception


@pytest.mark.parametrize("part", ["growth", "residual", "feed-forward"])
def test_every_part_of_the_block_reads_the_pair(part: str) -> None:
    for whose in ("model", "twins"):
        app = opened("block.py", "bert", part=part, whose=whose, pair=SECOND, layers="2")
        assert not app.error


@pytest.mark.parametrize("part", ["maps", "shares", "one"])
def test_every_part_of_several_heads_reads_the_pair(part: str) -> None:
    app = opened("heads.py", "bert", part=part, pair=SECOND)
    assert not app.error


def test_old_links_are_as_they_were() -> None:
    """Nothing of the second sentence is in a link that has none."""
    app = opened("explore.py", "bert", heads="2.1", held="3", v="2")
    assert not {"pair", "segments"} & set(app.query_params)
    assert app.query_params["heads"] in ("2.1", ["2.1"])
