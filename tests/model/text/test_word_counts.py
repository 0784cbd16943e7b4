"""Words that were met in training: counted, kept, and looked up for parts of a text."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from model.text import word_counts


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


def test_words_of_scripts_without_spaces_are_counted_one_by_one() -> None:
    counts = word_counts.count(["我们喜欢学习。", "我们学习Python，ok."])
    assert (counts["我们"], counts["喜欢"], counts["学习"], counts["python"]) == (2, 1, 2, 1)
    assert "我们喜欢学习" not in counts
    found = word_counts.occurrences(counts, "我们学习语言")
    assert found == [("我们", 2), ("学习", 2), ("语言", 0)]
    assert word_counts.times(counts, "我们喜欢学习。", ["我们", "喜欢学习", "。"]) == [2, 1, 1]


def test_parts_are_looked_up_where_they_stand() -> None:
    """However the tokenizer wrote them."""
    counts = word_counts.count(["die Straße ist breit", "① ist"])
    text = "Die Straße ist ① breit"
    spans = [(0, 3), (4, 10), (11, 14), (15, 16), None]
    assert word_counts.times(counts, text, ["die", "strasse", "ist", "1", "breit"], spans) == [1, 1, 2, 1, 1]


def test_a_table_of_the_first_edition_is_read_as_it_would_be_today(tmp_path: Path) -> None:
    (tmp_path / word_counts.FILE).write_text("我们喜欢学习\t3\nthe\t2\n我们\t1\n", encoding="utf-8")
    assert word_counts.read(tmp_path) == {"我们": 4, "喜欢": 3, "学习": 3, "the": 2}
    word_counts.save(tmp_path, {"我们喜欢": 2})  # now such an entry is a word that a tokenizer of words has
    assert word_counts.read(tmp_path) == {"我们喜欢": 2}


@given(st.text())
def test_every_word_of_what_was_counted_has_its_count(text: str) -> None:
    counts, words = word_counts.count([text]), [word.text for word in word_counts.counted_words(text)]
    assert "".join(words) == "".join(text.split())
    assert word_counts.times(counts, text, words) == [
        n for n in map(counts.get, map(word_counts.normalise, words)) if n
    ]


@given(st.lists(st.text(min_size=1)))
def test_a_table_is_read_as_it_was_written(texts: list[str]) -> None:
    counts = word_counts.count(texts)
    with TemporaryDirectory() as folder:
        word_counts.save(Path(folder), counts)
        assert word_counts.read(Path(folder)) == dict(counts)
