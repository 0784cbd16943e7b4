"""Translators of many languages: which there are, and how a source is read in one."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer, GenerationConfig

from model.errors import Refusal
from model.text.languages import Languages, languages
from tests.model.families import TEXT
from tests.model.families import tokenizer as of_one_language
from tests.model.polyglots import tokenizer

KINDS = {
    "m2m100": ("en", "fr", "de", 100, "__de__", 0),
    "nllb": ("eng_Latn", "fra_Latn", "deu_Latn", 202, "deu_Latn", 0),
    "mbart": ("en_XX", "ro_RO", "de_DE", 25, "de_DE", -1),
    "mbart50": ("en_XX", "fr_XX", "de_DE", 52, "de_DE", 0),
    "plbart": ("__python__", "__en_XX__", "__java__", 3, "__java__", -1),
    "seamless": ("eng", "fra", "deu", 4, "__deu__", 0),
}


@pytest.mark.parametrize("kind", KINDS)
def test_languages(kind: str, tmp_path: Path) -> None:
    source, target, other, count, token, place = KINDS[kind]
    tokenizer(kind).save_pretrained(tmp_path)
    for words in (tokenizer(kind), AutoTokenizer.from_pretrained(tmp_path)):
        found = languages(words)
        assert found is not None
        assert (found.source, found.target, len(found.codes)) == (source, target, count)
        assert found.place == ("start" if place == -1 else "first")
        before = words(TEXT)["input_ids"]
        changed = found.choose(source=other)
        ids = changed.encode(words, TEXT)
        assert words.convert_ids_to_tokens(ids)[place] == token
        assert found.encode(words, TEXT) == before == words(TEXT)["input_ids"]  # left as it was
        assert {ids[place], before[place]} <= found.ids
        assert found.choose(target=other).target_id == ids[place]
        assert changed.target_id == found.target_id == found.codes[target]


def test_marian_reads_what_it_is_to_write(tmp_path: Path) -> None:
    tokenizer("marian").save_pretrained(tmp_path)
    for words in (tokenizer("marian"), AutoTokenizer.from_pretrained(tmp_path)):
        found = languages(words)
        assert found is not None
        assert (found.source, found.place, list(found.codes)) == (None, "source", ["fra", "deu", "cmn_Hans"])
        german = found.choose(target="deu")
        assert german.encode(words, TEXT) == words(f">>deu<< {TEXT}")["input_ids"]
        assert german.encode(words, TEXT)[0] == german.target_id == words.convert_tokens_to_ids(">>deu<<")
        assert german.encode(words, f" >>fra<< {TEXT}") == words(f">>fra<< {TEXT}")["input_ids"]
        with pytest.raises(Refusal, match="source language is not an input"):
            found.choose(source="deu")


def test_the_languages_of_m2m100_are_not_special_to_its_tokenizer() -> None:
    words = tokenizer("m2m100")
    found = languages(words)
    assert found is not None
    assert not found.ids & set(words.all_special_ids)  # so whoever shows tokens has to ask for them


def test_what_the_model_is_told_to_begin_with_comes_first() -> None:
    words = tokenizer("mbart50")
    forced = words.convert_tokens_to_ids("de_DE")
    found = languages(words, GenerationConfig(), GenerationConfig(forced_bos_token_id=forced))
    assert found is not None
    assert found.target == "de_DE"
    assert found.target_id == forced
    assert found.choose(target="fr_XX").target_id == words.convert_tokens_to_ids("fr_XX")


def test_where_a_model_starts_from_its_language() -> None:
    words = tokenizer("mbart")
    german = languages(words, GenerationConfig(decoder_start_token_id=words.convert_tokens_to_ids("de_DE")))
    assert german is not None
    assert (german.place, german.target) == ("start", "de_DE")
    another = languages(words, GenerationConfig(decoder_start_token_id=words.eos_token_id))
    assert another is not None
    assert (another.place, another.target) == ("first", "ro_RO")
    forced = languages(words, GenerationConfig(forced_bos_token_id=words.convert_tokens_to_ids("de_DE")))
    assert forced is not None
    assert (forced.place, forced.target) == ("first", "de_DE")


@pytest.mark.parametrize(
    ("codes", "source", "target"),
    [
        (["de", "en", "fr"], "de", "en"),
        (["de", "en", "fr"], "en", "fr"),
        (["deu_Latn", "eng_Latn", "fra_Latn"], "deu_Latn", "eng_Latn"),
        (["de_DE", "en_XX", "ko_KR"], "en_XX", "de_DE"),
        (["fra", "spa"], None, "fra"),
        (["__java__", "__python__"], "__java__", "__python__"),
    ],
)
def test_what_is_written_where_nobody_says_it(codes: list[str], source: str | None, target: str) -> None:
    ids = {code: i for i, code in enumerate(codes)}
    found = Languages(ids, source, None, frozenset(ids.values()))
    assert found.target == target
    assert found.target_id == ids[target]
    assert found.choose(target=codes[0]).target == codes[0]


@given(st.data())
def test_a_language_in_another_spelling(data: st.DataObject) -> None:
    found = languages(tokenizer("nllb"))
    assert found is not None
    code = data.draw(st.sampled_from(list(found.codes)))
    letters = [data.draw(st.sampled_from([letter.lower(), letter.upper()])) for letter in code]
    around = "_" * data.draw(st.integers(0, 2))
    assert found.code(around + "".join(letters) + around) == code
    assert found.choose(code, code) == found.choose(around + "".join(letters), code)


def test_a_language_that_there_is_not() -> None:
    found = languages(tokenizer("seamless"))
    assert found is not None
    assert found.code("__fra__") == found.code("FRA") == "fra"
    for chosen in ({"source": "tlh"}, {"target": "tlh"}):
        with pytest.raises(Refusal, match=r"no language tlh; it has eng, fra and 2 more\.$"):
            found.choose(**chosen)
    two = Languages({"a": 1, "b": 2}, "a", "b", frozenset({1, 2}))
    with pytest.raises(Refusal, match=r"no language c; it has a and b\.$"):
        two.code("c")
    for nothing in ("", " \t"):
        with pytest.raises(Refusal, match=r'no language ""; it has a and b\.$'):
            two.code(nothing)


def test_no_choice_of_languages() -> None:
    assert languages(of_one_language()) is None
