"""Which word each token belonged to in the first editions, for links that hold a word by its number.

A lone space and an unknown piece were words of their own then, marks of any kind parted words, and a script
without spaces was one word from mark to mark. Nothing but old links is read like this.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from unicodedata import category

from transformers import PreTrainedTokenizerBase

from model.text.spans import special_ids, typed_words
from model.text.spelling import decode_pieces, spell, style_of
from model.text.tokenizer import CompactTokenizer
from model.text.words import CONTRACTED, ELISION


def former_words(
    tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], text: str, marks: Collection[int] = ()
) -> tuple[int, ...]:
    """The number of each token's word as it was. The arguments are those of `tokens_of`."""
    silent = special_ids(tokenizer) | set(marks)
    pieces = [str(piece) for piece in tokenizer.convert_ids_to_tokens([int(i) for i in ids])]
    if isinstance(tokenizer, CompactTokenizer) and tokenizer.words:
        shown = [place for place, i in enumerate(ids) if int(i) not in silent]
        words = typed_words(tokenizer, [pieces[place] for place in shown], text) or ()
        halves = {shown[i] for i in range(1, len(words)) if words[i].number == words[i - 1].number}
        return tuple(sum(j not in halves for j in range(1, i + 1)) for i in range(len(pieces)))
    style = style_of(tokenizer)
    style = "continued" if style == "suffix" else style  # both were read alike
    alone = [int(i) in silent or int(i) == tokenizer.unk_token_id for i in ids]
    spelt = [b"" if whole else spell(style, piece) for piece, whole in zip(pieces, alone, strict=True)]
    texts = decode_pieces(spelt)[0]
    raws = [f" {p} " if whole else text for p, whole, text in zip(pieces, alone, texts, strict=True)]
    goes_on = _find_attached("".join(raws))
    numbers: list[int] = []
    before, place = " ", 0  # the last character so far, and where the next one stands
    for raw in raws:
        another = bool(raw) and _is_word(before) != _is_word(raw[0]) and place not in goes_on
        begins = another or raw[:1].isspace() or (bool(raw) and before.isspace())
        numbers.append(numbers[-1] + begins if numbers else 0)
        before, place = raw[-1:] or before, place + len(raw)
    return tuple(numbers)


def _find_attached(text: str) -> set[int]:
    contracted = [m.span() for m in CONTRACTED.finditer(text) if text[m.start() - 1 : m.start()].isalnum()]
    elided = [(m.end() - 1, m.end()) for m in ELISION.finditer(text)]
    return {place for span in (*contracted, *elided) for place in range(*span)}


def _is_word(character: str) -> bool:
    return character.isalnum() or category(character)[0] == "M" or character == "_"
