"""The Tokens page, run by Streamlit's own test runner: every part, strange texts, strange links."""

from __future__ import annotations

import html
import re
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import load
from model.analysis.subword_vectors import vectors
from model.text.subwords import film, learn, learn_at_most, sample
from pages.parts.tokens.passage import DRAWN
from tests.model.families import build, tokenizer
from tests.pages.running import run
from tests.pages.sentences import SENTENCES
from tests.pages.test_pages import STRANGE

pytestmark = pytest.mark.usefixtures("pronouns")

PARTS = ["side", "merges", "train", "vectors"]


def head(app: AppTest) -> str:
    """The answer at the picture, as plain text."""
    return str(app.container("answer").markdown[0].value).replace("\\", "").replace("**", "")


def lines(app: AppTest) -> dict[str, list[str]]:
    """The boxes of each table row, by its name."""
    found = {}
    for one in app.get("html"):
        for row in re.findall(r"<tr><th scope=\"row\">(.*?)</tr>", one.proto.body):
            name = html.unescape(row.split("<")[0])
            pieces = re.findall(r"<bdi>(.*?)</bdi>", row)
            found[name] = [html.unescape(re.sub("<i>.*?</i>", "", piece)) for piece in pieces]
    return found


def unknown(app: AppTest) -> list[str]:
    return re.findall(r"hl-unknown[^>]*><bdi>(.*?)</bdi>", "".join(one.proto.body for one in app.get("html")))


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens_in_both_languages(part: str, language: str) -> None:
    app = run("tokens.py", language, part=part)
    assert not app.exception
    assert not app.error
    assert head(app)


def test_a_word_never_met_is_read_as_its_parts() -> None:
    app = run("tokens.py", "en")
    assert head(app).startswith("unaffordable → un + afford + able for byte-pair; ")
    shown = lines(app)
    assert {"Words", "Characters", "Byte-pair", "Unigram", "WordPiece", "pronouns"} == set(shown)
    assert "unaffordable" in shown["Words"]
    assert shown["Byte-pair"][2:5] == ["un", "afford", "able"]
    assert "".join(shown["Characters"]).replace("␣", " ") == app.text_input(key="passage").value
    assert unknown(app).count("unaffordable") == 2  # words, and the checkpoint's words


def test_the_size_of_the_vocabulary_changes_the_pieces() -> None:
    app = run("tokens.py", "en")
    few = len(lines(app)["Byte-pair"])
    app.slider(key="size").set_value(450).run()
    assert len(lines(app)["Byte-pair"]) > few


def test_another_text_is_cut_and_stands_in_the_link() -> None:
    app = run("tokens.py", "en", passage="학교에서 친구들을 만났습니다.")
    assert "".join(lines(app)["Byte-pair"]) == "학교에서친구들을만났습니다."
    app.menu_button(key="passages").click(3).run()
    assert "👩‍👩‍👧‍👦" in str(app.text_input(key="passage").value)
    assert "👩‍👩‍👧‍👦" in str(app.query_params["passage"])
    assert any("UTF-8" in caption.value for caption in app.caption)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE)
def test_any_text_is_answered(part: str, text: str) -> None:
    app = run("tokens.py", "en", part=part)
    for learned_from in ("sample", "text"):
        app.session_state["learn"] = learned_from
        app.text_input(key="passage").set_value(text).run()
        assert not app.exception
        assert len(app.error) <= 2
    app.text_input(key="passage").set_value("The dog was tired.").run()
    assert not app.exception


@pytest.mark.parametrize(
    ("name", "value"),
    [("part", "x"), ("merge", "-3"), ("merge", "999999"), ("merge", "x"), ("piece", "0"), ("piece", "77777"),
     ("learn", "<b>"), ("size", "x"), ("vocabulary", "-1"), ("kind_of_tokenizer", "9")],
)  # fmt: skip
def test_a_strange_link_is_passed_over(name: str, value: str) -> None:
    for part in PARTS if name != "part" else ["x"]:
        app = run("tokens.py", "en", **{"part": part, name: value})
        assert not app.exception
        assert not app.error


# The merges.


def test_a_merge_is_played_and_kept_in_the_link() -> None:
    text = "unaffordable"
    app = run("tokens.py", "en", part="merges", passage=text)
    assert "every character is a piece" in head(app)
    played = film(learn_at_most(sample(), "bpe", 20_000), text)
    for step in (1, 2):
        app.button(key="merge on").click().run()
        merge = played.merges[step - 1]
        assert head(app).startswith(f"{merge.left} + {merge.right} → {merge.left + merge.right}: ")
        assert app.slider(key="merge").value == step
    app.slider(key="merge").set_value(len(played.merges)).run()
    assert app.metric[0].value == str(played.pieces[-1]) == "3"
    assert app.button(key="merge on").disabled
    app.button(key="merge back").click().run()
    assert app.metric[0].value == str(played.pieces[-2])
    assert str(app.query_params["merge"]).strip("[]'") == str(len(played.merges) - 1)


def test_merges_are_learned_from_the_text_itself() -> None:
    text = "low lower lowest new newer newest"
    app = run("tokens.py", "en", part="merges", passage=text, learn="text", merge="1")
    first = film(learn_at_most(text, "bpe", 20_000), text).merges[0]
    assert head(app).startswith(f"{first.left} + {first.right} → {first.left}{first.right}: ")


def test_a_merge_far_back_in_a_long_text_is_seen() -> None:
    """Signs that no merge takes stand before the word; not all of the boxes can be drawn."""
    app = run("tokens.py", "en", part="merges", passage="龘" * 200 + " unaffordable", merge="1")
    assert not app.exception
    left, right = head(app).split(" → ")[0].split(" + ")
    drawn = "".join(one.proto.body for one in app.get("html"))
    assert re.findall(r"hl-fresh[^>]*><bdi>(.*?)</bdi>", drawn) == [left + right]
    count = len(re.findall(r'class="hl-piece[ "]', drawn))
    assert 0 < count <= DRAWN
    assert f"and {int(app.metric[0].value) - count} more" in drawn


# Training.


def test_a_tokenizer_is_trained_and_can_be_saved() -> None:
    app = run("tokens.py", "en", part="train", kind_of_tokenizer="unigram", vocabulary="400")
    learned = learn(sample(), "unigram", 400)
    assert list(app.dataframe[0].value["Piece"]) == [piece.replace(" ", "␣") for piece in learned.vocabulary]
    assert len(app.get("download_button")) == 1


def test_a_size_that_does_not_fit_is_refused_and_the_right_one_offered() -> None:
    app = run("tokens.py", "en", part="train", learn="text", passage="low lower lowest", vocabulary="400")
    assert len(app.error) == 1
    assert "largest" in app.error[0].value
    app.button(key="take fitting").click().run()
    assert not app.error
    count = len(app.dataframe[0].value)
    assert app.number_input(key="vocabulary").value == count
    assert count < 400


def test_with_bytes_nothing_is_unknown() -> None:
    query = {"part": "train", "passage": "🦉", "kind_of_tokenizer": "bpe"}
    assert unknown(run("tokens.py", "en", **query)) == ["🦉"]
    app = run("tokens.py", "en", **query, fallback="true")
    assert not unknown(app)
    assert lines(app)["Byte-pair"] == ["F0", "9F", "A6", "89"]


# A checkpoint's numbers and vectors.


def test_the_vector_most_like_a_piece_s_own_is_named() -> None:
    app = run("tokens.py", "en", part="vectors")
    assert head(app).startswith(
        "“tired” is number 251. The vector most like its own is that of “angry”, with"
    )
    app.selectbox(key="piece").set_value(1).run()
    assert head(app).startswith("“was” is number ")
    assert str(app.query_params["piece"]).strip("[]'") == "2"


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_said_of_neighbours_is_true_of_any_piece(text: str) -> None:
    """The cosine is that of the table itself, and chance is what a table with shuffled columns gives."""
    app = run("tokens.py", "en", part="vectors", passage=text)
    m = load("checkpoints/pronouns")
    number = int(re.search(r"is number ([0-9,]+)", head(app))[1].replace(",", ""))  # type: ignore[index]
    table = vectors(m, tuple(range(len(m.tokenizer)))).astype(np.float64)
    table -= table.mean(0)
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    cosines = np.delete(unit @ unit[number], number)
    cosine, chance = (
        float(found) for found in re.findall(r"(−?[0-9]\.[0-9]{2})", head(app).replace("−", "-"))
    )
    assert cosine == pytest.approx(cosines.max(), abs=0.0051)
    mixed = np.random.default_rng(1).permuted(table, axis=0)
    mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
    assert chance == pytest.approx((mixed @ unit[number]).max(), abs=0.12)  # the largest of as many draws
    assert ("than chance would have it" in head(app)) == (cosine <= chance)


def test_another_architecture_shows_its_own_pieces(tmp_path: Path) -> None:
    build("gpt2").save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    for part in ("side", "vectors"):
        app = run("tokens.py", "en", part=part, checkpoint=str(tmp_path), passage="The animal was tired.")
        assert not app.exception
        assert not app.error
        assert "animal" in lines(app)[tmp_path.name]


@pytest.mark.parametrize("part", ["side", "vectors"])
def test_an_unknown_checkpoint_is_refused_in_one_sentence(part: str) -> None:
    app = run("tokens.py", "en", part=part, checkpoint="/nowhere")
    assert not app.exception
    assert len(app.error) == 1
