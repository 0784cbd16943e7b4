"""Tokens: nothing a person types is lost, and every tokenizer's tokens can be read."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from model.config import CompactConfig
from model.tokens import (
    CONTINUED,
    PAD,
    SPACE,
    CompactTokenizer,
    detokenize,
    encode_target,
    places,
    tokens_of,
    train_tokenizer,
)
from model.words import elide, join_words, normalise, split_words

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


def texts_of(text: str) -> list[str]:
    return [word.text for word in split_words(text)]


def words(line: str) -> list[str]:
    return line.split()


def test_contractions_and_elisions_are_words_of_their_own() -> None:
    assert texts_of("It didn't, it CAN’T; isn't!") == words("It did n't , it CA N’T ; is n't !")
    assert texts_of("L'animal qu'il n'a d'abord vu") == words("L' animal qu' il n' a d' abord vu")
    assert texts_of("aujourd'hui 'quoted' dogs' o'clock") == words("aujourd'hui ' quoted ' dogs ' o'clock")


def test_a_contraction_is_one_typographic_word() -> None:
    assert [word.number for word in split_words("It didn't, 's")] == [0, 1, 1, 2, 3]


@settings(deadline=None)
@given(anything)
def test_splitting_loses_only_white_space(text: str) -> None:
    words = split_words(text)
    assert "".join(word.text for word in words) == "".join(text.split())
    assert all(text[word.start : word.end] == word.text for word in words)


@pytest.mark.parametrize("text", [ENGLISH, FRENCH, 'He said "no (never)", twice. «Oui», dit-il… It\'s 3.'])
def test_joining_undoes_splitting(text: str) -> None:
    assert join_words([word.text for word in split_words(text)]) == text
    assert join_words([normalise(word) for word in texts_of(ENGLISH)]) == ENGLISH


def test_french_elides_before_vowels_only() -> None:
    before = words("le la du au ce que un")
    assert [elide(w, "octopus") for w in before] == ["l'", "l'", "de l'", "à l'", "cet", "qu'", "un"]
    assert elide("le", "wug") == "le"
    assert elide("la", "hyena") == "la"


@settings(deadline=None)
@given(text=anything)
def test_no_word_is_ever_dropped(by_word: CompactTokenizer, text: str) -> None:
    ids = by_word.encode(text)
    tokens = tokens_of(by_word, ids, text)
    assert tokens.texts[:-1] == tuple(texts_of(text))
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


@settings(deadline=None)
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


@settings(deadline=None)
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


def test_in_pieces_what_follows_an_apostrophe_is_a_word(by_piece: CompactTokenizer) -> None:
    text = "The bit, since it's wide, and it's tired"
    shown = tokens_of(by_piece, by_piece.encode(text), text)
    found = places(by_piece, text, "it")
    assert "".join(shown.texts[place] for place in found) == "it"
    assert shown.texts[found[-1] + 1][0] == "'"
    with pytest.raises(ValueError, match='There is no word "it\'s" in: The bit'):
        places(by_piece, text, "it's")


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


def byte_level() -> PreTrainedTokenizerFast:
    """As GPT-2: bytes, one mark for everything special."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=330, special_tokens=["<|end|>"], initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    end: dict[str, Any] = dict.fromkeys(("bos_token", "eos_token", "unk_token"), "<|end|>")
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **end)


def word_piece() -> PreTrainedTokenizerFast:
    """As BERT, uncased."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=90, special_tokens=["[UNK]", "[CLS]", "[SEP]"], show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]"
    )


def unigram() -> PreTrainedTokenizerFast:
    """As T5: SentencePiece without bytes to fall back on."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=70, special_tokens=["<unk>", "</s>"], unk_token="<unk>", show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", eos_token="</s>")


def byte_fallback() -> PreTrainedTokenizerFast:
    """As Llama 2: SentencePiece that writes strange characters as bytes."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    special = ["<unk>", "<s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, show_progress=False)
    tokenizer.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>")


FAMILIES = {f.__name__: f() for f in (byte_level, word_piece, unigram, byte_fallback)}


@pytest.mark.parametrize("name", FAMILIES)
def test_the_words_of_every_family(name: str) -> None:
    tokenizer = FAMILIES[name]
    ids = tokenizer(ENGLISH)["input_ids"]
    for text in (ENGLISH, None):
        tokens = tokens_of(tokenizer, ids, text)
        assert not any(mark in piece for piece in tokens.texts for mark in ("Ġ", "▁", "##", "�"))
        merged_tokens = tokens.by_words()
        merged = [
            t for t, s in zip(merged_tokens.texts, merged_tokens.special, strict=True) if not s and t != "␣"
        ]
        assert "".join(merged).lower() == "".join(ENGLISH.split()).lower()
        assert {"animal", "street", "because"} <= set(merged)


@pytest.mark.parametrize("name", ["byte_level", "byte_fallback"])
def test_a_character_cut_into_bytes_is_shown_on_its_first_byte(name: str) -> None:
    tokenizer = FAMILIES[name]
    tokens = tokens_of(tokenizer, tokenizer("it 한국 🦄")["input_ids"])
    shown = [text for text in tokens.texts if text not in ("␣", "it")]
    assert shown == ["한", CONTINUED, CONTINUED, "국", CONTINUED, CONTINUED, "🦄", *[CONTINUED] * 3]
    words = [word for text, word in zip(tokens.texts, tokens.words, strict=True) if text in ("한", "국")]
    assert words[0] == words[1]


def test_bytes_that_are_no_character_are_shown_as_numbers() -> None:
    tokenizer = FAMILIES["byte_level"]
    ids = tokenizer("한")["input_ids"]
    assert tokens_of(tokenizer, ids[:2]).texts == ("0xED", "0x95")


@pytest.mark.parametrize("name", ["word_piece", "unigram"])
def test_unknown_words_show_what_was_typed(name: str) -> None:
    tokenizer = FAMILIES[name]
    text = "The animal, 한국어! 🦄 tired"
    tokens = tokens_of(tokenizer, tokenizer(text)["input_ids"], text)
    unknown = [t for t, u in zip(tokens.texts, tokens.unknown, strict=True) if u]
    assert "".join(unknown).replace("!", "") == "한국어🦄"
    # What a model wrote is searched for in the source: no places are known.
    part = tokens_of(tokenizer, tokenizer("animal 한국어")["input_ids"], text)
    assert "한국어" in part.texts


def test_an_end_mark_that_also_means_unknown_is_special() -> None:
    tokenizer = FAMILIES["byte_level"]
    tokens = tokens_of(tokenizer, [tokenizer.eos_token_id, *tokenizer("it")["input_ids"]])
    assert tokens.special[0]
    assert not any(tokens.unknown)


@pytest.mark.parametrize("name", FAMILIES)
@settings(deadline=None)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_in_any_family(name: str, text: str) -> None:
    tokenizer = FAMILIES[name]
    ids = tokenizer(text)["input_ids"]
    tokens = tokens_of(tokenizer, ids, text)
    assert len(tokens) == len(ids)
    assert all(tokens.texts)
    assert tokens == tokens_of(tokenizer, list(ids), text)


def test_too_little_text_for_a_vocabulary_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="vocabulary"):
        train_tokenizer(["a b"], tmp_path, "bpe", vocab_size=20)
