"""Words that were met in training: counted, kept, and looked up for parts of a text."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from model.text import word_counts
from model.text.words import split_words


def test_a_part_is_as_frequent_as_the_rarest_word_in_it() -> None:
    counts = word_counts.count(["I did it.", "It didn't.", "Part-time, it is."])
    parts = ["I", "didn't", "work", "part", "-", "time", "."]
    assert word_counts.times(counts, "I didn't work part-time.", parts) == [1, 1, 0, 1, 1, 1, 3]


def test_the_pieces_of_a_korean_word_are_as_frequent_as_the_word() -> None:
    counts = word_counts.count(["그녀는 왔다.", "그녀는 갔다."])
    assert word_counts.times(counts, "그녀는 웃었다.", ["그녀", "는", "웃었다", "."]) == [2, 2, 0, 2]


def test_a_part_that_is_written_otherwise_is_looked_up_by_itself() -> None:
    assert word_counts.times(word_counts.count(["it was it"]), "It was.", ["it", "was", "."]) == [2, 1, 0]
    assert word_counts.times(word_counts.count(["It didn't."]), "It didn’t.", ["It", "didn't", "."]) == [
        1,
        1,
        1,
    ]


@given(st.text())
def test_every_word_of_what_was_counted_has_its_count(text: str) -> None:
    counts, words = word_counts.count([text]), [word.text for word in split_words(text)]
    assert word_counts.times(counts, text, words) == [
        n for n in map(counts.get, map(word_counts.normalise, words)) if n
    ]


@given(st.lists(st.text(min_size=1)))
def test_a_table_is_read_as_it_was_written(texts: list[str]) -> None:
    counts = word_counts.count(texts)
    with TemporaryDirectory() as folder:
        word_counts.save(Path(folder), counts)
        assert word_counts.read(Path(folder)) == dict(counts)
