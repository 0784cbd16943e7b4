"""From a text to its Trace: run the model, keep what was asked for, leave it in the record's form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from operator import and_, eq
from typing import Any, NamedTuple, cast

import torch
from torch import nn

from model.attention import Cut, Edit, Open, listening
from model.capture.checkpoint import Checkpoint, attentions, forward
from model.capture.recorder import PARTS, Filing, Part, Recorder, has_places
from model.errors import Refusal
from model.text.tokenizer import encode_target
from model.text.tokens import detokenize, tokens_of
from model.trace import Kind, Stack, Tokens, Trace

MAX_BYTES = 2 * 1024**3  # the most that one trace may keep
LONGEST = 512  # the most that a model may write, in tokens


class Text(NamedTuple):
    """What goes through the model, and what stands along each kind's (queries, keys)."""

    ids: list[int]
    target_ids: list[int] | None
    sides: dict[Kind, tuple[Tokens, Tokens]]
    output_tokens: tuple[str, ...] | None
    output_text: str | None


@torch.no_grad()
def trace(
    m: Checkpoint,
    source: str,
    target: str | Sequence[int] | None = None,
    layers: Iterable[int] | None = None,
    record: Iterable[Part] = ("weights",),
    edits: Iterable[Edit] = (),
) -> Trace:
    """What a model's attention does with a text.

    source: the text that is read. target: what an encoder-decoder is to write (teacher forcing), a text or
    the ids of one that it wrote, or how a decoder's text goes on, spaces included. Without it an
    encoder-decoder writes greedily, under the edits, and a decoder's text is taken as it is.
    layers: which to record, from 0; None = all. record: "weights", "scores" (with mask and scaling), "qkv",
    "output" (of each head); weights always come along, and with record=() nothing is recorded.
    edits: Cut, Open, Silence, Uniform, Temperature of `model.attention`.

    The queries of an encoder-decoder's decoder and cross attention are what the decoder reads, from the
    start token on: row t is what it looks at to write output_tokens[t], and the last row writes the end.
    With ids as the target there is one row for each of them, whether they come to an end or not.

    Raises ValueError, in one plain sentence, for an empty text, one that is too long, layers that do not
    exist, ids that the model does not have and edits that make no sense.
    """
    parts, edits = tuple(record), tuple(edits)
    wanted = choose(m, layers, parts)
    check(m, edits)
    source = readable(source)
    target = readable(target) if isinstance(target, str) else target
    if m.architecture == "encoder-decoder":
        text = translation(m, source, target, wanted, edits)
    else:
        if target is not None and not isinstance(target, str):
            raise ValueError(f"{m.name} is no encoder-decoder; its target is a text, not ids.")
        text = passage(m, source, target)
    check_places(edits, text.sides, free="cross" in text.sides and target is None)
    check_size(m, text.sides, wanted)
    arrays = run(m, text, wanted, parts, edits)
    stacks: dict[str, Any] = {
        kind: Stack(kind, queries=queries, keys=keys, layers=wanted[kind], **arrays[kind])
        for kind, (queries, keys) in text.sides.items()
    }
    return Trace(
        **stacks,
        source=source,
        output_tokens=text.output_tokens,
        output_text=text.output_text,
    )


def passage(m: Checkpoint, source: str, target: str | None) -> Text:
    """For a model of one stack: the text, which a decoder's target may continue."""
    if m.architecture == "encoder":
        if target is not None:
            raise ValueError(f"{m.name} only reads; it takes no target.")
        ids = encode(m, source)
        tokens = named(m, ids, source)
        return Text(ids, None, {"encoder": (tokens, tokens)}, None, None)
    whole = source + (target or "")
    begun = encode(m, source)
    ids = begun if target is None else encode(m, whole)
    tokens = named(m, ids, whole)
    first = 0 if target is None else sum(accumulate(map(eq, begun, ids), and_))  # as far as both agree
    return Text(ids, None, {"decoder": (tokens, tokens)}, tokens.texts[first:], target or source)


def translation(
    m: Checkpoint,
    source: str,
    target: str | Sequence[int] | None,
    wanted: Mapping[Kind, Collection[int]],
    edits: Sequence[Edit],
) -> Text:
    """For an encoder-decoder: the source, and the target or what the model writes."""
    ids = encode(m, source)
    read = named(m, ids, source)
    check_size(m, {"encoder": (read, read)}, wanted)
    if target is None:
        written = generate(m, ids, edits)[1:]
    elif isinstance(target, str):
        with m.lock:
            written = encode_target(m.tokenizer, target, source)
    else:
        written = list(target)
        target_ids = shifted(m, written)
    while written and written[-1] in end_tokens(m):
        written.pop()
    if target is None or isinstance(target, str):
        target_ids = fitting(m, [start_token(m), *written])
    said = target if isinstance(target, str) else source
    spoken = named(m, target_ids, said)
    spoken = replace(spoken, special=(True, *spoken.special[1:]), unknown=(False, *spoken.unknown[1:]))
    output_tokens = named(m, [start_token(m), *written], said).texts[1:]
    output = target if isinstance(target, str) else None
    if output is None:
        with m.lock:
            output = detokenize(m.tokenizer, written, source)
    sides: dict[Kind, tuple[Tokens, Tokens]] = {
        "encoder": (read, read),
        "decoder": (spoken, spoken),
        "cross": (spoken, read),
    }
    return Text(ids, target_ids, sides, output_tokens, output)


def encode(m: Checkpoint, text: str) -> list[int]:
    """The ids of a text. Raises ValueError where there are none, too many or unknown ones."""
    with m.lock:
        ids: list[int] = m.tokenizer(text)["input_ids"]
    if not ids:
        raise Refusal("The tokenizer of {name} finds nothing to read in this text.", name=m.name)
    return fitting(m, ids)


def named(m: Checkpoint, ids: list[int], text: str) -> Tokens:
    """What stands behind the ids, as a person reads it."""
    with m.lock:
        return tokens_of(m.tokenizer, ids, text)


def readable(text: str) -> str:
    """The text, where there is one. Half a surrogate pair, which no tokenizer can read, becomes U+FFFD."""
    if not text.strip():
        raise Refusal("The text is empty; write a sentence.")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def fitting(m: Checkpoint, ids: list[int]) -> list[int]:
    """The ids, where the model has room and vectors for them."""
    if m.max_tokens is not None and len(ids) > m.max_tokens:
        raise Refusal(
            "The text has {count} tokens, but {name} takes at most {most}; shorten it.",
            count=len(ids),
            name=m.name,
            most=m.max_tokens,
        )
    if max(ids) >= cast(nn.Embedding, m.model.get_input_embeddings()).num_embeddings:
        raise Refusal("The tokenizer of {name} belongs to another model: it knows more tokens.", name=m.name)
    return ids


def shifted(m: Checkpoint, written: Sequence[int]) -> list[int]:
    """What the decoder reads to write these ids, one for each: the start token and all but the last.

    Raises ValueError where the model does not have the ids, or has no room for them.
    """
    if any(not 0 <= i < m.model.config.get_text_config().vocab_size for i in written):
        raise Refusal("The chosen words do not belong to {name}.", name=m.name)
    return fitting(m, [start_token(m), *written[:-1]])


def generate(
    m: Checkpoint, ids: Sequence[int], edits: Sequence[Edit] = (), prefix: Sequence[int] = (), **how: Any
) -> list[int]:
    """What an encoder-decoder writes for a source under the edits, from the start token on.

    prefix: how the text begins, after the start token. how: options of transformers' generate; greedily
    without. With single edges cut, or the mask off, the whole text is read again at each step: positions in
    a key-value cache are not those of the text, and what it holds has not seen what came later.
    """
    # For a T5 whose decoder is the deeper half, transformers makes a cache with too few layers.
    depth = getattr(m.model.config.get_text_config(decoder=True), "num_hidden_layers", 0)
    room = min(2 * len(ids) + 16, LONGEST)
    room = room if m.max_tokens is None else min(room, m.max_tokens - 1)
    if len(prefix) >= room:
        return [start_token(m), *prefix]
    inputs = torch.tensor([ids], device=m.model.device)
    with listening(Recorder(m.kinds, m.layers, edits=edits)):
        written = cast(Any, m.model).generate(
            input_ids=inputs,
            attention_mask=torch.ones_like(inputs),
            decoder_input_ids=torch.tensor([[start_token(m), *prefix]], device=m.model.device),
            max_new_tokens=room - len(prefix),
            use_cache=not reads_anew(edits) and depth >= m.layers["decoder"],
            **{"do_sample": False, "num_beams": 1, **how},
        )
    return [int(i) for i in written[0]]


def start_token(m: Checkpoint) -> int:
    """What an encoder-decoder's text begins with."""
    config = m.model.generation_config
    start = config.bos_token_id if config.decoder_start_token_id is None else config.decoder_start_token_id
    return cast(int, start)


def end_tokens(m: Checkpoint) -> list[int]:
    """What can end a text."""
    ends = m.model.generation_config.eos_token_id
    return ends if isinstance(ends, list) else [ends]


def run(
    m: Checkpoint,
    text: Text,
    wanted: Mapping[Kind, tuple[int, ...]],
    parts: Collection[Part],
    edits: Sequence[Edit],
) -> dict[Kind, dict[str, Any]]:
    """One pass over the whole text, and the arrays that it left; none is needed where nothing is wanted."""
    filing = Filing(m, text.sides, wanted, parts, edits)
    if not any(wanted.values()):
        return filing.arrays
    ids = torch.tensor([text.ids], device=m.model.device)
    target_ids = None if text.target_ids is None else torch.tensor([text.target_ids], device=m.model.device)
    if not m.weights_only:
        with listening(filing):
            forward(m.model, ids, target_ids)
        return filing.arrays
    given = attentions(forward(m.model, ids, target_ids, output_attentions=True))
    if m.architecture == "decoder":
        given = {"decoder": given["encoder"]}
    for kind, layers in wanted.items():
        for layer in layers:
            filing.file(kind, layer, "weights", given[kind][layer][0])
    return filing.arrays


def choose(
    m: Checkpoint, layers: Iterable[int] | None, parts: Collection[Part]
) -> dict[Kind, tuple[int, ...]]:
    """For each kind the layers to record. A layer need not exist in every kind, only in one."""
    if unknown := set(parts) - set(PARTS):
        raise ValueError(f"record takes {', '.join(PARTS)}, not {', '.join(map(str, unknown))}.")
    if m.weights_only and set(parts) - {"weights"}:
        raise ValueError(f"{m.name} computes attention its own way and gives its weights only.")
    deepest = max(m.layers.values())
    asked = set(range(deepest)) if layers is None else set(layers)
    if beyond := sorted(asked - set(range(deepest))):
        raise ValueError(f"{m.name} has layers 0 to {deepest - 1}; there is no layer {beyond[0]}.")
    return {kind: tuple(i for i in range(n) if parts and i in asked) for kind, n in m.layers.items()}


def check(m: Checkpoint, edits: Sequence[Edit]) -> None:
    """Raises ValueError where an edit names something that the model does not have."""
    if edits:
        check_editable(m)
    for edit in edits:
        if edit.kind not in m.layers:
            raise ValueError(f"{m.name} has no {edit.kind} attention; it has {', '.join(m.layers)}.")
        for what, place, count in (
            ("layer", edit.layer, m.layers[edit.kind]),
            ("head", edit.head, m.heads[edit.kind]),
        ):
            if place is not None and not 0 <= place < count:
                raise ValueError(
                    f"The {edit.kind} attention of {m.name} has {what}s 0 to {count - 1}; "
                    f"there is no {what} {place}."
                )


def check_editable(m: Checkpoint) -> None:
    """Raises ValueError where the model does not go through the attention function, which does the edits."""
    if m.weights_only:
        raise Refusal("{name} computes attention its own way, so it cannot be edited.", name=m.name)


def check_places(edits: Sequence[Edit], sides: Mapping[Kind, tuple[Tokens, Tokens]], free: bool) -> None:
    """Raises ValueError where an edge to cut or open lies outside the text.

    free: the model wrote the decoder's text, and may well have stopped before the place of a cut.
    """
    for edit in edits:
        if not isinstance(edit, Cut | Open):
            continue
        for what, place, side, written in (
            ("query", edit.query, sides[edit.kind][0], edit.kind in ("decoder", "cross")),
            ("key", edit.key, sides[edit.kind][1], edit.kind == "decoder"),
        ):
            if place is not None and (place < 0 or (place >= len(side) and not (free and written))):
                raise ValueError(
                    f"The {edit.kind} attention has {what} positions 0 to {len(side) - 1}; "
                    f"there is no position {place}."
                )


def reads_anew(edits: Sequence[Edit]) -> bool:
    """True where a text that grows must be read again from its beginning at each step."""
    return has_places(edits) or any(isinstance(edit, Open) for edit in edits)


def check_size(
    m: Checkpoint, sides: Mapping[Kind, tuple[Tokens, Tokens]], wanted: Mapping[Kind, Collection[int]]
) -> None:
    """Raises ValueError where the record, and the three layers' worth it takes to make, get too big."""
    size = sum(
        4 * (len(wanted[kind]) + 3) * m.heads[kind] * len(queries) * len(keys)
        for kind, (queries, keys) in sides.items()
        if wanted[kind]
    )
    if size > MAX_BYTES:
        raise Refusal(
            "Attention of {count} tokens would take {size} GB; shorten the text.",
            count=max(len(keys) for _, keys in sides.values()),
            size=round(size / 1e9, 1),
        )
