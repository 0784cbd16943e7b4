"""Translators of many languages: which there are, how a source is read and a target forced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sentencepiece
from transformers import (
    AutoTokenizer,
    GenerationConfig,
    M2M100Tokenizer,
    MBart50Tokenizer,
    MBartTokenizer,
    NllbTokenizer,
    PLBartTokenizer,
    SeamlessM4TTokenizer,
)

from model.capture.load.languages import languages
from model.errors import Refusal
from tests.model.families import TEXT, tokenizer


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pieces")
    (folder / "text.txt").write_text("\n".join([TEXT, "Das Tier ging nicht."] * 20))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "text.txt"),
        model_prefix=str(folder / "sp"),
        vocab_size=70,
        hard_vocab_limit=False,
        model_type="bpe",
        minloglevel=2,
        num_threads=1,
    )
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(folder / "sp.model"))
    words = {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", "<unk>"])}
    for i in range(pieces.get_piece_size()):
        words.setdefault(pieces.id_to_piece(i), len(words))
    (folder / "vocab.json").write_text(json.dumps(words))
    return folder


def made(kind: str, files: Path) -> Any:
    words = json.loads((files / "vocab.json").read_text())
    sp = str(files / "sp.model")
    match kind:
        case "m2m100":
            return M2M100Tokenizer(str(files / "vocab.json"), sp, src_lang="en", tgt_lang="fr")
        case "nllb":
            return NllbTokenizer(vocab=words, merges=[], src_lang="eng_Latn", tgt_lang="fra_Latn")
        case "mbart":
            return MBartTokenizer(src_lang="en_XX", tgt_lang="ro_RO")
        case "mbart50":
            return MBart50Tokenizer(src_lang="en_XX", tgt_lang="fr_XX")
        case "plbart":
            return PLBartTokenizer(sp, language_codes="base", src_lang="python", tgt_lang="en_XX")
        case _:
            codes = ["__eng__", "__fra__", "__deu__", "__cmn_Hant__"]
            return SeamlessM4TTokenizer(
                vocab=words, merges=[], extra_special_tokens=codes, src_lang="eng", tgt_lang="fra"
            )


KINDS = {
    "m2m100": ("en", "fr", "de", 100, "__de__", 0),
    "nllb": ("eng_Latn", "fra_Latn", "deu_Latn", 202, "deu_Latn", 0),
    "mbart": ("en_XX", "ro_RO", "de_DE", 25, "de_DE", -1),
    "mbart50": ("en_XX", "fr_XX", "de_DE", 52, "de_DE", 0),
    "plbart": ("__python__", "__en_XX__", "__java__", 3, "__java__", -1),
    "seamless": ("eng", "fra", "deu", 4, "__deu__", 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_languages(kind: str, files: Path, tmp_path: Path) -> None:
    source, target, other, count, token, place = KINDS[kind]
    made(kind, files).save_pretrained(tmp_path)
    for words in (made(kind, files), AutoTokenizer.from_pretrained(tmp_path)):
        found = languages(words)
        assert found is not None
        assert (found.source, found.target, len(found.codes)) == (source, target, count)
        before = words(TEXT)["input_ids"]
        ids = found.encode(words, TEXT, other)
        assert words.convert_ids_to_tokens(ids)[place] == token
        assert found.encode(words, TEXT) == before == words(TEXT)["input_ids"]  # left as it was
        assert {ids[place], before[place]} <= found.ids
        assert found.first_id(other) == ids[place] == words.convert_tokens_to_ids(token)
        assert found.first_id() == found.codes[target]


def test_the_languages_of_m2m100_are_not_special_to_its_tokenizer(files: Path) -> None:
    words = made("m2m100", files)
    found = languages(words)
    assert found is not None
    assert not found.ids & set(words.all_special_ids)  # so whoever shows tokens has to ask for them


def test_what_the_model_is_told_to_begin_with_comes_first(files: Path) -> None:
    words = made("mbart50", files)
    forced = words.convert_tokens_to_ids("de_DE")
    found = languages(words, GenerationConfig(), GenerationConfig(forced_bos_token_id=forced))
    assert found is not None
    assert found.target == "de_DE"
    assert found.first_id() == forced
    assert found.first_id("fr_XX") == words.convert_tokens_to_ids("fr_XX")


def test_a_language_in_another_spelling_and_one_that_is_none(files: Path) -> None:
    found = languages(made("seamless", files))
    assert found is not None
    assert found.code("__fra__") == found.code("FRA") == "fra"
    with pytest.raises(Refusal, match="no language tlh; it has eng, fra and 2 more"):
        found.first_id("tlh")


def test_no_choice_of_languages() -> None:
    assert languages(tokenizer()) is None
