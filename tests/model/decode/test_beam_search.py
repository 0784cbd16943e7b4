"""The tree of a beam search is the search that was made: compared with one written out in plain Python."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from typing import Any, cast

import pytest
import torch

from model.attention import Silence
from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.decode.decoding import Beam, write
from model.decodings import Branch, Writing
from model.text.tokens import choice_texts
from tests.model.families import build, tokenizer
from tests.model.translators import (
    NAMES,
    SOURCE,
    STORY,
    ends_of,
    enliven,
    generated,
    room,
    start_of,
    translator,
    until_the_end,
)

Ids = tuple[int, ...]
MANY = (3, 5, 9, 12, 17, 21)  # ids that end a text, where many texts are to end

CASES = [
    ("pronouns", 0, (3,)),
    ("compact", 0, (3,)),
    ("compact", 2, MANY),
    ("compact", 3, MANY),
    ("compact", 4, (3, 8)),
    ("t5", 0, (3,)),
    ("bart", 0, (3,)),
    ("bart", 1, tuple(range(3, 60))),
    ("marian", 1, tuple(range(3, 30))),
]


@dataclass
class Round:
    """One step of a search: what was looked at, with scores, and what became of it."""

    looked_at: dict[Ids, float]
    ended: set[Ids]
    kept: set[Ids]


@dataclass
class Search:
    rounds: list[Round] = field(default_factory=list)
    finished: list[tuple[float, Ids]] = field(default_factory=list)  # mean log-probability, text


def logprobs_of(m: Checkpoint, source: str, begun: list[Ids]) -> list[list[float]]:
    """What the model gives each next id after each beginning."""
    ids = torch.tensor([m.tokenizer(source)["input_ids"]]).expand(len(begun), -1)
    read = torch.tensor([[start_of(m), *one] for one in begun])
    with torch.no_grad():
        logits = cast(Any, m.model)(input_ids=ids, decoder_input_ids=read).logits[:, -1]
    return cast(list[list[float]], logits.double().log_softmax(-1).tolist())


def search(m: Checkpoint, source: str, beams: int, prefix: Ids = ()) -> Search:
    """Beam search by the book: the best `beams` beginnings go on, and the best mean log-probability wins."""
    ends, found, most = set(ends_of(m)), Search(), room(m, source)
    live: dict[Ids, float] = {prefix: 0.0}
    while live and len(next(iter(live))) < most:
        scored = {
            (*begun, i): live[begun] + logprob
            for begun, row in zip(live, logprobs_of(m, source, list(live)), strict=True)
            for i, logprob in enumerate(row)
        }
        best = sorted(scored, key=lambda ids: -scored[ids])[: (1 + len(ends)) * beams]
        ended = {ids for ids in best[:beams] if ids[-1] in ends}
        kept = [ids for ids in best if ids[-1] not in ends][:beams]
        found.rounds.append(Round({ids: scored[ids] for ids in best}, ended, set(kept)))
        length = len(best[0]) - len(prefix)
        done = best[:beams] if len(best[0]) == most else ended
        found.finished = sorted([*found.finished, *((scored[ids] / length, ids) for ids in done)])[-beams:]
        if len(found.finished) == beams and scored[kept[0]] / length <= found.finished[0][0]:
            break
        live = {ids: scored[ids] for ids in kept}
    return found


def texts_of(branches: tuple[Branch, ...]) -> list[Ids]:
    """The whole beginning that each branch stands for."""
    texts: list[Ids] = []
    for branch in branches:
        texts.append((*(texts[branch.parent] if branch.parent is not None else ()), branch.choice.id))
    return texts


def source_of(name: str) -> str:
    return STORY if name == "pronouns" else SOURCE


def well_made(m: Checkpoint, writing: Writing, beams: int) -> None:
    """What every tree promises, whatever was searched."""
    branches = writing.branches
    texts = texts_of(branches)
    assert len(set(texts)) == len(texts)
    for place, (branch, text) in enumerate(zip(branches, texts, strict=True)):
        before = 0.0
        if branch.parent is None:
            assert branch.step == 0
        else:
            assert branch.parent < place
            parent = branches[branch.parent]
            assert (parent.step, parent.fate) == (branch.step - 1, "kept")
            before = parent.score
        assert branch.score == pytest.approx(before + branch.choice.logprob, abs=1e-6)
        assert branch.choice.chance == pytest.approx(math.exp(branch.choice.logprob), abs=1e-6)
        assert math.isfinite(branch.score)
        assert math.isfinite(branch.behind)
        assert branch.behind >= 0
        assert branch.fate == "dropped" or branch.behind == 0
        assert (branch.fate == "ended") <= (branch.choice.id in ends_of(m))
        assert branch.written == (text == writing.ids[: len(text)])
    for fate in ("kept", "ended"):
        assert all(n <= beams for n in Counter(b.step for b in branches if b.fate == fate).values())
    told = choice_texts(m.tokenizer, [branch.choice.id for branch in branches], writing.source)
    assert [branch.choice.text for branch in branches] == told
    # One chain from the root to a leaf is what was written.
    chain = [place for place, branch in enumerate(branches) if branch.written]
    assert [branches[place].choice.id for place in chain] == list(writing.ids)
    assert branches[chain[0]].parent is None
    assert all(branches[after].parent == before for before, after in pairwise(chain))
    assert chain[-1] not in {branch.parent for branch in branches}
    assert (branches[chain[-1]].fate == "ended") == (writing.ids[-1] in ends_of(m))


@cache
def written(name: str, seed: int, ends: tuple[int, ...], beams: int) -> Writing:
    return write(translator(name, seed, ends), source_of(name), Beam(beams))


@pytest.mark.parametrize(("name", "seed", "ends"), CASES)
def test_the_tree_is_the_search_by_the_book(name: str, seed: int, ends: tuple[int, ...]) -> None:
    m, source = translator(name, seed, ends), source_of(name)
    for beams in (2, 5):
        writing = written(name, seed, ends, beams)
        well_made(m, writing, beams)
        expected = search(m, source, beams)
        assert expected.finished[-1][1] == writing.ids
        compare(m, writing, expected, beams)


def compare(
    m: Checkpoint, writing: Writing, expected: Search, beams: int, given: int = 0, before: float = 0.0
) -> None:
    """Step by step the same candidates, scores and fates, `given` steps later; before: the score of those."""
    steps: defaultdict[int, dict[Ids, Branch]] = defaultdict(dict)
    for branch, text in zip(writing.branches, texts_of(writing.branches), strict=True):
        if branch.step >= given:
            steps[branch.step - given][text] = branch
    assert len(steps) == len(expected.rounds)
    for number, one in enumerate(expected.rounds):
        told = steps[number]
        assert told.keys() == one.looked_at.keys()
        assert {text for text, branch in told.items() if branch.fate == "kept"} == one.kept
        assert {text for text, branch in told.items() if branch.fate == "ended"} == one.ended
        worst_kept = min(one.looked_at[text] for text in one.kept)
        last_to_end = sorted(one.looked_at.values())[-beams]
        for text, branch in told.items():
            assert branch.score - before == pytest.approx(one.looked_at[text], abs=1e-3)
            if branch.fate == "dropped":  # a text that ends has to be among the best `beams`
                bar = last_to_end if text[-1] in ends_of(m) else worst_kept
                assert branch.behind == pytest.approx(bar - one.looked_at[text], abs=1e-3)


def test_the_cases_show_all_that_can_happen() -> None:
    """Or else the test above would pass without having seen it."""
    seen: Counter[str] = Counter()
    for name, seed, ends in CASES:
        m = translator(name, seed, ends)
        writing = written(name, seed, ends, 5)
        last = len(writing.ids) - 1
        bars = {b.step: b for b in writing.branches if b.fate == "kept"}  # the worst kept of each step
        for branch in writing.branches:
            end = branch.choice.id in ends_of(m)
            seen[f"{branch.fate}, {'an end' if end else 'no end'}"] += 1
            seen["dropped above the worst kept"] += (
                branch.fate == "dropped" and branch.score > bars[branch.step].score
            )
            seen["searched beyond what was written"] += branch.step > last
        seen["written to the end" if writing.ids[-1] in ends_of(m) else "written to the last place"] += 1
    assert seen.keys() >= {"dropped, an end", "dropped, no end", "ended, an end", "kept, no end"}
    assert "kept, an end" not in seen
    assert "ended, no end" not in seen
    assert min(seen.values()) > 0, seen


@pytest.mark.parametrize("name", NAMES)
def test_generates_sequences_are_chains_of_the_tree(name: str) -> None:
    m, source, beams = translator(name), source_of(name), 4
    writing = write(m, source, Beam(beams))
    done = generated(
        m,
        source,
        num_beams=beams,
        num_return_sequences=beams,
        output_scores=True,
        return_dict_in_generate=True,
    )
    found = dict(zip(texts_of(writing.branches), writing.branches, strict=True))
    told = [tuple(until_the_end(m, ids[1:].tolist())) for ids in done.sequences]
    assert told[0] == writing.ids
    for text, score in zip(told, done.sequences_scores.tolist(), strict=True):
        if text[-1] in ends_of(m) or len(text) == room(m, source):
            branch = found[text]
            assert branch.fate == ("ended" if text[-1] in ends_of(m) else "kept")
            assert branch.score / len(text) == pytest.approx(score, abs=1e-4)


@pytest.mark.parametrize(("name", "seed", "ends"), [CASES[0], CASES[2], CASES[5], CASES[6]])
def test_a_tree_behind_a_prefix(name: str, seed: int, ends: tuple[int, ...]) -> None:
    m, source, beams = translator(name, seed, ends), source_of(name), 3
    plain = write(m, source)
    other = next(c.id for c in plain.steps[1].best[1:] if c.id not in ends)
    prefix = (plain.ids[0], other)
    writing = write(m, source, Beam(beams), prefix=prefix)
    well_made(m, writing, beams)
    given, rest = writing.branches[:2], writing.branches[2:]
    assert [(b.parent, b.step, b.fate, b.written) for b in given] == [
        (None, 0, "kept", True),
        (0, 1, "kept", True),
    ]
    assert tuple(b.choice.id for b in given) == prefix
    assert {b.parent for b in rest if b.step == 2} == {1}
    before = plain.steps[0].chosen.logprob + next(
        c.logprob
        for c in write(m, source, best=int(cast(Any, m.model).config.vocab_size)).steps[1].best
        if c.id == other
    )
    expected = search(m, source, beams, prefix)
    assert expected.finished[-1][1] == writing.ids
    compare(m, writing, expected, beams, 2, before)


def test_a_prefix_that_ends_the_text_is_the_whole_tree() -> None:
    m = translator("compact")
    writing = write(m, SOURCE, Beam(3), prefix=(9, 7, 3))
    assert [(b.parent, b.choice.id, b.fate) for b in writing.branches] == [
        (None, 9, "kept"),
        (0, 7, "kept"),
        (1, 3, "ended"),
    ]
    well_made(m, writing, 3)
    assert writing.branches[2].score == pytest.approx(writing.logprob)


@pytest.mark.parametrize("name", NAMES)
def test_one_beam_is_the_greedy_text_and_the_second_best_of_each_step(name: str) -> None:
    m, source = translator(name), source_of(name)
    writing, greedy = write(m, source, Beam(1)), write(m, source)
    well_made(m, writing, 1)
    assert len(writing.branches) == 2 * len(greedy.ids)
    for step, told in enumerate(greedy.steps):
        first, second = [b for b in writing.branches if b.step == step]
        assert (first.choice.id, second.choice.id) == tuple(c.id for c in told.best[:2])
        assert first.choice.logprob == pytest.approx(told.best[0].logprob, abs=1e-4)
        assert second.choice.logprob == pytest.approx(told.best[1].logprob, abs=1e-4)
        if second.fate == "dropped":
            assert second.behind == pytest.approx(first.score - second.score, abs=1e-4)


def special(**settings: Any) -> Checkpoint:
    """A BART that is told by its checkpoint what it must and must not write."""
    model = build("bart", tie_word_embeddings=False)
    enliven(model, 0)
    for name, value in settings.items():
        setattr(cast(Any, model).generation_config, name, value)
    return prepare(model, tokenizer("<s> $A </s>"), "bart")


def test_what_a_checkpoint_forces_has_no_endless_scores() -> None:
    m = special(forced_bos_token_id=7, forced_eos_token_id=3)
    writing = write(m, "it was", Beam(3))
    well_made(m, writing, 3)
    assert (writing.ids[0], writing.ids[-1], len(writing.ids)) == (7, 3, room(m, "it was"))
    assert [(b.choice.id, b.score, b.fate) for b in writing.branches if b.step == 0] == [(7, 0.0, "kept")]
    last = [b for b in writing.branches if b.step == len(writing.ids) - 1]
    assert {b.choice.id for b in last} == {3}
    assert {b.fate for b in last} == {"ended"}


def test_what_a_checkpoint_forbids_is_made_up_for_where_it_says_so() -> None:
    often = Counter(write(translator("bart"), SOURCE).ids).most_common(1)[0][0]
    for renormalise in (False, True):
        m = special(bad_words_ids=[[often], [4]], renormalize_logits=renormalise)
        writing = write(m, SOURCE, Beam(3))
        well_made(m, writing, 3)
        assert often not in {b.choice.id for b in writing.branches}
        done = generated(m, SOURCE, num_beams=3, output_scores=True, return_dict_in_generate=True)
        leaf = [b for b in writing.branches if b.written][-1]
        score = leaf.score / len(writing.ids)
        assert score == pytest.approx(float(done.sequences_scores[0]), abs=1e-4)
        if not renormalise:  # each probability is then the model's own
            assert leaf.score == pytest.approx(writing.logprob, abs=1e-3)
        else:
            assert leaf.score > writing.logprob + 0.1


def test_a_tree_under_edits() -> None:
    m = translator("compact")
    plain, silent = write(m, SOURCE, Beam(3)), write(m, SOURCE, Beam(3), edits=[Silence("cross")])
    well_made(m, silent, 3)
    leaf = [b for b in silent.branches if b.written][-1]
    assert leaf.score == pytest.approx(silent.logprob, abs=1e-3)
    assert plain.branches[0].score != silent.branches[0].score


def test_other_ways_to_write_have_no_tree() -> None:
    assert write(translator("compact"), SOURCE).branches == ()
