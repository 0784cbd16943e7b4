"""Which tokens stand for which words: the labels of a sentence's pieces, for any tokenizer of the project."""

from __future__ import annotations

from collections.abc import Sequence

from model.networks.loss import IGNORED
from model.tasks.tags.grammar import Sentence
from model.text.spans import exact_spans
from model.text.tokenizer import CompactTokenizer

# The parts of speech of Universal Dependencies, by its names.
TAGS = (
    "ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT",
    "SCONJ", "SYM", "VERB", "X",
)  # fmt: skip
NUMBERS = {tag: number for number, tag in enumerate(TAGS)}


def find_words(sentence: Sentence) -> list[int]:
    """Where in the text each word begins. Raises ValueError where they are not in it, in this order."""
    starts, end = [], 0
    for word in sentence.words:
        start = sentence.text.lower().find(word.lower(), end)
        if start < 0:
            raise ValueError(f"The text has no word {word!r} where one is expected: {sentence.text}")
        starts.append(start)
        end = start + len(word)
    return starts


def find_tokens(tokenizer: CompactTokenizer, ids: Sequence[int], sentence: Sentence) -> list[int | None]:
    """For each id the word that it begins, by its number; None where it goes on, or is </s>."""
    numbers = {start: number for number, start in enumerate(find_words(sentence))}
    text = sentence.text
    if tokenizer.words:
        begins = [word.start for word in tokenizer.split(text)]
        return [numbers.get(start) for start in begins] + [None] * (len(ids) - len(begins))
    special = [int(i) in tokenizer.all_special_ids and int(i) != tokenizer.unk_token_id for i in ids]
    spans = exact_spans(tokenizer, ids, text, special)
    if spans is None:
        return [None] * len(ids)
    found: list[int | None] = []
    seen: set[int] = set()
    for (start, end), is_special in zip(spans, special, strict=True):
        while start < end and text[start] == " ":  # a piece has the space before it
            start += 1
        number = None if is_special or start == end else numbers.get(start)
        found.append(None if number in seen else number)  # of a letter in bytes the first piece begins it
        seen |= set() if number is None else {number}
    return found


def encode(tokenizer: CompactTokenizer, sentence: Sentence) -> dict[str, list[int]]:
    """input_ids, and labels: at the piece with which a word begins its tag's number, elsewhere IGNORED."""
    ids = tokenizer.encode(sentence.text)
    words = find_tokens(tokenizer, ids, sentence)
    labels = [IGNORED if number is None else NUMBERS.get(sentence.tags[number], IGNORED) for number in words]
    return {"input_ids": ids, "labels": labels}
