"""SentencePiece tokenizers of our own, trained on texts and kept inside the checkpoint.

A CompactTokenizer works in one of two ways. With words=True a token is a whole word, looked up in lower
case, and the k-th distinct word that it does not know becomes the placeholder <unkk>, so that the model
can still talk about it; if its vocabulary has Korean particles, these are tokens of their own. With
words=False it is plain SentencePiece (unigram or BPE).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import sentencepiece
from transformers import AutoTokenizer, PreTrainedTokenizerBase
from transformers.tokenization_utils_sentencepiece import SentencePieceBackend

from model.networks.config import CompactConfig
from model.text.particles import PARTICLES, choose_form, split_particles, stands_for
from model.text.words import Word, elide, join_words, normalise, split_words

PAD, UNKNOWN, START, END, MASK = "<pad>", "<unk>", "<s>", "</s>", "<mask>"  # ids 0 to 4
FILE = "sentencepiece.model"
SPACE = "▁"  # how SentencePiece writes the space before a word
PLACEHOLDER = re.compile(r"<unk(\d+)>")


class CompactTokenizer(SentencePieceBackend):
    """A SentencePiece tokenizer saved inside the checkpoint; see the module's first lines for words.

    A text becomes its tokens and </s>. Typed text never becomes a special token.
    """

    vocab_files_names = {"vocab_file": FILE}  # noqa: RUF012 - transformers wants a plain dict
    model_input_names = ["input_ids", "attention_mask"]  # noqa: RUF012

    def __init__(self, vocab_file: str, words: bool = False, **kwargs: Any) -> None:
        self.words = words
        kwargs |= {"pad_token": PAD, "unk_token": UNKNOWN, "bos_token": START, "eos_token": END}
        kwargs |= {"mask_token": MASK, "special_tokens_pattern": "eos", "words": words}
        super().__init__(vocab_file=vocab_file, **kwargs)
        model = self.sp_model
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
            # Both apostrophes are one, as in the words above: which one a text has depends on the keyboard.
            encodable = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("’", "'")
            return cast(list[str], self.sp_model.encode(encodable, out_type=str))
        named: dict[str, str] = {}
        for word in self.split(source):
            self._word_token(word, named)
        return [self._word_token(word, named) for word in self.split(text)]

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


def train_tokenizer(
    texts: Iterable[str],
    folder: str | Path,
    kind: Literal["word", "unigram", "bpe"] = "word",
    vocab_size: int = 8000,
    placeholders: int = 4,
    particles: bool = False,
    coverage: float = 1.0,
) -> CompactTokenizer:
    """A tokenizer trained by SentencePiece on texts and saved in folder.

    kind: "word" keeps every word of the texts, up to vocab_size; "unigram" and "bpe" learn vocab_size
    pieces, and write a character never seen as its bytes; coverage: the share of all characters that are
    pieces of their own. Only for "word": placeholders, how many unknown words of a text can be told apart,
    and particles, whether Korean ones are tokens of their own.
    Raises ValueError where the texts are too few for vocab_size pieces.
    """
    words = kind == "word"
    if words:
        texts = (" ".join(whole_words(text, particles)) for text in texts)
    symbols = [*(f"<unk{k + 1}>" for k in range(placeholders)), *(f"<{p}>" for p in PARTICLES if particles)]
    written = io.BytesIO()
    try:
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(texts),
            model_writer=written,
            model_type=kind,
            vocab_size=vocab_size,
            hard_vocab_limit=False,
            byte_fallback=not words,
            character_coverage=coverage,
            normalization_rule_name="identity" if words else "nfkc",
            pad_id=0, unk_id=1, bos_id=2, eos_id=3,
            pad_piece=PAD, unk_piece=UNKNOWN, bos_piece=START, eos_piece=END,
            control_symbols=[MASK, *(symbols if words else ())],
            max_sentence_length=1 << 20,
            num_threads=1,
            minloglevel=2,
        )  # fmt: skip
    except RuntimeError as error:
        raise ValueError(
            f"The texts cannot fill a vocabulary of {vocab_size} pieces; give more text or a smaller number."
        ) from error
    path = Path(folder) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written.getvalue())
    return CompactTokenizer(str(path), words=words)


def whole_words(text: str, particles: bool) -> list[str]:
    """The words of a text as they are looked up; particles: without the Korean ones."""
    words = split_particles(text) if particles else split_words(text)
    return [normalise(word.text) for word in words if not word.particle]


def encode_target(tokenizer: PreTrainedTokenizerBase, target: str, source: str) -> list[int]:
    """The ids of a text that an encoder-decoder is to write for source, for any tokenizer."""
    if isinstance(tokenizer, CompactTokenizer):
        return tokenizer.encode_target(target, source)
    return cast(list[int], tokenizer(text_target=target)["input_ids"])
