"""Which tokenizer a person's texts get, and what is refused before anything is learned."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model.errors import Refusal
from model.text.fitting import (
    FEWEST_PIECES,
    KINDS,
    MOST_PIECES,
    Wanted,
    count_apart,
    fit_tokenizer,
    fit_words,
    wanted,
)
from model.text.tokenizer import NORMALIZATIONS
from model.text.tokens import detokenize
from pages.parts.train import switches

FEW = ["Tom likes tea.", "나는 차를 마신다.", "My mother likes tea, too."] * 4


def fitted(folder: Path, texts: list[str], others: list[str] | None = None, **told: Any) -> Any:
    return fit_tokenizer(wanted(told), texts, folder, [] if others is None else others)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"tokenizer": "wordpiece"}, "The tokenizer must be one of auto, words, unigram, bpe, characters."),
        ({"tokenizer": ["bpe"]}, "The tokenizer must be one of"),
        ({"normalization": "nfd"}, "The normalization must be one of identity, nfc, nfkc,"),
        ({"normalization": 1}, "The normalization must be one of"),
        ({"pieces": 261}, "The number of pieces must be a whole number from 262 to 64,000."),
        ({"pieces": 64_001}, "The number of pieces must be a whole number"),
        ({"pieces": 300.5}, "The number of pieces must be a whole number"),
        ({"pieces": "many"}, "The number of pieces must be a whole number"),
        ({"pieces": True}, "The number of pieces must be a whole number"),
        ({"pieces": 300, "tokenizer": "words"}, "can be set for auto, unigram, bpe alone."),
        ({"pieces": 300, "tokenizer": "characters"}, "can be set for auto, unigram, bpe alone."),
        ({"tokenizer": "words", "normalization": "nfkc"}, "Words are looked up by rules of their own"),
    ],
)
def test_what_cannot_be_is_refused(told: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        wanted(told)
    assert reason in str(refused.value)


def test_the_page_offers_what_there_is() -> None:
    assert switches.NUMBERS["pieces"][:2] == (FEWEST_PIECES, MOST_PIECES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(switches, "_", str)
        offered = switches.choices()
    assert tuple(offered["tokenizer"]) == KINDS
    assert tuple(offered["normalization"]) == NORMALIZATIONS


def test_few_words_that_all_come_back_are_tokens(tmp_path: Path) -> None:
    assert fitted(tmp_path, FEW).words
    assert fitted(tmp_path, FEW, ["Tom likes my mother, too."]).words


@pytest.mark.parametrize(
    "more",
    [
        "나 ㅋㅋ Tom",  # a capital inside comes back small
        "tea  tea.",  # two spaces
        "tom likes tea.",  # no capital at the beginning
        "It’s tea.",  # the other apostrophe
        "我喜欢茶",  # no spaces between words
        "ชา",
        "차\u3000차",
        "차 😂😂 .",
    ],
)
def test_one_text_that_does_not_come_back_is_enough_for_pieces(tmp_path: Path, more: str) -> None:
    made = fitted(tmp_path, [*FEW, more] * 3)
    assert (made.method, made.normalization) == ("unigram", "identity")
    assert detokenize(made, made.encode(more)) == more


def test_a_word_that_is_only_in_the_other_texts_makes_pieces(tmp_path: Path) -> None:
    assert not fitted(tmp_path, FEW, ["Tom likes coffee."]).words


def test_a_sample_does_not_tell_whether_all_come_back(tmp_path: Path) -> None:
    assert fit_tokenizer(Wanted(), FEW, tmp_path, None).method == "unigram"
    assert fit_tokenizer(Wanted("words"), FEW, tmp_path, None).words


def test_many_words_make_pieces(tmp_path: Path) -> None:
    assert fit_words([f"w{i}" for i in range(1001)], tmp_path, []) is None
    assert fit_words([f"{i} w" for i in range(999)], tmp_path, []) is not None


def test_texts_without_a_word_make_pieces(tmp_path: Path) -> None:
    made = fitted(tmp_path, ["\u3000", "\u3000\u3000"])
    assert made.method == "unigram"
    assert detokenize(made, made.encode("\u3000")) == "\u3000"
    with pytest.raises(Refusal, match="There is no word in the texts"):
        fitted(tmp_path, ["\u3000"], tokenizer="words")


@pytest.mark.parametrize("kind", ["unigram", "bpe", "characters", "words"])
@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_what_is_chosen_is_made(tmp_path: Path, kind: str, normalization: Any) -> None:
    if kind == "words" and normalization != "identity":
        return
    made = fitted(tmp_path, FEW, tokenizer=kind, normalization=normalization)
    method = {"words": "word", "characters": "char"}.get(kind, kind)
    assert (made.method, made.words, made.normalization) == (method, kind == "words", normalization)


def test_pieces_are_as_many_as_set(tmp_path: Path) -> None:
    texts = [f"{a}{b}{c} {c}{a}" for a in "가나다라마" for b in "바사아자차" for c in "카타파하"]
    for kind in ("auto", "unigram", "bpe"):
        assert len(fitted(tmp_path, texts, tokenizer=kind, pieces=290)) == 290
    with pytest.raises(Refusal, match="The texts are too few for 5000 pieces; the largest vocabulary"):
        fitted(tmp_path, texts, tokenizer="bpe", pieces=5000)
    with pytest.raises(Refusal, match="262 pieces are too few for the characters of the texts; the smallest"):
        fitted(tmp_path, texts, pieces=262)


def test_a_small_vocabulary_writes_rare_characters_as_bytes(tmp_path: Path) -> None:
    texts = [f"{a}{b}{c} {c}{a}" for a in "가나다라마" for b in "바사아자차" for c in "카타파하"] * 10
    texts += [chr(0x4E00 + i) for i in range(60)]
    made = fitted(tmp_path, texts, pieces=300)
    assert len(made) == 300
    for text in texts:
        assert detokenize(made, made.encode(text)) == text
    assert made.tokenize(chr(0x4E00 + 59))[-3:] == ["<0xE4>", "<0xB8>", "<0xBB>"]


pieces_of_texts = st.text("ab 가ㅋ…！我①½㈱’👍\u0301\u3000▁e", min_size=1, max_size=12).filter(
    lambda text: text.strip(" ▁")
)


@settings(max_examples=60, deadline=None)
@example(texts=["\u3000"], kind="auto", normalization="identity")
@given(
    st.lists(pieces_of_texts, min_size=1, max_size=20),
    st.sampled_from([kind for kind in KINDS if kind != "words"]),
    st.sampled_from(NORMALIZATIONS),
)
def test_any_small_table_has_a_tokenizer_that_writes_it_again(
    texts: list[str], kind: str, normalization: Any
) -> None:
    with TemporaryDirectory() as folder:
        made = fitted(Path(folder), texts, tokenizer=kind, normalization=normalization)
        for text in (*texts, "🦄힣"):
            ids = made.encode(text)
            assert made.unk_token_id not in ids or made.words
            assert made.words or normalization != "identity" or detokenize(made, ids) == text


def test_letters_that_are_written_apart_are_counted() -> None:
    assert count_apart(["한", "\u1112\u1161\u11ab", "é", "e\u0301", "ㅋㅋ…’①"]) == 2
