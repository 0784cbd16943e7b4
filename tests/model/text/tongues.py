"""Small tokenizers of every kind, taught English, French, Korean and scripts without spaces."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import sentencepiece
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import (
    ByT5Tokenizer,
    CanineTokenizer,
    MarianTokenizer,
    PerceiverTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from model.text.tokenizer import train_tokenizer

TEXTS = [
    "The animal didn't cross the street because it was too tired; it's o'clock.",
    "The animal didn’t cross the street because it was too tired; it’s o’clock.",
    "L'animal n'a pas traversé la rue parce qu'il était trop fatigué.",
    "할머니가 학교에서 책을 읽었어요. 울었다.",
    "我们喜欢学习自然语言。彼は東京へ行きました。",
    "ฉันรักภาษาไทย ខ្ញុំស្រឡាញ់ភាសាខ្មែរ ຂ້ອຍຮັກພາສາລາວ ကျွန်တော်မြန်မာစာကိုချစ်တယ်",
]
SPECIAL = ["<unk>", "<s>", "</s>", "<pad>"]
MARKS = {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"}


def taught(engine: Tokenizer, trainer: Any) -> PreTrainedTokenizerFast:
    engine.train_from_iterator(TEXTS * 5, trainer)
    engine.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    marks: dict[str, Any] = MARKS
    return PreTrainedTokenizerFast(tokenizer_object=engine, **marks)


@cache
def byte_level() -> PreTrainedTokenizerBase:
    """As GPT-2."""
    engine = Tokenizer(models.BPE())
    engine.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    engine.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return taught(
        engine,
        trainers.BpeTrainer(
            vocab_size=300, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
        ),
    )


@cache
def word_piece() -> PreTrainedTokenizerBase:
    """As multilingual BERT, cased: Chinese characters and marks stand apart."""
    engine = Tokenizer(models.WordPiece(unk_token="<unk>"))
    engine.normalizer = normalizers.BertNormalizer(lowercase=False)
    engine.pre_tokenizer, engine.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    return taught(
        engine, trainers.WordPieceTrainer(vocab_size=330, special_tokens=SPECIAL, show_progress=False)
    )


@cache
def unigram() -> PreTrainedTokenizerBase:
    """As T5 and XLM-R: composed by NFKC first, nothing to fall back on."""
    engine = Tokenizer(models.Unigram())
    engine.normalizer = normalizers.NFKC()
    apart = pre_tokenizers.Split(Regex("['’]"), "isolated")
    engine.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), apart])
    engine.decoder = decoders.Metaspace()
    return taught(
        engine,
        trainers.UnigramTrainer(
            vocab_size=260, special_tokens=SPECIAL, unk_token="<unk>", max_piece_length=3, show_progress=False
        ),
    )


@cache
def byte_fallback() -> PreTrainedTokenizerBase:
    """As Llama 2: what is strange is written in bytes."""
    engine = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>"))
    engine.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    engine.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    engine.pre_tokenizer = pre_tokenizers.Split(Regex("[▁'’]"), "merged_with_next")
    special = [*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256))]
    return taught(engine, trainers.BpeTrainer(vocab_size=480, special_tokens=special, show_progress=False))


@cache
def suffix() -> PreTrainedTokenizerBase:
    """As CLIP and the first GPT: a word's last piece ends in </w>."""
    engine = Tokenizer(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"))
    engine.pre_tokenizer, engine.decoder = pre_tokenizers.BertPreTokenizer(), decoders.BPEDecoder()
    return taught(
        engine,
        trainers.BpeTrainer(
            vocab_size=420, special_tokens=SPECIAL, end_of_word_suffix="</w>", show_progress=False
        ),
    )


@cache
def characters() -> PreTrainedTokenizerBase:
    """One token a character that it was taught, spaces too."""
    engine = Tokenizer(models.BPE(unk_token="<unk>"))
    engine.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    engine.decoder = decoders.Metaspace()
    return taught(engine, trainers.BpeTrainer(vocab_size=1, special_tokens=SPECIAL, show_progress=False))


def compact(kind: Any, **more: Any) -> PreTrainedTokenizerBase:
    return train_tokenizer(TEXTS * 5, mkdtemp(), kind, **more)


@cache
def compact_words() -> PreTrainedTokenizerBase:
    return compact("word")


@cache
def compact_unigram() -> PreTrainedTokenizerBase:
    return compact("unigram", vocab_size=420, normalization="nfkc")


@cache
def compact_bpe() -> PreTrainedTokenizerBase:
    return compact("bpe", vocab_size=460, normalization="nfkc")


@cache
def compact_faithful() -> PreTrainedTokenizerBase:
    return compact("bpe", vocab_size=460)


@cache
def marian() -> PreTrainedTokenizerBase:
    """SentencePiece inside a slow tokenizer, without bytes to fall back on."""
    folder = Path(mkdtemp())
    (folder / "texts").write_text("\n".join(TEXTS[:4] * 5), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "texts"),
        model_prefix=str(folder / "source"),
        vocab_size=110,
        hard_vocab_limit=False,
        minloglevel=2,
        num_threads=1,
    )
    (folder / "source.model").rename(folder / "source.spm")
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    pieces = [*SPECIAL, *(processor.id_to_piece(i) for i in range(3, processor.get_piece_size()))]
    (folder / "vocab.json").write_text(json.dumps({piece: i for i, piece in enumerate(pieces)}))
    marks: dict[str, Any] = {"unk_token": "<unk>", "eos_token": "</s>", "pad_token": "<pad>"}
    return MarianTokenizer(
        str(folder / "source.spm"), str(folder / "source.spm"), str(folder / "vocab.json"), **marks
    )


@cache
def spelt(kind: Any) -> PreTrainedTokenizerBase:
    made: PreTrainedTokenizerBase = kind()
    return made


MAKERS: dict[str, Callable[[], PreTrainedTokenizerBase]] = {
    "byte_level": byte_level,
    "word_piece": word_piece,
    "unigram": unigram,
    "byte_fallback": byte_fallback,
    "suffix": suffix,
    "characters": characters,
    "compact_words": compact_words,
    "compact_unigram": compact_unigram,
    "compact_bpe": compact_bpe,
    "compact_faithful": compact_faithful,
    "marian": marian,
    "bytes": partial(spelt, ByT5Tokenizer),
    "more_bytes": partial(spelt, PerceiverTokenizer),
    "code_points": partial(spelt, CanineTokenizer),
}
LOSSLESS = ("byte_level", "byte_fallback", "bytes", "more_bytes", "code_points")  # nothing is made another
