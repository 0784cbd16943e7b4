"""Tokenizers learned on the spot: how they cut, what they refuse, and the merges played again."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise

import pytest
import sentencepiece
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from model.errors import Refusal
from model.text.subwords import (
    KINDS,
    LARGEST,
    Kind,
    Learned,
    film,
    find_words,
    learn,
    learn_at_most,
    measure,
    plain,
    sample,
)
from model.text.subwords.merges import LONGEST, counts
from tests.model.families import TEXT

FAMILY = "👩‍👩‍👧‍👦"
WORDS = st.sampled_from(
    ["low", "lower", "newest", "widest", "학교에서", "학교", "친구들과", "한글", FAMILY, "🇰🇷"]
)
TYPED = st.text(st.characters(codec="utf-8"), max_size=60)
TEXTS = st.one_of(st.lists(WORDS, min_size=1, max_size=25).map(" ".join), TYPED)


def learned(kind: Kind, size: int = 700) -> Learned:
    return learn_at_most(sample(), kind, size, fallback=kind in ("bpe", "unigram"))


def shown(tokenizer: Learned, text: str) -> list[str]:
    return [piece.before + piece.text + piece.after for piece in tokenizer.cut(text)]


def test_a_word_never_met_falls_into_words_that_were() -> None:
    assert "unaffordable" not in sample()
    assert [piece.text for piece in learned("bpe").cut("It is unaffordable for us.")][2:5] == [
        "un",
        "afford",
        "able",
    ]
    assert shown(learned("wordpiece"), "unaffordable") == ["un", "##a", "##f", "##ford", "##able"]
    (word,) = learned("words").cut("unaffordable")
    assert word.unknown
    assert word.text == "unaffordable"
    assert shown(learned("characters"), "unaffordable") == list("unaffordable")
    unigram = shown(learned("unigram"), "unaffordable")
    assert unigram[0] == "▁un"
    assert unigram[-1] == "able"


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60)
@given(text=TEXTS)
@example(text="")
@example(text="<unk> <0x41> ▁a ##b </s>")
@example(text="\x00 \u202e \ufeff \u0301")
@example(text=FAMILY)
def test_the_pieces_of_any_text_stand_for_all_of_it(kind: Kind, text: str) -> None:
    tokenizer = learned_once(kind)
    text = plain(text)
    pieces = tokenizer.cut(text)
    covered = set()
    for piece in pieces:
        assert 0 <= piece.start <= piece.end <= len(text)
        assert tokenizer.vocabulary[piece.id] == piece.written
        assert piece.unknown == (piece.written == "<unk>")
        covered |= set(range(piece.start, piece.end))
    assert {i for i, character in enumerate(text) if not character.isspace()} <= covered
    assert [piece.start for piece in pieces] == sorted(piece.start for piece in pieces)


@settings(max_examples=60)
@given(text=TEXTS)
def test_with_bytes_to_fall_back_to_nothing_is_lost(text: str) -> None:
    """Byte-pair and unigram pieces, decoded by their own libraries, are the text again."""
    text = plain(text)
    bpe, unigram = learned_once("bpe"), learned_once("unigram")
    assert not any(piece.unknown for piece in (*bpe.cut(text), *unigram.cut(text)))
    assert bpe.engine.decode([piece.id for piece in bpe.cut(text)]) == text
    if "▁" not in text:  # SentencePiece reads it as a space
        assert unigram.engine.decode([piece.id for piece in unigram.cut(text)]) == text


_kept: dict[Kind, Learned] = {}


def learned_once(kind: Kind) -> Learned:
    return _kept.setdefault(kind, learned(kind))


@pytest.mark.parametrize("kind", ["bpe", "unigram"])
def test_a_character_never_met_is_written_as_its_bytes(kind: Kind) -> None:
    pieces = [piece for piece in learned(kind).cut(FAMILY) if piece.text]
    assert all(piece.byte for piece in pieces)
    assert bytes(int(piece.text, 16) for piece in pieces) == FAMILY.encode()
    assert [piece.joined for piece in pieces[1:]] == [True] * 24
    without = learn_at_most(sample(), kind, 400)
    assert any(piece.unknown for piece in without.cut(FAMILY))


def test_words_touch_where_no_white_space_lies_between() -> None:
    pieces = learned("wordpiece").cut("unable, it")
    assert [piece.joined for piece in pieces] == [False, *[True] * (len(pieces) - 2), False]


def test_a_space_by_itself_stands_with_the_word_after_it() -> None:
    text = "it 한 it"
    pieces = learned("unigram").cut("it 칡 it")
    place = next(i for i, piece in enumerate(pieces) if piece.written == "▁")
    assert [piece.joined for piece in pieces[place : place + 2]] == [False, True]
    assert not pieces[-1].joined
    assert measure(text).words == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("我们喜欢，学习 the 3月。我，ok", "我们 喜欢， 学习 the 3 月。 我， ok"),
        ("「我们」 喜欢", "「我们」 喜欢"),
        ("ฉันรักภาษาไทย", "ฉัน รัก ภาษา ไทย"),
        ("hello world. 한국어 3.5, part-time", "hello world. 한국어 3.5, part-time"),
        ("", ""),
    ],
)
def test_a_text_is_as_long_as_its_words(text: str, words: str) -> None:
    found = [text[start:end] for start, end in find_words(text)]
    assert found == words.split()
    assert measure(text).words == len(found)


@pytest.mark.parametrize("kind", ["bpe", "unigram", "wordpiece"])
def test_a_vocabulary_has_the_size_that_was_asked_for(kind: Kind) -> None:
    for size in (300, 400):
        tokenizer = learn(sample(), kind, size)
        assert len(tokenizer.vocabulary) == len(set(tokenizer.vocabulary)) == size


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_text_gives_the_same_tokenizer(kind: Kind) -> None:
    assert learned(kind).file == learned(kind).file
    assert learned(kind).vocabulary == learned(kind).vocabulary


@pytest.mark.parametrize("kind", ["bpe", "unigram", "wordpiece"])
def test_what_is_refused_says_what_would_do(kind: Kind) -> None:
    """The smallest and the largest vocabulary that a refusal names are taken, and one beyond is not."""
    with pytest.raises(Refusal, match="largest vocabulary that fits it has") as refused:
        learn(TEXT, kind, 5000)
    most = int(str(refused.value.values["most"]))
    assert len(learn(TEXT, kind, most).vocabulary) == most
    with pytest.raises(Refusal, match="largest"):
        learn(TEXT, kind, most + 1)
    with pytest.raises(Refusal, match="smallest vocabulary has") as refused:
        learn(TEXT, kind, 3)
    least = int(str(refused.value.values["least"]))
    assert len(learn(TEXT, kind, least).vocabulary) == least
    with pytest.raises(Refusal, match="smallest"):
        learn(TEXT, kind, least - 1)
    assert len(learn_at_most(TEXT, kind, 5000).vocabulary) == most
    assert len(learn_at_most(TEXT, kind, 3).vocabulary) == least


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", ["", "  \n \t "])
def test_nothing_cannot_be_learned_from(kind: Kind, text: str) -> None:
    with pytest.raises(Refusal, match="empty"):
        learn(text, kind, 300)


def test_a_text_that_is_too_long_is_refused() -> None:
    with pytest.raises(Refusal, match="1,000,001 characters"):
        learn("a" * (LARGEST + 1), "bpe", 300)


@settings(max_examples=40)
@example(text="0\r0", kind="characters", fallback=False)  # the space between two lines is a character too
@given(text=TEXTS, kind=st.sampled_from(KINDS), fallback=st.booleans())
def test_any_text_is_learned_from_or_refused(text: str, kind: Kind, fallback: bool) -> None:
    fallback = fallback and kind in ("bpe", "unigram")
    try:
        tokenizer = learn_at_most(text, kind, 300, fallback)
    except Refusal:
        return
    assert all(not piece.unknown or kind == "unigram" for piece in tokenizer.cut(text))


def test_what_is_saved_is_what_was_learned() -> None:
    """Each file, opened by its library alone, cuts as the tokenizer does."""
    text = "The unreadable letter is affordable. 학교에서 👩‍👩‍👧‍👦"
    for kind in KINDS:
        tokenizer = learned(kind)
        ids = [piece.id for piece in tokenizer.cut(text)]
        if kind == "unigram":
            opened = sentencepiece.SentencePieceProcessor(model_proto=tokenizer.file)
            assert opened.encode(text) == ids
        else:
            assert Tokenizer.from_str(tokenizer.file.decode()).encode(text).ids == ids


def test_typed_text_never_becomes_a_mark_or_a_byte() -> None:
    for kind in KINDS:
        for piece in learned(kind).cut("<unk> <0x41>"):
            assert not (piece.byte and piece.text == "41")
            assert not piece.unknown or piece.text in (
                "<",
                ">",
                "<unk>",
                "<0x41>",
                "0x41",
                "unk",
                "0",
                "1",
                "4",
            )


# The merges.


def most_frequent(text: str, merges: list[tuple[str, str]], words: list[str]) -> list[tuple[int, int]]:
    """Byte-pair encoding as Sennrich et al. (2016, algorithm 1) write it: recount everything each time.

    At each of the merges, how often its pair stands in the words, and how often the most frequent one does.
    """
    pieces = [list(word) for word in words]
    found = []
    for left, right in merges:
        times = Counter(pair for word in pieces for pair in pairwise(word))
        found.append((times[left, right], max(times.values())))
        for word in pieces:
            i = 0
            while i + 1 < len(word):
                if (word[i], word[i + 1]) == (left, right):
                    word[i : i + 2] = [left + right]
                i += 1
    return found


@pytest.mark.parametrize(
    "text", [TEXT, "low low low lower lower newest newest widest", "학교에서 학교는 친구들과 친구는"]
)
def test_each_merge_was_the_most_frequent_pair_of_its_time(text: str) -> None:
    bpe = learn_at_most(text, "bpe", 10_000)
    told = counts(bpe, text)
    recounted = most_frequent(text, list(bpe.merges), bpe.words(plain(text)))
    assert told == tuple(times for times, _most in recounted)
    assert all(times == most for times, most in recounted)


def test_pairs_get_rarer_as_merging_goes_on() -> None:
    told = counts(learn_at_most(sample(), "bpe", 1500), sample())
    assert all(earlier >= later for earlier, later in pairwise(told))
    assert told[-1] >= 1


@settings(max_examples=80)
@given(text=TEXTS)
@example(text="aaaa aaaaa abab abcabc")
@example(text=FAMILY * 3)
@example(text="한국어 한국어를 한국")
def test_after_all_merges_the_replay_is_the_library_s_own_cut(text: str) -> None:
    """Whether the merges were learned from the text itself or from another."""
    text = plain(text)[:LONGEST].strip()
    tokenizers = [learn_at_most(sample(), "bpe", 700)]
    if text:
        tokenizers.append(learn_at_most(text, "bpe", 10_000))
    for tokenizer in tokenizers:
        played = film(tokenizer, text)
        last = [piece for word in played.at(len(played.merges)) for piece in word]
        assert last == [text[piece.start : piece.end] for piece in tokenizer.cut(text)]


@settings(max_examples=40)
@given(text=TEXTS)
def test_every_step_of_the_film_is_the_text(text: str) -> None:
    played = film(learned_once("bpe"), text)
    assert len(played.pieces) == len(played.merges) + 1
    for step, count in enumerate(played.pieces):
        words, fresh = played.at(step), played.fresh(step)
        assert "".join(piece for word in words for piece in word) == played.text
        assert sum(map(len, words)) == count
        assert [len(word) for word in words] == [len(flags) for flags in fresh]
        made = [
            p
            for word, flags in zip(words, fresh, strict=True)
            for p, new in zip(word, flags, strict=True)
            if new
        ]
        if not step:
            assert not made
            continue
        merge = played.merges[step - 1]
        assert made == [merge.left + merge.right] * merge.count
        assert count == played.pieces[step - 1] - merge.count < played.pieces[step - 1]


def test_the_film_of_a_long_text_is_bounded() -> None:
    played = film(learned_once("bpe"), "word " * 10_000)
    assert len(played.text) <= LONGEST


def test_only_byte_pairs_are_merged() -> None:
    with pytest.raises(ValueError, match="no merges"):
        film(learned("wordpiece"), "text")


def test_merges_are_the_library_s_own_list() -> None:
    bpe = learned("bpe")
    assert [tuple(pair) for pair in json.loads(bpe.file)["model"]["merges"]] == list(bpe.merges)
    assert film(bpe, TEXT).start == len(bpe.vocabulary) - len(bpe.merges)


# How long a text is.


def test_one_sign_can_be_seven_characters_and_twenty_five_bytes() -> None:
    assert measure(FAMILY) == (1, 1, 7, 0, 25)


def test_korean_syllables_are_counted_in_letters() -> None:
    assert measure("한국어 학교") == (2, 6, 6, 3 + 3 + 2 + 3 + 2, 16)


@given(text=TYPED)
def test_every_text_can_be_measured(text: str) -> None:
    size = measure(text)
    assert size.words <= size.signs <= size.characters <= size.bytes
