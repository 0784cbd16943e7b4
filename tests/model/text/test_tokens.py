"""How tokens read: of every family of tokenizers, whatever a person types."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import ByT5Tokenizer, CanineTokenizer, PerceiverTokenizer, PreTrainedTokenizerFast

from model.text.tokens import CONTINUED, choice_texts, tokens_of

ENGLISH = "The animal didn't cross the street because it was too tired."
FRENCH = "L'animal n'a pas traversé la rue parce qu'il était trop fatigué."
TEXTS = [ENGLISH, FRENCH, "Wide streets, wide roads: an owl can't see it."] * 5


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
        merged = [t for t, s in zip(merged_tokens.texts, merged_tokens.special, strict=True) if not s]
        assert "".join(merged).lower() == "".join(ENGLISH.split()).lower()
        assert {"animal", "street", "because"} <= set(merged)


@pytest.mark.parametrize("name", ["byte_level", "unigram"])  # whose pieces do not cross an apostrophe
def test_a_contraction_is_one_word_and_an_elision_two(name: str) -> None:
    tokenizer = FAMILIES[name]
    for text, words in (
        ("The animal didn't see it's wide", ["The", "animal", "didn't", "see", "it's", "wide"]),
        ("L'animal n'a pas", ["L'", "animal", "n'", "a", "pas"]),
    ):
        tokens = tokens_of(tokenizer, tokenizer(text)["input_ids"], text)
        assert list(tokens.by_words().texts) == words


@pytest.mark.parametrize("name", ["byte_level", "byte_fallback"])
def test_a_character_cut_into_bytes_is_shown_on_its_first_byte(name: str) -> None:
    tokenizer = FAMILIES[name]
    tokens = tokens_of(tokenizer, tokenizer("it 한국 🦄")["input_ids"])
    shown = [text for text in tokens.texts if text not in ("␣", "it")]
    assert shown == ["한", CONTINUED, CONTINUED, "국", CONTINUED, CONTINUED, "🦄", *[CONTINUED] * 3]
    words = [word for text, word in zip(tokens.texts, tokens.words, strict=True) if text in ("한", "국")]
    assert words[0] == words[1]
    assert tokens.by_words().texts == ("it", "한국", "🦄")


@pytest.mark.parametrize("kind", [ByT5Tokenizer, PerceiverTokenizer, CanineTokenizer])
def test_a_text_spelt_out_reads_as_it_was_typed(kind: Any) -> None:
    tokenizer, text = kind(), "Né in 한국\n🦄"
    ids = tokenizer(text)["input_ids"]
    tokens = tokens_of(tokenizer, ids, text)
    shown = [t for t, special in zip(tokens.texts, tokens.special, strict=True) if not special]
    assert [t for t in shown if t != CONTINUED] == [*"Né␣in␣한국⏎🦄"]
    assert len(shown) == len(text if kind is CanineTokenizer else text.encode())
    merged = tokens.by_words()
    words = [t for t, special in zip(merged.texts, merged.special, strict=True) if not special]
    assert words == ["Né", "in", "한국", "⏎", "🦄"]
    own = [i for i, special in zip(ids, tokens.special, strict=True) if not special]
    assert choice_texts(tokenizer, own[:1]) == ["N"]
    assert "␣" in choice_texts(tokenizer, own)


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
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_text_in_any_family(name: str, text: str) -> None:
    tokenizer = FAMILIES[name]
    ids = tokenizer(text)["input_ids"]
    tokens = tokens_of(tokenizer, ids, text)
    assert len(tokens) == len(ids)
    assert all(tokens.texts)
    assert tokens == tokens_of(tokenizer, list(ids), text)
