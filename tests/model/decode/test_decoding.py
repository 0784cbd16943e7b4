"""What a model writes is what transformers would write, and every step of it is told as it was."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.capture.forward import observing
from model.capture.prepare import prepare
from model.decode.decoding import Beam, Greedy, Sampling, write
from model.decodings import Writing
from model.edits import Cut, Edit, Silence, Uniform
from model.errors import Refusal
from model.text.tokens import detokenize, places
from tests.model.families import build, tokenizer
from tests.model.translators import (
    NAMES,
    SOURCE,
    STORY,
    ends_of,
    enliven,
    forced,
    generated,
    log_softmax,
    room,
    source_of,
    start_of,
    translator,
    whole,
)

STRANGE = "The Wug didn't cross the street because it was too tired."


def chances(writing: Writing, vocabulary: int) -> NDArray[np.float64]:
    """The chance of each id at each step (steps, vocabulary), where every one was told."""
    told = np.full((len(writing.steps), vocabulary), np.nan)
    for step, found in zip(writing.steps, told, strict=True):
        for choice in step.best:
            found[choice.id] = choice.chance
    return told


def warped(logits: NDArray[np.float64], how: Sampling) -> NDArray[np.float64]:
    """What each id is drawn with: temperature, then the k likeliest, then the nucleus of those."""
    logits = logits / how.temperature
    if how.top_k:
        least = np.sort(logits, axis=-1)[:, ::-1][:, [min(how.top_k, logits.shape[-1]) - 1]]
        logits = np.where(logits >= least, logits, -np.inf)
    p = np.exp(log_softmax(logits))
    order = np.argsort(-p, axis=-1)
    likelier = np.cumsum(np.take_along_axis(p, order, -1), -1) - np.take_along_axis(p, order, -1)
    nucleus = np.zeros(p.shape, dtype=bool)
    np.put_along_axis(nucleus, order, likelier < how.top_p, -1)
    nucleus |= p == p.max(-1, keepdims=True)
    p = np.where(nucleus, p, 0)
    found: NDArray[np.float64] = p / p.sum(-1, keepdims=True)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_greedy_is_what_generate_writes(name: str) -> None:
    m, source = translator(name), source_of(name)
    writing = write(m, source)
    assert list(writing.ids) == generated(m, source)
    assert (writing.method, writing.source, writing.branches) == ("greedy", source, ())
    assert writing.text == detokenize(m.tokenizer, writing.ids, source)
    assert [step.chosen.id for step in writing.steps] == list(writing.ids)
    for step in writing.steps:
        assert step.chosen == step.best[0]
        assert len(step.best) == 10
        assert not step.given


@pytest.mark.parametrize("name", NAMES)
def test_beam_search_is_what_generate_writes(name: str) -> None:
    m, source = translator(name), source_of(name)
    greedy = write(m, source)
    texts = {}
    for beams in range(1, 9):
        writing = texts[beams] = write(m, source, Beam(beams))
        assert list(writing.ids) == generated(m, source, num_beams=beams)
        assert writing.method == "beam"
    assert texts[1].ids == greedy.ids
    if name != "pronouns":  # which is too sure to see it
        assert texts[8].ids != greedy.ids


def test_beam_search_finds_what_greedy_search_misses_and_may_end_first() -> None:
    m = translator("bart")
    greedy, beam = write(m, "it was tired"), write(m, "it was tired", Beam(2))
    assert beam.ids[-1] == 3
    assert greedy.ids[-1] != 3
    assert len(beam.ids) < len(greedy.ids)
    assert beam.logprob / len(beam.ids) > greedy.logprob / len(greedy.ids)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", [Greedy(), Beam(3), Sampling(temperature=1.5, seed=4)])
def test_the_steps_tell_the_models_own_probabilities(name: str, how: Any) -> None:
    m, source = translator(name), source_of(name)
    writing = write(m, source, how, best=5)
    expected = log_softmax(forced(m, source, writing.ids))
    for step, row in zip(writing.steps, expected, strict=True):
        assert step.chosen.logprob == pytest.approx(row[step.chosen.id], abs=1e-4)
        np.testing.assert_allclose([choice.logprob for choice in step.best], np.sort(row)[:-6:-1], atol=1e-4)
        for choice in step.best:
            assert choice.logprob == pytest.approx(row[choice.id], abs=1e-4)
        if not isinstance(how, Sampling):
            assert step.chosen.chance == pytest.approx(np.exp(row[step.chosen.id]), abs=1e-5)
    written = np.take_along_axis(expected, np.array(writing.ids)[:, None], -1)
    assert writing.logprob == pytest.approx(written.sum(), abs=1e-3)


@pytest.mark.parametrize("name", ["compact", "bart"])
def test_a_seed_draws_the_same_again_and_another_something_else(name: str) -> None:
    m = translator(name)
    first = write(m, SOURCE, Sampling(temperature=5, seed=1))
    assert first.method == "sampling"
    assert write(m, SOURCE, Sampling(temperature=5, seed=1)) == first
    assert len({write(m, SOURCE, Sampling(temperature=5.0, seed=seed)).ids for seed in range(5)}) == 5


@pytest.mark.parametrize("name", ["pronouns", "compact", "t5"])
@pytest.mark.parametrize("how", [{"temperature": 1e-6}, {"top_k": 1}, {"top_p": 1e-4}, {"top_p": 0.0}])
def test_drawing_without_freedom_is_greedy(name: str, how: dict[str, Any]) -> None:
    m, source = translator(name), source_of(name)
    drawn = write(m, source, Sampling(**how, seed=7))
    assert drawn.ids == write(m, source).ids
    assert [step.chosen.chance for step in drawn.steps] == pytest.approx([1.0] * len(drawn.ids), abs=1e-3)


def draw(m: Any, how: Sampling) -> list[int]:
    """A text drawn piece by piece from the chances as worked out here."""
    torch.manual_seed(how.seed)
    ids: list[int] = []
    while len(ids) < 20 and not set(ids) & set(ends_of(m)):
        chance = warped(forced(m, SOURCE, [*ids, 0])[-1:], how)
        ids.append(int(torch.multinomial(torch.from_numpy(chance).float(), 1)))
    return ids


@pytest.mark.parametrize("how", [(1.0, 0, 1.0), (2.5, 0, 1.0), (0.5, 4, 1.0), (3.0, 0, 0.4), (1.5, 6, 0.7)])
def test_pieces_are_drawn_with_the_chances_told(how: tuple[float, int, float]) -> None:
    m = translator("compact")
    for seed in range(3):
        drawing = Sampling(*how, seed=seed)
        writing = write(m, SOURCE, drawing)
        assert list(writing.ids)[:20] == draw(m, drawing)
        assert all(step.chosen.chance > 0 for step in writing.steps)


def test_a_checkpoints_own_way_of_drawing_is_left_out() -> None:
    model = build("bart", tie_word_embeddings=False)
    enliven(model, 0)
    settings = cast(Any, model).generation_config
    settings.do_sample, settings.temperature, settings.top_k, settings.top_p = True, 0.01, 2, 0.1
    m = prepare(model, tokenizer("<s> $A </s>"), "bart")
    how = Sampling(temperature=2.0, seed=5)
    assert write(m, SOURCE, how) == write(translator("bart"), SOURCE, how)
    assert write(m, SOURCE).ids == write(translator("bart"), SOURCE).ids


@settings(max_examples=40)
@given(
    st.floats(0.05, 20),
    st.integers(0, 40),
    st.floats(0.01, 0.99) | st.just(1.0),
)
def test_chances(temperature: float, top_k: int, top_p: float) -> None:
    m, how = translator("compact"), Sampling(temperature, top_k, top_p)
    ids = [7, 20, 9, 11, 3]  # to the end: nothing is drawn here, only told
    writing = write(m, SOURCE, how, prefix=ids, best=whole(m))
    told = chances(writing, whole(m))
    logits = forced(m, SOURCE, ids)
    np.testing.assert_allclose(told.sum(-1), 1, atol=1e-5)
    np.testing.assert_allclose(told, warped(logits, how), atol=1e-4)
    if top_k:
        assert (np.count_nonzero(told, axis=-1) <= top_k).all()
    for step, row in zip(writing.steps, told, strict=True):
        assert step.chosen.chance == row[step.chosen.id]


def test_two_threads_draw_what_they_draw_alone() -> None:
    m = translator("compact")
    asked = [Sampling(temperature=3.0, seed=1), Sampling(temperature=2.0, seed=2)]
    alone = [write(m, SOURCE, how).ids for how in asked]
    rounds, barrier = 8, threading.Barrier(2, timeout=60)

    def work(how: Sampling) -> list[tuple[int, ...]]:
        found = []
        for _ in range(rounds):
            barrier.wait()
            found.append(write(m, SOURCE, how).ids)
        return found

    with ThreadPoolExecutor(2) as pool:
        futures = [pool.submit(work, how) for how in asked]
        for future in futures:
            future.add_done_callback(lambda done: barrier.abort() if done.exception() else None)
        together = [future.result() for future in futures]
    assert together == [[ids] * rounds for ids in alone]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("how", [Greedy(), Beam(3), Sampling(top_k=1)])
def test_the_rest_follows_from_a_prefix(name: str, how: Any) -> None:
    m, source = translator(name), source_of(name)
    plain = write(m, source)
    other = plain.steps[2].best[1]
    prefix = (*plain.ids[:2], other.id)
    writing = write(m, source, how, prefix=prefix)
    beams = how.beams if isinstance(how, Beam) else 1
    assert list(writing.ids) == [*prefix, *generated(m, source, prefix, num_beams=beams)[3:]]
    assert [step.given for step in writing.steps] == [True] * 3 + [False] * (len(writing.ids) - 3)
    assert len(writing.ids) > 3
    assert writing.steps[2].chosen.id == other.id
    assert writing.steps[2].chosen.logprob == pytest.approx(other.logprob, abs=1e-4)
    assert writing.steps[2].best[0].id == plain.ids[2]


@pytest.mark.parametrize("how", [Greedy(), Beam(2), Sampling()])
def test_nothing_follows_a_prefix_that_ends_the_text(how: Any) -> None:
    m = translator("compact")
    for prefix in [(9, 7, 3), (3,)]:
        writing = write(m, SOURCE, how, prefix=prefix)
        assert writing.ids == prefix
        assert all(step.given for step in writing.steps)
        assert writing == write(m, SOURCE, how, prefix=(*prefix, 8, 9))  # what comes behind an end is none
    assert write(m, SOURCE, how, prefix=(3,)).text == ""


@pytest.mark.parametrize("how", [Greedy(), Beam(2), Sampling()])
def test_a_prefix_as_long_as_there_is_room(how: Any) -> None:
    m = translator("bart")
    most = len(write(m, SOURCE).ids)  # which came to no end
    for length, following in [(most - 1, 1), (most, 0), (most + 1, 0), (256, 0)]:
        writing = write(m, SOURCE, how, prefix=[5] * length)
        assert writing.ids[:length] == (5,) * length
        assert len(writing.ids) == length + following
        assert len(writing.steps) == len(writing.ids)
    with pytest.raises(Refusal, match=r"has 257 tokens, but bart takes at most 256; shorten it\.$"):
        write(m, SOURCE, how, prefix=[5] * 257)


@pytest.mark.parametrize("how", [Greedy(), Beam(2), Sampling()])
def test_it_is_told_where_a_text_was_stopped_at_the_limit(how: Any) -> None:
    for name in NAMES:
        m = translator(name)
        writing = write(m, source_of(name), how)
        ended = writing.ids[-1] in ends_of(m)
        assert ended or len(writing.ids) == room(m, source_of(name))
        assert writing.stopped == (None if ended else room(m, source_of(name)))


def test_an_end_that_is_forced_at_the_limit_is_none_of_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    m = translator("bart")
    plain = write(m, SOURCE)
    assert plain.stopped == len(plain.ids)  # which came to no end
    monkeypatch.setattr(m.model.generation_config, "forced_eos_token_id", ends_of(m)[0])
    forced = write(m, SOURCE)
    assert forced.ids == (*plain.ids[:-1], ends_of(m)[0])
    assert forced.stopped == plain.stopped


def test_what_it_means_is_cut() -> None:
    m = translator("pronouns")
    (it,), (animal,) = places(m.tokenizer, STORY, "it"), places(m.tokenizer, STORY, "animal")
    plain = write(m, STORY)
    assert plain.text == "L'animal n'a pas traversé la rue parce qu'il était trop fatigué."
    cut = write(m, STORY, edits=[Cut("encoder", it, animal)])
    assert cut.text == "L'animal n'a pas traversé la rue parce qu'elle était trop fatiguée."
    # The same with the French so far given: the first free word is the pronoun.
    place = [step.chosen.text for step in plain.steps].index("il")
    again = write(m, STORY, prefix=plain.ids[:place], edits=[Cut("encoder", it, animal)])
    assert again.ids == cut.ids
    assert (plain.steps[place].chosen.text, cut.steps[place].chosen.text) == ("il", "elle")


@pytest.mark.parametrize("name", ["compact", "t5", "bart"])
@pytest.mark.parametrize(
    "edits",
    [(Silence("cross", 0),), (Uniform("decoder", 1, 2), Cut("cross", 1, 0), Cut("encoder", 0, 1))],
    ids=["silence", "others"],
)
def test_edits_hold_while_a_model_writes(name: str, edits: tuple[Edit, ...]) -> None:
    m = translator(name)
    for how, beams in ((Greedy(), 1), (Beam(3), 3)):
        writing = write(m, SOURCE, how, edits=edits)
        with observing(m, edits=edits):
            assert list(writing.ids) == generated(m, SOURCE, num_beams=beams)
        with observing(m, edits=edits):
            expected = log_softmax(forced(m, SOURCE, writing.ids))
        told = [step.chosen.logprob for step in writing.steps]
        np.testing.assert_allclose(
            told, np.take_along_axis(expected, np.array(writing.ids)[:, None], -1)[:, 0], atol=1e-4
        )
        plain = log_softmax(forced(m, SOURCE, writing.ids))
        assert np.abs(expected - plain).max() > 1e-3  # the edits are felt


def test_unknown_words_are_told_in_the_persons_spelling() -> None:
    m = translator("pronouns")
    writing = write(m, STRANGE)
    assert "Wug" in writing.text.split()
    assert "Wug" in [step.chosen.text for step in writing.steps]
    told = {choice.text for step in write(m, STRANGE, best=50).steps for choice in step.best}
    assert "Wug" in told
    assert "<unk1>" not in told
    branches = write(m, STRANGE, Beam(3)).branches
    assert "Wug" in {branch.choice.text for branch in branches}
    assert "<unk1>" not in {branch.choice.text for branch in branches}


def test_the_start_token_is_no_part_of_what_is_written() -> None:
    for name in NAMES:
        m = translator(name)
        read = forced(m, source_of(name), [0])
        first = write(m, source_of(name)).steps[0]
        assert first.chosen.id == int(read[0].argmax())
        assert start_of(m) != first.chosen.id
