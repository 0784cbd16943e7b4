"""What the translation task learns from: files of pairs, and the pronoun grammar among everyday words."""

from __future__ import annotations

import random
import re
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.data import pairs
from model.errors import Refusal
from model.networks.loss import IGNORED
from model.networks.pretrained import CompactForConditionalGeneration
from model.tasks import find
from model.tasks.pronouns.lexicon import NOUNS
from model.tasks.pronouns.sampling import MADE_UP, Sentence, sentences
from model.tasks.translation import PIECES, TranslationTask, frames
from model.tasks.translation.frames import (
    FRAMES,
    UNSEEN_FRAMES,
    Frame,
    invent_word,
    put_in_frame,
    rename_made_up,
)
from model.tasks.translation.score import everyday, newcomers
from model.text.tokenizer import CompactTokenizer
from model.text.words import elide, normalise, split_words

NEVER = [("animal", "street"), ("dog", "road"), ("truck", "bridge"), ("trophy", "suitcase"), ("cat", "cake")]
SMALL = {
    "model.tasks.translation.PIECES": 700,
    "model.tasks.translation.GRAMMAR_TOLD": 300,
}
# Everyday sentences: who does what to what.
ROWS = [
    (f"{who[0]} {does[0]} {what[0]}.", f"{who[1]} {does[1]} {what[1]}.")
    for who, does, what in product(
        [("Tom", "Tom"), ("My mother", "Ma mère"), ("The doctor", "Le médecin"), ("Everybody", "Chacun")],
        [("likes", "aime"), ("sees", "voit"), ("sells", "vend"), ("buys", "achète"), ("draws", "dessine")],
        [("tea", "du thé"), ("my car", "ma voiture"), ("an apple", "une pomme"), ("it", "cela")],
    )
]


def words(text: str) -> list[str]:
    return [normalise(word.text) for word in split_words(text)]


def written(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


# Files


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("en\tfr\nGo!\tVa !\nStop.\tArrête.\n", [("Go!", "Va !"), ("Stop.", "Arrête.")]),
        ("fr\tid\ten\nVa !\t1\tGo!\n", [("Go!", "Va !")]),
        ("\ufeffen\tfr\nGo!\tVa !\n", [("Go!", "Va !")]),
        ("en\tfr\r\nGo!\tVa !\r\n", [("Go!", "Va !")]),
        ("en\tfr\n  Go!\t Va !  \n", [("Go!", "Va !")]),
        ("en\tfr\nGo!\t\n\tVa !\n \t \nGo!\n\nStop.\tArrête.\tmore\n", [("Stop.", "Arrête.")]),
        (
            'en\tfr\n"Go!" he said.\t"Va !" dit-il.\n"Go!\tVa !\nAn inch is 1".\tUn pouce.\n"Go!"\t"Va !"\n',
            [
                ('"Go!" he said.', '"Va !" dit-il.'),
                ('"Go!', "Va !"),
                ('An inch is 1".', "Un pouce."),
                ('"Go!"', '"Va !"'),
            ],
        ),
        ("en\tfr\nGo  on!\tVa\u202f!\nGo  on!\tVa\u202f!\n", [("Go  on!", "Va\u202f!")] * 2),
        ("en\tfr\nGo!, or not\tVa !\nStop;|.\tArrête.\n", [("Go!, or not", "Va !"), ("Stop;|.", "Arrête.")]),
        (f"en\tfr\nGo!\t{'a' * 700}\n", [("Go!", "a" * 700)]),
    ],
    ids=[
        "plain",
        "other columns",
        "byte order mark",
        "Windows",
        "spaces",
        "empty cells",
        "quotes",
        "spaces inside, and twice",
        "other separators",
        "long",
    ],
)
def test_pairs_are_read(tmp_path: Path, text: str, expected: list[pairs.Pair]) -> None:
    assert pairs.read_whole(written(tmp_path / "pairs.tsv", text), "en", "fr") == expected


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\t\n\r\0"), min_size=1)
cells = cells.map(str.strip).filter(bool)


@settings(max_examples=50)
@given(rows=st.lists(st.tuples(cells, cells), min_size=1))
def test_whatever_a_line_can_hold_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[pairs.Pair]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.tsv"
    written(path, "en\tfr\n" + "".join(f"{source}\t{target}\n" for source, target in rows))
    assert pairs.read_whole(path, "en", "fr") == rows


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("en\tde\nGo!\tLos!\n", "has no column fr; it has en, de."),
        ("Go!\tVa !\n", "has no column en; it has Go!, Va !."),
        ("en,fr\nGo!,Va !\n", "has no column en; it has en,fr."),
        ("", "is empty."),
        ("\n\n", "is empty."),
        ("en\tfr\n", "has no row with something in both en and fr."),
        ("en\tfr\nGo!\t \n\tVa !\n", "has no row with something in both en and fr."),
        ("en\tfr\nGo!\tVa à\n".encode("latin-1"), "is no text in UTF-8; save it as UTF-8."),
        ("en\tfr\nDid it?\tA été.\n".encode("latin-1"), "is no text in UTF-8; save it as UTF-8."),
        ("en\tfr\nGo!\tVa !\n".encode("utf-16"), "is no text in UTF-8; save it as UTF-8."),
        ("en\tfr\nGo!\t" + "a" * 200_000 + "\n", "is damaged, or no table."),
    ],
)
def test_a_file_without_pairs_is_a_plain_sentence(tmp_path: Path, text: str | bytes, error: str) -> None:
    path = written(tmp_path / "pairs.tsv", text)
    with pytest.raises(Refusal) as refused:
        find("en-fr").with_data([path])
    assert str(refused.value) == f"{path.name} {error}"


@pytest.mark.parametrize(
    ("name", "why"), [("folder", "Is a directory"), ("missing.tsv", "No such file or directory")]
)
def test_what_is_no_file_is_a_plain_sentence(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(Refusal) as refused:
        find("en-fr").with_data([tmp_path / name])
    assert str(refused.value) == f"{name} cannot be read: {why}."


def test_each_task_says_whether_it_needs_files(tmp_path: Path) -> None:
    path = written(tmp_path / "pairs.tsv", "en\tfr\nGo!\tVa !\n")
    with pytest.raises(ValueError, match="The task en-fr learns from a table of sentences: give its file"):
        find("en-fr").with_data([])
    for name in ("pronouns", "pronouns-shortcut"):
        with pytest.raises(ValueError, match=f"The task {name} makes its own data and learns from no"):
            find(name).with_data([path])
        assert find(name).with_data([]) == find(name)
    alone, given_twice = find("en-fr"), find("en-fr").with_data([path, path])
    assert isinstance(alone, TranslationTask)
    assert isinstance(given_twice, TranslationTask)
    assert alone.pairs() == []
    assert given_twice.pairs() == [("Go!", "Va !")] * 2


@pytest.mark.parametrize("count", [-1, 2_000_000, 1.5, "many"])
def test_a_count_that_cannot_be_is_refused(tmp_path: Path, count: Any) -> None:
    path = written(tmp_path / "a.tsv", "en\tfr\nGo!\tVa !\n")
    with pytest.raises(ValueError, match="grammar and couples must be whole numbers from 0 to 1000000"):
        find("en-fr").with_data([path], {"couples": count})


# Frames


@pytest.mark.parametrize(
    ("french", "expected"),
    [
        ("Un chat dort.", "Je pense qu'un chat dort."),
        ("Le chat dort.", "Je pense que le chat dort."),
        ("L'école est vide.", "Je pense que l'école est vide."),
        ("Elle dort.", "Je pense qu'elle dort."),
        ("École et parc sont vides.", "Je pense qu'école et parc sont vides."),
        ("Œufs et lait manquent.", "Je pense qu'œufs et lait manquent."),
        ("Aujourd'hui, le chat dort.", "Je pense qu'aujourd'hui, le chat dort."),
        ("Hier soir, le chat dormait.", "Je pense qu'hier soir, le chat dormait."),
        ("Hôtels et bars sont vides.", "Je pense qu'hôtels et bars sont vides."),
        ("Hérissons et chats dorment.", "Je pense que hérissons et chats dorment."),
        ("Heurter un mur fait mal.", "Je pense que heurter un mur fait mal."),
    ],
)
def test_french_elides_where_the_sentence_goes_on(french: str, expected: str) -> None:
    told = put_in_frame(Sentence("The cat sleeps.", french), Frame("I think that", "Je pense que"))
    assert (told.english, told.french) == ("I think that the cat sleeps.", expected)


@pytest.mark.parametrize("frame", [*FRAMES, *UNSEEN_FRAMES], ids=lambda frame: frame.english)
def test_a_sentence_in_a_frame_is_whole_and_means_the_same(frame: Frame) -> None:
    for sentence in sentences(150, 4):
        told = put_in_frame(sentence, frame)
        assert (told.pronoun, told.meant, told.other) == (sentence.pronoun, sentence.meant, sentence.other)
        if frame.behind:
            mark = "" if sentence.english.endswith((".", "!")) else "."
            assert told.english == f"{sentence.english}{mark} {frame.english}"
            assert told.french.startswith(sentence.french)
            assert told.french.endswith(f". {frame.french}")
            continue
        assert frame.english.endswith(" that")
        first, rest = sentence.french[0].lower(), sentence.french[1:]
        vowel = re.match("hier|hôtel|hôpital", first + rest) or elide("que", first + rest) == "qu'"
        joined = "qu'" if vowel else "que "
        assert told.french == f"{frame.french.removesuffix('que')}{joined}{first}{rest}"
        assert told.english == f"{frame.english} {sentence.english[0].lower()}{sentence.english[1:]}"


def test_measured_frames_are_none_that_was_learned_from() -> None:
    learned, measured = ({frame.english for frame in table} for table in (FRAMES, UNSEEN_FRAMES))
    assert not learned & measured
    for first, second in everyday(50):
        assert first.english != second.english
        [frame] = [f for f in UNSEEN_FRAMES if f.english in first.english]
        for sentence in (first, second):
            assert sentence.english.endswith(frame.english) == frame.behind
            assert sentence.english.startswith(frame.english) != frame.behind
            assert not any(other in sentence.english for other in learned)
            assert not any(other.english in sentence.english for other in UNSEEN_FRAMES if other != frame)
            assert words(sentence.english).count("it") == 1
            assert words(sentence.french).count(sentence.pronoun) == 1


# New names


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32))
def test_made_up_words_get_new_names_in_both_languages(seed: int) -> None:
    chance = random.Random(seed)
    for sentence in sentences(40, seed, unknown=1.0):
        told = rename_made_up(sentence, chance)
        names: dict[str, str] = {}
        for before, after in ((sentence.english, told.english), (sentence.french, told.french)):
            for old, new in zip(words(before), words(after), strict=True):
                if old in MADE_UP:
                    assert names.setdefault(old, new) == new
                    assert new not in MADE_UP
                else:
                    assert new == old
        assert names.keys() == set(words(sentence.english)) & set(MADE_UP)
        assert not any(a in b for a in names.values() for b in names.values() if a is not b)
        assert told.meant == (names.get(sentence.meant, sentence.meant) if sentence.meant else None)
        assert told.other == (names.get(sentence.other, sentence.other) if sentence.other else None)
        assert told.pronoun == sentence.pronoun


def test_no_new_name_is_a_part_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name inside another would be found where the other stands."""
    drawn = iter(["gatod", "gatod", "brigatod", "ga", "pumex"])
    monkeypatch.setattr(frames, "invent_word", lambda chance: next(drawn))
    told = rename_made_up(
        Sentence("The wug ate the dax.", "Le wug a mangé le dax.", "", "wug", "dax"), random.Random()
    )
    assert told == Sentence("The gatod ate the pumex.", "Le gatod a mangé le pumex.", "", "gatod", "pumex")


def test_known_words_stay_as_they_are() -> None:
    sentence = Sentence("The stove is hot.", "Le poêle est chaud.")  # "tove" is a made-up word
    chance = random.Random(3)
    state = chance.getstate()
    assert rename_made_up(sentence, chance) is sentence
    assert chance.getstate() == state


def test_invented_words_elide_nothing() -> None:
    chance = random.Random(0)
    drawn = [invent_word(chance) for _ in range(2000)]
    assert all(re.fullmatch("[b-df-gj-np-tvz][a-z]{4,10}", word) for word in drawn)
    assert all(elide("le", word) == "le" for word in drawn)
    assert len(set(drawn)) > 1900


def test_newcomers_are_nouns_that_the_grammar_lacks() -> None:
    known = {noun.english for noun in NOUNS} | set(MADE_UP)
    names = [noun.english for noun in newcomers()]
    assert len(set(names)) == len(names) >= 20
    assert not set(names) & known
    met = {word for sentence in sentences(3000, 0, unknown=0) for word in words(sentence.english)}
    assert not set(names) & met
    genders = [noun.gender for noun in newcomers()]
    assert min(genders.count("m"), genders.count("f")) >= 5


# What is learned


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> TranslationTask:
    path = tmp_path_factory.mktemp("data") / "everyday.tsv"
    written(path, "en\tfr\n" + "".join(f"{source}\t{target}\n" for source, target in ROWS))
    given_task = find("en-fr").with_data([path], {"grammar": 400, "couples": 30})
    assert isinstance(given_task, TranslationTask)
    return given_task


@pytest.fixture
def little_data(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SMALL.items():
        monkeypatch.setattr(name, value)


def test_real_pairs_couples_of_them_and_the_grammar(task: TranslationTask, little_data: None) -> None:
    told = task.gather_sentences(5)
    assert len(told) == len(ROWS) + 30 + 400
    assert [(s.english, s.french) for s in told[: len(ROWS)]] == ROWS
    french = dict(ROWS)
    for couple in told[len(ROWS) : len(ROWS) + 30]:
        first, second = (f"{half}." for half in couple.english[:-1].split(". "))
        assert couple.french == f"{french[first]} {french[second]}"
    grammar = told[len(ROWS) + 30 :]
    starts = tuple(frame.english for frame in FRAMES if not frame.behind)
    ends = tuple(frame.english for frame in FRAMES if frame.behind)
    everyday_ones = [source for source, _ in ROWS if " it" not in source]
    kinds = [
        "frame" if s.english.startswith(starts) or s.english.endswith(ends)
        else "behind" if s.english.startswith(tuple(everyday_ones))
        else "alone"
        for s in grammar
    ]  # fmt: skip
    assert kinds.count("frame") / 400 == pytest.approx(0.3, abs=0.06)
    assert kinds.count("behind") / 400 == pytest.approx(0.1, abs=0.04)
    for sentence in grammar:
        present = words(sentence.english)
        assert not any(set(pair) <= set(present) for pair in NEVER), sentence.english
        assert not any(frame.english in sentence.english for frame in UNSEEN_FRAMES), sentence.english
        assert not set(present) & set(MADE_UP), sentence.english
        assert present.count("it") == bool(sentence.pronoun)  # nothing said before it has another
        if sentence.meant and sentence.other:
            assert {sentence.meant, sentence.other} <= set(present)
    assert told == task.gather_sentences(5)
    assert told != task.gather_sentences(6)


def test_labels_at_it_name_the_first_piece_of_the_noun(
    task: TranslationTask, little_data: None, tmp_path: Path
) -> None:
    tokenizer = task.tokenizer(tmp_path)
    assert not tokenizer.words
    several = 0
    for sentence, example in zip(task.gather_sentences(1), task.examples(tokenizer, 1), strict=True):
        ids, labels = example["input_ids"], example["source_labels"]
        assert ids == tokenizer.encode(sentence.english)
        assert example["labels"] == tokenizer.encode(sentence.french)
        assert len(labels) == len(ids)
        labelled = {place: label for place, label in enumerate(labels) if label != IGNORED}
        if not sentence.meant:
            assert not labelled
            continue
        assert labelled == dict.fromkeys(
            pieces_of(tokenizer, sentence.english, "it"),
            ids[pieces_of(tokenizer, sentence.english, sentence.meant)[0]],
        )
        several += len(pieces_of(tokenizer, sentence.english, sentence.meant)) > 1
    assert several > 100


def pieces_of(tokenizer: CompactTokenizer, text: str, word: str) -> list[int]:
    """The tokens that hold a word's letters, where it first stands, counted along the text."""
    found = re.search(rf"(?i)\b{word}\b", text)
    assert found
    holding, end = [], -1  # the space before the first word is none of the text
    for place, token in enumerate(tokenizer.tokenize(text)):
        start, end = end, end + len(token)
        letters = range(start + token.startswith("▁"), end)
        if set(letters) & set(range(*found.span())):
            holding.append(place)
    return holding


def test_the_tokenizer_is_of_pieces_and_the_model_fits_it(
    task: TranslationTask, little_data: None, tmp_path: Path
) -> None:
    tokenizer = task.tokenizer(tmp_path)
    assert len(tokenizer) == 700
    assert tokenizer.unk_token_id not in tokenizer.encode("Zebras 🦄 한국 ’ zyzzyva")
    config = task.config(tokenizer)
    assert (config.vocab_size, config.source_labels) == (700, 700)
    assert config.architecture == "encoder-decoder"
    assert len(config.encoder_windows or ()) == config.encoder_layers
    assert config.task == task.name == "en-fr"
    assert find("en-fr").recipe.half
    config.vocab_size = config.source_labels = PIECES
    with torch.device("meta"):
        numbers = sum(weight.numel() for weight in CompactForConditionalGeneration(config).parameters())
    assert 2 * numbers < 25e6  # bytes
