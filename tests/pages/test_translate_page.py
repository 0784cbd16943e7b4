"""The Translate page, run by Streamlit's own test runner: what is chosen, cut and said, and the link."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
import torch
from streamlit.testing.v1 import AppTest
from transformers import BertConfig, BertModel, BertTokenizer

from model import load, trace
from model.attention import Cut, Silence
from model.capture.encode import encode
from model.decode import decoding
from model.decode.decoding import Beam, Sampling, write
from model.networks.config import CompactConfig
from model.networks.pretrained import CompactForConditionalGeneration
from model.text.tokenizer import train_tokenizer
from pages.common import writings
from pages.parts.translate.opening import find_opening
from tests.pages.running import run, stage_answer

pytestmark = pytest.mark.usefixtures("pronouns")

TIRED = "The animal didn't cross the street because it was too tired."


def text(app: AppTest) -> str:
    """The translation, as it stands on the page."""
    return str(app.subheader[0].value).replace("\\", "")


@pytest.fixture(scope="module")
def m() -> Any:
    return load("checkpoints/pronouns")


def test_the_sentence_is_translated() -> None:
    app = run("translate.py", "en")
    assert text(app) == "L'animal n'a pas traversé la rue parce qu'il était trop fatigué."


@pytest.mark.parametrize(
    ("query", "decoding"),
    [
        ({"how": "beam", "beams": "3"}, Beam(3)),
        ({"how": "sampling", "temperature": "1.8", "seed": "7"}, Sampling(1.8, seed=7)),
        ({"how": "sampling", "temperature": "1.8", "top_k": "2"}, Sampling(1.8, top_k=2)),
        ({"how": "sampling", "temperature": "2.0", "top_p": "0.5"}, Sampling(2.0, top_p=0.5)),
    ],
    ids=["beam", "draw", "top k", "top p"],
)
def test_a_link_says_how_to_choose(m: Any, query: dict[str, str], decoding: Any) -> None:
    app = run("translate.py", "en", **query)
    assert not app.exception
    assert text(app) == write(m, TIRED, decoding).text


def test_a_link_holds_the_words_that_were_chosen(m: Any) -> None:
    written = write(m, TIRED)
    elle = next(choice.id for choice in written.steps[10].best if choice.text == "elle")
    prefix = ".".join(map(str, (*written.ids[:10], elle)))
    app = run("translate.py", "en", prefix=prefix)
    assert "qu'elle était" in text(app)
    assert app.selectbox(key="encoder_head").value == "2.3", "the same heads as before the choice"
    undo = next(button for button in app.button if button.label == "Let the model choose again")
    undo.click().run()
    assert "qu'il était" in text(app)
    assert "prefix" not in app.query_params


def test_chosen_words_go_with_their_sentence(m: Any) -> None:
    prefix = ".".join(map(str, write(m, TIRED).ids[:3]))
    app = run("translate.py", "en", prefix=prefix)
    app.text_input(key="text").set_value("The dog ate the cake because it was hungry.").run()
    assert not app.exception
    assert "prefix" not in app.query_params


@pytest.mark.parametrize("prefix", ["x", "-1", "99999999", "1..2", "5.5.5", "1" * 12, ".".join(["5"] * 600)])
def test_a_strange_beginning_is_passed_over_or_refused(prefix: str) -> None:
    app = run("translate.py", "en", prefix=prefix)
    assert not app.exception
    assert len(app.error) <= 1
    assert text(app).startswith("L'animal") or prefix == "5.5.5", "those are ids"


def test_a_cut_in_the_link_changes_the_translation(m: Any) -> None:
    app = run("translate.py", "en", edits="cut-encoder-9-2", cut="true")
    assert not app.exception
    assert text(app) == write(m, TIRED, edits=[Cut("encoder", 8, 1)]).text
    assert "qu'elle" in text(app)
    shown = [markdown.value for markdown in app.markdown]
    assert any(":primary[**il**]" in value for value in shown)
    assert any(":primary[**elle**]" in value for value in shown)


def test_the_panel_is_about_the_text_that_is_shown() -> None:
    app = run("translate.py", "en", edits="cut-encoder-9-2", cut="true", step="11")
    assert any("to write “elle”" in str(group.label) for group in app.button_group)


def test_what_changes_nothing_is_not_said_to_change() -> None:
    def told(edits: str) -> bool:
        app = run("translate.py", "en", edits=edits, cut="true")
        [said] = [caption.value for caption in app.caption if caption.value.startswith("After")]
        return said == "After"

    assert told("cut-encoder-9-2")
    assert not told("cut-encoder-2-9")


@pytest.mark.parametrize("edit", ["cut-cross-40-3", "cut-decoder-40-15"])
def test_a_cut_behind_the_end_of_the_text_is_no_error(m: Any, edit: str) -> None:
    """The text may end before it because of another change."""
    app = run("translate.py", "en", edits=f"{edit},silence-encoder@1", cut="true", compare="true")
    assert not app.exception
    assert not app.error
    assert text(app) == write(m, TIRED, edits=[Silence("encoder", 0)]).text
    assert any("to write token 40 ✂" in button.label for button in app.button)


def test_of_two_equal_words_the_one_that_is_pressed_is_cut() -> None:
    app = run("explore.py", "en", text="The dog chased the cat because it was tired.", cut="true")
    pills = next(group for group in app.button_group if "without looking at" in str(group.label))
    named = [place for place, name in enumerate(pills.options) if name.rstrip("\u200b").lower() == "the"]
    assert len(set(pills.options)) == len(pills.options)
    assert len(named) == 2
    pills.set_value([(0, 0)]).run()
    assert app.query_params["edits"] == "cut-encoder-7-1"


def test_a_link_cannot_ask_for_more_than_a_person_would() -> None:
    word = "zq" * 60
    for edits in ("cut-encoder-1~120-1~120", ",".join(f"cut-encoder-{i}-1@1" for i in range(1, 2500))):
        app = run("translate.py", "en", text=word, edits=edits)
        assert not app.exception


def test_a_word_of_the_source_is_cut_as_a_whole() -> None:
    app = run("translate.py", "en", text="The zorblat ate the cake.", cut="true", step="2")
    pills = next(group for group in app.button_group if "without looking at" in str(group.label))
    assert "zorblat" in pills.options
    pieces = run("translate.py", "en", text="The zorblat ate the cake.", cut="true", step="2", kind="decoder")
    assert not pieces.exception


@pytest.mark.parametrize(
    "edits",
    ["cut-encoder-99-1", "cut", "silence-encoder@9.9", "<b>", "cut-cross-0-0", ",,,", "cut-encoder-1~9-1~9"],
)
def test_strange_edits_are_passed_over(edits: str) -> None:
    app = run("translate.py", "en", edits=edits, cut="true")
    assert not app.exception
    assert not app.error
    assert text(app).startswith("L'animal")


def test_a_cut_is_made_and_taken_back() -> None:
    app = run("explore.py", "en", text=TIRED, cut="true")
    assert not app.exception
    pills = next(group for group in app.button_group if "without looking at" in str(group.label))
    pills.set_value([(1, 1)]).run()
    assert app.query_params["edits"] == "cut-encoder-9-2"
    assert any(":primary[**elle**]" in markdown.value for markdown in app.markdown)
    undo = next(button for button in app.button if "✂" in button.label)
    undo.click().run()
    assert "edits" not in app.query_params
    assert not any(":primary[" in markdown.value for markdown in app.markdown)


def test_a_head_is_silenced_and_speaks_again() -> None:
    app = run("explore.py", "en", cut="true", scope="head")
    toggle = next(toggle for toggle in app.toggle if toggle.label == "Silence it")
    toggle.set_value(True).run()
    assert not app.exception
    assert str(app.query_params["edits"]).startswith("silence-encoder@2.")
    next(toggle for toggle in app.toggle if toggle.label == "Silence it").set_value(False).run()
    assert "edits" not in app.query_params


def test_words_that_training_never_met_are_named() -> None:
    app = run("translate.py", "en", text="The zorblat ate the cake because it was hungry.")
    assert any(
        "zorblat" in caption.value and "Not seen in training" in caption.value for caption in app.caption
    )
    app.text_input(key="text").set_value(TIRED).run()
    assert not any("Not seen in training" in caption.value for caption in app.caption)


def test_letters_that_are_written_apart_are_told_of_and_composed(runs: Path) -> None:
    """For a tokenizer that knows them composed and keeps what is typed; none that composes by itself."""
    texts = ["한국어를 읽는다", "나는 밥을 먹는다"] * 5
    folder = runs / "mine"
    tokenizer = train_tokenizer(texts, folder, "unigram", 330)
    config = CompactConfig(
        vocab_size=len(tokenizer), d_model=16, num_heads=2, d_ff=16, encoder_layers=1, decoder_layers=1,
        pad_token_id=0, bos_token_id=2, eos_token_id=3,
    )  # fmt: skip
    CompactForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    apart = normalize("NFD", texts[0])
    app = run("translate.py", "en", checkpoint="mine", text=apart)
    assert not app.exception
    many, few = (len(tokenizer.tokenize(text)) for text in (apart, texts[0]))
    [told] = [caption.value for caption in app.caption if "written apart" in caption.value]
    assert f"{many} pieces of it, and {few} of" in told
    app.button(key="compose").click().run()
    assert not app.exception
    assert app.text_input(key="text").value == texts[0]
    assert not any("written apart" in caption.value for caption in app.caption)
    app = run("translate.py", "en", checkpoint="pronouns-ko", text=normalize("NFD", "철수는 영희를 만났다."))
    assert not any("written apart" in caption.value for caption in app.caption)


def test_one_text_is_written_however_much_is_unfolded(m: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[list[int]] = []
    real = decoding.generate

    def counted(checkpoint: Any, ids: list[int], *asked: Any, **how: Any) -> Any:
        if list(ids) == encode(m, sentence):  # an app that has just started writes another text, to be warm
            written.append(ids)
        return real(checkpoint, ids, *asked, **how)

    monkeypatch.setattr(decoding, "generate", counted)
    monkeypatch.setattr("model.capture.record.generate", counted)
    sentence = "The cat ate the cheese because it was hungry."  # that no other test has had written
    app = run("translate.py", "en", text=sentence)
    assert len(written) == 1
    for name in ("cut", "align", "written", "pieces"):
        app = run("translate.py", "en", text=sentence, **{name: "true"})
        assert not app.exception
    run("translate.py", "en", text=sentence, step="3", cross_head="1.all", encoder_head="1.2", cut="true")
    run("explore.py", "en", text=sentence, measured="true")
    assert len(written) <= 2, "only what Explore's own trace writes"


def test_it_opens_before_the_pronoun_is_written_and_says_what_the_picture_shows(m: Any) -> None:
    app = run("translate.py", "en")
    written = write(m, TIRED)
    usual = find_opening(trace(m, TIRED, target=written.ids), written, m.first_head)
    assert app.session_state["steps (steps)"].told == usual.step
    assert written.steps[usual.step - 1].chosen.text == "il"
    assert "step" not in app.query_params
    said = " ".join(markdown.value for markdown in app.markdown).replace("\u00a0", " ")
    assert "To write **il** the light leads to **it**" in said
    assert app.selectbox(key="cross_head").value == f"{usual.cross[0] + 1}.{usual.cross[1] + 1}"


def test_the_opening_follows_the_sentence_until_somebody_chooses(m: Any) -> None:
    app = run("translate.py", "en")
    app.selectbox(key="encoder_head").set_value("1.all").run()
    assert app.query_params["encoder_head"] == "1.all"
    other = "The cat drank the milk because it was thirsty!"
    app.text_input(key="text").set_value(other).run()
    assert not app.exception
    written = write(m, other)
    usual = find_opening(trace(m, other, target=written.ids), written, m.first_head)
    assert app.session_state["steps (steps)"].told == usual.step
    assert app.selectbox(key="cross_head").value == f"{usual.cross[0] + 1}.{usual.cross[1] + 1}"
    assert "cross_head" not in app.query_params
    assert app.selectbox(key="encoder_head").value == "1.all"


@pytest.mark.parametrize(
    ("query", "cross", "encoder"),
    [
        ({"layer": "1", "head": "2"}, "1.2", "1.2"),
        ({"layer": "2"}, "1.3", "2.all"),  # the decoder has one layer: it opens as usual
        ({"layer": "x"}, "1.3", "2.3"),
        ({"cross_head": "9.9", "encoder_head": "<b>"}, "1.3", "2.3"),
    ],
)
def test_links_with_one_head_for_all_are_read(query: dict[str, str], cross: str, encoder: str) -> None:
    app = run("translate.py", "en", v="3", **query)
    assert not app.exception
    assert app.selectbox(key="cross_head").value == cross
    assert app.selectbox(key="encoder_head").value == encoder
    assert "layer" not in app.query_params


def test_the_pieces_are_told() -> None:
    app = run("translate.py", "en", pieces="true", text="The zorblat ate the cake.")
    frame = app.dataframe[0].value
    assert list(frame["Word"]) == ["The", "zorblat", "ate", "the", "cake", "."]
    assert list(frame["Times in training"])[1] == 0
    assert frame["Times in training"][0] > 1000
    assert frame["Times in training"][5] > 1000, "marks are counted as well"


def test_only_the_words_that_were_chosen_are_said_to_be(m: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = write(m, TIRED, Sampling(2.0, seed=3)).ids[:6]
    written = write(m, TIRED, prefix=ids)
    assert sum(step.chosen.id != step.best[0].id for step in written.steps[:6]) > 1
    for marked, chosen in (((), [5]), ((3,), [3]), ((0, 5), [0, 5]), ((1, 40), [1])):
        parts = [f"{i}{'!' * (place in marked)}" for place, i in enumerate((*ids, *[5] * 40))]
        monkeypatch.setattr(writings, "read_beginning", lambda parts=parts: parts)
        assert writings.find_chosen(written) == chosen


def test_a_link_with_marks_begins_the_text(m: Any) -> None:
    ids = write(m, TIRED, Sampling(2.0, seed=3)).ids[:6]
    app = run("translate.py", "en", prefix="!.".join(map(str, ids)) + "!")
    assert text(app) == write(m, TIRED, prefix=ids).text


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny encoder with random weights."""
    folder = tmp_path_factory.mktemp("bert")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "animal", "was", "tired", "."]
    (folder / "vocab.txt").write_text("\n".join(words))
    BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    torch.manual_seed(0)
    BertModel(
        BertConfig(
            vocab_size=len(words),
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=16,
        )
    ).save_pretrained(folder)
    return folder


def test_a_model_that_does_not_translate_is_refused_in_one_sentence(reader: Path) -> None:
    app = run("translate.py", "en", checkpoint=str(reader))
    assert not app.exception
    assert not app.error
    said = stage_answer(app)
    assert said.startswith(f"**{reader.name}** is an encoder: it only reads, and writes no text")
    assert app.button(key="take en-fr").label.replace("\\", "") == "en-fr"
    alone = stage_answer(run("translate.py", "en", checkpoint="repeat"))
    assert alone.startswith("**repeat** is a decoder: it goes on with a text")


def test_a_model_that_only_reads_can_be_cut(reader: Path) -> None:
    app = run(
        "explore.py",
        "en",
        checkpoint=str(reader),
        text="the animal was tired.",
        held="3",
        cut="true",
        compare="true",
        edits="cut-encoder-3-2",
    )
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) >= 2
