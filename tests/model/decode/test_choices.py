"""Choices: how a piece reads by itself, as something that could be written next."""

from __future__ import annotations

from typing import Any, cast

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from model.text.tokenizer import train_tokenizer
from model.text.tokens import choice_texts
from tests.model.families import TEXT, tokenizer
from tests.model.translators import words


def named(known: Any, *pieces: str) -> list[int]:
    ids = known.convert_tokens_to_ids(list(pieces))
    assert known.convert_ids_to_tokens(ids) == list(pieces)
    return cast(list[int], ids)


def test_choices_in_words() -> None:
    known = words()
    ids = named(known, "▁animal", "▁n't", "▁.", "<unk1>", "<unk2>", "</s>", "<unk>")
    assert choice_texts(known, ids) == ["animal", "n't", ".", "<unk1>", "<unk2>", "</s>", "<unk>"]
    # As typed; what has no space inside is one word.
    told = choice_texts(known, ids, "The WUG <B>wug</B>")
    assert told == ["animal", "n't", ".", "WUG", "<B>wug</B>", "</s>", "<unk>"]
    assert choice_texts(known, [], "x") == []


def test_choices_in_sentencepiece_pieces(tmp_path: Any) -> None:
    texts = [TEXT, "L'animal n'a pas traversé la rue, <b>trop</b> fatigué."] * 5
    known = train_tokenizer(texts, tmp_path, "unigram", vocab_size=310)
    vocabulary = known.get_vocab()
    for piece, i in vocabulary.items():
        (text,) = choice_texts(known, [i])
        if piece.startswith("▁") and len(piece) > 1:
            assert text == piece[1:]
        elif piece.isalpha():
            assert text == f"-{piece}"
    assert choice_texts(known, named(known, "▁", "s", ".", "<0xC3>", "<0x0A>", "</s>")) == [
        "␣",
        "-s",
        ".",
        "-0xC3",
        "⏎",
        "</s>",
    ]


def test_the_name_of_a_language_goes_on_with_no_word() -> None:
    """As NLLB: a special token that looks like the middle of a word."""
    pieces = Tokenizer(models.Unigram([("<unk>", 0.0), ("fra_Latn", 0.0), ("▁il", -1.0), ("s", -2.0)], 0))
    pieces.pre_tokenizer, pieces.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=pieces, unk_token="<unk>", additional_special_tokens=["fra_Latn"]
    )
    assert choice_texts(fast, range(4)) == ["<unk>", "fra_Latn", "il", "-s"]


def test_choices_in_bytes() -> None:
    known = tokenizer()
    assert choice_texts(known, named(known, "Ġ", "s", "Ġt", "<", ">", "Ċ", "ĉ", "<s>", "é")) == [
        "␣",
        "-s",
        "t",
        "<",
        ">",
        "⏎",
        "⇥",
        "<s>",
        "-0xE9",  # the byte, not the letter
    ]


def test_choices_in_word_pieces_and_with_word_ends() -> None:
    pieces = ["[UNK]", "[SEP]", "play", "##ing", "<", "##!", "한"]
    word_pieces = Tokenizer(models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]"))
    word_pieces.pre_tokenizer, word_pieces.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    fast = PreTrainedTokenizerFast(tokenizer_object=word_pieces, unk_token="[UNK]", sep_token="[SEP]")
    assert choice_texts(fast, range(7)) == ["[UNK]", "[SEP]", "play", "-ing", "<", "!", "한"]

    pieces = ["<unk>", "play", "ing</w>", "</w>"]
    suffixes = Tokenizer(models.BPE({p: i for i, p in enumerate(pieces)}, [], unk_token="<unk>"))
    suffixes.decoder = decoders.BPEDecoder()
    fast = PreTrainedTokenizerFast(tokenizer_object=suffixes, unk_token="<unk>")
    assert choice_texts(fast, range(4)) == ["<unk>", "play", "ing", "␣"]
