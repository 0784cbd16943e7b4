"""Links of earlier editions, read as what they meant.

In the first, the layers that have attention were counted by themselves: in a model of layers with and without
it, "layer 2" was the second that has it. Now a layer has the number that the model gives it. In that one and
in the second, a held word was counted among the words as they were told apart then; now it has the number of
its first piece. Whatever puts such numbers into a link puts its version there, too (`links.put`,
`links.add_version`); a link with an older one, or none, is turned into what it would be today before anything
reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import streamlit as st

from pages.common import edits, links

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint
    from model.trace import Kind

SECOND = "2"  # the version of the second edition
CALLS = {"diffllama": 2}  # attention is called so often in a layer, and each call was counted as one
KINDS: Mapping[str, Mapping[str, Kind]] = {  # what was told for another kind of attention than it is
    "colpali": {"decoder": "encoder"},
    "cpmant": {"decoder": "encoder"},
    "falcon": {"encoder": "decoder"},
    "paligemma": {"decoder": "encoder"},
}
_HEAD = re.compile(r"(\d{1,4})\.(\d{1,4})", re.ASCII)


class Numbers:
    """What the numbers of a checkpoint's layers were, and what they are.

    usual: the kind that a link means that names none; None of a model without attention.
    """

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.checkpoint = checkpoint
        self.layers, self.type = checkpoint.layers, str(checkpoint.model.config.model_type)
        told = (checkpoint.first_head or {}).get("kind", "")
        found = self.kind(told)
        self.usual: Kind | None = next(iter(self.layers), None) if found is None else found

    def kind(self, name: str) -> Kind | None:
        """The kind that this name meant; None where there was none of it."""
        kind = cast("Kind", name if name in self.layers else KINDS.get(self.type, {}).get(name, name))
        return kind if kind in self.layers else None

    def now(self, kind: Kind, layer: int) -> int | None:
        """The number of a layer, from 0, that had this one; None where none had."""
        numbers = [number for number in self.layers.get(kind, ()) for _call in range(CALLS.get(self.type, 1))]
        return numbers[layer] if 0 <= layer < len(numbers) else None


def read(checkpoint: Checkpoint, text: str, whole_stack: bool) -> None:
    """Turn the link of an earlier edition that a page was opened with into the one that it is today.

    text: the page's sentence. whole_stack: the page shows every layer of a stack, which it has always
    numbered as the model does.
    """
    version = st.query_params.get(links.VERSION)
    if version not in (None, SECOND):
        return
    numbers = Numbers(checkpoint)
    turned: dict[str, str] = {}
    words = st.query_params.get(links.HELD)
    if words is not None and st.query_params.get("words") != "0":
        turned[links.HELD] = held(words, numbers, text)
    for key, turn in TURNS.items():
        told = st.query_params.get(key)
        if version is None and told is not None and not (whole_stack and key == "layer"):
            turned[key] = turn(told, numbers)
    for key, now in turned.items():
        told = st.query_params.get(key, "")
        for part in told.split(",") if now != told else ():
            if not (held(part, numbers, text) if key == links.HELD else TURNS[key](part, numbers)):
                links.leave_out(key, part)
        links.turn(key, now)
    kind = numbers.kind(told_kind := st.query_params.get("kind", ""))
    if kind is not None and kind != told_kind:
        links.turn("kind", kind)
    links.stamp()


def held(told: str, numbers: Numbers, text: str) -> str:
    """The first pieces of held words, which were counted as `model.text.former_words` has them."""
    from model.text.former_words import former_words

    m = numbers.checkpoint
    kind = numbers.kind(st.query_params.get("kind", "")) or numbers.usual
    written = kind in ("decoder", "cross") and m.architecture == "encoder-decoder"
    side = st.query_params.get("side", "query")
    if m.latents and (kind, side) != ("cross", "key"):
        return told  # vectors of the model's own: each is a word by itself
    try:
        ids = ids_of(m, text, written=written and (kind, side) != ("cross", "key"))
    except ValueError:  # the page says itself what is wrong with the text
        return ""
    with m.lock:
        words = former_words(m.tokenizer, ids, text, m.language_ids)
    asked = [int(part) - 1 for part in told.split(",") if re.fullmatch(r"[0-9]{1,6}", part.strip(), re.ASCII)]
    return ",".join(str(words.index(word) + 1) for word in asked if word in words)


def ids_of(m: Checkpoint, text: str, written: bool) -> list[int]:
    """The ids that a model reads, or that its decoder does while it writes.

    Raises ValueError for a text that it cannot read.
    """
    from model.capture.encode import encode, readable
    from model.capture.record import read_text

    if not written:
        return encode(m, readable(text))
    return read_text(m, readable(text), None, {}, (), None).target_ids or []


def layer(told: str, numbers: Numbers) -> str:
    """One layer, of the kind that the link names."""
    kind = numbers.kind(st.query_params.get("kind", "")) or numbers.usual
    number = int(told) - 1 if re.fullmatch(r"[0-9]{1,4}", told) else -1
    now = None if kind is None else numbers.now(kind, number)
    return "" if now is None else str(now + 1)


def heads(told: str, numbers: Numbers) -> str:
    """The linked view's heads, layer.head each."""
    kind = numbers.kind(st.query_params.get("kind", "")) or numbers.usual
    found = [one for part in told.split(",") if (one := _HEAD.fullmatch(part.strip()))]
    now = [(numbers.now(kind, int(one[1]) - 1), one[2]) for one in found if kind is not None]
    return ",".join(f"{number + 1}.{head}" for number, head in now if number is not None)


def changes(told: str, numbers: Numbers) -> str:
    """What was changed in the model, each change of a kind of its own."""
    now = []
    for one in edits.parse(told):
        kind = numbers.kind(one.kind)
        number = None if kind is None or one.layer is None else numbers.now(kind, one.layer)
        if kind is not None and (number is None) == (one.layer is None):
            now.append(replace(one, kind=kind, layer=number))
    return ",".join(map(str, now))


def unknown(told: str, numbers: Numbers) -> str:
    """What the first edition did not have."""
    return told


TURNS: Mapping[str, Callable[[str, Numbers], str]] = {
    "layer": layer,
    "heads": heads,
    edits.KEY: changes,
    "align_layer": unknown,
    "cross_head": unknown,
    "encoder_head": unknown,
}
