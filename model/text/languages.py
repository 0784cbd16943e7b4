"""Translators of many languages: which there are, how one is read and another one written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from transformers import PreTrainedTokenizerBase

from model.errors import Refusal

CODE = re.compile(r"__([A-Za-z]{2,4}(?:_[A-Za-z]+)*)__|([a-z]{2,3}_[A-Z][A-Za-z]{1,3})")
MARK = re.compile(r"\s*>>([^<>]+)<<")  # what a text for Marian begins with
FEWEST = 2  # a tokenizer with fewer languages leaves no choice
USUAL = (("en", "eng"), ("fr", "fra"))  # English, or French where English is read

# Where the target language's token stands: it is what the decoder writes first, it is what the decoder
# starts from (mBART-25, PLBart), or it goes before the text that is read (Marian).
Place = Literal["first", "start", "source"]


@dataclass(frozen=True)
class Languages:
    """The languages of a translator.

    codes: as people name them ("en", "eng_Latn"), each with the id of its token. source: what a text is read
    as; None = no choice, the model is not told. said: what is to be written, as a person, the model or its
    tokenizer say; None = nobody does. ids: the ids of all languages' tokens, which are special though
    M2M100's tokenizer does not say so.
    """

    codes: Mapping[str, int]
    source: str | None
    said: str | None
    ids: frozenset[int]
    place: Place = "first"

    @property
    def target(self) -> str:
        """What is written. Where nobody says it: English, or French from English, else the first other."""
        if self.said is not None:
            return self.said
        others = [code for code in self.codes if code != self.source]
        usual = (code for names in USUAL for code in others if plain(code).split("_")[0] in names)
        return next(usual, others[0])

    @property
    def target_id(self) -> int:
        """The id of the token of what is written."""
        return self.codes[self.target]

    def choose(self, source: str | None = None, target: str | None = None) -> Languages:
        """The same with other languages; None = as before. Raises ValueError for one that there is not."""
        if source is not None and self.source is None:
            raise Refusal(
                "The source language is not an input of this model; only the target language can be chosen."
            )
        return replace(
            self,
            source=self.source if source is None else self.code(source),
            said=self.said if target is None else self.code(target),
        )

    def code(self, given: str) -> str:
        """The code that is meant, also where case or underlines differ. Raises ValueError where none is."""
        if given in self.codes:
            return given
        found = same(given, self.codes)
        if found is not None:
            return found
        shown = given.strip()[:20] or '""'
        first, second, *more = self.codes
        if not more:
            raise Refusal(
                "This model has no language {code}; it has {first} and {second}.",
                code=shown,
                first=first,
                second=second,
            )
        raise Refusal(
            "This model has no language {code}; it has {first}, {second} and {more} more.",
            code=shown,
            first=first,
            second=second,
            more=len(more),
        )

    def encode(self, tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
        """The ids of a text in the source language, its token among them; the tokenizer is left as it was.

        Where the target's token goes before the text, a text that has one keeps it. To be called with the
        tokenizer's lock held.
        """
        if self.place == "source":
            own = MARK.match(text)
            if own is not None and same(own[1], self.codes):
                text = f">>{same(own[1], self.codes)}<<{text[own.end() :]}"
            else:
                text = f"{tokenizer.convert_ids_to_tokens(self.target_id)} {text}"
            return [int(i) for i in tokenizer(text)["input_ids"]]
        kept: Any = getattr(tokenizer, "src_lang", None)
        try:
            tokenizer.src_lang = self.source
            return [int(i) for i in tokenizer(text)["input_ids"]]
        finally:
            tokenizer.src_lang = kept


def languages(tokenizer: PreTrainedTokenizerBase, *configs: Any) -> Languages | None:
    """The languages that a tokenizer offers to read or to write; None where it has no choice of them.

    configs: the model's config and its generation config, which may say what is written, and where its token
    stands.
    """
    marked_sources = getattr(tokenizer, "supported_language_codes", None)
    source = getattr(tokenizer, "src_lang", None)
    reads = isinstance(source, str) and hasattr(tokenizer, "set_src_lang_special_tokens")
    if not (marked_sources or reads):
        return None
    codes = code_ids(tokenizer)
    if len(codes) < FEWEST:
        return None
    ids = frozenset(codes.values())
    if marked_sources:
        return Languages(codes, None, same(getattr(tokenizer, "target_lang", None), codes), ids, "source")
    by_id = {i: code for code, i in codes.items()}
    forced = [by_id[i] for i in find_ids(configs, "forced_bos_token_id") if i in by_id]
    starts = find_ids(configs, "decoder_start_token_id")
    place: Place = "first"
    if not forced and ends_with_language(tokenizer, ids) and not set(starts) - ids:
        place = "start"
        forced = [by_id[i] for i in starts]
    said = forced[0] if forced else same(getattr(tokenizer, "tgt_lang", None), codes)
    return Languages(codes, same(source, codes) or next(iter(codes)), said, ids, place)


def code_ids(tokenizer: PreTrainedTokenizerBase) -> dict[str, int]:
    """Each language's code with the id of its token: from the tokenizer's table, or its special tokens."""
    table = getattr(tokenizer, "lang_code_to_id", None)
    if isinstance(table, Mapping) and table:
        return {str(code): int(i) for code, i in table.items() if i != tokenizer.unk_token_id}
    found: dict[str, int] = {}
    for token in getattr(tokenizer, "supported_language_codes", None) or special_tokens(tokenizer):
        match = CODE.fullmatch(token) or MARK.fullmatch(token)
        i = tokenizer.convert_tokens_to_ids(token) if match else None
        if match and isinstance(i, int) and i != tokenizer.unk_token_id:
            found[next(filter(None, match.groups()))] = i
    return found


def special_tokens(tokenizer: PreTrainedTokenizerBase) -> Iterable[str]:
    """The tokens that a tokenizer holds apart from its words."""
    extra = getattr(tokenizer, "extra_special_tokens", None) or ()
    return dict.fromkeys([*map(str, extra), *map(str, tokenizer.get_added_vocab())])


def ends_with_language(tokenizer: PreTrainedTokenizerBase, ids: frozenset[int]) -> bool:
    """Whether a text's last token is its language: for a model that starts to write from it."""
    read = tokenizer("a")["input_ids"]
    return bool(read) and read[-1] in ids


def find_ids(configs: Iterable[Any], name: str) -> list[int]:
    """What configs hold under a name, where it is an id."""
    found = (getattr(config, name, None) for config in configs)
    return [i for i in found if isinstance(i, int)]


def same(said: Any, codes: Iterable[str]) -> str | None:
    """The code that is meant by another word for it, __eng__ or ENG for eng; None where none is."""
    if not isinstance(said, str):
        return None
    return next((code for code in codes if plain(code) == plain(said)), None)


def plain(code: str) -> str:
    """A code without what marks its token, and in lower case."""
    return code.strip("_<> ").lower()
