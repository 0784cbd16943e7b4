"""From texts to their Traces: run the model, keep what was asked for, leave it in the record's form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from operator import and_, eq
from typing import Any, NamedTuple

import torch

from model.capture.checkpoint import Checkpoint
from model.capture.checks import check, check_pairs, check_places, check_size, choose
from model.capture.encode import (
    decode_ids,
    encode,
    encode_written,
    end_tokens,
    fitting,
    name_tokens,
    read_texts,
    readable,
    readable_pair,
    shift_right,
    start_token,
)
from model.capture.forward import Row, forward, generate
from model.capture.recorder import Filing, longest
from model.edits import Edit
from model.listening import Part
from model.text.tokens import latent_tokens
from model.trace import Kind, Stack, Tokens, Trace

CHUNK = 128 * 1024**2  # bytes of weights that one batch may keep


class Text(NamedTuple):
    """What goes through the model, and what stands along each kind's (queries, keys).

    types: of a pair the type of each token, where the model reads segments. pair: the second text.
    """

    ids: list[int]
    target_ids: list[int] | None
    sides: dict[Kind, tuple[Tokens, Tokens]]
    output_tokens: tuple[str, ...] | None
    output_text: str | None
    types: list[int] | None = None
    pair: str | None = None

    def limit_to(self, kinds: Collection[Kind]) -> Text:
        """The text with the sides of these kinds alone."""
        return self._replace(sides={kind: side for kind, side in self.sides.items() if kind in kinds})

    @property
    def row(self) -> Row:
        return Row(self.ids, self.target_ids, self.types)

    @property
    def sizes(self) -> dict[Kind, tuple[int, int]]:
        """How many queries and keys each kind has."""
        return {kind: (len(queries), len(keys)) for kind, (queries, keys) in self.sides.items()}


def trace_all(
    m: Checkpoint,
    sources: Iterable[str],
    targets: Iterable[str | Sequence[int] | None] | None = None,
    layers: Iterable[int] | None = None,
    record: Iterable[Part] = ("weights",),
    edits: Iterable[Edit] = (),
    generate: int | None = None,
    pairs: Iterable[str | None] | None = None,
) -> list[Trace]:
    """What a model's attention does with each of some texts, in batches; see `model.trace`.

    pairs: the second text of each, where it is one of a pair.

    Raises ValueError, in one plain sentence, for what cannot be traced.
    """
    sources = list(sources)
    targets = [None] * len(sources) if targets is None else list(targets)
    if len(targets) != len(sources):
        raise ValueError(f"There are {len(sources)} texts, but {len(targets)} targets.")
    seconds = [None] * len(sources) if pairs is None else list(pairs)
    if len(seconds) != len(sources):
        raise ValueError(f"There are {len(sources)} texts, but {len(seconds)} second ones.")
    parts, edits = tuple(record), tuple(edits)
    wanted = choose(m, layers, parts)
    check(m, edits)
    sources = list(map(readable, sources))
    texts = [
        read_text(m, one, target, wanted, edits, generate, second)
        for one, target, second in zip(sources, targets, seconds, strict=True)
    ]
    forms = [m.reach([text.row]) for text in texts]
    traces: list[Trace | None] = [None for _ in texts]
    for form in dict.fromkeys(forms):
        wanted = choose(form, layers, parts)
        check(form, edits)
        chosen = {i: texts[i].limit_to(form.layers) for i in range(len(texts)) if forms[i] is form}
        for i, text in chosen.items():
            check_places(edits, text.sides, free="cross" in text.sides and targets[i] is None)
            check_size(form, text.sides, wanted)
        for places in in_batches(form, chosen, wanted):
            kept = keep(form, [chosen[i] for i in places], wanted, parts, edits)
            for i, arrays in zip(places, kept, strict=True):
                traces[i] = make_trace(chosen[i], arrays, wanted, sources[i])
    return [one for one in traces if one is not None]


def read_text(
    m: Checkpoint,
    source: str,
    target: str | Sequence[int] | None,
    wanted: Mapping[Kind, Collection[int]],
    edits: Sequence[Edit],
    more: int | None,
    pair: str | None = None,
) -> Text:
    """What of a text goes through the model, and the sides of every kind that its architecture has.

    more: how many tokens a decoder may write. pair: the second text of a pair.
    """
    target = readable(target) if isinstance(target, str) else target
    pair = readable_pair(pair)
    if pair is not None:
        check_pairs(m)
    if m.architecture == "encoder-decoder":
        return translation(m, source, target, wanted, edits)
    if target is not None and not isinstance(target, str):
        raise ValueError(f"{m.name} is no encoder-decoder; its target is a text, not ids.")
    if more is not None and target is None:
        return continuation(m, source, edits, more)
    return passage(m, source, target, pair)


def make_trace(
    text: Text, arrays: Mapping[Kind, Mapping[str, Any]], wanted: Mapping[Kind, tuple[int, ...]], source: str
) -> Trace:
    stacks: dict[str, Any] = {
        kind: Stack(kind, queries=queries, keys=keys, layers=wanted[kind], **arrays[kind])
        for kind, (queries, keys) in text.sides.items()
        if kind in wanted
    }
    return Trace(
        **stacks,
        source=source,
        output_tokens=text.output_tokens,
        output_text=text.output_text,
        pair=text.pair,
    )


def passage(m: Checkpoint, source: str, target: str | None, pair: str | None = None) -> Text:
    """For a model of one stack: the text, which a decoder's target may continue, or a pair of texts."""
    if m.architecture == "encoder":
        if target is not None:
            raise ValueError(f"{m.name} only reads; it takes no target.")
        ids, types, tokens = read_texts(m, source, pair)
        sides: dict[Kind, tuple[Tokens, Tokens]] = {"encoder": (tokens, tokens)}
        if m.latents:
            latents = latent_tokens(m.latents)
            sides = {"encoder": (latents, latents), "cross": (latents, tokens)}
        return Text(ids, None, sides, None, None, types, pair)
    whole = source + (target or "")
    begun = encode(m, source)
    ids = begun if target is None else encode(m, whole)
    tokens = name_tokens(m, ids, whole)
    first = 0 if target is None else sum(accumulate(map(eq, begun, ids), and_))  # as far as both agree
    return Text(ids, None, {"decoder": (tokens, tokens)}, tokens.texts[first:], target or source)


def continuation(m: Checkpoint, source: str, edits: Sequence[Edit], more: int) -> Text:
    """For a decoder alone: the text, and how the model goes on with it."""
    if m.architecture != "decoder":
        raise ValueError(f"{m.name} only reads; it does not go on with a text.")
    begun = encode(m, source)
    ids = generate(m, begun, edits, most=more)
    written = decode_ids(m, ids[len(begun) :], source)
    tokens = name_tokens(m, ids, source + written)
    return Text(ids, None, {"decoder": (tokens, tokens)}, tokens.texts[len(begun) :], written)


def translation(
    m: Checkpoint,
    source: str,
    target: str | Sequence[int] | None,
    wanted: Mapping[Kind, Collection[int]],
    edits: Sequence[Edit],
) -> Text:
    """For an encoder-decoder: the source, and the target or what the model writes."""
    ids = encode(m, source)
    tokens = name_tokens(m, ids, source)
    check_size(m, {"encoder": (tokens, tokens)}, wanted)
    if target is None:
        written = generate(m, ids, edits)[1:]
    elif isinstance(target, str):
        written = encode_written(m, target, source)
    else:
        written = list(target)
        target_ids = shift_right(m, written)
    while written and written[-1] in end_tokens(m):
        written.pop()
    if target is None or isinstance(target, str):
        target_ids = fitting(m, [start_token(m), *written])
    said = target if isinstance(target, str) else source
    spoken = name_tokens(m, target_ids, said)
    spoken = replace(spoken, special=(True, *spoken.special[1:]), unknown=(False, *spoken.unknown[1:]))
    output_tokens = name_tokens(m, [start_token(m), *written], said).texts[1:]
    output = target if isinstance(target, str) else None
    if output is None:
        output = decode_ids(m, written, source)
    sides: dict[Kind, tuple[Tokens, Tokens]] = {
        "encoder": (tokens, tokens),
        "decoder": (spoken, spoken),
        "cross": (spoken, tokens),
    }
    return Text(ids, target_ids, sides, output_tokens, output)


def in_batches(
    m: Checkpoint, texts: Mapping[int, Text], wanted: Mapping[Kind, Collection[int]]
) -> Iterator[list[int]]:
    """The places of texts that go through the model together: of one length, unless the model pads truly.

    Texts with token types do not run with texts without.
    """

    def lengths(place: int) -> tuple[bool, int, int]:
        text = texts[place]
        return text.types is not None, len(text.ids), len(text.target_ids or ())

    batch: list[int] = []
    regime = 0
    for place in sorted(texts, key=lengths):
        sizes = longest([texts[i].sizes for i in (*batch, place)])
        size = 4 * sum(
            len(wanted[kind]) * m.heads[kind] * q * k for kind, (q, k) in sizes.items() if kind in wanted
        )
        alike = (
            not batch
            or lengths(batch[0]) == lengths(place)
            or (m.pads and lengths(batch[0])[0] == lengths(place)[0] and regime == m.regime(texts[place].row))
        )
        if batch and (not alike or size * (len(batch) + 1) > CHUNK):
            yield batch
            batch = []
        batch.append(place)
        regime = m.regime(texts[batch[0]].row)
    if batch:
        yield batch


@torch.no_grad()
def keep(
    m: Checkpoint,
    texts: Sequence[Text],
    wanted: Mapping[Kind, tuple[int, ...]],
    parts: Collection[Part],
    edits: Sequence[Edit],
) -> list[dict[Kind, dict[str, Any]]]:
    """One pass over whole texts, and the arrays that it left of each; none is run where nothing is wanted."""
    wanted = {kind: layers for kind, layers in wanted.items() if kind in texts[0].sides}
    sizes = {kind: size for kind, size in longest([text.sizes for text in texts]).items() if kind in wanted}
    filing = Filing(m, sizes, wanted, parts, len(texts))
    rows = [text.row for text in texts]
    if any(wanted.values()):
        forward(m, rows, [filing], edits)
        filing.finish()
    return [{kind: filing.of(i, kind, text.sizes[kind]) for kind in sizes} for i, text in enumerate(texts)]
