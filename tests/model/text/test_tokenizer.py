"""Tokenizers of our own: nothing a person types is lost, and their tokens can be read."""

from __future__ import annotations

import io
import itertools
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from model.errors import Refusal
from model.networks.config import CompactConfig
from model.text.tokenizer import (
    NORMALIZATIONS,
    PAD,
    SPACE,
    CompactTokenizer,
    encode_target,
    normaliser,
    train_tokenizer,
)
from model.text.tokens import detokenize, places, tokens_of
from model.text.words import split_words
from model.traces.signs import show

ENGLISH = "The animal didn't cross the street because it was too tired."
FRENCH = "L'animal n'a pas traversé la rue parce qu'il était trop fatigué."
TEXTS = [ENGLISH, FRENCH, "Wide streets, wide roads: an owl can't see it."] * 5

anything = st.text() | st.text(alphabet="aé l'n’t\"«»(.,!?) qu'd🦄한\ud800▁\u0301")


@pytest.fixture(scope="module")
def by_word(tmp_path_factory: pytest.TempPathFactory) -> CompactTokenizer:
    return train_tokenizer(TEXTS, tmp_path_factory.mktemp("words"))


@pytest.fixture(scope="module", params=["unigram", "bpe"])
def by_piece(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CompactTokenizer:
    return train_tokenizer(TEXTS, tmp_path_factory.mktemp(request.param), request.param, vocab_size=310)


@given(text=anything)
def test_no_word_is_ever_dropped(by_word: CompactTokenizer, text: str) -> None:
    ids = by_word.encode(text)
    tokens = tokens_of(by_word, ids, text)
    assert tokens.texts[:-1] == tuple(show(word.text) for word in split_words(text))
    assert ids[-1] == by_word.eos_token_id
    assert tokens.special == (False,) * (len(ids) - 1) + (True,)
    assert all(
        unknown == (by_word.convert_ids_to_tokens(i).startswith("<unk"))
        for i, unknown in zip(ids, tokens.unknown, strict=True)
    )


def test_unknown_words_are_numbered_and_come_back(by_word: CompactTokenizer) -> None:
    source = "The Wug didn't cross the Blicket because the wug was too tired, 🦄."
    ids = by_word.encode(source)
    tokens = tokens_of(by_word, ids, source)
    pieces = by_word.convert_ids_to_tokens(ids)
    assert [p for p in pieces if p.startswith("<unk")] == ["<unk1>", "<unk2>", "<unk1>", "<unk>"]
    assert [t for t, u in zip(tokens.texts, tokens.unknown, strict=True) if u] == [
        "Wug",
        "Blicket",
        "wug",
        "🦄",
    ]
    target = "La Blicket n'a pas traversé la Wug."
    written = encode_target(by_word, target, source)
    assert by_word.convert_ids_to_tokens(written)[1] == "<unk2>"
    assert detokenize(by_word, written, source) == target
    assert tokens_of(by_word, written, source).texts[1] == "Blicket"
    assert tokens_of(by_word, written, target).texts[1] == "Blicket"


def test_more_unknown_words_than_placeholders_are_still_shown(by_word: CompactTokenizer) -> None:
    source = "ka ke ki ko ku ka"
    ids = by_word.encode(source)
    assert by_word.convert_ids_to_tokens(ids[4:6]) == ["<unk>", "<unk1>"]
    assert tokens_of(by_word, ids, source).texts[:-1] == tuple(source.split())


def test_restored_words_elide(by_word: CompactTokenizer) -> None:
    written = by_word.encode("la octopus n'a pas traversé la wug", source="octopus wug")
    assert detokenize(by_word, written, "The Octopus, the wug") == "L'Octopus n'a pas traversé la wug"


def test_typed_text_never_becomes_a_special_token(by_word: CompactTokenizer) -> None:
    text = f"</s> {PAD} <unk1> <s>"
    tokens = tokens_of(by_word, by_word.encode(text), text)
    assert tokens.special == (False,) * 4 + (True,)


@pytest.mark.parametrize("text", [ENGLISH, FRENCH])
def test_known_text_round_trips(by_word: CompactTokenizer, by_piece: CompactTokenizer, text: str) -> None:
    for tokenizer in (by_word, by_piece):
        ids = tokenizer.encode(text)
        assert not any(tokens_of(tokenizer, ids).unknown)
        assert detokenize(tokenizer, ids) == text


def test_spelling_and_case_do_not_change_the_tokens(by_word: CompactTokenizer) -> None:
    typed = "THE animal didn’t  cross the Street because it was too tired."
    assert by_word.encode(typed) == by_word.encode(ENGLISH)
    tokens = tokens_of(by_word, by_word.encode(typed), typed)
    assert tokens.texts[:4] == ("THE", "animal", "did", "n’t")
    assert tokens.by_words().texts[:3] == ("THE", "animal", "didn’t")


@given(text=anything)
def test_pieces_of_any_text_can_be_read(by_piece: CompactTokenizer, text: str) -> None:
    ids = by_piece.encode(text)
    tokens = tokens_of(by_piece, ids, text)
    assert len(tokens) == len(ids)
    assert all(tokens.texts)
    assert not any(tokens.unknown)
    assert {b - a for a, b in itertools.pairwise(tokens.words)} <= {0, 1}


some_words = st.lists(
    st.sampled_from(("it", "kitten", "It's", "Bit", "street,", "streets", "(road)", "wide", "traversé")),
    min_size=1,
)


@given(typed=some_words)
def test_a_word_is_found_by_the_tokens_before_it(
    by_word: CompactTokenizer, by_piece: CompactTokenizer, typed: list[str]
) -> None:
    """No token crosses a space, so a word's place is the number of tokens of what stands before it."""
    text = " ".join(typed)
    bare = [chunk.strip("(,)").lower().removesuffix("'s") for chunk in typed]
    for tokenizer in (by_word, by_piece):
        for word in set(bare):
            i = bare.index(word)
            before = " ".join([*typed[:i], "("] if typed[i].startswith("(") else typed[:i])
            start = len(tokenizer.encode(before)) - 1 if before else 0
            ids = tokenizer.encode(text)
            start += tokenizer.convert_ids_to_tokens(ids[start]) == SPACE  # a space by itself
            found = places(tokenizer, text, word)
            assert found == list(range(start, start + len(found)))
            assert detokenize(tokenizer, [ids[place] for place in found], text).lower() == word
        for missing in {"it", "kit", "ten", "street", "wid"} - set(bare):
            with pytest.raises(ValueError, match=f"There is no word '{missing}' in: "):
                places(tokenizer, text, missing)


def test_contracted_words_are_found_whole_and_in_halves(by_word: CompactTokenizer) -> None:
    text = "It’s late: the Wug didn't see it, and it’s tired."
    assert places(by_word, text, "it") == [0]
    assert places(by_word, text, "it's") == places(by_word, text, "It’s") == [0, 1]
    assert places(by_word, text, "'s") == [1]
    assert places(by_word, text, "didn't") == [6, 7]
    assert (places(by_word, text, "did"), places(by_word, text, "n't")) == ([6], [7])
    assert places(by_word, text, "wug") == [5]


def test_in_pieces_contracted_words_are_found_whole_and_in_halves(by_piece: CompactTokenizer) -> None:
    text = "The bit, since it's wide, and it's tired"
    shown = tokens_of(by_piece, by_piece.encode(text), text)
    for word in ("it", "'s", "it's"):
        found = places(by_piece, text, word)
        assert "".join(shown.texts[place] for place in found) == word
        assert found == [*range(found[0], found[-1] + 1)]
        assert set(found) <= set(places(by_piece, text, "it's"))
    with pytest.raises(ValueError, match=r"There is no word .'s. in: It is"):
        places(by_piece, "It is", "'s")


def test_a_piece_of_a_word_is_not_the_word(by_piece: CompactTokenizer) -> None:
    text = "The animal crossed"
    tokens = tokens_of(by_piece, by_piece.encode(text), text)
    [group] = [group for group in tokens.groups() if len(group) > 1][-1:]
    piece = tokens.texts[group[0]].lower()
    assert piece not in text.lower().split()
    with pytest.raises(ValueError, match="There is no word"):
        places(by_piece, text, piece)


def test_save_and_load(by_word: CompactTokenizer, by_piece: CompactTokenizer, tmp_path: Path) -> None:
    for tokenizer in (by_word, by_piece):
        folder = tmp_path / str(tokenizer.words)
        tokenizer.save_pretrained(folder)
        CompactConfig(vocab_size=len(tokenizer)).save_pretrained(folder)
        again = AutoTokenizer.from_pretrained(folder)
        assert isinstance(again, CompactTokenizer)
        assert again.encode(ENGLISH + " wug") == tokenizer.encode(ENGLISH + " wug")
        assert len(again) == len(tokenizer)


def test_too_little_text_for_a_vocabulary_says_so(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="20 pieces are too few for the characters of the texts; the smallest"):
        train_tokenizer(["a b"], tmp_path, "bpe", vocab_size=20)
    with pytest.raises(Refusal, match="The texts cannot fill a vocabulary of 300 pieces"):
        train_tokenizer(["\t", "▅"], tmp_path, "unigram", vocab_size=300)
    with pytest.raises(ValueError, match="no other normalization"):
        train_tokenizer(["a b"], tmp_path, "word", normalization="nfkc")


@pytest.mark.parametrize("method", ["unigram", "bpe"])
def test_exactly_so_many_pieces_or_the_number_that_fits(tmp_path: Path, method: Any) -> None:
    def size(wanted: int) -> int:
        return len(train_tokenizer(TEXTS, tmp_path, method, wanted, exactly=True))

    assert size(306) == 306
    with pytest.raises(Refusal) as many:
        size(2000)
    assert "too few for 2000 pieces" in str(many.value)
    with pytest.raises(Refusal) as few:
        size(262)
    least = few.value.values["least"]
    assert least == 5 + 256 + len(set("".join(TEXTS)))  # special ones, bytes, and each character
    assert (size(least), size(many.value.values["most"])) == (least, many.value.values["most"])  # type: ignore[arg-type]


# What a person writes comes back

CHAT = ["아니… 진짜？ ㅋㅋ 나도 ㅠㅠ", "① ‘밥’ 먹자！ it’s ok 😂", "a\u3000b c\u00a0d", "위\t아래\n끝"] * 5
METHODS = ("unigram", "bpe", "char")
strange = st.text() | st.text(
    alphabet="ㅋㅠ한a é’'…！？，①\u1112\u1161\u11ab\u0301\u0323\u3000\u00a0\t\n\r\u2028\u200b\ufeff"
    "▁▅\x00\ufdd0\ufdd1😂<unk>0x41"
)


@pytest.fixture(scope="module", params=list(itertools.product(METHODS, ("identity", "nfc"))))
def faithful(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CompactTokenizer:
    method, normalization = request.param
    folder = tmp_path_factory.mktemp(method)
    return train_tokenizer(CHAT, folder, method, 330, normalization=normalization)


@given(text=strange)
def test_every_character_comes_back(faithful: CompactTokenizer, text: str) -> None:
    """Also those that SentencePiece has a use for, and white space of any kind and number."""
    ids = faithful.encode(text)
    composed = unicodedata.normalize("NFC", text)
    assert detokenize(faithful, ids) == (composed if faithful.normalization == "nfc" else text)
    assert faithful.unk_token_id not in ids
    assert faithful.encode_target(text, "a source") == ids


def test_what_is_learned_stands_in_the_pieces(faithful: CompactTokenizer) -> None:
    written = "".join(faithful.get_vocab())
    assert set("ㅋㅠ…？！①’😂") <= set(written)
    assert not set("큐") & set(written)
    again = CompactTokenizer(str(faithful.vocab_file))
    assert (again.method, again.normalization, again.faithful) == (
        faithful.method,
        faithful.normalization,
        True,
    )


def test_what_a_mac_writes_apart_is_read_as_composed_where_that_is_wanted(tmp_path: Path) -> None:
    texts = ["한국어를 읽는다", "été à la plage"] * 5
    apart = unicodedata.normalize("NFD", texts[0])
    assert apart != texts[0]
    plain = train_tokenizer(texts, tmp_path / "plain", "unigram", 330)
    composing = train_tokenizer(texts, tmp_path / "nfc", "unigram", 330, normalization="nfc")
    assert composing.encode(apart) == composing.encode(texts[0]) == plain.encode(texts[0])
    assert detokenize(plain, plain.encode(apart)) == apart
    assert len(plain.encode(apart)) > 3 * len(plain.encode(texts[0]))  # as bytes
    learned_apart = train_tokenizer(
        [unicodedata.normalize("NFD", text) for text in texts],
        tmp_path / "nfd",
        "unigram",
        330,
        normalization="nfc",
    )
    assert learned_apart.encode(texts[0]) == composing.encode(texts[0])


def test_nfkc_makes_the_same_file_as_ever_and_reads_as_ever(tmp_path: Path) -> None:
    """So that a checkpoint of before can be made again; its model says by itself how it reads."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CHAT + TEXTS), model_writer=written, model_type="unigram", vocab_size=350,
        hard_vocab_limit=False, byte_fallback=True, character_coverage=1.0, normalization_rule_name="nfkc",
        pad_id=0, unk_id=1, bos_id=2, eos_id=3, pad_piece="<pad>", unk_piece="<unk>", bos_piece="<s>",
        eos_piece="</s>", control_symbols=["<mask>"], max_sentence_length=1 << 20, num_threads=1,
        minloglevel=2,
    )  # fmt: skip
    made = train_tokenizer(CHAT + TEXTS, tmp_path, "unigram", 350, normalization="nfkc")
    assert Path(str(made.vocab_file)).read_bytes() == written.getvalue()
    assert not made.faithful
    assert made.encode("it’s  ㅋㅋ… ") == made.encode("it's ᄏᄏ...")
    assert detokenize(made, made.encode("it’s ㅋㅋ…")) == "it's ᄏᄏ..."


@pytest.mark.parametrize("normalization", NORMALIZATIONS)
def test_a_model_says_its_normalization(tmp_path: Path, normalization: Any) -> None:
    made = train_tokenizer(CHAT, tmp_path, "unigram", 330, normalization=normalization)
    assert CompactTokenizer(str(made.vocab_file)).normalization == normalization
    text = "Aㅋ½… ①"
    expected = {"identity": text, "nfc": text}.get(normalization, unicodedata.normalize("NFKC", text))
    expected = expected.casefold() if normalization.endswith("cf") else expected
    assert detokenize(made, made.encode(text)) == normaliser(normalization)(text) == expected


@pytest.mark.parametrize("folder", ["en-fr", "pronouns"])
def test_checkpoints_of_before_read_as_before(folder: str) -> None:
    shipped = CompactTokenizer(
        str(Path(__file__).parents[3] / "checkpoints" / folder / "sentencepiece.model"),
        words=folder != "en-fr",
    )
    assert not shipped.faithful
    assert shipped.normalization == ("nfkc" if folder == "en-fr" else "identity")
    assert shipped.encode("It’s  here") == shipped.encode("It's here")
