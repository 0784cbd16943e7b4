"""SentencePiece tokenizers of our own, trained on texts and kept inside the checkpoint.

A CompactTokenizer works in one of two ways. With words=True a token is a whole word, looked up in lower
case, and the k-th distinct word that it does not know becomes the placeholder <unkk>, so that the model
can still talk about it; if its vocabulary has Korean particles, these are tokens of their own. With
words=False it is SentencePiece (unigram, BPE or characters), and its model says by its `normalization` what
becomes of a text before it is cut:

identity     nothing: what is written comes back, character for character
nfc          letters and their marks are composed (Unicode NFC), as a Mac's file names have them apart;
             SentencePiece has no such rule, so `unicodedata` does it. All else comes back.
nfkc         compatibility characters as well (ㅋ → ᄏ, … → ..., ！ → !, ① → 1), white space is made even
nmt_nfkc     nfkc, and more kinds of white space are one space; what cannot be seen is left out
nfkc_cf, nmt_nfkc_cf   each in lower case, too

The last four are SentencePiece's. With them ’ is read as ', so that either key of a keyboard gives one token.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Literal, cast, get_args

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as protobuf
from transformers import AutoTokenizer, PreTrainedTokenizerBase
from transformers.tokenization_utils_sentencepiece import SentencePieceBackend

from model.errors import Refusal
from model.networks.config import CompactConfig
from model.networks.recurrent.config import RecurrentConfig
from model.text.particles import PARTICLES, choose_form, split_particles, stands_for
from model.text.words import Word, elide, join_words, normalise, split_words

PAD, UNKNOWN, START, END, MASK = "<pad>", "<unk>", "<s>", "</s>", "<mask>"  # ids 0 to 4
FILE = "sentencepiece.model"
SPACE = "▁"  # how SentencePiece writes the space before a word
PLACEHOLDER = re.compile(r"<unk(\d+)>")

Method = Literal["word", "unigram", "bpe", "char"]  # SentencePiece's names
METHODS: dict[int, Method] = {1: "unigram", 2: "bpe", 3: "word", 4: "char"}  # by their numbers in a .model
Normalization = Literal["identity", "nfc", "nfkc", "nmt_nfkc", "nfkc_cf", "nmt_nfkc_cf"]
NORMALIZATIONS: tuple[Normalization, ...] = get_args(Normalization)
FAITHFUL = ("identity", "nfc")  # nothing but the composing of letters is changed

# SentencePiece passes over a line that has one of these: its own marks, and the end of a C string.
_UNLEARNED = re.compile("[\x00\t▅]")
# What nobody writes stands in for a typed ▁, which is SentencePiece's own mark.
_STAND_INS = tuple(map(chr, range(0xFDD0, 0xFDF0)))
_TOO_MANY = re.compile(r"too high .* value <= (\d+)")
_TOO_FEW = re.compile(r"smaller than required_chars\. \d+ vs (\d+)")


class CompactTokenizer(SentencePieceBackend):
    """A SentencePiece tokenizer saved inside the checkpoint; see the module's first lines for words.

    A text becomes its tokens and </s>. Typed text never becomes a special token.

    method: how SentencePiece learned it. normalization: what its model does to a text first; see the
    module's first lines. faithful: whether a text that was cut comes back as it was (but for `nfc`).
    """

    vocab_files_names = {"vocab_file": FILE}  # noqa: RUF012 - transformers wants a plain dict
    model_input_names = ["input_ids", "attention_mask"]  # noqa: RUF012

    def __init__(self, vocab_file: str, words: bool = False, **kwargs: Any) -> None:
        self.words = words
        kwargs |= {"pad_token": PAD, "unk_token": UNKNOWN, "bos_token": START, "eos_token": END}
        kwargs |= {"mask_token": MASK, "special_tokens_pattern": "eos", "words": words}
        super().__init__(vocab_file=vocab_file, **kwargs)
        model = self.sp_model
        made = _parse(model.serialized_model_proto())
        self.method: Method = METHODS[made.trainer_spec.model_type]
        self.normalization: str = made.normalizer_spec.name
        self.faithful = not words and self.normalization in FAITHFUL
        self._normalise = normaliser("nfc" if self.normalization == "nfc" else "identity")
        self._vocabulary = {model.id_to_piece(i): i for i in range(model.get_piece_size())}
        self.placeholders = sum(bool(PLACEHOLDER.fullmatch(piece)) for piece in self._vocabulary)
        self.particles = {mark: p for p in PARTICLES if words and (mark := f"<{p}>") in self._vocabulary}

    def tokenize(
        self, text: str, pair: str | None = None, add_special_tokens: bool = False, source: str = "", **_: Any
    ) -> list[str]:
        """The tokens of a text as the vocabulary writes them, without special tokens.

        pair and add_special_tokens belong to the signature of transformers and change nothing here.
        source: the text that this one translates; its unknown words keep their placeholders here.
        """
        if not self.words:
            return self._pieces(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        named: dict[str, str] = {}
        for word in self.split(source):
            self._word_token(word, named)
        return [self._word_token(word, named) for word in self.split(text)]

    def encode(self, text: Any, text_pair: Any = None, **options: Any) -> list[int]:
        """The ids of a text, as transformers' own `encode` gives them, and </s>.

        A text alone goes the short way: the long one, with all that it can be asked for, takes several times
        as long, and a run encodes many.
        """
        if not isinstance(text, str) or text_pair is not None or options.keys() - {"source"}:
            return cast(list[int], super().encode(text, text_pair, **options))
        unknown = self._vocabulary[UNKNOWN]
        ids = [self._vocabulary.get(token, unknown) for token in self.tokenize(text, **options)]
        return [*ids, self._vocabulary[END]]

    def _pieces(self, text: str) -> list[str]:
        """The pieces of a text that has no lone surrogates."""
        if not self.faithful:
            return cast(list[str], self.sp_model.encode(text.replace("’", "'"), out_type=str))
        text = self._normalise(text)
        if SPACE not in text:
            return cast(list[str], self.sp_model.encode(text, out_type=str))
        stand_in = next((c for c in _STAND_INS if c not in text and c not in self._characters), SPACE)
        pieces = self.sp_model.encode(text.replace(SPACE, stand_in), out_type=str)
        strange, own = _bytes(stand_in), _bytes(SPACE)
        i = 0
        while i < len(pieces):
            if pieces[i : i + 3] == strange:
                pieces[i : i + 3] = own
            i += 1
        return cast(list[str], pieces)

    @cached_property
    def _characters(self) -> frozenset[str]:
        """Every character that some piece has."""
        return frozenset("".join(self._vocabulary))

    def split(self, text: str) -> tuple[Word, ...]:
        """The words of a text as this tokenizer takes them, where it works in words."""
        return split_particles(text) if self.particles else split_words(text)

    def entry(self, word: Word) -> str:
        """How the vocabulary would write a word, whether it has it or not."""
        return f"<{stands_for(word.text)}>" if word.particle else SPACE + normalise(word.text)

    def _word_token(self, word: Word, named: dict[str, str]) -> str:
        """The token of one word; named holds the text's unknown words so far and is added to."""
        entry = self.entry(word)
        if entry in self._vocabulary:
            return entry
        if not any(character.isalnum() for character in entry):
            return UNKNOWN  # a strange mark or a picture: nothing to talk about
        k = len(named) + 1
        return named.setdefault(entry, f"<unk{k}>" if k <= self.placeholders else UNKNOWN)

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        """The text of tokens as the vocabulary writes them."""
        return self.join(tokens, {}) if self.words else cast(str, self.sp_model.decode(tokens))

    def join(self, tokens: Sequence[str], spelling: Mapping[str, str]) -> str:
        """The text of tokens that are words. spelling: what stands for the placeholders among them."""
        words: list[str] = []
        for token in tokens:
            if token in self.particles and words:
                words[-1] += choose_form("".join(words[-2:]), self.particles[token])
                continue
            if token in spelling and words:
                words[-1:] = elide(words[-1], spelling[token]).split()
            words.append(spelling.get(token, token.removeprefix(SPACE)))
        return join_words(words)

    def _convert_token_to_id(self, token: str) -> int:
        return self._vocabulary.get(token, self._vocabulary[UNKNOWN])

    def unknown_words(self, text: str) -> dict[str, str]:
        """The person's words behind the placeholders of a text: {"<unk1>": "wug", …}."""
        spelling: dict[str, str] = {}
        named: dict[str, str] = {}
        for word in self.split(text) if self.words else ():
            token = self._word_token(word, named)
            if PLACEHOLDER.fullmatch(token):
                spelling.setdefault(token, word.text)
        return spelling

    def encode_target(self, target: str, source: str) -> list[int]:
        """The ids of a translation of source, </s> at the end, sharing the placeholders of source."""
        return self.encode(target, source=source)


AutoTokenizer.register(CompactConfig, CompactTokenizer)
AutoTokenizer.register(RecurrentConfig, CompactTokenizer)


def _bytes(character: str) -> list[str]:
    """The pieces for the bytes of a character in UTF-8."""
    return [f"<0x{byte:02X}>" for byte in character.encode()]


def train_tokenizer(
    texts: Iterable[str],
    folder: str | Path,
    kind: Method = "word",
    vocab_size: int = 8000,
    placeholders: int = 4,
    particles: bool = False,
    coverage: float = 1.0,
    normalization: Normalization = "identity",
    exactly: bool = False,
) -> CompactTokenizer:
    """A tokenizer trained by SentencePiece on texts and saved in folder.

    kind: "word" keeps every word of the texts, up to vocab_size, as `model.text.words.normalise` has it;
    "unigram" and "bpe" learn vocab_size pieces, "char" has one for each character, up to vocab_size; these
    three write a character never seen as its bytes. coverage: the share of all characters that are pieces of
    their own. normalization: see the module's first lines; of "word" there is none. exactly: vocab_size
    pieces and not fewer, for "unigram" and "bpe". Only for "word": placeholders, how many unknown words of a
    text can be told apart, and particles, whether Korean ones are tokens of their own.
    Raises Refusal where the texts are too few for vocab_size pieces, or their characters alone are more.
    """
    words = kind == "word"
    if words and normalization != "identity":
        raise ValueError("Words are looked up by rules of their own; they have no other normalization.")
    faithful = not words and normalization in FAITHFUL
    if words:
        texts = (" ".join(whole_words(text, particles)) for text in texts)
    elif faithful:
        texts = _learnable(texts, normalization)
    symbols = [*(f"<unk{k + 1}>" for k in range(placeholders)), *(f"<{p}>" for p in PARTICLES if particles)]
    spaces: dict[str, Any] = {"remove_extra_whitespaces": False} if faithful else {}
    written = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=written,
            model_type=kind,
            vocab_size=vocab_size,
            hard_vocab_limit=exactly,
            byte_fallback=not words,
            character_coverage=coverage,
            normalization_rule_name="identity" if faithful else normalization,
            pad_id=0, unk_id=1, bos_id=2, eos_id=3,
            pad_piece=PAD, unk_piece=UNKNOWN, bos_piece=START, eos_piece=END,
            control_symbols=[MASK, *(symbols if words else ())],
            max_sentence_length=1 << 20,
            num_threads=1,
            minloglevel=2,
            **spaces,
        )  # fmt: skip
    except RuntimeError as error:
        raise _explain(str(error), vocab_size) from error
    path = Path(folder) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_named(written.getvalue(), normalization))
    return CompactTokenizer(str(path), words=words)


def normaliser(normalization: Normalization) -> Callable[[str], str]:
    """What a normalization makes of a text before it is cut into pieces, but for ’."""
    if normalization in FAITHFUL:
        return partial(unicodedata.normalize, "NFC") if normalization == "nfc" else str
    rule = sentencepiece.SentencePieceNormalizer(
        rule_name=normalization, add_dummy_prefix=False, escape_whitespaces=False
    )
    return cast(Callable[[str], str], rule.normalize)


def _learnable(texts: Iterable[str], normalization: Normalization) -> Iterator[str]:
    """The texts as SentencePiece learns from them: in parts where it would pass over the whole."""
    return (part for text in map(normaliser(normalization), texts) for part in _UNLEARNED.split(text) if part)


def _parse(model: bytes) -> Any:
    """What stands in a .model: how it was learned, its normalization, its pieces."""
    return cast(Any, protobuf).ModelProto.FromString(model)


def _named(model: bytes, normalization: Normalization) -> bytes:
    """A .model that says its normalization, where SentencePiece does not know that one."""
    if normalization != "nfc":
        return model
    made = _parse(model)
    made.normalizer_spec.name = normalization
    return bytes(made.SerializeToString(deterministic=True))


def _explain(said: str, size: int) -> Refusal:
    """SentencePiece's own words for a number of pieces that it cannot give, in ours."""
    if many := _TOO_MANY.search(said):
        return Refusal(
            "The texts are too few for {size} pieces; the largest vocabulary that fits them has {most}.",
            size=size,
            most=int(many[1]),
        )
    if few := _TOO_FEW.search(said):
        return Refusal(
            "{size} pieces are too few for the characters of the texts; the smallest vocabulary has {least}.",
            size=size,
            least=int(few[1]),
        )
    return Refusal(
        "The texts cannot fill a vocabulary of {size} pieces; give more text or a smaller number.", size=size
    )


def whole_words(text: str, particles: bool) -> list[str]:
    """The words of a text as they are looked up; particles: without the Korean ones."""
    words = split_particles(text) if particles else split_words(text)
    return [normalise(word.text) for word in words if not word.particle]


def encode_target(tokenizer: PreTrainedTokenizerBase, target: str, source: str) -> list[int]:
    """The ids of a text that an encoder-decoder is to write for source, for any tokenizer."""
    if isinstance(tokenizer, CompactTokenizer):
        return tokenizer.encode_target(target, source)
    return cast(list[int], tokenizer(text_target=target)["input_ids"])
