"""Where tokens stand in a text: the same whatever the tokenizer made of it, and never within a sign."""

from __future__ import annotations

from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from icu4py.breakers import CharacterBreaker
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast
from transformers.models.bert.tokenization_bert_legacy import BertTokenizerLegacy

from model.text.spans import exact_spans, sign_bounds, token_spans
from model.text.tokens import tokens_of
from tests.model.text.tongues import LOSSLESS, MAKERS

PARTS = st.sampled_from(
    [
        *(
            "The animal",
            "didn't",
            "l’a",
            " ",
            "  ",
            "\n",
            ".",
            "§",
            "학교",
            normalize("NFD", "학교"),
            "울",
            "ᄒ",
        ),
        *(
            "我们",
            "東京",
            "ฉันรัก",
            "👩\u200d👩\u200d👧",
            "🇰🇷",
            "e\u0301",
            "\u0301",
            "ﬁ",
            "①",
            "Ａ",
            "ｶﾞ",
            "か\u3099",
        ),
    ]
)
TEXTS = st.lists(PARTS, max_size=8).map("".join)
ANY = TEXTS | st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20
)


def spans_of(
    tokenizer: PreTrainedTokenizerBase, text: str, exactly: bool = False
) -> list[tuple[str, tuple[int, int]]]:
    """The pieces of a text that are not special, and where they stand."""
    ids = tokenizer(text)["input_ids"]
    special = tokens_of(tokenizer, ids).special
    found = (exact_spans if exactly else token_spans)(tokenizer, ids, text, special)
    assert found is not None
    assert len(found) == len(ids)
    pieces = [str(piece) for piece in tokenizer.convert_ids_to_tokens(ids)]
    return [(p, span) for p, span, s in zip(pieces, found, special, strict=True) if not s]


def unigram(*pieces: str, normalizer: Any = None) -> PreTrainedTokenizerBase:
    vocabulary = [("<unk>", -9.0), ("▁", -2.0), *((piece, -2.0) for piece in pieces)]
    engine = Tokenizer(models.Unigram(vocabulary, 0))
    engine.normalizer = normalizer or normalizers.NFKC()
    engine.pre_tokenizer, engine.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=engine, unk_token="<unk>")


@pytest.mark.parametrize("name", MAKERS)
@settings(max_examples=80, deadline=None)
@given(text=ANY)
def test_spans_are_in_order_within_the_text_and_whole_signs(name: str, text: str) -> None:
    found = [span for _piece, span in spans_of(MAKERS[name](), text)]
    bounds = set(sign_bounds(text))
    for start, end in found:
        assert 0 <= start <= end <= len(text)
        assert start == end or {start, end} <= bounds
    assert all(one[0] <= other[0] and one[1] <= other[1] for one, other in pairwise(found))


@pytest.mark.parametrize("name", [*LOSSLESS, "compact_words"])
@settings(max_examples=80, deadline=None)
@given(text=ANY)
def test_every_character_that_is_kept_is_in_a_span(name: str, text: str) -> None:
    assume("</s>" not in text)  # which some take for a special token, wherever it is typed
    covered = {i for _piece, span in spans_of(MAKERS[name](), text) for i in range(*span)}
    assert {i for i, character in enumerate(text) if not character.isspace()} <= covered


@pytest.mark.parametrize(
    "name", ["unigram", "compact_unigram", "compact_bpe", "marian", "suffix", "characters"]
)
@settings(max_examples=80, deadline=None)
@given(text=TEXTS)
def test_a_piece_is_what_stands_in_its_span(name: str, text: str) -> None:
    """And every letter of the text is in one, though the tokenizer composed it."""
    tokenizer = MAKERS[name]()
    found = spans_of(tokenizer, text)
    for piece, (start, end) in found:
        core = piece.replace("▁", "").replace("</w>", "")
        if core and piece != tokenizer.unk_token and not piece.startswith("<0x"):
            own, typed = (normalize("NFKD", x).replace("’", "'") for x in (core, text[start:end]))
            assert own.replace(" ", "") in typed.replace(" ", "")
    covered = {i for _piece, span in found for i in range(*span)}
    assert {i for i, c in enumerate(text) if c.isalpha()} <= covered


@settings(max_examples=80, deadline=None)
@given(text=ANY)
def test_byte_pairs_stand_where_their_bytes_do(text: str) -> None:
    """Counted in bytes of UTF-8, without the library's own offsets."""
    decoder = MAKERS["byte_level"]()
    ends = list(accumulate((len(character.encode()) for character in text), initial=0))
    at = 0
    for piece, span in spans_of(decoder, text, exactly=True):
        size = len(piece)  # of the alphabet of bytes, each is one letter
        mine = {i for i, (a, b) in enumerate(pairwise(ends)) if a < at + size and at < b}
        signs = {i for a, b in pairwise(sign_bounds(text)) if mine & {*range(a, b)} for i in range(a, b)}
        assert {i for i in mine if not text[i].isspace()} <= set(range(*span)) <= signs
        at += size
    assert at == len(text.encode())


@settings(max_examples=80, deadline=None)
@given(text=TEXTS)
def test_sentencepiece_counts_alike_in_characters_and_in_bytes(text: str) -> None:
    """The library's own offsets in characters are no later, and a character in bytes ends where it says."""
    tokenizer: Any = MAKERS["compact_bpe"]()
    told = tokenizer.sp_model.encode(text.replace("’", "'"), return_type="offset_mapping")
    found = spans_of(tokenizer, text, exactly=True)
    assert [piece for piece, _span in found] == told["pieces"]
    for (piece, (start, end)), (first, last) in zip(found, told["offsets"], strict=True):
        assert start == first
        if first < last and piece != "▁":
            assert last <= end
            assert set(sign_bounds(text[first:end])) >= {0, end - first}


@settings(max_examples=200, deadline=None)
@given(text=TEXTS)
def test_signs_are_those_of_another_library(text: str) -> None:
    theirs = [0, *accumulate(len(sign) for sign in CharacterBreaker(text, "en"))]
    assert list(sign_bounds(text)) == (theirs if text else [0])


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        (normalize("NFD", "울a"), [("울", (0, 3)), ("a", (3, 4))]),
        (normalize("NFD", "어울"), [("<unk>", (0, 2)), ("울", (2, 5))]),
        ("ﬁ①Ａa", [("f", (0, 1)), ("i", (0, 1)), ("1", (1, 2)), ("<unk>", (2, 3)), ("a", (3, 4))]),
        ("👩\u200d👩\u200d👧a", [("<unk>", (0, 5)), ("a", (5, 6))]),
        ("e\u0301a", [("<unk>", (0, 2)), ("a", (2, 3))]),
    ],
    ids=["syllable", "unknown syllable", "ligature", "family", "accent"],
)
def test_what_is_composed_has_its_whole_place(text: str, spans: list[Any]) -> None:
    found = spans_of(unigram("울", "f", "i", "1", "a"), text)
    assert found[0] == ("▁", (0, 0))  # nobody typed it
    assert found[1:] == spans


@pytest.mark.parametrize("name", ["compact_unigram", "compact_bpe", "unigram"])
def test_a_syllable_in_letters_stands_at_all_of_them(name: str) -> None:
    text = normalize("NFD", "울 어")
    assert [span for piece, span in spans_of(MAKERS[name](), text) if piece.strip("▁")] == [(0, 3), (4, 6)]


def test_ids_of_another_text_have_no_places_and_those_of_a_beginning_have() -> None:
    for name in ("byte_level", "unigram", "compact_bpe"):
        tokenizer = MAKERS[name]()
        ids = tokenizer("The animal", add_special_tokens=False)["input_ids"]
        none = [False] * len(ids)
        assert exact_spans(tokenizer, ids, "it was", none) is None
        more = exact_spans(tokenizer, ids, "The animal. The street", none)
        assert more == exact_spans(tokenizer, ids, "The animal", none)


def test_unknown_words_of_a_slow_tokenizer_are_told_apart(tmp_path: Path) -> None:
    """One that does not say where its tokens stand: the text is searched for what it knows."""
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "##b", "road", ",", "cafe"]
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(vocabulary), encoding="utf-8")
    tokenizer = BertTokenizerLegacy(str(path))
    text = "A wug blick, ROAD ab ? Café 울"
    tokens = tokens_of(tokenizer, tokenizer(text)["input_ids"], text)
    expected = ["[CLS]", "a", "wug", "blick", ",", "road", "a", "b", "?", "cafe", "울", "[SEP]"]
    assert list(tokens.texts) == expected
    assert [i for i, u in enumerate(tokens.unknown) if u] == [2, 3, 8, 10]
    assert tokens.by_words().texts[6] == "ab"
