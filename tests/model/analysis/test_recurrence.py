"""The record of an unrolled network against its own weights, in NumPy; answers; gates held by hand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model import Hold, load
from model.analysis.recurrence import hand_over, hold_each, unroll
from model.capture.checkpoint import Checkpoint
from model.capture.encode import encode
from model.errors import Refusal
from model.unrolled import GATES, Run, Unrolled
from tests.model.recurrents import FORMS, WORDS, save_networks

TEXT = "the film was not good because it was very bad"
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_networks(tmp_path_factory.mktemp("networks"))


@cache
def read(folder: Path, name: str) -> Checkpoint:
    return load(folder / name)


def check_steps(found: Unrolled) -> None:
    """Every step taken anew from the record's own x, U, W and b gives the record's states and gates."""
    for run in found.runs:
        for step in range(run.steps):
            again = run.take(step)
            np.testing.assert_allclose(again.h, run.h[step], atol=2e-5)
            for row, name in zip(again.opened, GATES[run.cell], strict=False):
                np.testing.assert_allclose(row, run.gates[name][step], atol=2e-5)
            if run.c is not None:
                assert again.c is not None
                np.testing.assert_allclose(again.c, run.c[step], atol=2e-5)
            np.testing.assert_allclose(again.read + again.kept, again.total)


@pytest.mark.parametrize("name", FORMS)
@given(words=st.lists(st.sampled_from([*WORDS.split(), "🦉", "."]), min_size=1, max_size=9))
@settings(max_examples=15)
def test_each_step_is_that_of_the_weights(networks: Path, name: str, words: list[str]) -> None:
    m = read(networks, name)
    found = unroll(m, " ".join(words))
    check_steps(found)
    for run in found.runs:
        assert tuple(run.gates) == GATES[run.cell]
        if run.layer:  # what a layer reads is what the one below has said
            below = np.concatenate([one.h for one in found.of(run.kind, run.layer - 1)], axis=1)
            np.testing.assert_allclose(run.x, below, atol=1e-6)


@pytest.mark.parametrize("name", ["tagger-lstm", "tagger-gru", "tagger-rnn"])
def test_a_tag_at_each_word(networks: Path, name: str) -> None:
    m = read(networks, name)
    found = unroll(m, TEXT)
    assert found.probabilities is not None
    assert found.labels == ("DET", "NOUN", "VERB", "ADJ")
    assert not found.answers_once
    output = m.model.output
    h = torch.tensor(np.concatenate([run.h for run in found.of("encoder", found.depth("encoder") - 1)], 1))
    expected = output(h).softmax(-1).detach().numpy()  # type: ignore[operator]
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-5)


def test_what_would_be_answered_at_each_step_is_the_output_layer_at_its_state(networks: Path) -> None:
    m = read(networks, "sentiment-lstm")
    found = unroll(m, TEXT)
    assert found.answers_once
    assert found.probabilities is not None
    expected = m.model.output(torch.tensor(found.runs[0].h)).softmax(-1).detach().numpy()  # type: ignore[operator]
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-5)


@pytest.mark.parametrize("name", ["sentiment-gru", "sentiment-rnn"])
def test_a_network_that_reads_both_ways_is_asked_for_each_beginning(networks: Path, name: str) -> None:
    m = read(networks, name)
    found = unroll(m, TEXT)
    assert found.probabilities is not None
    ids = encode(m, TEXT)
    for end in range(len(ids)):
        alone = m.model(input_ids=torch.tensor([ids[: end + 1]])).logits.softmax(-1).detach().numpy()
        np.testing.assert_allclose(found.probabilities[end], alone[0], atol=1e-5)


@pytest.mark.parametrize("name", ["writer-lstm", "writer-gru", "writer-rnn"])
def test_what_is_written_is_read_by_the_decoder(networks: Path, name: str) -> None:
    found = unroll(read(networks, name), TEXT)
    assert found.writing is not None
    assert found.written is not None
    assert len(found.written) == len(found.writing.ids)
    assert found.depth("decoder") == found.depth("encoder")
    if name == "writer-lstm":  # which reads one way, so that the decoder starts where the encoder ends
        for layer in (0, 1):
            [encoder], [decoder] = found.of("encoder", layer), found.of("decoder", layer)
            np.testing.assert_allclose(decoder.h_0, encoder.h[-1], atol=1e-6)


@pytest.mark.parametrize("name", ["writer-gru", "writer-lstm"])
def test_what_is_handed_over_is_what_the_decoder_starts_with(networks: Path, name: str) -> None:
    m = read(networks, name)
    found = unroll(m, TEXT)
    starts = [found.of("decoder", layer)[0] for layer in range(found.depth("decoder"))]
    expected = [part for run in starts for part in (run.h_0, run.c_0) if part is not None]
    np.testing.assert_allclose(hand_over(m, TEXT), np.stack(expected), atol=1e-6)
    with pytest.raises(ValueError, match="no recurrent decoder"):
        hand_over(read(networks, "tagger-lstm"), TEXT)


def test_a_held_gate_is_held_in_the_record_and_changes_what_follows(networks: Path) -> None:
    m = read(networks, "sentiment-lstm")
    plain, held = unroll(m, TEXT), unroll(m, TEXT, [Hold("encoder", "forget", 0.0, layer=0, step=4)])
    assert not held.runs[0].gates["forget"][4].any()
    np.testing.assert_array_equal(held.runs[0].h[:4], plain.runs[0].h[:4])
    assert np.abs(held.runs[0].h[4] - plain.runs[0].h[4]).max() > 0
    again = held.runs[0].take(4)  # what it would have done
    np.testing.assert_allclose(again.h, plain.runs[0].h[4], atol=2e-5)
    c = plain.runs[0].c
    assert c is not None
    changed = np.linalg.norm(np.diff(c, axis=0, prepend=0), axis=1)
    np.testing.assert_allclose(plain.runs[0].changes, changed, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("tagger-lstm", "encoder"),
        ("tagger-gru", "encoder"),
        ("sentiment-lstm", "encoder"),
        ("writer-lstm", "encoder"),
        ("writer-lstm", "decoder"),
        ("writer-gru", "encoder"),
    ],
)
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_holding_at_each_step_is_holding_one_by_one(
    networks: Path, name: str, kind: str, value: float
) -> None:
    m = read(networks, name)
    gate = "update" if "gru" in name else "input"
    found = hold_each(m, TEXT, kind, gate, value, 0)  # type: ignore[arg-type]
    plain = unroll(m, TEXT)
    assert found.after.shape == (len(plain.side(kind)), len(found.places), len(found.labels))  # type: ignore[arg-type]
    assert ((found.moved >= 0) & (found.moved <= 1 + 1e-6)).all()
    if plain.writing is None:
        assert plain.probabilities is not None
        rows = plain.probabilities[-1:] if plain.answers_once else plain.probabilities
        np.testing.assert_allclose(found.before, rows, atol=1e-5)
        for step in range(len(found.steps)):
            held = unroll(m, TEXT, [Hold("encoder", gate, value, 0, step)]).probabilities
            assert held is not None
            rows = held[-1:] if plain.answers_once else held
            np.testing.assert_allclose(found.after[step], rows, atol=1e-5)
            np.testing.assert_allclose(
                found.moved[step], np.abs(found.after[step] - found.before).sum(-1) / 2, atol=1e-5
            )
    else:
        chosen = [found.labels.index(step.chosen.text) for step in plain.writing.steps]
        for place, (label, one) in enumerate(zip(chosen, plain.writing.steps, strict=True)):
            assert found.before[place, label] == pytest.approx(np.exp(one.chosen.logprob), abs=1e-4)
    others = found.elsewhere(2)
    assert 2 not in others
    mean, moved = found.compare(2, 0)
    np.testing.assert_allclose(mean, found.after[others, 0].mean(0))  # type: ignore[arg-type]
    assert moved == pytest.approx(float(found.moved[others, 0].mean()))


def test_a_text_of_one_step_has_no_baseline(networks: Path) -> None:
    found = hold_each(read(networks, "tagger-lstm"), "dog", "encoder", "input", 0.0, 0)
    assert len(found.steps) == 2  # with the end
    assert found.elsewhere(0) == [1]


def test_a_record_cannot_be_written(networks: Path) -> None:
    found = unroll(read(networks, "tagger-lstm"), TEXT)
    with pytest.raises(ValueError, match="read-only"):
        found.runs[0].h[0] = 0


def test_what_cannot_be_unrolled_is_refused(networks: Path) -> None:
    m = read(networks, "tagger-lstm")
    with pytest.raises(Refusal, match="is empty"):
        unroll(m, "  ")
    with pytest.raises(Refusal, match="at most 512"):
        unroll(m, "dog " * 600)
    with pytest.raises(ValueError, match="no gate 'reset'"):
        hold_each(m, TEXT, "encoder", "reset", 0.0, 0)
    with pytest.raises(Refusal, match="no recurrent network"):
        unroll(load(ROOT / "checkpoints" / "pronouns"), TEXT)


def test_arrays_that_do_not_fit_are_refused() -> None:
    zero = np.zeros(2, np.float32)
    with pytest.raises(ValueError, match="W has shape"):
        Run(
            *("rnn", "encoder", 0, 0, np.zeros((3, 2)), np.zeros((3, 2)), None, {}, zero, None),  # type: ignore[arg-type]
            *(np.zeros((2, 2)), np.zeros((3, 2)), zero, zero),  # type: ignore[arg-type]
        )
