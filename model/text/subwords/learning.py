"""Tokenizers learned from a text by the libraries: words, characters, byte-pair, unigram, WordPiece.

words       one piece a word of the text
characters  one piece a character (code point)
bpe         byte-pair encoding (Sennrich et al. 2016) of `tokenizers`. As there, the mark of a word stands
            at its end; here it is the space itself, so that the pieces together are the text.
unigram     the unigram language model (Kudo 2018) of SentencePiece (Kudo and Richardson 2018), which
            writes the space before a word as ▁
wordpiece   WordPiece (Schuster and Nakajima 2012; Devlin et al. 2019) of `tokenizers`: a piece inside a
            word begins with ##; the longest piece that fits is taken first. The library learns its
            vocabulary by merging, as for byte-pair encoding.
"""

from __future__ import annotations

import io
import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Literal, cast, get_args

import sentencepiece
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from model.errors import Refusal
from model.text.subwords.record import Piece, plain

Kind = Literal["words", "characters", "bpe", "unigram", "wordpiece"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LARGEST = 1_000_000  # characters of a text to learn from

UNKNOWN = "<unk>"
SPACE, INSIDE = "▁", "##"
BYTES = tuple(f"<0x{byte:02X}>" for byte in range(256))
EVERYTHING = 1 << 30  # a vocabulary that no text fills

# A word with the space after it; so are marks and pictures in a row.
_WORD_AND_SPACE = pre_tokenizers.Split(Regex(r"[\w\p{M}]+ ?|[^\s\w\p{M}]+ ?| "), "isolated")
_WORDS = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation()])
_CHARACTERS = pre_tokenizers.Split(Regex(r"(?m)."), "isolated")  # (?m): of Oniguruma, any character

_TOO_MANY = re.compile(r"too high .* value <= (\d+)")
_TOO_FEW = re.compile(r"smaller than required_chars\. \d+ vs (\d+)")


@dataclass(frozen=True, eq=False)
class Learned:
    """A tokenizer that was learned from a text.

    vocabulary: how each piece is written, by its identifier. merges: of "bpe", in the order of learning.
    scores: of "unigram", the natural logarithm of each piece's probability; else empty.
    file: the tokenizer as the library saves it: tokenizer.json, or the .model of SentencePiece.
    fallback: a character never met is written as its bytes in UTF-8.
    """

    kind: Kind
    engine: Tokenizer | sentencepiece.SentencePieceProcessor
    vocabulary: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]
    scores: tuple[float, ...]
    file: bytes
    fallback: bool

    def cut(self, text: str) -> tuple[Piece, ...]:
        """The pieces of a text, which is read as `plain` has it. An empty text has none."""
        text = plain(text)
        return tuple(self._cut(text)) if text else ()

    def words(self, text: str) -> list[str]:
        """The parts of a plain text that no piece reaches across. Raises ValueError for SentencePiece."""
        if not isinstance(self.engine, Tokenizer):
            raise ValueError("SentencePiece does not tell which words it cuts.")
        return [word for word, _span in self.engine.pre_tokenizer.pre_tokenize_str(text)] if text else []

    def _cut(self, text: str) -> Iterator[Piece]:
        before = -1  # where the piece before began
        space = False  # whether that is a space by itself, which belongs to the word after it
        for number, start, end in self._encode_pieces(text):
            written = self.vocabulary[number]
            gap = start == 0 or text[start - 1].isspace() or text[start].isspace()
            joined = space or start == before or not gap  # the bytes of one character begin at one place
            before, space = start, written in (SPACE, " ")
            common = {"id": number, "written": written, "start": start, "end": end, "joined": joined}
            if written == UNKNOWN:
                yield Piece(text=text[start:end], unknown=True, **common)  # type: ignore[arg-type]
            elif self.fallback and written in BYTES:
                yield Piece(text=written[3:5], before="0x", byte=True, **common)  # type: ignore[arg-type]
            else:
                mark, shown, after = _split_marks(self.kind, written)
                yield Piece(text=shown, before=mark, after=after, **common)  # type: ignore[arg-type]

    def _encode_pieces(self, text: str) -> Iterator[tuple[int, int, int]]:
        """The identifier of each piece, and its first character and the one after its last."""
        if isinstance(self.engine, Tokenizer):
            encoding = self.engine.encode(text, add_special_tokens=False)
            for number, (start, end) in zip(encoding.ids, encoding.offsets, strict=True):
                yield number, start, end
            return
        starts = list(accumulate((len(character.encode()) for character in text), initial=0))
        for piece in self.engine.encode(text, return_type="proto").pieces:
            # A byte that is not a character's last one is said to end where it begins.
            begin = bisect_right(starts, piece.begin) - 1
            yield piece.id, begin, max(bisect_right(starts, piece.end) - 1, begin)


def _split_marks(kind: Kind, written: str) -> tuple[str, str, str]:
    """The mark before a piece, what a person reads of it, and the mark after it."""
    if kind == "unigram" and written.startswith(SPACE):
        return SPACE, written[1:].replace(SPACE, " "), ""
    if kind == "wordpiece" and written.startswith(INSIDE) and len(written) > len(INSIDE):
        return INSIDE, written[len(INSIDE) :], ""
    if kind == "bpe" and written.endswith(" "):
        return "", written[:-1], "␣"
    return "", written, ""


def learn(text: str, kind: Kind, size: int = EVERYTHING, fallback: bool = False) -> Learned:
    """A tokenizer of exactly `size` pieces, learned from a text; the same text gives the same one.

    size: counts the unknown piece, and with fallback the 256 bytes. Words and characters keep all that
    occur, whatever the size. fallback: for bpe and unigram.
    Raises Refusal where the text is empty, longer than LARGEST, or cannot be cut into so many or so few.
    """
    return _learn(text, kind, size, fallback, exactly=kind not in ("words", "characters"))


def learn_at_most(text: str, kind: Kind, size: int, fallback: bool = False) -> Learned:
    """As `learn`, but as near to `size` as the text allows."""
    return _learn(text, kind, size, fallback, exactly=False)


def _learn(text: str, kind: Kind, size: int, fallback: bool, exactly: bool) -> Learned:
    if len(text) > LARGEST:
        raise Refusal("The text has {count} characters; at most {most} are learned from.",
                      count=f"{len(text):,}", most=f"{LARGEST:,}")  # fmt: skip
    lines = [line for line in map(plain, text.splitlines()) if line]
    if not lines:
        raise Refusal("There is nothing to learn from: the text is empty.")
    if fallback and kind not in ("bpe", "unigram"):
        raise ValueError(f"A {kind} tokenizer has no bytes to fall back to.")
    if kind == "unigram":
        return _unigram(lines, size, fallback, exactly)
    learned = {"words": _word_level, "characters": _word_level, "bpe": _bpe, "wordpiece": _wordpiece}[kind](
        lines, kind, size, fallback
    )
    if exactly and len(learned.vocabulary) < size:
        raise _too_many(size, len(learned.vocabulary))
    if exactly and len(learned.vocabulary) > size:
        raise _too_few(size, len(learned.vocabulary))
    return learned


def _too_many(size: int, most: int) -> Refusal:
    return Refusal(
        "The text is too short for {size} pieces; the largest vocabulary that fits it has {most}.",
        size=size,
        most=most,
    )


def _too_few(size: int, least: int) -> Refusal:
    return Refusal(
        "{size} pieces are too few for the characters of this text; the smallest vocabulary has {least}.",
        size=size,
        least=least,
    )


def _word_level(lines: list[str], kind: Kind, size: int, fallback: bool) -> Learned:
    how = _WORDS if kind == "words" else _CHARACTERS
    whole = " ".join(lines)  # what is cut later has a space where a line ends, see _bpe
    met = sorted({piece for piece, _span in how.pre_tokenize_str(whole)} - {UNKNOWN})
    vocabulary = {piece: number for number, piece in enumerate([UNKNOWN, *met])}
    engine = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    engine.pre_tokenizer = how
    if kind == "characters":
        engine.decoder = decoders.Fuse()
    return _build_learned(kind, engine)


def _bpe(lines: list[str], kind: Kind, size: int, fallback: bool) -> Learned:
    first = [UNKNOWN, *(BYTES if fallback else ())]
    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = _WORD_AND_SPACE
    wanted = max(size - len(first), 1)
    space = [" "] if len(lines) > 1 else []  # what is cut later has one where a line ends
    trainer = trainers.BpeTrainer(vocab_size=wanted, show_progress=False, initial_alphabet=space)
    learner.train_from_iterator(lines, trainer)
    merges = _merges(learner)
    met = sorted(learner.get_vocab().items(), key=lambda item: item[1])
    vocabulary = {piece: number for number, piece in enumerate([*first, *(piece for piece, _ in met)])}
    # Made anew, so that neither the unknown piece nor a byte can be typed.
    engine = Tokenizer(models.BPE(vocabulary, merges, unk_token=UNKNOWN, byte_fallback=fallback))
    engine.pre_tokenizer = _WORD_AND_SPACE
    engine.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    return _build_learned(kind, engine, merges, fallback=fallback)


def _wordpiece(lines: list[str], kind: Kind, size: int, fallback: bool) -> Learned:
    words = [word for line in lines for word, _span in _WORDS.pre_tokenize_str(line)]
    # In an order of our own: the library meets words in no order, and chance would decide between equals.
    inside = sorted({INSIDE + character for word in words for character in word[1:]})
    learner = Tokenizer(models.WordPiece(unk_token=UNKNOWN))
    learner.pre_tokenizer = _WORDS
    learner.train_from_iterator(
        lines,
        trainers.WordPieceTrainer(
            vocab_size=min(size, EVERYTHING), special_tokens=[UNKNOWN, *inside], show_progress=False
        ),
    )
    engine = Tokenizer(models.WordPiece(learner.get_vocab(), unk_token=UNKNOWN))
    engine.pre_tokenizer = _WORDS
    engine.decoder = decoders.WordPiece(prefix=INSIDE)
    return _build_learned(kind, engine)


def _unigram(lines: list[str], size: int, fallback: bool, exactly: bool) -> Learned:
    written = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(lines),
            model_writer=written,
            model_type="unigram",
            vocab_size=min(size, LARGEST),
            hard_vocab_limit=exactly,
            byte_fallback=fallback,
            character_coverage=1.0,
            normalization_rule_name="identity",
            unk_id=0, bos_id=-1, eos_id=-1,
            max_sentence_length=4 * LARGEST,
            num_threads=1,
            minloglevel=2,
        )  # fmt: skip
    except RuntimeError as error:
        if few := _TOO_FEW.search(str(error)):
            if exactly:
                raise _too_few(size, int(few[1])) from error
            return _unigram(lines, int(few[1]), fallback, exactly)
        if many := _TOO_MANY.search(str(error)):
            raise _too_many(size, int(many[1])) from error
        raise Refusal("SentencePiece finds no pieces in this text.") from error
    engine = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
    count = range(engine.get_piece_size())
    return Learned(
        kind="unigram",
        engine=engine,
        vocabulary=tuple(engine.id_to_piece(i) for i in count),
        merges=(),
        scores=tuple(engine.get_score(i) for i in count),
        file=written.getvalue(),
        fallback=fallback,
    )


def _merges(learner: Tokenizer) -> list[tuple[str, str]]:
    """The merges of a byte-pair encoding as the library's own file has them, in order."""
    return [cast(tuple[str, str], tuple(pair)) for pair in json.loads(learner.to_str())["model"]["merges"]]


def _build_learned(
    kind: Kind, engine: Tokenizer, merges: list[tuple[str, str]] | None = None, fallback: bool = False
) -> Learned:
    by_number = sorted(engine.get_vocab().items(), key=lambda item: item[1])
    return Learned(
        kind=kind,
        engine=engine,
        vocabulary=tuple(piece for piece, _number in by_number),
        merges=tuple(merges or ()),
        scores=(),
        file=engine.to_str(pretty=True).encode(),
        fallback=fallback,
    )
