"""Two texts that a tokenizer writes as one, for a model to read as a pair: BERT's [CLS] A [SEP] B [SEP].

There is no list of tokenizers. What one does with a pair is seen on two texts, and is looked at again for
each pair that is written.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from transformers import PreTrainedTokenizerBase

from model.text.tokenizer import CompactTokenizer
from model.text.tokens import tokens_of
from model.trace import Tokens

PROBES = ("The animal slept.", "It was too tired")
NEITHER = 2  # the segment of special tokens that belong to none of the two texts


class PairTemplate(NamedTuple):
    """What a tokenizer puts around two texts, as numbers of tokens.

    before, between, behind: in front of the first, between both and behind the second. alone: in front of a
    text by itself and behind it. types: the token types of the first and of the second, the same where the
    tokenizer has one for both.
    """

    before: int
    between: int
    behind: int
    alone: tuple[int, int]
    types: tuple[int, int]


class Pair(NamedTuple):
    """Two texts as one: ids, the type of each token, what stands there, and how many tokens each text has."""

    ids: list[int]
    types: list[int]
    tokens: Tokens
    lengths: tuple[int, int]


def find_template(tokenizer: PreTrainedTokenizerBase) -> PairTemplate | None:
    """How a tokenizer writes a pair; None where it makes none: where nothing keeps the two texts apart."""
    if isinstance(tokenizer, CompactTokenizer):  # the placeholders of unknown words are those of one text
        return None
    try:
        first, second = (encode_bare(tokenizer, text) for text in PROBES)
        whole, types = encode_both(tokenizer, *PROBES)
        alone = find_part(tokenizer(PROBES[0])["input_ids"], first)
    except (
        Exception
    ):  # those for tables, pages and pictures take no two plain texts, each in a way of its own
        return None
    one = find_part(whole, first)
    two = None if one is None else find_part(whole, second, len(whole) - one[1])
    if one is None or two is None or alone is None:
        return None
    before, between, behind = one[0], two[0] - one[0] - len(first), two[1]
    if not between:
        return None
    kinds = [set(types[place : place + len(part)]) for place, part in ((one[0], first), (two[0], second))]
    told = all(len(kind) == 1 for kind in kinds)
    return PairTemplate(before, between, behind, alone, (kinds[0].pop(), kinds[1].pop()) if told else (0, 0))


def encode_bare(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    """The ids of a text alone, nothing around them."""
    return list(tokenizer(text, add_special_tokens=False)["input_ids"])


def encode_both(tokenizer: PreTrainedTokenizerBase, first: str, second: str) -> tuple[list[int], list[int]]:
    """The ids of a pair, and its token types, which a tokenizer may know and not give unasked.

    (In transformers 5 those of ALBERT and XLNet do so, which were trained with them.)
    """
    found: Any = tokenizer(first, second, return_token_type_ids=True)
    ids = list(found["input_ids"])
    return ids, list(found.get("token_type_ids") or [0] * len(ids))


def find_part(ids: Sequence[int], part: Sequence[int], start: int = 0) -> tuple[int, int] | None:
    """How many ids stand before a part of them and behind it, from a place on; None where it is not there."""
    for place in range(start, len(ids) - len(part) + 1):
        if list(ids[place : place + len(part)]) == list(part):
            return place, len(ids) - place - len(part)
    return None


def write_pair(
    tokenizer: PreTrainedTokenizerBase, template: PairTemplate, first: str, second: str
) -> Pair | None:
    """Two texts as the template has them; None where the tokenizer does something else with these two.

    The words of each are found by itself, in the person's own spelling, as they are where it stands alone.
    """
    ids, types = encode_both(tokenizer, first, second)
    parts = [encode_bare(tokenizer, text) for text in (first, second)]
    begin = template.before + len(parts[0]) + template.between
    starts = (template.before, begin)
    if len(ids) != begin + len(parts[1]) + template.behind or any(
        ids[start : start + len(part)] != part for start, part in zip(starts, parts, strict=True)
    ):
        return None
    named = [name_part(tokenizer, template, *one) for one in zip((first, second), parts, strict=True)]
    marks = [name_marks(tokenizer, ids[slice(*span)]) for span in spans_between(ids, starts, parts)]
    tokens = join_tokens([marks[0], named[0], marks[1], named[1], marks[2]])
    tokens = replace(tokens, segments=find_segments(template, types, begin))
    return Pair(ids, types, tokens, (len(parts[0]), len(parts[1])))


def spans_between(
    ids: Sequence[int], starts: tuple[int, int], parts: Sequence[Sequence[int]]
) -> list[tuple[int, int]]:
    """Where the template's own tokens stand: before the first text, between both, and behind the second."""
    ends = [start + len(part) for start, part in zip(starts, parts, strict=True)]
    return [(0, starts[0]), (ends[0], starts[1]), (ends[1], len(ids))]


def name_part(
    tokenizer: PreTrainedTokenizerBase, template: PairTemplate, text: str, ids: list[int]
) -> Tokens:
    """What stands behind the ids of one of the texts."""
    before, behind = template.alone
    whole = list(tokenizer(text)["input_ids"])
    if whole[before : len(whole) - behind] != ids:
        return tokens_of(tokenizer, ids, text)
    tokens = tokens_of(tokenizer, whole, text)
    return tokens.take(range(before, len(whole) - behind))


def name_marks(tokenizer: PreTrainedTokenizerBase, ids: list[int]) -> Tokens:
    """What stands behind ids that the tokenizer put there, each a word of its own."""
    tokens = tokens_of(tokenizer, ids)
    return replace(
        tokens, words=tuple(range(len(ids))), special=(True,) * len(ids), unknown=(False,) * len(ids)
    )


def join_tokens(parts: Sequence[Tokens]) -> Tokens:
    """Tokens one after another; no word goes on from one part into the next."""
    words: list[int] = []
    across: list[int] = []
    spelling: list[str] = []
    for part in parts:
        begun, place = words[-1] + 1 if words else 0, len(words)
        words += [begun + word - part.words[0] for word in part.words]
        across += [place + one for one in part.across]
        spelt = part.spelling or ()  # a text that begins anew has a space before it
        spelling += [f" {text.lstrip()}" if n == 0 else text for n, text in enumerate(spelt)]
    texts, special, unknown = (
        tuple(one for part in parts for one in getattr(part, name))
        for name in ("texts", "special", "unknown")
    )
    return Tokens(
        texts,
        tuple(words),
        special,
        unknown,
        spelling=tuple(spelling) if len(spelling) == len(texts) else None,
        segmented=any(part.segmented for part in parts),
        across=tuple(across),
    )


def find_segments(template: PairTemplate, types: Sequence[int], begin: int) -> tuple[int, ...]:
    """Which text each token belongs to. begin: where the second one begins.

    A special token belongs where its type says, and where types say nothing, to the text that it closes or
    opens: of RoBERTa's </s></s> one to each.
    """
    first, second = template.types
    if first != second:
        return tuple(0 if kind == first else 1 if kind == second else NEITHER for kind in types)
    opened = begin - template.between + 1
    return tuple(int(place >= opened) for place in range(len(types)))
