"""What the picture of the whole model is drawn from: one pass, followed, and a head of it taken apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from model.trace import Kind, Stack, Trace
from pages.common import checkpoints
from viz.whole.whole import FEATURES, Change, Detail, Guess, Layer, Output, Side, Sublayer, Whole

if TYPE_CHECKING:
    from model.capture.residual_stream import Followed, Stream
    from pages.common.ask import Asked
    from pages.common.request import Request

MOST = 96  # tokens of a stack that are drawn
INSIDE = 400_000_000  # bytes that a look into all layers may take for a while
Windows = tuple[tuple[str, int, int], ...]  # (kind, first, behind the last) of what is drawn


class Pass:
    """One pass over what is asked: its ids, what is changed in it, and the trace of it, whole."""

    def __init__(self, asked: Asked) -> None:
        self.asked, self.request = asked, asked.changed
        self.trace = checkpoints.trace(self.request)

    def count(self, kind: str) -> int:
        """How many tokens a stack has; 0 where it is not there."""
        stack = self.trace.encoder if kind == "encoder" else self.trace.decoder
        return 0 if stack is None else len(stack.queries)

    def whole(self, windows: Windows) -> Whole:
        """What is drawn of these windows."""
        return draw(self.request, windows)

    def detail(self, whole: Whole, kind: Kind, layer: int, head: int) -> Detail | None:
        """A head taken apart; None where there is no such head, or its parts are not told."""
        stack = getattr(self.trace, kind)
        if not whole.apart or stack is None or layer not in stack.layers or head >= stack.heads:
            return None
        from model.analysis.head import head as take_apart

        trace = checkpoints.trace(self.request, layers=(layer,), record=("scores", "qkv", "output"))
        found = take_apart(trace[kind], layer, head)
        side, read = (whole.last if kind != "encoder" else whole.encoder), whole.encoder
        looking = slice(side.first, side.first + len(side.tokens)) if side else slice(None)
        seen = looking
        if kind == "cross":
            seen = slice(read.first, read.first + len(read.tokens)) if read else slice(None)
        return Detail(
            kind,
            layer,
            head,
            q=found.q[looking],
            k=found.k[seen],
            v=found.v[seen],
            dots=found.dots[looking, seen],
            scores=found.scores[looking, seen],
            weights=found.weights[looking, seen],
            allowed=np.ascontiguousarray(found.mask[looking, seen]),
            scaling=found.scaling,
        )


def window(count: int, place: int) -> tuple[int, int]:
    """Which of many tokens are drawn, (first, behind the last): they move on by half of what is drawn."""
    half = MOST // 2
    first = min(max((place // half) * half - half // 2, 0), max(count - MOST, 0))
    return first, min(first + MOST, count)


@checkpoints.keep(8)
def draw(request: Request, windows: Windows) -> Whole:
    """What is drawn of these windows."""
    m, whole = checkpoints.load(request), checkpoints.trace(request)
    drawn = {kind: slice(first, last) for kind, first, last in windows}
    trace = cut_out(whole, drawn)
    followed = _follow(request, trace)
    sides: dict[str, Side | None] = {"encoder": None, "decoder": None}
    for kind in sides:
        stream = None if followed is None else getattr(followed, kind)
        if stream is not None:
            sides[kind] = describe(stream, drawn.get(kind, slice(0, MOST)))
        elif kind in drawn and (stack := getattr(trace, kind)) is not None:
            layers = tuple(Layer() for _layer in range(m.depth[kind]))  # type: ignore[index]
            sides[kind] = Side(stack.queries, layers, drawn[kind].start, len(getattr(whole, kind).queries))
        side = sides[kind]
        if side is not None:
            between = m.between.get(kind, {})  # type: ignore[call-overload]
            sides[kind] = replace(
                side,
                layers=tuple(replace(one, mixer=between.get(i, "")) for i, one in enumerate(side.layers)),
            )
    told = m.first_head
    return Whole(
        encoder=sides["encoder"],
        decoder=sides["decoder"],
        attention=trace,
        output=None if followed is None else outlook(followed, drawn),
        named=(told["kind"], told["layer"], told["head"]) if told else None,
        changes=tuple(
            Change(one.what, one.kind, one.query, one.key, one.layer, one.head) for one in request.wishes
        ),
        apart=bool(m.tells_vectors),
    )


def _follow(request: Request, trace: Trace) -> Followed | None:
    """The residual stream of the same pass; None for a model whose layers cannot be followed.

    A text that is long for its model is looked at between its layers only.
    """
    from model.capture.residual_stream import follow

    m, ids = checkpoints.load(request), checkpoints.write_ids(request)
    width = int(getattr(m.model.config.get_text_config(), "hidden_size", 0) or 0)
    count = max(len(trace[kind].queries) for kind in trace.kinds)
    layers = None if 4 * 32 * max(m.depth.values()) * count * width < INSIDE else ()
    try:
        return follow(
            m,
            request.text,
            ids,
            layers,
            pair=request.pair or None,
            edits=checkpoints.keep_reached(request, ids),
        )
    except ValueError:
        return None


def cut_out(trace: Trace, drawn: dict[str, slice]) -> Trace:
    """The trace of the tokens that are drawn. Cross-attention goes where it is not between the two stacks."""

    def part(stack: Stack | None, looking: str, seen: str) -> Stack | None:
        if stack is None or looking not in drawn or seen not in drawn:
            return None
        rows = range(*drawn[looking].indices(len(stack.queries)))
        columns = range(*drawn[seen].indices(len(stack.keys)))
        return Stack(
            kind=stack.kind,
            weights=stack.weights[:, :, rows.start : rows.stop, columns.start : columns.stop],
            queries=stack.queries.take(rows),
            keys=stack.keys.take(columns),
            layers=stack.layers,
        )

    cross = trace.cross
    if cross is not None and (
        trace.encoder is None or trace.decoder is None or len(cross.keys) != len(trace.encoder.queries)
    ):
        cross = None
    return replace(
        trace,
        encoder=part(trace.encoder, "encoder", "encoder"),
        decoder=part(trace.decoder, "decoder", "decoder"),
        cross=part(cross, "decoder", "encoder"),
    )


def describe(stream: Stream, drawn: slice) -> Side:
    """What is drawn of a stack, of the tokens of a window."""
    width = stream.entering.shape[1]
    few = slice(0, FEATURES)
    table = stream.vectors if stream.vectors.shape[1] == width else None
    places = range(*drawn.indices(len(stream.tokens)))
    return Side(
        tokens=stream.tokens.take(places),
        layers=tuple(
            Layer(tuple(sublayer(one, drawn) for one in stream.sublayers.get(i, ())))
            for i in range(stream.layers)
        ),
        first=places.start,
        total=len(stream.tokens),
        ids=tuple(stream.ids[places.start : places.stop]),
        width=width,
        scale=stream.scale,
        plain=stream.plain,
        vectors=None if table is None else table[drawn, few].copy(),
        positions=None if stream.positions is None else stream.positions[drawn, few].copy(),
        states=stream.states[:, drawn, few].copy(),
        lengths=np.linalg.norm(stream.states[:, drawn], axis=-1),
        leaving=stream.leaving[drawn, few].copy(),
        last_norm=stream.last_norm is not None,
    )


def sublayer(one: Any, drawn: slice) -> Sublayer:
    """What is drawn of a sublayer."""
    units, experts = one.units, one.experts
    return Sublayer(
        part=one.part,
        order=one.order,
        norm=one.norm.kind,
        added=one.output[drawn, :FEATURES].copy(),
        length=np.linalg.norm(one.output[drawn], axis=-1),
        units=0 if units is None else units.fired.shape[1],
        fired=None if units is None or not units.relu else (units.fired[drawn] > 0).sum(-1),
        experts=None if experts is None else tuple(tuple(map(int, row)) for row in experts.chosen[drawn]),
    )


def outlook(followed: Followed, drawn: dict[str, slice]) -> Output | None:
    """What is predicted at each place that is drawn of the last stack."""
    told = followed.outlook
    if told is None:
        return None
    places = range(*drawn[followed.last.kind].indices(len(followed.last.tokens)))
    best, chosen = [], []
    for place in places:
        row, stands = list(told.best[place]), told.chosen[place]
        ids = [guess.id for guess in row]
        if stands is not None and stands.id not in ids:
            row.append(stands)
            ids.append(stands.id)
        best.append(tuple(Guess(guess.text, guess.logit, guess.probability) for guess in row))
        chosen.append(-1 if stands is None else ids.index(stands.id))
    return Output(tuple(best), tuple(chosen), told.vocabulary, told.tied)
