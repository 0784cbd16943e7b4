"""Every page with every kind of recurrent network: it is shown, or a sentence says why it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model import load
from model.decode.decoding import write
from pages.common import fits, menu
from tests.model.recurrent_checkpoints import KINDS, WRITERS, make
from tests.pages.running import PAGES, run, stage_answer

TEXT = "h e a d l i g h t"
LOOKING = tuple(kind for kind, told in WRITERS.items() if told.get("attention", "none") != "none")
ADDING = ("lstm-bahdanau", "lstm-concat")
PARTS: dict[str, list[dict[str, str]]] = {
    "attention.py": [
        *({"calculation": str(step)} for step in range(1, 8)),
        *({"calculation": str(step), "for": "all"} for step in range(1, 8)),
        *({"experiments": "true", "experiment": name} for name in ("variance", "bare", "width", "sum")),
    ],
    "heads.py": [{"part": part} for part in ("maps", "shares", "one", "width", "costs")],
    "masks.py": [{"part": part} for part in ("rules", "after", "paint", "leak")],
    "positions.py": [{"part": part} for part in ("told", "shuffle", "without")],
    "tokens.py": [{"part": part} for part in ("side", "vectors")],
    "translate.py": [
        {"how": "beam", "tree": "true", "cut": "true", "align": "true", "written": "true", "pieces": "true"},
        {"how": "sampling", "seed": "3", "kind": "encoder", "cut": "true"},
    ],
    "explore.py": [
        {"cut": "true", "measured": "true", "figure": "true", "pieces": "true", "compared": "true"},
        {"kind": "encoder", "layer": "2", "heads": "3.4", "held": "40", "v": "1"},
    ],
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {kind: tmp_path_factory.mktemp("recurrent") / kind for kind in KINDS}
    for kind, folder in made.items():
        folder.mkdir()
        make(kind, folder)
    return made


def needs_of(page: str) -> set[str]:
    """What a page needs of a model, by its script."""
    [told] = [one for one in menu.pages() if str(one.script).endswith(page)]
    return set(told.needs or ())


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_shows_it_or_says_in_one_sentence_why_not(
    kind: str, page: str, language: str, folders: dict[str, Path]
) -> None:
    app = run(page, language, checkpoint=str(folders[kind]), text=TEXT)
    assert not app.exception
    assert not app.error
    if needs_of(page) <= fits.find_parts(load(folders[kind])):
        return
    said = stage_answer(app)
    assert said.startswith(f"**{kind}**")
    assert [button.label for button in app.button if str(button.key).startswith("take ")]
    if language == "en":
        cell = {"rnn": "an RNN", "lstm": "an LSTM", "gru": "a GRU"}[KINDS[kind]["cell"]]
        assert cell in said
        assert said.count(". ") == 0


@pytest.mark.parametrize("page", PARTS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_part_of_a_page_is_shown_or_refused_in_one_sentence(
    kind: str, page: str, folders: dict[str, Path]
) -> None:
    for query in PARTS[page]:
        app = run(page, "ko", checkpoint=str(folders[kind]), **{"text": TEXT, **query})
        assert not app.exception, query
        assert not app.error, query


@pytest.mark.parametrize("kind", LOOKING)
def test_explore_opens_on_the_alignment_and_a_cut_changes_what_is_seen(
    kind: str, folders: dict[str, Path]
) -> None:
    place = str(folders[kind])
    app = run("explore.py", "en", checkpoint=place, text=TEXT, held="1")
    assert "kind" not in app.query_params
    assert any(told in stage_answer(app) for told in ("To write", "Click a word"))  # nothing may be written
    cut = run("explore.py", "en", checkpoint=place, text=TEXT, edits="uniform-cross", held="1")
    assert not cut.exception
    assert "changes in the model" in stage_answer(cut)


def test_another_checkpoint_that_learned_the_same_is_taken_with_one_press(
    folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADLIGHT_RUNS", str(tmp_path))
    for kind in ("lstm", "lstm-concat"):
        (tmp_path / kind).symlink_to(folders[kind])
    app = run("explore.py", "en", checkpoint="lstm", text=TEXT)
    app.button(key="take lstm-concat").click().run()
    assert not app.exception
    assert app.selectbox(key="checkpoint").value == "lstm-concat"
    assert "without attention" not in stage_answer(app)


@pytest.mark.parametrize("kind", WRITERS)
def test_translate_plays_what_is_written_and_a_forced_word_goes_on(
    kind: str, folders: dict[str, Path]
) -> None:
    m = load(folders[kind])
    first = write(m, TEXT).steps[0]
    other = next(choice for choice in first.best if choice.id != first.chosen.id)
    app = run("translate.py", "en", checkpoint=str(folders[kind]), text=TEXT, prefix=f"{other.id}!", step="1")
    assert not app.exception
    assert not app.error
    assert f"**{other.text}**" in stage_answer(app)
    assert write(m, TEXT, prefix=[other.id]).ids[0] == other.id
    told = ("No attention: " in stage_answer(app)) == (kind not in LOOKING)
    assert told


@pytest.mark.parametrize("kind", ADDING)
def test_the_steps_of_a_head_that_adds_are_its_own(kind: str, folders: dict[str, Path]) -> None:
    app = run("attention.py", "en", checkpoint=str(folders[kind]), text=TEXT, calculation="3")
    assert "v weighs the features and sums them" in stage_answer(app)
    app = run("attention.py", "en", checkpoint=str(folders["rnn-dot"]), text=TEXT, calculation="3")
    assert "divides by nothing" in stage_answer(app)


def test_words_that_training_never_met_are_named(tmp_path: Path) -> None:
    make("gru-general", tmp_path)
    (tmp_path / "words.tsv").write_text("a\t3\nb\t2\n")
    app = run("explore.py", "en", checkpoint=str(tmp_path), text="a b k")
    assert any("Not seen in training: “k”" in str(one.value).replace("\\", "") for one in app.caption)


def test_each_need_of_a_page_is_one_that_models_can_lack() -> None:
    named = {need for page in menu.pages() for need in page.needs or ()}
    assert named <= set(fits.LACKING)


def test_the_parts_of_a_folder_are_those_of_its_model(folders: dict[str, Path]) -> None:
    for kind, folder in folders.items():
        assert fits.read_parts(str(folder)).parts == fits.find_parts(load(folder)), kind
    for name in ("pronouns", "repeat"):
        folder = Path("checkpoints") / name
        assert fits.read_parts(str(folder)).parts == fits.find_parts(load(folder)), name
    told: dict[str, Any] = json.loads((folders["lstm"] / "config.json").read_text())
    assert told["model_type"] == "headlight-recurrent"
