"""The picture of an unrolled network: a column for each step, what is there and what comes later."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from model.trace import Kind, Tokens
from model.unrolled import GATES, Cell, Run, Unrolled
from viz.unrolled import Answers, Drawn, picture

WORDS = ("<b>", "was", "not", "good")


def make_run(cell: Cell, steps: int, kind: Kind = "encoder", direction: int = 0) -> Run:
    rng = np.random.default_rng(steps + direction)
    parts, units, inputs = max(1, len(GATES[cell])), 6, 5
    c = rng.normal(size=(steps, units)) if cell == "lstm" else None
    return Run(
        cell,
        kind,
        0,
        direction,
        rng.normal(size=(steps, inputs)),  # type: ignore[arg-type]
        rng.normal(size=(steps, units)),  # type: ignore[arg-type]
        c,  # type: ignore[arg-type]
        {name: rng.uniform(size=(steps, units)) for name in GATES[cell]},  # type: ignore[misc]
        np.zeros(units),  # type: ignore[arg-type]
        None if c is None else np.zeros(units),  # type: ignore[arg-type]
        rng.normal(size=(parts * units, inputs)),  # type: ignore[arg-type]
        rng.normal(size=(parts * units, units)),  # type: ignore[arg-type]
        np.zeros(parts * units),  # type: ignore[arg-type]
        np.zeros(parts * units),  # type: ignore[arg-type]
    )


def draw(
    cell: Cell, step: int, directions: int = 1, curve: bool = False, most: int = 40
) -> ElementTree.Element:
    tokens = Tokens.of(WORDS)
    record = Unrolled(tokens, tuple(make_run(cell, 4, direction=one) for one in range(directions)))
    answers = Answers(("A", "B", "C", "D"), (0.1, 0.2, 0.7, 0.9), curve, "good")
    return ElementTree.fromstring(picture(Drawn(record, 0, step, {"encoder": answers}, most)))


def steps(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [node for node in root.iter() if "data-step" in node.attrib]


def texts(root: ElementTree.Element, name: str) -> list[str]:
    return [node.text or "" for node in root.iter() if name in node.attrib.get("class", "").split()]


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("step", [0, 2, 3])
def test_each_step_is_a_button_and_the_one_at_work_is_pressed(cell: Cell, step: int) -> None:
    root = draw(cell, step)
    found = steps(root)
    assert [node.attrib["data-step"] for node in found] == ["0", "1", "2", "3"]
    assert [node.attrib["aria-pressed"] for node in found].index("true") == step
    states = ["done"] * step + ["now"] + ["later"] * (3 - step)
    assert [node.attrib["class"] for node in found] == [f"step {state}" for state in states]
    assert texts(root, "word") == list(WORDS)
    assert texts(root, "answer") == ["A", "B", "C", "D"][: step + 1]


@pytest.mark.parametrize("directions", [1, 2])
def test_the_same_matrices_stand_at_every_step(directions: int) -> None:
    root = draw("lstm", 1, directions)
    used = [node.attrib["href"] for node in root.iter() if node.tag == "use"]
    for direction in range(directions):
        assert used.count(f"#W-encoder-{direction}") == used.count(f"#U-encoder-{direction}") == 4
    assert len(used) == 8 * directions
    assert len([node for node in root.iter() if node.tag == "defs"]) == 2 * directions


def test_backwards_the_last_word_is_read_first_and_a_tag_needs_both() -> None:
    root = draw("gru", 2, directions=2)
    assert [node.attrib["class"] for node in steps(root)] == [
        "step done",
        "step now",
        "step now",
        "step done",
    ]
    assert texts(root, "answer") == ["B", "C"]
    assert texts(draw("gru", 1, directions=2), "answer") == []


def test_a_curve_goes_as_far_as_the_steps() -> None:
    root = draw("rnn", 2, curve=True)
    assert len([node for node in root.iter() if node.tag == "circle"]) == 3
    assert texts(root, "share") + texts(root, "bold") == ["10 %", "20 %", "70 %", "70 %"]


def test_of_many_steps_those_around_the_one_at_work_are_drawn() -> None:
    assert [node.attrib["data-step"] for node in steps(draw("rnn", 3, most=2))] == ["2", "3"]
    assert [node.attrib["data-step"] for node in steps(draw("rnn", 0, most=2))] == ["0", "1"]


def test_what_a_decoder_reads_is_not_told_before_it_is_written() -> None:
    runs = (make_run("lstm", 4), make_run("lstm", 3, "decoder"))
    record = Unrolled(Tokens.of(WORDS), runs, Tokens.of(("<s>", "x", "y")))
    for step, told in ((3, ["…", "…", "…"]), (5, ["<s>", "x", "…"])):
        root = ElementTree.fromstring(picture(Drawn(record, 0, step, {})))
        assert texts(root, "word") == [*WORDS, *told]
        assert len(steps(root)) == 7


def test_a_record_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        Unrolled(Tokens.of(WORDS), (make_run("rnn", 3),))
    with pytest.raises(ValueError, match="at least one layer"):
        Unrolled(Tokens.of(WORDS), ())
    with pytest.raises(ValueError, match="do not fit 4 tokens"):
        Unrolled(
            Tokens.of(WORDS), (make_run("rnn", 4),), labels=("a",), probabilities=np.ones((3, 1), np.float32)
        )
