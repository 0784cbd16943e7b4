"""Where in a person's text each token stands, whatever the tokenizer made of the text before it cut it.

Tokenizers compose (NFKC), fold and drop characters, and tell of it in their own ways: `tokenizers` by
characters, and of a syllable that it composed the first letter alone; SentencePiece by bytes of UTF-8, and of
a character that it spells in bytes the last byte alone; others not at all. Here all of them become the same.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Any
from unicodedata import category, normalize

from transformers import PreTrainedTokenizerBase

from model.text.spelling import Span, decode_pieces, spell, style_of
from model.text.subwords.record import SIGNS
from model.text.tokenizer import PLACEHOLDER, UNKNOWN, CompactTokenizer
from model.text.words import BREAKS, Word, is_blank

NEAR = 8  # characters that a tokenizer may leave out one after another
_ANY = "\uffff"  # stands for what an unknown token was made from; no text has it
_APOSTROPHES = str.maketrans("’‘", "''")


def token_spans(
    tokenizer: PreTrainedTokenizerBase,
    ids: Sequence[int],
    text: str,
    special: Sequence[bool],
    marks: Collection[int] = (),
) -> list[Span] | None:
    """Of each token the place in the text that it was made from: its first character, the one after its last.

    Spans are whole signs as a person sees them (grapheme clusters): never half a syllable, an accent without
    its letter or part of an emoji. So tokens that share a sign have overlapping spans; in order they are.
    A special token has an empty span. None where the ids were not made from the text, or from its beginning.
    marks: ids that are special though the tokenizer does not say so.
    """
    spans = exact_spans(tokenizer, ids, text, special, marks)
    if spans is None:
        return None
    found: list[Span] = []
    for span, is_special in zip(spans, special, strict=True):
        end = found[-1][1] if found else 0
        found.append((end, end) if is_special else widen(text, span))
    return found


def exact_spans(
    tokenizer: PreTrainedTokenizerBase,
    ids: Sequence[int],
    text: str,
    special: Sequence[bool],
    marks: Collection[int] = (),
) -> list[Span] | None:
    """As `token_spans`, in characters: a token can stand for a part of a sign."""
    shown = [place for place, is_special in enumerate(special) if not is_special]
    silent = {int(i) for i, is_special in zip(ids, special, strict=True) if is_special} | set(marks)
    kept = [int(ids[place]) for place in shown]
    found = _told(tokenizer, kept, silent | special_ids(tokenizer), text)
    if found is None:
        return None
    style = style_of(tokenizer)
    raws = decode_pieces([spell(style, str(piece)) for piece in tokenizer.convert_ids_to_tokens(kept)])[0]
    spaces = [bool(raw) and all(map(is_blank, raw)) for raw in raws]
    spans, at = [(0, 0)] * len(ids), 0
    for place, span in zip(shown, _mend(found, spaces, text), strict=True):
        spans[place] = span
    for place in range(len(ids)):  # a special token stands where the one before it ends
        at = max(at, spans[place][1])
        if special[place]:
            spans[place] = (at, at)
    return spans


def widen(text: str, span: Span) -> Span:
    """The signs of a text that a span has any part of. An empty one stays so, unless it is within a sign."""
    bounds = sign_bounds(text)
    return bounds[bisect_right(bounds, span[0]) - 1], bounds[bisect_left(bounds, span[1])]


@lru_cache(maxsize=64)
def sign_bounds(text: str) -> tuple[int, ...]:
    """Where the signs of a text begin, and its length."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(whole) != len(text):  # two halves that stand for one character: nobody sees these
        whole = re.sub("[\ud800-\udfff]", "\ufffd", text)
    signs = SIGNS.pre_tokenize_str(whole) if whole else []
    return (*(span[0] for _sign, span in signs), len(text))


def special_ids(tokenizer: PreTrainedTokenizerBase) -> set[int]:
    """Ids that no text stands behind. That of unknown words is one only if it has a use of its own, too: some
    models take one token for both (GPT-2).
    """
    own = {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id}
    return set(tokenizer.all_special_ids) - ({tokenizer.unk_token_id} - own)


def typed_words(tokenizer: CompactTokenizer, pieces: Sequence[str], text: str) -> tuple[Word, ...] | None:
    """The words of a text that a tokenizer of words made these pieces of; None where it did not."""
    words = tokenizer.split(text)
    if len(words) != len(pieces):
        return None
    known = {UNKNOWN, *(piece for piece in pieces if PLACEHOLDER.fullmatch(piece))}
    fits = all(p in known or p == tokenizer.entry(word) for p, word in zip(pieces, words, strict=True))
    return words if fits else None


def _told(
    tokenizer: PreTrainedTokenizerBase, shown: list[int], silent: set[int], text: str
) -> list[Span] | None:
    """The spans of tokens that are not special, as the tokenizer tells them; None where it read another text.

    shown: their ids. silent: the ids of special ones.
    """
    if getattr(tokenizer, "is_fast", False):
        encoding = tokenizer(text, return_offsets_mapping=True, verbose=False)
        kept = [place for place, i in enumerate(encoding["input_ids"]) if i not in silent]
        del kept[len(shown) :]  # a text may be cut off
        if [encoding["input_ids"][place] for place in kept] != shown:
            return None
        return [(start, end) for start, end in (encoding["offset_mapping"][place] for place in kept)]
    pieces = [str(piece) for piece in tokenizer.convert_ids_to_tokens(shown)]
    if isinstance(tokenizer, CompactTokenizer) and tokenizer.words:
        words = typed_words(tokenizer, pieces, text)
        return None if words is None else [(word.start, word.end) for word in words]
    for name in ("sp_model", "spm_source", "spm_target"):
        spans = _of_sentencepiece(getattr(tokenizer, name, None), tokenizer, shown, text)
        if spans is not None:
            return spans
    if [i for i in tokenizer(text, verbose=False)["input_ids"] if i not in silent] != shown:
        return None
    return _search(tokenizer, pieces, [i == tokenizer.unk_token_id for i in shown], text)


def _of_sentencepiece(
    processor: Any, tokenizer: PreTrainedTokenizerBase, ids: list[int], text: str
) -> list[Span] | None:
    """The spans as SentencePiece tells them, where it makes these ids of the text."""
    if processor is None:
        return None
    read = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if len(read) != len(text):
        return None
    if isinstance(tokenizer, CompactTokenizer) and not tokenizer.faithful:
        read = read.replace("’", "'")
    found = processor.encode(read, return_type="proto").pieces[: len(ids)]
    if tokenizer.convert_tokens_to_ids([one.piece for one in found]) != ids:
        return None
    starts = list(accumulate((len(character.encode()) for character in read), initial=0))
    return [(bisect_right(starts, one.begin) - 1, bisect_left(starts, one.end)) for one in found]


def _mend(spans: Sequence[Span], spaces: Sequence[bool], text: str) -> list[Span]:
    """Spans in order and within the text, with what the tokenizer left out of a sign.

    spaces: which tokens are only spaces; one that nobody typed is said to be the letter that comes after it.
    """
    bounds = sign_bounds(text)
    mended: list[Span] = []
    begin = 0
    for (start, end), is_space in zip(spans, spaces, strict=True):
        begin = min(max(start, begin), len(text))
        end = min(max(end, begin), len(text))
        if is_space:
            end = next((i for i in range(begin, end) if not text[i].isspace() and not is_blank(text[i])), end)
        mended.append((begin, end))
    after = len(text)
    for place in reversed(range(len(mended))):
        start, end = mended[place]
        if spaces[place]:
            pass
        elif start == end and place + 1 < len(mended) and mended[place + 1][0] == start:
            end = mended[place + 1][1]  # a byte of a character that a later byte ends
        elif start < end:
            sign = bounds[bisect_left(bounds, end)]
            end = max(end, min(sign, after))
        mended[place] = (start, end)
        after = start
    return mended


def _search(
    tokenizer: PreTrainedTokenizerBase, pieces: list[str], unknown: Sequence[bool], text: str
) -> list[Span]:
    """The spans of the tokens of a text where the tokenizer tells none: it is searched for what they spell.

    Whatever lies between known tokens belongs to the unknown ones there.
    """
    style = style_of(tokenizer)
    spelt = [_ANY.encode() if u else spell(style, p) for p, u in zip(pieces, unknown, strict=True)]
    texts, spans = decode_pieces(spelt)
    if "".join(texts) == text:
        return spans
    written, places = _fold("".join(texts))
    typed, origins = _fold(text)
    found = _match(written, typed, origins)
    result: list[Span] = []
    end = 0
    for start, stop in spans:
        mine = found[bisect_left(places, start) : bisect_left(places, stop)]
        matched = [(begin, after) for begin, after in mine if begin < after]
        if matched:
            start, end = origins[matched[0][0]], origins[matched[-1][1] - 1] + 1
            result.append((start, end))
        else:
            result.append((end, end))
    return result


def _fold(text: str) -> tuple[str, list[int]]:
    """A text without case, accents, spaces and what cannot be seen, for finding pieces in it.

    Second, where each of its characters stood.
    """
    folded: list[str] = []
    origins: list[int] = []
    for place, character in enumerate(text):
        if is_blank(character) or character in BREAKS:
            continue
        plain = normalize("NFKD", character).casefold().translate(_APOSTROPHES)
        for part in plain:
            dropped = category(part)[0] == "M" or category(part) in ("Cc", "Cf") or part.isspace()
            if part == _ANY or not dropped:
                folded.append(part)
                origins.append(place)
    return "".join(folded), origins


def _match(written: str, typed: str, origins: Sequence[int]) -> list[Span]:
    """Of each character written the part of what was typed that it stands for: one character, or for an
    unknown one any number. Empty where there is none. origins: where each that was typed stands in its text.
    """
    found: list[Span] = []
    at = 0
    for run in re.findall(f"{_ANY}+|[^{_ANY}]+", written):
        if run[0] == _ANY:
            following = written[len(found) + len(run) :].split(_ANY)[0]
            is_last = len(found) + len(run) + len(following) == len(written)
            stop = _find_end(following, is_last, typed, min(at + len(run), len(typed)))
            # A new word begins where something was left out between two characters.
            words = [i for i in range(at + 1, stop) if origins[i] > origins[i - 1] + 1]
            cuts = words if len(words) >= len(run) - 1 else list(range(at + 1, stop))
            ends = [*cuts[: len(run) - 1], *[stop] * (len(run) - 1 - len(cuts)), stop]
            for end in ends:
                found.append((at, end))
                at = end
            continue
        for character in run:
            place = typed.find(character, at, at + NEAR)
            found.append((place, place + 1) if place >= 0 else (at, at))
            at = max(at, found[-1][1])
    return found


def _find_end(following: str, is_last: bool, typed: str, least: int) -> int:
    """Where what is unknown ends: where what follows it begins, at `least` or later."""
    if not following:
        return len(typed)
    if is_last and typed.endswith(following):
        return max(len(typed) - len(following), least)
    places = (typed.find(part, least) for part in (following, following[0]))
    return next((place for place in places if place >= 0), least)
