"""The page on several heads, run by Streamlit's own test runner: its parts, and what they say."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from model import load, trace
from model.analysis.contributions import contributions, projections
from model.decode.decoding import write
from model.experiments.costs import cost
from model.experiments.matrices import measure_distance, most_different
from model.training import seeds
from pages.common import language
from pages.common.heads import Where
from pages.parts.heads import costs, several, trained
from tests.model.families import build, tokenizer
from tests.pages.running import run, stage_answer
from tests.pages.test_attention_page import TWENTY
from viz.columns import percent

pytestmark = pytest.mark.usefixtures("pronouns")

TIRED = "The animal didn't cross the street because it was too tired."
PARTS = ("maps", "shares", "one", "width", "costs")


said = stage_answer


def numbers(text: str) -> list[float]:
    found = re.findall(r"[−-]?\d+(?:[.,]\d+)*(?:e-?\d+)?", text)
    return [float(number.replace("−", "-").replace(",", "")) for number in found]


@pytest.mark.parametrize("language", ["en", "ko"])
@pytest.mark.parametrize("part", PARTS)
def test_every_part_opens(part: str, language: str) -> None:
    app = run("heads.py", language, part=part)
    assert not app.exception
    assert not app.error
    assert numbers(said(app))


def test_it_opens_on_the_two_heads_that_differ_most() -> None:
    """Against a look at every pair of every layer."""
    m = load("checkpoints/pronouns")
    found = trace(m, TIRED, target=write(m, TIRED).ids)
    every = {
        (kind, layer, a, b): measure_distance(found[kind].weights[i, [a, b]])
        for kind in found.kinds
        for i, layer in enumerate(found[kind].layers)
        for a, b in itertools.combinations(range(found[kind].heads), 2)
    }
    kind, layer, a, b = max(every, key=every.__getitem__)
    app = run("heads.py", "en")
    told = said(app)
    one, share, other, other_share, apart, usual = numbers(told)
    assert (one, other) == (a + 1, b + 1)
    assert apart == pytest.approx(100 * every[kind, layer, a, b], abs=0.6)
    assert usual == pytest.approx(100 * np.mean(list(every.values())), abs=0.6)
    stack = found[kind]
    query = int(app.selectbox(key="token").value or 0)
    rows = stack.weights[stack.layers.index(layer), [a, b], query]
    assert rows[0].argmax() != rows[1].argmax()
    assert share == pytest.approx(100 * rows[0].max(), abs=0.6)
    assert other_share == pytest.approx(100 * rows[1].max(), abs=0.6)
    assert app.button_group(key="kind").value == kind


@pytest.mark.parametrize("text", TWENTY)
def test_no_sentence_says_what_its_numbers_deny(text: str) -> None:
    m = load("checkpoints/pronouns")
    found = trace(m, text).encoder
    assert found is not None
    for layer in found.layers:
        pair = most_different([found], layer)
        assert pair is not None
        weights = found.weights[found.layers.index(layer)]
        for query in range(len(found.queries)):
            looked = several.Looked(Where("encoder", layer, 0), found, pair, query)
            told = several.sentence(looked, weights).replace("\\", "")
            tops = [int(weights[head, query].argmax()) for head in pair.heads]
            assert ("both look most at" in told) == (tops[0] == tops[1])
            assert f"“{found.key_tokens[tops[0]]}”" in told
            assert f"“{found.key_tokens[tops[1]]}”" in told
            assert percent(pair.distance) in told
            assert ("less than the" in told) == (pair.distance < pair.usual and tops[0] != tops[1])


def test_a_layer_that_is_chosen_shows_its_own_pair() -> None:
    m = load("checkpoints/pronouns")
    found = trace(m, TIRED, target=write(m, TIRED).ids)
    stacks = [found[kind] for kind in found.kinds]
    app = run("heads.py", "en", kind="encoder", layer="2", v="3")
    pair = most_different(stacks, 1, "encoder")
    assert pair is not None
    assert numbers(said(app))[0] == pair.heads[0] + 1
    assert percent(pair.distance) in said(app)
    app.button_group(key="layer").set_value("1").run()
    pair = most_different(stacks, 0, "encoder")
    assert pair is not None
    assert percent(pair.distance) in said(app)
    assert percent(pair.usual) in said(app)


def test_a_model_with_one_head_a_layer_claims_no_difference() -> None:
    app = run("heads.py", "en", checkpoint="pronouns-1-head")
    assert not app.exception
    assert "has one head, and so one way of looking" in said(app)


def test_what_was_only_shown_on_one_page_is_not_chosen_on_the_next() -> None:
    app = run("heads.py", "en")
    kind, layer = app.button_group(key="kind").value, app.button_group(key="layer").value
    app.switch_page("pages/attention.py").run()
    told = load("checkpoints/pronouns").first_head or {}
    assert app.button_group(key="kind").value == told["kind"]
    assert app.button_group(key="layer").value == str(told["layer"] + 1)
    app.switch_page("pages/heads.py").run()
    assert (app.button_group(key="kind").value, app.button_group(key="layer").value) == (kind, layer)
    app.button_group(key="kind").set_value("cross").run()
    app.switch_page("pages/attention.py").run()
    assert app.button_group(key="kind").value == "cross"


def test_the_longest_contribution_is_told() -> None:
    m = load("checkpoints/pronouns")
    stack = trace(m, TIRED, record=("output",)).encoder
    assert stack is not None
    given = contributions(stack, 1, projections(m)["encoder", 1])
    it = stack.query_tokens.index("it")
    app = run("heads.py", "en", part="shares", kind="encoder", layer="2", token=str(it + 1), v="3")
    head, length, share = numbers(said(app))
    assert head == given.norms[:, it].argmax() + 1
    assert length == pytest.approx(given.norms[:, it].max(), abs=0.01)
    assert share == pytest.approx(100 * given.shares[int(head) - 1, it], abs=1)
    told = next(caption.value for caption in app.caption if "sum to the layer's output" in caption.value)
    count, error = numbers(told.removesuffix("."))
    assert count == 4
    assert error < 1e-4
    app.selectbox(key="token").set_value(0).run()
    assert "“The”" in said(app)
    assert "1" in app.query_params["token"]


def test_one_head_and_eight_are_compared_by_their_cards() -> None:
    app = run("heads.py", "en", part="one")
    assert not app.exception
    told = said(app)
    for measure in (trained.PRONOUN, trained.WHOLE):
        for name in (trained.ONE, trained.EIGHT):
            rows = seeds.read(Path("checkpoints") / name)
            assert percent(float(np.mean([row[measure] for row in rows.values()]))) in told
    one, eight = (load(f"checkpoints/{name}") for name in (trained.ONE, trained.EIGHT))
    assert one.parameters == eight.parameters
    assert any(f"{one.parameters:,}" in caption.value for caption in app.caption)


@pytest.mark.parametrize(
    ("one", "eight", "winner"),
    [
        ((0.5, 0.6), (0.7, 0.9), "eight"),
        ((0.7, 0.9), (0.5, 0.6), "one"),
        ((0.5, 0.8), (0.7, 0.9), ""),
        ((0.5, 0.7), (0.7, 0.9), ""),
    ],
)
def test_who_does_better_is_told_where_every_seed_agrees(
    one: tuple[float, ...], eight: tuple[float, ...], winner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = trained.Compared(one, eight)
    assert compared.winner == winner
    monkeypatch.setattr(trained, "compare", lambda measure: compared)
    said = {"eight": "Eight heads do better", "one": "one head does better", "": "does as well as"}[winner]
    assert said in trained.sentence()


def test_the_width_is_shared_or_refused_in_one_sentence() -> None:
    app = run("heads.py", "en", part="width")
    assert numbers(said(app)) == [128, 4, 32, 128, 32]
    app.slider(key="count").set_value(7).run()
    assert not app.exception
    assert "128 features cannot be shared evenly among 7 heads" in app.error[0].value.replace("\\", "")
    app.slider(key="count").set_value(16).run()
    assert not app.error
    assert numbers(said(app))[:3] == [128, 16, 8]
    app.slider(key="d_model").set_value(512).run()
    assert numbers(said(app))[:3] == [512, 16, 32]


@pytest.mark.parametrize(
    ("number", "korean", "english"),
    [
        (512, "512", "512"),
        (12_345, "1만 2,345", "12,345"),
        (1_234_567, "123만", "1.23 million"),
        (268_435_456, "2억 6,800만", "268 million"),
        (12_345_678_901, "123억", "12.3 billion"),
    ],
)
def test_a_large_number_is_told_as_the_language_counts(
    number: int, korean: str, english: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language, "current", lambda: "ko")
    assert costs.short(number) == korean
    monkeypatch.setattr(language, "current", lambda: "en")
    assert costs.short(number) == english


def test_the_costs_are_counted_and_measured() -> None:
    app = run("heads.py", "en", part="costs")
    assert len(app.get("plotly_chart")) == 2
    here = cost(512, 512, 8)
    n, pairs, matrices, memory, heads = numbers(said(app))
    assert (n, heads) == (512, 8)
    assert pairs == pytest.approx((here.scores + here.mixing) / 1e6, rel=0.01)
    assert matrices == pytest.approx(here.projections / 1e6, rel=0.01)
    assert memory == pytest.approx(here.memory / 1e6, rel=0.01)
    app.select_slider(key="cost_heads").set_value(32).run()
    assert numbers(said(app))[1:4] == [pairs, matrices, pytest.approx(4 * memory, rel=0.02)]
    app.button(key="measure").click().run(timeout=120)
    assert not app.exception
    assert len(app.get("plotly_chart")) == 3
    assert any("for 1024 tokens" in markdown.value for markdown in app.markdown)


@pytest.mark.parametrize(
    "link",
    [
        {"part": "x"},
        {"part": "width", "d_model": "-1", "count": "9999"},
        {"part": "costs", "n": "513", "cost_heads": "3"},
        {"token": "99", "layer": "0", "kind": "?"},
    ],
)
def test_strange_links_are_passed_over(link: dict[str, str]) -> None:
    app = run("heads.py", "en", **link)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("part", ["maps", "shares", "one"])
@pytest.mark.parametrize("text", ["", "word " * 10_000, "🦉", "<b>it</b> *was* $x$"])
def test_any_text_is_answered(text: str, part: str) -> None:
    app = run("heads.py", "ko", part=part, text=text)
    assert not app.exception
    assert len(app.error) == (0 if 0 < len(text) < 1000 else 1)
    assert len(app.latex) == 1  # the rest of the page stands


def test_a_text_too_long_to_draw_nine_times_is_told() -> None:
    app = run("heads.py", "en", part="one", text="The dog was tired. " * 100, others="true")
    assert not app.exception
    assert not app.error
    assert any("too many pairs" in caption.value for caption in app.caption)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Small random models of other families, saved in folders."""
    folders = {}
    for name in ("bert", "gpt2", "bart", "xlnet"):
        folders[name] = tmp_path_factory.mktemp(name)
        build(name).save_pretrained(folders[name])
        tokenizer().save_pretrained(folders[name])
    return folders


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["bert", "gpt2", "bart"])
def test_other_architectures_have_heads_too(saved: dict[str, Path], name: str, part: str) -> None:
    app = run("heads.py", "en", checkpoint=str(saved[name]), part=part)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("part", PARTS)
def test_a_model_that_gives_weights_only_shows_its_maps(saved: dict[str, Path], part: str) -> None:
    app = run("heads.py", "en", checkpoint=str(saved["xlnet"]), part=part)
    assert not app.exception
    assert len(app.error) == (1 if part == "shares" else 0)
