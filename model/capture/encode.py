"""From a text to what a model reads, and the names of what stands there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from transformers import PreTrainedModel

from model.capture.checkpoint import Checkpoint
from model.capture.checks import check_pairs
from model.errors import Refusal
from model.text.pairs import write_pair
from model.text.tokenizer import encode_target
from model.text.tokens import choice_texts, detokenize, tokens_of
from model.trace import Tokens


class Reading(NamedTuple):
    """What a model reads: ids, the type of each where it reads segments, and what stands there."""

    ids: list[int]
    types: list[int] | None
    tokens: Tokens


def encode(m: Checkpoint, text: str) -> list[int]:
    """The ids of a text. Raises ValueError where there are none, too many or unknown ones."""
    with m.lock:
        ids: list[int] = (
            m.languages.encode(m.tokenizer, text) if m.languages else m.tokenizer(text)["input_ids"]
        )
    if not ids:
        raise Refusal("The tokenizer of {name} finds nothing to read in this text.", name=m.name)
    return fitting(m, ids)


def read_texts(m: Checkpoint, text: str, pair: str | None = None) -> Reading:
    """A text, or two as a pair, as the model reads it.

    pair: the second text. Raises ValueError as `encode` does, and for a pair where the model takes none.
    """
    if pair is None:
        ids = encode(m, text)
        return Reading(ids, None, name_tokens(m, ids, text))
    check_pairs(m)
    assert m.pairs is not None
    with m.lock:
        both = write_pair(m.tokenizer, m.pairs, text, pair)
    if both is None:
        raise Refusal("The tokenizer of {name} does not keep these two texts apart.", name=m.name)
    if not all(both.lengths):
        raise Refusal("The tokenizer of {name} finds nothing to read in one of these texts.", name=m.name)
    return Reading(fitting(m, both.ids), both.types if m.segments else None, both.tokens)


def name_tokens(m: Checkpoint, ids: list[int], text: str) -> Tokens:
    """What stands behind the ids, as a person reads it."""
    with m.lock:
        return tokens_of(m.tokenizer, ids, text, m.language_ids)


def decode_ids(m: Checkpoint, ids: Sequence[int], source: str) -> str:
    """The text of what the model wrote for a source."""
    with m.lock:
        return detokenize(m.tokenizer, ids, source, m.language_ids)


def choices(m: Checkpoint, ids: Sequence[int], source: str) -> dict[int, str]:
    """How each id reads by itself, as something that could be written next for a source."""
    with m.lock:
        return dict(zip(ids, choice_texts(m.tokenizer, ids, source, m.language_ids), strict=True))


def encode_written(m: Checkpoint, target: str, source: str) -> list[int]:
    """The ids of a text that an encoder-decoder is to write for a source, its language first."""
    with m.lock:
        if m.languages is None or m.languages.place == "source":
            return encode_target(m.tokenizer, target, source)
        ids = m.tokenizer(target, add_special_tokens=False)["input_ids"]
    return beginning(m, ids)


def beginning(m: Checkpoint, prefix: Sequence[int] = ()) -> list[int]:
    """How what an encoder-decoder writes begins, after the start token: with its language, then the prefix.

    A prefix that begins with a language has that of the model put in its place.
    """
    if m.languages is None or m.languages.place != "first":
        return list(prefix)
    own = bool(prefix) and prefix[0] in m.languages.ids
    return [m.languages.target_id, *prefix[own:]]


def readable(text: str) -> str:
    """The text, where there is one. Half a surrogate pair, which no tokenizer can read, becomes U+FFFD."""
    if not text.strip():
        raise Refusal("The text is empty; write a sentence.")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def readable_pair(text: str | None) -> str | None:
    """The second text of a pair, where there is one; an empty one is none."""
    return readable(text) if text is not None and text.strip() else None


def fitting(m: Checkpoint, ids: list[int]) -> list[int]:
    """The ids, where the model has room and vectors for them."""
    if m.max_tokens is not None and len(ids) > m.max_tokens:
        raise Refusal(
            "The text has {count} tokens, but {name} takes at most {most}; shorten it.",
            count=len(ids),
            name=m.name,
            most=m.max_tokens,
        )
    if max(ids) >= count_vectors(m.model):
        raise Refusal("The tokenizer of {name} belongs to another model: it knows more tokens.", name=m.name)
    return ids


def count_vectors(model: PreTrainedModel) -> int:
    """How many tokens a model has vectors for."""
    try:
        table: Any = model.get_input_embeddings()
        return int(table.weight.shape[0])
    except (NotImplementedError, AttributeError):
        pass
    size = getattr(model.config.get_text_config(), "vocab_size", None)
    return int(size) if size else 2**31  # CANINE hashes any character


def shift_right(m: Checkpoint, written: Sequence[int]) -> list[int]:
    """What the decoder reads to write these ids, one for each: the start token and all but the last.

    Raises ValueError where the model does not have the ids, or has no room for them.
    """
    if any(not 0 <= i < m.model.config.get_text_config().vocab_size for i in written):
        raise Refusal("The chosen words do not belong to {name}.", name=m.name)
    return fitting(m, [start_token(m), *written[:-1]])


def start_token(m: Checkpoint) -> int:
    """What an encoder-decoder's text begins with. Raises ValueError where no file says it."""
    if m.languages is not None and m.languages.place == "start":
        return m.languages.target_id
    config = m.model.generation_config
    said = (config.decoder_start_token_id, config.bos_token_id, m.tokenizer.pad_token_id)
    start = next((i for i in said if isinstance(i, int)), None)
    if start is None:
        raise Refusal("{name} does not say with which token its decoder begins.", name=m.name)
    return start


def end_tokens(m: Checkpoint) -> list[int]:
    """What can end a text."""
    ends = m.model.generation_config.eos_token_id
    return ends if isinstance(ends, list) else [ends]
