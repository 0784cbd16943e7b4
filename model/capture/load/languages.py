"""Translators of many languages: which there are, and how one is read and another one written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedTokenizerBase

from model.errors import Refusal

CODE = re.compile(r"__([A-Za-z]{2,4}(?:_[A-Za-z]+)*)__|([a-z]{2,3}_[A-Z][A-Za-z]{1,3})")
FEWEST = 2  # a tokenizer with fewer languages leaves no choice


@dataclass(frozen=True)
class Languages:
    """The languages of a translator.

    codes: as people name them ("en", "eng_Latn"), each with the id of its token. source: what a text is read
    as unless another is said. target: what is written, as the model or its tokenizer say; None = not said.
    ids: the ids of all languages' tokens, which are special though M2M100's tokenizer does not say so.
    """

    codes: Mapping[str, int]
    source: str
    target: str | None
    ids: frozenset[int]

    def code(self, given: str) -> str:
        """The code that is meant, also where case or underlines differ. Raises ValueError where none is."""
        if given in self.codes:
            return given
        for code in self.codes:
            if code.strip("_").lower() == given.strip("_").lower():
                return code
        raise Refusal(
            "This model has no language {code}; it has {first}, {second} and {more} more.",
            code=given[:20],
            first=next(iter(self.codes)),
            second=list(self.codes)[1],
            more=len(self.codes) - 2,
        )

    def encode(self, tokenizer: PreTrainedTokenizerBase, text: str, source: str | None = None) -> list[int]:
        """The ids of a text in a language, its token among them; the tokenizer is left as it was.

        To be called with the tokenizer's lock held. Raises ValueError for an unknown language.
        """
        code = self.code(self.source if source is None else source)
        kept: Any = getattr(tokenizer, "src_lang", None)
        try:
            tokenizer.src_lang = code
            return [int(i) for i in tokenizer(text)["input_ids"]]
        finally:
            tokenizer.src_lang = kept

    def first_id(self, target: str | None = None) -> int | None:
        """The id that a translation into a language has to begin with, after the start token.

        None where no language is asked for and the model has none of its own. Raises ValueError for an
        unknown one.
        """
        chosen = self.target if target is None else target
        return None if chosen is None else self.codes[self.code(chosen)]


def languages(tokenizer: PreTrainedTokenizerBase, *configs: Any) -> Languages | None:
    """The languages that a tokenizer offers to read; None where it has no choice of them.

    configs: the model's config and its generation config, which may say what is written first.
    """
    source = getattr(tokenizer, "src_lang", None)
    if not isinstance(source, str) or not hasattr(tokenizer, "set_src_lang_special_tokens"):
        return None
    codes = code_ids(tokenizer)
    if len(codes) < FEWEST:
        return None
    by_id = {i: code for code, i in codes.items()}
    forced = (first for config in configs for first in first_ids(config))
    target = next((by_id[i] for i in forced if i in by_id), None)
    said = getattr(tokenizer, "tgt_lang", None)
    if target is None and isinstance(said, str):
        target = same(said, codes)
    return Languages(codes, same(source, codes) or next(iter(codes)), target, frozenset(by_id))


def code_ids(tokenizer: PreTrainedTokenizerBase) -> dict[str, int]:
    """Each language's code with the id of its token: from the tokenizer's table, or its special tokens."""
    table = getattr(tokenizer, "lang_code_to_id", None)
    if isinstance(table, Mapping) and table:
        return {str(code): int(i) for code, i in table.items() if i != tokenizer.unk_token_id}
    found: dict[str, int] = {}
    for token in marked(tokenizer):
        match = CODE.fullmatch(token)
        i = tokenizer.convert_tokens_to_ids(token) if match else None
        if match and isinstance(i, int) and i != tokenizer.unk_token_id:
            found[match[1] or match[2]] = i
    return found


def marked(tokenizer: PreTrainedTokenizerBase) -> Iterable[str]:
    """The tokens that a tokenizer holds apart from its words."""
    extra = getattr(tokenizer, "extra_special_tokens", None) or ()
    return dict.fromkeys([*map(str, extra), *map(str, tokenizer.get_added_vocab())])


def first_ids(config: Any) -> list[int]:
    first = getattr(config, "forced_bos_token_id", None)
    return [first] if isinstance(first, int) else []


def same(said: str, codes: Mapping[str, int]) -> str | None:
    """The code that a tokenizer's own word for it means: Seamless says __eng__ for eng."""
    return next((code for code in codes if code.strip("_") == said.strip("_")), None)
