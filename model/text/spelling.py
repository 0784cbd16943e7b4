"""How the vocabulary of any tokenizer writes a piece, and which characters, or bytes, that stands for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Literal

from transformers import PreTrainedTokenizerBase
from transformers.convert_slow_tokenizer import bytes_to_unicode

from model.text.tokenizer import SPACE

Style = Literal["bytes", "octets", "characters", "sentencepiece", "wordpiece", "suffix", "continued", "plain"]
Span = tuple[int, int]  # the first character and the one after the last

_BYTE = {character: byte for byte, character in bytes_to_unicode().items()}
LOOSE = ("wordpiece", "suffix", "continued", "plain")  # styles in which marks stand apart, whatever was typed


def style_of(tokenizer: PreTrainedTokenizerBase) -> Style:
    """How this tokenizer marks where words begin: GPT-2's Ġ, SentencePiece's ▁, BERT's ##, or not; or where
    they end: a </w> at the end, or @@ where one goes on.

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
    if "BPEDecoder" in decoder:
        return "suffix"
    if hasattr(tokenizer, "bpe_ranks"):
        ends = map(tokenizer.convert_tokens_to_ids, ("a</w>", "e</w>", ".</w>"))
        return "continued" if set(ends) <= {None, tokenizer.unk_token_id} else "suffix"
    if tokenizer.convert_tokens_to_ids(" ") in (None, tokenizer.unk_token_id):
        return "plain"
    spelt = tokenizer.tokenize("é a")
    if " " not in spelt:
        return "plain"
    return "octets" if spelt[:2] == ["Ã", "©"] else "characters"


def spell(style: Style, piece: str) -> bytes:
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
            piece = piece.removesuffix("</w>") + " " * piece.endswith("</w>")
        case "continued":
            piece = piece[:-2] if piece.endswith("@@") else piece.removesuffix("</w>") + " "
        case "plain":
            piece = " " + piece
    return piece.encode("utf-8", "surrogatepass")


def decode_pieces(spelt: Sequence[bytes]) -> tuple[list[str], list[Span]]:
    """The characters of each piece, given its bytes, and where it stands in all of them put together.

    A character belongs to the piece of its first byte; a piece that has only later bytes of it has no
    characters of its own, and stands where the character does. Bytes that are no UTF-8 are written 0xEA.
    """
    stream = b"".join(spelt)
    starts = list(accumulate(map(len, spelt), initial=0))
    texts = [""] * len(spelt)
    places: list[int] = []  # of each byte: where its character begins in the text
    ends: list[int] = []
    position = length = 0
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
        places += [length] * width
        length += len(character)
        ends += [length] * width
        position += width
    spans = []
    for first, last in pairwise(starts):
        if first == last:
            here = places[first] if first < len(places) else length
            spans.append((here, here))
        else:
            spans.append((places[first], ends[last - 1]))
    return texts, spans
