"""Words in every script, of every family of tokenizers: the same for a person, however the pieces are cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icu4py.breakers import WordBreaker
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import (
    BlenderbotSmallTokenizer,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)

from model import load, trace
from model.text.tokens import choice_texts, places, tokens_of
from model.trace import CONTINUED, Tokens
from model.traces.signs import show
from tests.model.text.tongues import LOSSLESS, MAKERS

EN_FR = Path(__file__).parents[3] / "checkpoints" / "en-fr"
SCRIPTS = {
    "Chinese": "我们喜欢学习自然语言",
    "Japanese": "彼は東京へ行きました",
    "Thai": "ฉันรักภาษาไทย",
    "Lao": "ຂ້ອຍຮັກພາສາລາວ",
    "Khmer": "ខ្ញុំស្រឡាញ់ភាសាខ្មែរ",
    "Burmese": "ကျွန်တော်မြန်မာစာကိုချစ်တယ်",
}


def read(tokenizer: PreTrainedTokenizerBase, text: str, known: bool = True) -> Tokens:
    return tokens_of(tokenizer, tokenizer(text)["input_ids"], text if known else None)


def words(tokens: Tokens) -> list[str]:
    """The words that a person sees, without special tokens."""
    merged = tokens.by_words()
    return [text for text, special in zip(merged.texts, merged.special, strict=True) if not special]


def straight(found: list[str]) -> list[str]:
    return [word.replace("’", "'") for word in found]  # some tokenizers make both one


def sentencepiece(pieces: list[str], *, normalizer: Any = None, **more: Any) -> PreTrainedTokenizerFast:
    """A unigram tokenizer of these pieces; what they cannot write is unknown."""
    vocabulary = [("<unk>", -9.0), *((piece, -2.0) for piece in pieces)]
    engine = Tokenizer(models.Unigram(vocabulary, 0))
    engine.pre_tokenizer, engine.decoder = pre_tokenizers.Metaspace(**more), decoders.Metaspace()
    if normalizer is not None:
        engine.normalizer = normalizer
    return PreTrainedTokenizerFast(tokenizer_object=engine, unk_token="<unk>")


# The space before a word


def test_a_lone_space_belongs_to_the_word_after_it() -> None:
    tokenizer = sentencepiece(["▁", "▁pas", "à", "▁b"])
    tokens = read(tokenizer, "pas à b")
    assert tokens.texts == ("pas", "␣", "à", "b")
    assert tokens.words == (0, 1, 1, 2)
    assert words(tokens) == ["pas", "à", "b"]
    assert tokens_of(tokenizer, tokenizer("pas à b")["input_ids"]).words == tokens.words


def test_a_model_of_ours_writes_no_space_as_a_word() -> None:
    found = trace(load(EN_FR), "I can't find my phone; I'm late.").by_words()
    assert found.decoder is not None
    assert found.encoder is not None
    assert "␣" not in found.decoder.query_tokens
    pas = found.decoder.query_tokens.index("pas")
    assert found.decoder.query_tokens[pas : pas + 3] == ("pas", "à", "trouver")
    assert found.encoder.query_tokens[:3] == ("I", "can't", "find")
    sums = found.decoder.weights.sum(-1)
    assert abs(sums - 1).max() < 1e-4


@pytest.mark.parametrize("name", LOSSLESS)
def test_spaces_in_a_row_belong_to_the_word_after_them(name: str) -> None:
    tokens = read(MAKERS[name](), "it   is")
    assert words(tokens) == ["it", "is"]
    assert "".join(tokens.texts).count("␣") >= 2
    assert tokens.words[tokens.texts.index("␣")] == tokens.words[-2]


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_space_that_nothing_follows_is_by_itself(name: str) -> None:
    tokenizer = MAKERS[name]()
    assert words(read(tokenizer, "it  ")) == ["it", "␣␣"]
    ids = tokenizer("it ", add_special_tokens=False)["input_ids"]
    assert words(tokens_of(tokenizer, ids, "it ")) == ["it", "␣"]
    more = [*ids, *tokenizer("is", add_special_tokens=False)["input_ids"]]  # a model goes on with it
    assert words(tokens_of(tokenizer, more))[:1] == ["it"]


@pytest.mark.parametrize("name", LOSSLESS)
def test_line_ends_and_tabs_are_seen(name: str) -> None:
    assert words(read(MAKERS[name](), "it\n\n\tis")) == ["it", "⏎", "⏎", "⇥", "is"]


def test_a_lone_end_of_a_word_belongs_to_the_word_before_it() -> None:
    engine = Tokenizer(models.BPE({"<unk>": 0, "play": 1, "</w>": 2, "ing</w>": 3}, [], unk_token="<unk>"))
    engine.decoder = decoders.BPEDecoder()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=engine, unk_token="<unk>")
    tokens = tokens_of(tokenizer, [1, 2, 1, 3, 2])
    assert tokens.words == (0, 0, 1, 1, 1)
    assert words(tokens) == ["play", "playing"]


def test_pieces_that_say_so_go_on(tmp_path: Path) -> None:
    """A slow tokenizer whose pieces go on with @@; without it a word ends."""
    pieces = ["__null__", "__start__", "__end__", "__unk__", "play@@", "ing", "a"]
    (tmp_path / "vocab.json").write_text(json.dumps({p: i for i, p in enumerate(pieces)}), encoding="utf-8")
    (tmp_path / "merges.txt").write_text("#version: 0.2\np l\n", encoding="utf-8")
    tokenizer = BlenderbotSmallTokenizer(str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt"))
    assert words(tokens_of(tokenizer, [6, 4, 5, 6])) == ["a", "playing", "a"]


def test_a_lone_mark_of_going_on_is_what_was_typed() -> None:
    vocabulary = {"[UNK]": 0, "##": 1, "##a": 2, "a": 3}
    engine = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    engine.pre_tokenizer, engine.decoder = pre_tokenizers.WhitespaceSplit(), decoders.WordPiece()
    tokens = read(PreTrainedTokenizerFast(tokenizer_object=engine, unk_token="[UNK]"), "aa ## a")
    assert tokens.texts == ("a", "a", "##", "a")
    assert words(tokens) == ["aa", "##", "a"]


def test_marks_that_end_a_line_with_it_say_so() -> None:
    """As Llama 3, which has pieces such as ".\\n\\n"."""
    engine = Tokenizer(models.WordLevel({"it": 0, ".ĊĊ": 1, "<unk>": 2}, "<unk>"))
    engine.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(".\n\n", "isolated"), pre_tokenizers.ByteLevel(False, use_regex=False)]
    )
    engine.decoder = decoders.ByteLevel()
    tokens = read(PreTrainedTokenizerFast(tokenizer_object=engine, unk_token="<unk>"), "it.\n\nit")
    assert tokens.texts == ("it", ".⏎⏎", "it")
    assert tokens.words == (0, 1, 2)


# What is unknown


def test_an_unknown_piece_inside_a_word_stays_inside() -> None:
    tokenizer = sentencepiece(["▁", "ix", "ture", "▁a"])
    tokens = read(tokenizer, "a mixture")
    assert words(tokens) == ["a", "mixture"]
    assert tokens.by_words().unknown == (False, True)
    assert tokens.texts[tokens.unknown.index(True)] == "m"


def test_an_unknown_word_of_its_own_stays_its_own() -> None:
    tokens = read(sentencepiece(["▁", "▁a", "▁b", ","]), "a 한국, b")
    assert words(tokens) == ["a", "한국", ",", "b"]
    assert tokens.by_words().unknown == (False, True, False, False)


def test_a_slow_tokenizer_has_its_unknown_piece_inside_the_word() -> None:
    tokens = read(MAKERS["marian"](), "a qu§een")
    assert words(tokens)[0] == "a"
    assert "".join(words(tokens)[1:]) == "qu§een"
    unknown = [text for text, unknown in zip(tokens.texts, tokens.unknown, strict=True) if unknown]
    assert unknown == ["§"]


def test_without_a_text_an_unknown_piece_goes_on_with_its_word() -> None:
    tokenizer = sentencepiece(["▁", "ue", "stion", "▁a", "▁b"])
    ids = tokenizer("a question b")["input_ids"]
    assert words(tokens_of(tokenizer, ids)) == ["a", "<unk>uestion", "b"]


# Contractions


@pytest.mark.parametrize("apostrophe", "'’")
@pytest.mark.parametrize("name", MAKERS)
def test_a_contraction_is_one_word_in_every_family(name: str, apostrophe: str) -> None:
    text = f"The animal didn{apostrophe}t cross; it{apostrophe}s tired"
    tokenizer = MAKERS[name]()
    tokens = read(tokenizer, text)
    assert straight(words(tokens)) == ["The", "animal", "didn't", "cross", ";", "it's", "tired"]
    if not any(tokens.unknown):  # where nobody says what was typed
        bare = straight(words(tokens_of(tokenizer, tokenizer(text)["input_ids"])))
        assert [word.lower() for word in bare] == ["the", "animal", "didn't", "cross", ";", "it's", "tired"]


@pytest.mark.parametrize("apostrophe", "'’")
@pytest.mark.parametrize("name", [name for name in MAKERS if name != "byte_fallback"])  # has a piece 'a
def test_an_elision_is_two_words_in_every_family(name: str, apostrophe: str) -> None:
    tokens = read(MAKERS[name](), f"L{apostrophe}animal n{apostrophe}a pas qu{apostrophe}il")
    assert straight(words(tokens)) == ["L'", "animal", "n'", "a", "pas", "qu'", "il"]


def test_a_piece_across_an_elision_joins_both() -> None:
    assert words(read(MAKERS["byte_fallback"](), "n'a pas")) == ["n'a", "pas"]


@pytest.mark.parametrize("apostrophe", "'’")
@pytest.mark.parametrize("name", MAKERS)
def test_a_contraction_is_found(name: str, apostrophe: str) -> None:
    tokenizer, text = MAKERS[name](), f"The animal didn{apostrophe}t cross it"
    tokens = read(tokenizer, text)
    found = places(tokenizer, text, "didn't")
    assert straight([tokens.spell(found)]) == ["didn't"]
    assert found in [[i for i in group if tokens.texts[i] != "␣"] for group in tokens.groups()]
    with pytest.raises(ValueError, match="no word"):
        places(tokenizer, text, "didn")


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "byte_fallback"])
def test_halves_of_a_contraction_are_found_where_they_are_tokens(name: str) -> None:
    tokenizer, text = MAKERS[name](), "The animal, it's tired"
    tokens = read(tokenizer, text)
    whole, first, second = (places(tokenizer, text, word) for word in ("it's", "it", "'s"))
    assert whole == [*first, *second]
    assert [tokens.spell(half) for half in (first, second)] == ["it", "'s"]


# Scripts without spaces


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize("name", [*LOSSLESS, "characters"])
def test_words_are_those_that_icu_finds_where_pieces_respect_them(name: str, text: str) -> None:
    tokens = read(MAKERS[name](), text)
    expected = list(WordBreaker(text, "en"))
    assert tokens.segmented
    if not tokens.across:
        assert words(tokens) == expected
    assert len(expected) >= 3
    assert "".join(words(tokens)) == text


def test_a_piece_across_a_boundary_joins_the_words_that_it_touches() -> None:
    tokenizer = sentencepiece(["▁", "我", "们", "喜", "欢学", "习", "自然", "语言"])
    tokens = read(tokenizer, "我们喜欢学习自然语言")
    assert words(tokens) == ["我们", "喜欢学习", "自然", "语言"]
    assert [tokens.texts[place] for place in tokens.across] == ["欢学"]
    assert [tokens.by_words().texts[place] for place in tokens.by_words().across] == ["喜欢学习"]


@pytest.mark.parametrize("name", ["byte_level", "characters", "code_points", "bytes", "word_piece"])
def test_scripts_stand_side_by_side(name: str) -> None:
    text = "The 我们喜欢animal，울었다 it's 3月"
    found = ["The", "我们", "喜欢", "animal", "，", "울었다", "it's", "3", "月"]
    assert words(read(MAKERS[name](), text)) == found


def test_the_words_of_bert_are_the_same_though_it_sets_chinese_characters_apart() -> None:
    tokenizer, text = MAKERS["word_piece"](), "我们喜欢学习"
    assert words(read(tokenizer, text)) == ["我们", "喜欢", "学习"]
    tokens = read(tokenizer, text, known=False)
    assert words(tokens) == ["我们", "喜欢", "学习"]
    assert tokens.join(range(len(tokens))) == text


@pytest.mark.parametrize("name", MAKERS)
def test_korean_is_cut_at_spaces_alone(name: str) -> None:
    tokens = read(MAKERS[name](), "할머니가 학교에서 울었다.")
    assert words(tokens) == ["할머니가", "학교에서", "울었다", "."]
    assert not tokens.segmented
    assert not tokens.across


def test_a_chinese_word_is_found_and_a_part_of_it_is_not() -> None:
    tokenizer = MAKERS["code_points"]()
    assert places(tokenizer, "我们喜欢学习", "喜欢") == [3, 4]
    with pytest.raises(ValueError, match="no word"):
        places(tokenizer, "我们喜欢学习", "欢学")


# What is shown


def test_an_unknown_syllable_is_shown_however_it_was_typed() -> None:
    tokenizers = (
        sentencepiece(["▁", "어", "a"]),
        sentencepiece(["▁", "어", "a"], normalizer=normalizers.NFKC()),
        sentencepiece(["▁", "어", "a"], normalizer=normalizers.NFD()),
        MAKERS["marian"](),
    )
    for tokenizer in tokenizers:
        for text in ("a 쿵 a", normalize("NFD", "a 쿵 a")):
            tokens = read(tokenizer, text)
            shown = [text for text, unknown in zip(tokens.texts, tokens.unknown, strict=True) if unknown]
            assert [normalize("NFC", one) for one in shown] == ["쿵"]
            assert [normalize("NFC", word) for word in words(tokens)] == ["a", "쿵", "a"]


def test_single_letters_of_a_syllable_are_shown_as_the_syllable() -> None:
    engine = Tokenizer(models.BPE({"<unk>": 0, "a": 1}, [], unk_token="<unk>"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=engine, unk_token="<unk>")
    tokens = read(tokenizer, normalize("NFD", "a울a"))
    assert [normalize("NFC", text) for text in tokens.texts] == ["a", "울", "울", "울", "a"]
    assert [normalize("NFC", word) for word in words(tokens)] == ["a울a"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("ﬁ", "fi"), ("①", "1"), ("Ａ", "A"), ("ᄒᅠ", None)],
    ids=["ligature", "number", "wide", "filler"],
)
def test_what_is_composed_reads_as_the_vocabulary_has_it(text: str, shown: str | None) -> None:
    tokenizer = sentencepiece(["▁", "f", "i", "1", "A", "b"], normalizer=normalizers.NFKC())
    tokens = read(tokenizer, f"b {text} b")
    assert words(tokens)[0] == words(tokens)[-1] == "b"
    assert len(words(tokens)) == 3
    if shown:
        assert words(tokens)[1] == shown


@pytest.mark.parametrize("name", ["bytes", "code_points", "byte_level"])
def test_what_cannot_be_seen_has_a_sign_by_itself_and_none_in_an_emoji(name: str) -> None:
    tokens = read(MAKERS[name](), "👩\u200d👩 می\u200cخ a\u200bb e\u0301")
    pieces = [text for text in tokens.texts if text != CONTINUED]
    for sign in ("⟨ZWJ⟩", "⟨ZWNJ⟩", "⟨ZWSP⟩", "◌\u0301"):
        assert sign in pieces
    assert words(tokens) == ["👩\u200d👩", "می\u200cخ", "a", "⟨ZWSP⟩b", "e\u0301"]


def test_choices_show_what_cannot_be_seen() -> None:
    tokenizer = sentencepiece(["▁", "\u200b", "\u0301", "▁a", "s", "\u00a0"])
    ids: Any = tokenizer.convert_tokens_to_ids(["▁", "\u200b", "\u0301", "▁a", "s", "\u00a0"])
    assert choice_texts(tokenizer, ids) == ["␣", "⟨ZWSP⟩", "◌\u0301", "a", "-s", "⍽"]


# Any text in any family

PARTS = st.sampled_from(
    [
        *("The animal", "didn't", "l’animal", "qu'il", "o'clock", " ", "  ", "\n", "\t", ".", "!?", "3.5"),
        *("학교", normalize("NFD", "학교"), "我们喜欢", "東京", "ฉันรัก", "ខ្ញុំស្រឡាញ់", "𠮷野家"),
        *(
            "👩\u200d👩\u200d👧",
            "🇰🇷",
            "e\u0301",
            "\u0301",
            "\u200b",
            "\u00a0",
            "\ufeff",
            "ﬁ",
            "①",
            "Ａ",
            "한",
            "§",
        ),
    ]
)
ANY = st.lists(PARTS, max_size=8).map("".join) | st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20
)


@pytest.mark.parametrize("name", MAKERS)
@settings(max_examples=60, deadline=None)
@given(text=ANY)
def test_words_of_any_text_are_neighbours_that_can_be_seen(name: str, text: str) -> None:
    tokens = read(MAKERS[name](), text)
    numbers = list(tokens.words)
    assert numbers == sorted(numbers)
    assert set(numbers) == set(range(len(set(numbers))))
    merged = tokens.by_words()
    for shown in (*tokens.texts, *merged.texts):
        assert shown
        assert show(shown) == shown
    for group, special in zip(tokens.groups(), merged.special, strict=True):
        assert special == any(tokens.special[i] for i in group)
        assert special <= (len(group) == 1)


@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=60, deadline=None)
@given(text=ANY)
def test_pieces_together_are_the_text(name: str, text: str) -> None:
    tokens = read(MAKERS[name](), text)
    joined = tokens.join(range(len(tokens)))
    assert joined.split(" ") == text.strip().split(" ") or joined.split() == text.split()


@pytest.mark.parametrize("text", ["\u200b The animal", "The  animal", "a \u200b b"])
def test_spaces_that_are_pieces_take_none_from_the_word_behind_them(text: str) -> None:
    tokens = read(MAKERS["byte_fallback"](), text)
    assert tokens.join(range(len(tokens))).strip(" ") == text


@pytest.mark.parametrize("name", LOSSLESS)
@settings(max_examples=60, deadline=None)
@given(text=ANY)
def test_what_pieces_spell_has_the_words_of_the_text(name: str, text: str) -> None:
    """Where nothing is lost, a text that a model wrote has the words that it would have if it were typed."""
    tokenizer = MAKERS[name]()
    assert read(tokenizer, text).words == read(tokenizer, text, known=False).words


@settings(max_examples=60, deadline=None)
@given(text=st.lists(PARTS, max_size=8).map("".join))
def test_every_family_finds_the_same_words(text: str) -> None:
    """Those that keep every character and whose pieces are single characters, or parts of one."""
    found = [words(read(MAKERS[name](), text)) for name in ("bytes", "more_bytes", "code_points")]
    assert found[0] == found[1] == found[2]


def test_the_families_are_those_that_are_meant() -> None:
    assert len(MAKERS) == 14
    assert set(LOSSLESS) <= set(MAKERS)
