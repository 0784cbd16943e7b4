"""How tokens read: from the ids of any tokenizer to the text that a person sees, and back to places in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Literal
from unicodedata import category, normalize

from transformers import PreTrainedTokenizerBase
from transformers.convert_slow_tokenizer import bytes_to_unicode

from model.text.particles import both_forms, choose_form
from model.text.tokenizer import PLACEHOLDER, SPACE, CompactTokenizer
from model.text.words import find_attached, normalise, split_words
from model.trace import CONTINUED, Tokens

_BYTE = {character: byte for byte, character in bytes_to_unicode().items()}
_BLANKS = {"\n": "⏎", "\t": "⇥"}


def detokenize(
    tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], source: str = "", marks: Collection[int] = ()
) -> str:
    """The text of what a model wrote, to be read; placeholders become the words of source again.

    marks: ids that are special though the tokenizer does not say so.
    """
    ids = [int(i) for i in ids if i not in marks]
    if not (isinstance(tokenizer, CompactTokenizer) and tokenizer.words):
        return str(tokenizer.decode(ids, skip_special_tokens=True)).strip()
    silent = set(tokenizer.all_special_ids) - {tokenizer.unk_token_id}
    pieces = tokenizer.convert_ids_to_tokens([i for i in ids if i not in silent])
    return tokenizer.join(pieces, tokenizer.unknown_words(source))


def tokens_of(
    tokenizer: PreTrainedTokenizerBase,
    ids: Sequence[int],
    text: str | None = None,
    marks: Collection[int] = (),
) -> Tokens:
    """What stands behind token ids, as a person reads it; for any Hugging Face tokenizer.

    text: what the ids were made from, or, for ids that a model wrote, its source. Words are then shown
    in the person's own spelling where the tokenizer works in words, and unknown words everywhere.
    marks: ids that are special though the tokenizer does not say so.
    """
    ids = [int(i) for i in ids]
    unknown = [i == tokenizer.unk_token_id and i not in _marks(tokenizer) for i in ids]
    silent = {*tokenizer.all_special_ids, *marks}
    special = [i in silent and not u for i, u in zip(ids, unknown, strict=True)]
    if isinstance(tokenizer, CompactTokenizer) and tokenizer.words:
        return _word_tokens(tokenizer, ids, special, unknown, text or "")
    pieces = [str(piece) for piece in tokenizer.convert_ids_to_tokens(ids)]
    alone = [s or u for s, u in zip(special, unknown, strict=True)]
    texts, words = _readable(_style(tokenizer), pieces, alone)
    if text and any(unknown):
        _fill_unknown(tokenizer, ids, texts, unknown, text)
    return Tokens(tuple(texts), tuple(words), tuple(special), tuple(unknown))


def latent_tokens(count: int) -> Tokens:
    """What stands for the vectors of a model's own that look at a text, which are no part of it."""
    texts = tuple(f"latent {i + 1}" for i in range(count))
    return Tokens(texts, tuple(range(count)), (True,) * count, (False,) * count)


def _marks(tokenizer: PreTrainedTokenizerBase) -> set[int | None]:
    """Ids with a use of their own; some models use one of them for unknown words too (GPT-2)."""
    return {tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id}


def _word_tokens(
    tokenizer: CompactTokenizer, ids: list[int], special: list[bool], unknown: list[bool], text: str
) -> Tokens:
    """tokens_of where a token is a word: in the person's spelling if text is where the ids come from."""
    pieces = tokenizer.convert_ids_to_tokens(ids)
    unknown = [u or bool(PLACEHOLDER.fullmatch(p)) for u, p in zip(unknown, pieces, strict=True)]
    typed = tokenizer.split(text)
    shown = [i for i, s in enumerate(special) if not s]
    same = len(shown) == len(typed) and all(
        unknown[i] or pieces[i] == tokenizer.entry(word) for i, word in zip(shown, typed, strict=True)
    )
    spelling = tokenizer.unknown_words(text)
    texts: list[str] = []
    for piece in pieces:
        if piece in tokenizer.particles and texts:
            piece = choose_form("".join(texts[-2:]), tokenizer.particles[piece])
        texts.append(spelling.get(piece, piece.removeprefix(SPACE)))
    words = list(range(len(ids)))
    if same:
        for i, word in zip(shown, typed, strict=True):
            texts[i] = word.text
        contracted = {
            i for (_, a), (i, b) in pairwise(zip(shown, typed, strict=True)) if a.number == b.number
        }
        words = [sum(j not in contracted for j in range(1, i + 1)) for i in words]
    return Tokens(tuple(texts), tuple(words), tuple(special), tuple(unknown))


def choice_texts(
    tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], source: str = "", marks: Collection[int] = ()
) -> list[str]:
    """How each id reads by itself, as something that could be written next; "-s" goes on with a word.

    source: the text that is translated; its unknown words stand for their placeholders. marks: ids that are
    special though the tokenizer does not say so.
    """
    pieces = [str(piece) for piece in tokenizer.convert_ids_to_tokens([int(i) for i in ids])]
    if isinstance(tokenizer, CompactTokenizer) and tokenizer.words:
        spelling = tokenizer.unknown_words(source)
        return [
            f"-{both_forms(tokenizer.particles[piece])}"
            if piece in tokenizer.particles
            else spelling.get(piece, piece.removeprefix(SPACE))
            for piece in pieces
        ]
    style, texts = _style(tokenizer), []
    for i, piece in zip(ids, pieces, strict=True):
        if int(i) in tokenizer.all_special_ids or int(i) in marks:
            texts.append(piece)
            continue
        spelt = "".join(_characters([_spell(style, piece)]))
        text = spelt.strip() or "".join(_BLANKS.get(character, "␣") for character in spelt) or CONTINUED
        told = style not in ("suffix", "characters", "octets")  # whether a piece tells that it begins a word
        goes_on = told and not spelt[:1].isspace() and _is_word(text[0])
        texts.append(f"-{text}" if goes_on else text)
    return texts


def places(tokenizer: PreTrainedTokenizerBase, text: str, word: str) -> list[int]:
    """Where a word's tokens stand among those of a text, the first time that it occurs, in any case.

    "It's" is found, and so are its halves "it" and "'s"; a piece of a word is not.
    Raises ValueError where the word does not occur.
    """
    tokens = tokens_of(tokenizer, tokenizer.encode(text), text)
    groups = tokens.groups()
    for found in sorted([*groups, *(half for group in groups for half in _halves(tokens, group))]):
        if normalise(tokens.spell(found)) == normalise(word):
            return found
    raise ValueError(f"There is no word {word!r} in: {text}")


def _halves(tokens: Tokens, group: list[int]) -> list[list[int]]:
    """The tokens of each half of a contracted word, where its halves are tokens of their own."""
    starts = [0, *accumulate(len(tokens.texts[i]) for i in group)]
    words = split_words("".join(tokens.texts[i] for i in group))
    if not {word.start for word in words} <= set(starts):
        return []
    return [
        [i for i, at in zip(group, starts, strict=False) if word.start <= at < word.end] for word in words
    ]


Style = Literal["bytes", "octets", "characters", "sentencepiece", "wordpiece", "suffix", "plain"]


def _style(tokenizer: PreTrainedTokenizerBase) -> Style:
    """How this tokenizer marks where words begin: GPT-2's Ġ, SentencePiece's ▁, BERT's ##, a </w>, or not.

    Or how it spells a text out, spaces too: in characters (CANINE), or in bytes, each as the character of its
    number (ByT5, Perceiver).
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    decoder = repr(backend.decoder) if backend else ""
    if "ByteLevel" in decoder or hasattr(tokenizer, "byte_decoder"):
        return "bytes"
    inside = any(hasattr(tokenizer, name) for name in ("sp_model", "spm_source"))  # the latter: Marian
    if "Metaspace" in decoder or SPACE in decoder or inside:
        return "sentencepiece"
    if "WordPiece" in decoder or hasattr(tokenizer, "wordpiece_tokenizer"):
        return "wordpiece"
    if "BPEDecoder" in decoder or hasattr(tokenizer, "bpe_ranks"):
        return "suffix"
    if tokenizer.convert_tokens_to_ids(" ") in (None, tokenizer.unk_token_id):
        return "plain"
    spelt = tokenizer.tokenize("é a")
    if " " not in spelt:
        return "plain"
    return "octets" if spelt[:2] == ["Ã", "©"] else "characters"


def _spell(style: Style, piece: str) -> bytes:
    """The UTF-8 bytes that a piece stands for, with a space where a word begins or ends."""
    if style == "bytes" and all(character in _BYTE for character in piece):
        return bytes(_BYTE[character] for character in piece)
    if style == "sentencepiece" and re.fullmatch("<0x[0-9A-F]{2}>", piece):
        return bytes([int(piece[3:5], 16)])
    if style == "octets" and all(ord(character) < 256 for character in piece):
        return bytes(map(ord, piece))
    match style:
        case "sentencepiece":
            piece = piece.replace(SPACE, " ")
        case "wordpiece":
            piece = piece[2:] if piece.startswith("##") and len(piece) > 2 else " " + piece
        case "suffix":
            piece = piece[:-2] if piece.endswith("@@") else piece.removesuffix("</w>") + " "
        case "plain":
            piece = " " + piece
    return piece.encode("utf-8", "surrogatepass")


def _readable(style: Style, pieces: list[str], alone: list[bool]) -> tuple[list[str], list[int]]:
    """The text of each piece and the number of its word. alone: shown as it is, a word of its own."""
    spelt = [b"" if whole else _spell(style, piece) for piece, whole in zip(pieces, alone, strict=True)]
    raws = [
        f" {piece} " if whole else raw
        for piece, whole, raw in zip(pieces, alone, _characters(spelt), strict=True)
    ]
    goes_on = find_attached("".join(raws))
    texts: list[str] = []
    words: list[int] = []
    before, place = " ", 0  # the last character so far, and where the next one stands
    for raw in raws:
        another = bool(raw) and _is_word(before) != _is_word(raw[0]) and place not in goes_on
        begins = another or raw[:1].isspace() or (bool(raw) and before.isspace())
        words.append(words[-1] + begins if words else 0)
        blank = "".join(_BLANKS.get(character, "␣") for character in raw)
        texts.append(raw.strip() or blank or CONTINUED)
        before, place = raw[-1:] or before, place + len(raw)
    return texts, words


def _is_word(character: str) -> bool:
    return character.isalnum() or category(character)[0] == "M" or character == "_"


def _characters(spelt: list[bytes]) -> Iterator[str]:
    """The characters of each piece, given its bytes; a character belongs to the piece of its first byte.

    Bytes that are no UTF-8 are written 0xEA.
    """
    stream = b"".join(spelt)
    starts = [0]
    for piece in spelt:
        starts.append(starts[-1] + len(piece))
    texts = [""] * len(spelt)
    position = 0
    while position < len(stream):
        for width in (1, 2, 3, 4):
            try:
                character = stream[position : position + width].decode()
                break
            except UnicodeDecodeError:
                continue
        else:
            character, width = f"0x{stream[position]:02X}", 1
        texts[bisect_right(starts, position) - 1] += character
        position += width
    return iter(texts)


def _fold(text: str) -> str:
    """The text without case and accents, character for character, for finding pieces in it."""
    return "".join(normalize("NFD", character)[0].lower()[0] for character in text)


def _fill_unknown(
    tokenizer: PreTrainedTokenizerBase, ids: list[int], texts: list[str], unknown: list[bool], text: str
) -> None:
    """Puts the person's own words where the tokenizer only said "unknown".

    A fast tokenizer tells where in the text each token lies. For others, and where the text is the source
    of what was written, the text is searched: known pieces first, then the words that give an unknown.
    """
    if tokenizer.is_fast:
        encoding = tokenizer(text, return_offsets_mapping=True)
        if encoding["input_ids"] == ids:
            for i, (start, end) in enumerate(encoding["offset_mapping"]):
                texts[i] = text[start:end].strip() or texts[i] if unknown[i] else texts[i]
            return
    folded, words, cursor = _fold(text), split_words(text), 0
    for i, shown in enumerate(texts):
        if not unknown[i]:
            found = folded.find(_fold(shown), cursor)
            cursor = cursor if found < 0 else found + len(shown)
            continue
        ahead = (word for word in words if word.end > cursor)
        word = next((w for w in ahead if tokenizer.unk_token_id in tokenizer.encode(w.text)), None)
        if word is None:
            return
        follows = texts[i + 1] if i + 1 < len(texts) and not unknown[i + 1] else ""
        start = max(cursor, word.start)
        found = folded.find(_fold(follows), start + 1, word.end) if follows else -1
        cursor = word.end if found < 0 else found
        texts[i] = text[start:cursor]
