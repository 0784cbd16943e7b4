"""Word alignment: links against a reader of the trace, rates by their definition, the format both ways."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from model import load, trace
from model.analysis.alignment import (
    Aligner,
    Links,
    Method,
    check,
    count_heads,
    ended,
    find_layers,
    link_diagonal,
    link_words,
    measure_links,
    middle,
    read_links,
    read_pharaoh,
    weigh_words,
    write_pharaoh,
)
from model.capture.checkpoint import Checkpoint
from model.decode.decoding import write
from model.errors import Refusal
from model.text.words import split_words
from tests.model.reading import words_of
from tests.model.translators import NAMES, source_of, translator, until_the_end

ENGLISH, FRENCH = "The red car didn't stop.", "La voiture rouge ne s'est pas arrêtée."
links = st.frozensets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)
sentences = st.lists(st.tuples(links, links, links), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def m() -> Checkpoint:
    return load("checkpoints/en-fr")


# Links


@pytest.mark.parametrize("method", ["naive", "shift"])
def test_words_are_weighed_as_a_reader_of_the_trace_finds_them(m: Checkpoint, method: Method) -> None:
    """Row t of cross-attention writes piece t + 1 and has read piece t; the start token is piece 0."""
    found = trace(m, ENGLISH, target=FRENCH)
    assert found.encoder
    assert found.decoder
    assert found.cross
    english, read = words_of(found.encoder, ENGLISH)
    french, spoken = words_of(found.decoder, FRENCH)
    source, target = split_words(ENGLISH), split_words(FRENCH)
    assert [w.text.lower() for w in source] == english
    assert [w.text.lower() for w in target] == french
    assert any(len(group) > 1 for group in spoken)
    weights = weigh_words(found, source, target, method)
    assert weights.shape == (3, 4, len(french), len(english))
    for i, keys in enumerate(read):
        for j, places in enumerate(spoken):
            rows = [place - (method == "naive") for place in places]
            seen = sum(found.cross.weights[:, :, row, key] for row in rows for key in keys) / len(rows)
            assert weights[:, :, j, i] == pytest.approx(seen, abs=1e-6)


@pytest.mark.parametrize("method", ["naive", "shift"])
def test_an_aligner_takes_the_mean_of_its_heads(m: Checkpoint, method: Method) -> None:
    found = trace(m, ENGLISH, target=FRENCH)
    source, target = split_words(ENGLISH), split_words(FRENCH)
    for layer, heads in ((0, (2,)), (1, (0, 3)), (2, (0, 1, 2, 3))):
        own = Aligner(layer, heads, method).align(found, source, target)
        mean = np.mean([weigh_words(found, source, target, method)[layer, head] for head in heads], axis=0)
        assert own == {(int(i), j) for j, i in enumerate(mean.argmax(1))}
        alone = trace(m, ENGLISH, target=FRENCH, layers=[layer])
        assert Aligner(layer, heads, method).align(alone, source, target) == own


def test_a_sentence_is_aligned(m: Checkpoint) -> None:
    found = Aligner(0, (2,)).align(
        trace(m, ENGLISH, target=FRENCH), split_words(ENGLISH), split_words(FRENCH)
    )
    assert {(0, 0), (1, 2), (2, 1), (4, 6), (6, 8)} <= found  # The red car … n't … .


@pytest.mark.parametrize("name", NAMES)
def test_every_model_links_each_written_word_once(name: str) -> None:
    m = translator(name)
    ids = ended(m, write(m, source_of(name)).ids)
    found = trace(m, source_of(name), target=ids)
    source, target = split_words(found.source), split_words(found.output_text or "")
    for method in ("naive", "shift"):
        got = Aligner(middle(m).layer, middle(m).heads, method).align(found, source, target)
        assert {i for i, _ in got} <= set(range(len(source)))
        assert sorted(j for _, j in got) == list(range(len(target)))


@pytest.mark.parametrize("name", NAMES)
def test_what_has_no_end_is_given_one_and_is_else_the_same(name: str) -> None:
    m = translator(name)
    ids = write(m, source_of(name)).ids[:3]
    whole = ended(m, ids)
    assert list(whole) == until_the_end(m, whole)
    assert ended(m, whole) == whole
    assert whole[: len(ids)] == tuple(ids)
    one, other = (trace(m, source_of(name), target=given).cross for given in (ids, whole))
    assert one
    assert other
    assert len(other.queries) == len(whole)  # the start token, and all but the end
    assert other.weights[:, :, : len(one.queries)] == pytest.approx(one.weights, abs=1e-5)


def test_a_share_links_more_words_and_never_less() -> None:
    weights = np.array([[0.1, 0.5, 0.2], [0.0, 0.0, 0.0], [0.3, 0.3, 0.0]], np.float32)
    assert link_words(weights) == {(1, 0), (0, 2)}
    assert link_words(weights, 0.25) == {(1, 0), (2, 0), (0, 2), (1, 2)}
    assert link_words(weights, 1.0) == link_words(weights)
    assert link_words(np.zeros((3, 0), np.float32)) == frozenset()
    assert link_words(np.full((1, 2), np.nan, np.float32)) == frozenset()


@given(source=st.integers(0, 12), target=st.integers(0, 12))
def test_the_diagonal_by_its_definition(source: int, target: int) -> None:
    expected = set()
    for j in range(target):
        off = [abs(Fraction(i + 1, source) - Fraction(j + 1, target)) for i in range(source)]
        expected |= {(off.index(min(off)), j)} if off else set()
    assert link_diagonal(source, target) == expected


def test_the_diagonal_of_equal_lengths_is_one() -> None:
    assert link_diagonal(5, 5) == {(i, i) for i in range(5)}


# Rates


@given(told=sentences)
def test_rates_by_their_definition(told: list[tuple[Links, Links, Links]]) -> None:
    """Over one set of links that know their sentence."""

    def together(which: int) -> set[tuple[int, int, int]]:
        return {(at, i, j) for at, one in enumerate(told) for i, j in one[which]}

    a, s = together(0), together(1)
    p = s | together(2)
    assume(s)
    rates = measure_links(*([one[which] for one in told] for which in range(3)))
    assert rates.error == pytest.approx(1 - (len(a & s) + len(a & p)) / (len(a) + len(s)))
    assert rates.precision == pytest.approx(len(a & p) / len(a) if a else 0)
    assert rates.recall == pytest.approx(len(a & s) / len(s))
    assert 0 <= rates.error <= 1


@given(told=st.lists(st.tuples(links.filter(bool), links), min_size=1, max_size=4))
def test_no_error_is_between_the_sure_and_the_possible(told: list[tuple[Links, Links]]) -> None:
    sure, possible = [one for one, _ in told], [other for _, other in told]
    for found in (sure, [s | p for s, p in told]):
        rates = measure_links(found, sure, possible)
        assert rates == pytest.approx((0, 1, 1))


def test_without_a_sure_link_there_is_nothing_to_compare_with() -> None:
    with pytest.raises(ValueError, match="no sure link"):
        measure_links([frozenset({(0, 0)})], [frozenset()], [frozenset({(0, 0)})])


# Pharaoh's format


@given(found=links)
def test_links_come_back_from_their_line(found: Links) -> None:
    line = write_pharaoh(found)
    assert read_pharaoh(line) == found
    assert read_links(line) == (found, found)
    assert line == " ".join(sorted(line.split(), key=lambda part: tuple(map(int, part.split("-")))))


@given(sure=links, possible=links)
def test_possible_links_are_told_from_sure_ones(sure: Links, possible: Links) -> None:
    parts = [f"{i}-{j}" for i, j in sure] + [f"{i}?{j}" for i, j in possible - sure]
    assert read_links(" ".join(parts)) == (sure, sure | possible)
    if possible - sure:
        with pytest.raises(Refusal, match=r"^Line 4 "):
            read_pharaoh(" ".join(parts), 4)


@pytest.mark.parametrize("part", ["0", "0-", "-1-0", "a-b", "0-1-2", "0:1", "1.5-2", "٣-١", "<b>", "9" * 50])
def test_what_is_no_link_is_refused_with_its_line(part: str) -> None:
    with pytest.raises(Refusal, match=r"^Line 7: .* is no link"):
        read_links(f"0-0 {part}", 7)


def test_a_word_that_is_not_there_is_refused_with_its_line() -> None:
    assert read_links("2-3", 1, 3, 4)[0] == {(2, 3)}
    for line in ("3-0", "0-4", "0?4"):
        with pytest.raises(Refusal, match=r"^Line 2: .* not there"):
            read_links(line, 2, 3, 4)


# What a model has


def test_layers_and_heads_that_are_not_there_are_refused(m: Checkpoint) -> None:
    check(m, Aligner(2, (0, 3)))
    with pytest.raises(Refusal, match="no layer 4; it has 1, 2, 3"):
        check(m, Aligner(3, (0,)))
    with pytest.raises(Refusal, match=r"4 heads .* no head 5"):
        check(m, Aligner(0, (0, 4)))
    with pytest.raises(Refusal, match="does not translate"):
        find_layers(load("checkpoints/repeat"))


def test_the_middle_is_the_third_of_six_and_all_its_heads(m: Checkpoint) -> None:
    for name in NAMES:
        layers = find_layers(translator(name))
        found = middle(translator(name))
        assert layers.index(found.layer) == {1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 6: 2}[len(layers)]
        assert found.heads == tuple(range(count_heads(translator(name), found.layer)))
        assert found.method == ("naive" if len(layers) == 1 else "shift")
    assert middle(m) == Aligner(1, (0, 1, 2, 3), "shift")
