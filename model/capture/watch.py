"""One watched pass: whoever computes attention asks here what is wanted of it, and tells what it did.

Attention is heard in whichever way a model offers: it calls `model.attention.attention`; it calls PyTorch's
scaled_dot_product_attention; it writes softmax(…) down in one of its modules; or what it makes of known
values is looked at. The hooks that this takes stay on the model and only say who runs, so that nothing
changes for another thread that runs the same model.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from model.capture.observers import Linear, Observer, Place, Shape, listens_to
from model.capture.sites import LOOP, Means, Site
from model.capture.taps import Taps, four_axes
from model.capture.value_probe import read_weights
from model.edits import Applied, Edit, Hold, needs_whole
from model.listening import Call, Recurred, RecurrentCall, Seen, listening
from model.locks import hooking
from model.trace import Kind

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint

RowEdits = Sequence[Sequence[Edit]]


class Pass:
    """What is wanted of one pass of a model, and where in the model the pass is.

    observers: who is told. edits: in every text of the batch. rows: for each text more edits of its own.
    read: how many tokens the encoder, or a stack alone, reads; the decoder of some looks at them and at its
        own in one softmax. written: how many an encoder-decoder's decoder reads.
    """

    def __init__(
        self,
        m: Checkpoint,
        observers: Sequence[Observer] = (),
        edits: Sequence[Edit] = (),
        rows: RowEdits = (),
        read: int = 0,
        written: int = 0,
    ) -> None:
        self.m, self.read, self.written = m, read, written
        self.attending = [one for one in observers if listens_to(one, "attention")]
        self.of_modules = [one for one in observers if listens_to(one, "module")]
        self.of_maps = [one for one in observers if listens_to(one, "linear")]
        given: list[tuple[int | None, Edit]] = [(None, edit) for edit in edits]
        given += [(row, edit) for row, some in enumerate(rows) for edit in some]
        self.edits = [(row, edit) for row, edit in given if not isinstance(edit, Hold)]
        self.holds = [(row, edit) for row, edit in given if isinstance(edit, Hold)]
        self.of_recurrences = [one for one in observers if listens_to(one, "recurrence")]
        self.running: list[nn.Module] = []  # of the modules that say so, the innermost last
        self.blocks: dict[str, int] = {}  # of stacks that share modules: the layer that runs
        self.ran = 0  # how many of the layers that run several times have, in this run of the model
        self.called: Counter[nn.Module] = Counter()  # attention, since its module began to run
        self.applied: dict[tuple[Kind, int | None, int, int], tuple[Applied, ...]] = {}
        self.drawn = torch.empty(0)  # the generator's state as the module began that runs
        self.is_aside = False  # a module is run again, which is no part of the pass

    def hear(self, module: nn.Module, shape: Shape) -> Call | None:
        """What is wanted of a call of attention. Raises ValueError where an edge to cut cannot be found."""
        site = self.m.sites.get(module)
        if site is None or self.is_aside or not (self.edits or self.attending):
            return None
        _batch, _heads, rows, columns = shape
        queries, keys = rows // site.streams, site.keys(columns, self.read)
        layer, call = self.layer_of(site), self.called[module]
        self.called[module] = (call + 1) % site.calls
        spans = self.spans(site.kinds, keys)
        edits = tuple(chain.from_iterable(self.apply(kind, layer, span, columns) for kind, span in spans))
        here = (edit for _row, edit in self.edits if (edit.kind == "encoder") == ("encoder" in site.kinds))
        if queries != keys and "cross" not in site.kinds and needs_whole(here):
            raise ValueError(
                "Edges can be cut, and the mask taken off, only where every position is there: use no "
                "key-value cache."
            )
        told = self.listeners_of(module, site, layer, call, spans)
        if not told:
            return Call(edits, parts=frozenset()) if edits else None
        room = None
        if len(told) == 1 and (rows, columns) == (queries, keys) and len(spans) == 1:
            room = told[0][0].room(told[0][1], shape)
        parts = frozenset().union(*(one.parts for one, _place, _span in told))
        return Call(edits, lambda seen: tell(told, first_stream(seen, queries)), parts, room)

    def hear_recurrence(self, module: nn.Module) -> RecurrentCall | None:
        """What is wanted of a run of a recurrent layer."""
        place = self.m.recurrences.get(module)  # type: ignore[call-overload]
        if place is None or self.is_aside:
            return None
        holds = [
            (row, edit)
            for row, edit in self.holds
            if edit.kind == place.kind and edit.layer in (None, place.layer)
        ]
        told = [one for one in self.of_recurrences if one.wants(place)]
        if not holds and not told:
            return None

        def record(recurred: Recurred) -> None:
            for observer in told:
                observer.recurrence(place, recurred)

        return RecurrentCall(holds, record if told else None)

    @property
    def inner(self) -> nn.Module | None:
        """The innermost module at work whose attention is heard by what torch computes in it."""
        heard = (module for module in reversed(self.running) if module in self.m.tapped)
        return None if self.is_aside else next(heard, None)

    def axes_of(self, module: nn.Module, means: Means, x: Tensor) -> Shape | None:
        return four_axes(x, self.m.sites[module].heads)

    def hear_tap(self, module: nn.Module, means: Means, shape: Shape) -> Call | None:
        """What is wanted of attention that torch is about to compute in a module."""
        site = self.m.sites[module]
        return self.hear(module, shape) if site.means == means and shape[1] == site.heads else None

    def hear_linear(self, x: Tensor, linear: Linear) -> None:
        """A linear map is about to be applied."""
        if self.of_maps and not self.is_aside:
            place = self.m.place(self.running[-1] if self.running else self.m.model, None)
            for observer in self.of_maps:
                observer.linear(place, x, linear)

    def layer_of(self, site: Site) -> int | None:
        """The layer that a site is in now."""
        return site.layer if site.stack is None else site.begin + self.blocks[site.stack]

    def listeners_of(
        self, module: nn.Module, site: Site, layer: int | None, call: int, spans: list[tuple[Kind, slice]]
    ) -> list[tuple[Observer, Place, slice]]:
        """Who wants to be told of a call, and of which of its keys."""
        places = [(Place(kind, layer, call, module, site.path), span) for kind, span in spans]
        return [(one, place, span) for place, span in places for one in self.attending if one.wants(place)]

    def spans(self, kinds: tuple[Kind, ...], keys: int) -> list[tuple[Kind, slice]]:
        """Which keys are of which kind."""
        if len(kinds) == 1:
            return [(kinds[0], slice(0, keys))]
        return [(kinds[0], slice(0, keys - self.read)), (kinds[1], slice(keys - self.read, keys))]

    def apply(self, kind: Kind, layer: int | None, span: slice, keys: int) -> tuple[Applied, ...]:
        """The edits of one kind in one layer."""
        place = (kind, layer, span.start, span.stop)
        if place not in self.applied:
            columns = slice(None) if span == slice(0, keys) else span
            self.applied[place] = tuple(
                Applied(edit, row, columns)
                for row, edit in self.edits
                if edit.kind == kind and edit.layer in (None, layer)
            )
        return self.applied[place]

    def begin(self, module: nn.Module) -> None:
        """A module that says so begins to run."""
        if self.is_aside:
            return
        self.running.append(module)
        self.called.pop(module, None)
        site = self.m.sites.get(module)
        if site is not None and site.means == "values":
            self.drawn = torch.get_rng_state()
        if module is self.m.model.base_model:
            self.ran = 0
        block = self.m.shared.get(module)
        if block is not None:
            self.blocks[block.stack] = self.ran if block.stack == LOOP else block.index
            self.ran += block.stack == LOOP

    def end(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """It has run."""
        if self.is_aside:
            return
        if module in self.running:  # the last one, unless it was left by an error
            while self.running.pop() is not module:
                pass
        site = self.m.sites.get(module)
        if site is not None and site.means == "values" and self.attending:
            self.probe(module, site, args, kwargs)
        if self.of_modules:
            place = self.m.place(module, self.layer_of(site) if site else None)
            for observer in self.of_modules:
                observer.module(place, args, kwargs, output)

    def probe(self, module: nn.Module, site: Site, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Read the weights of a module off what it makes of known values."""
        told = self.listeners_of(module, site, self.layer_of(site), 0, [(site.kinds[0], slice(None))])
        if told:
            with self.aside():
                weights = read_weights(module, site.heads, args, kwargs, self.drawn)
            own = site.kinds[0] == "decoder" and self.m.architecture == "encoder-decoder"
            count = self.written if own else self.read  # behind the text there is what fills up a block
            tell(told, Seen(weights[..., :count, :count] if count else weights))

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Within the block modules run again, of which nobody is told."""
        self.is_aside = True
        try:
            yield
        finally:
            self.is_aside = False


def tell(told: Sequence[tuple[Observer, Place, slice]], seen: Seen) -> None:
    """Have each observer told of its share of a call."""
    keys = seen.weights.shape[-1]
    for observer, place, span in told:
        observer.attention(place, seen if span in (slice(None), slice(0, keys)) else part_of(seen, span))


def first_stream(seen: Seen, queries: int) -> Seen:
    """What so many of the queries do, where others stand below them."""
    if seen.weights.shape[2] == queries:
        return seen
    mask = None if seen.mask is None else seen.mask.expand(seen.weights.shape)[:, :, :queries]
    return seen._replace(weights=seen.weights[:, :, :queries], mask=mask)


def part_of(seen: Seen, span: slice) -> Seen:
    """Some of the keys of a call."""

    def of_keys(tensor: Tensor | None) -> Tensor | None:
        return None if tensor is None else tensor[:, :, span]

    mask = None if seen.mask is None else seen.mask.expand(seen.weights.shape)[..., span]
    scores = None if seen.scores is None else seen.scores[..., span]
    return seen._replace(
        weights=seen.weights[..., span], scores=scores, mask=mask, k=of_keys(seen.k), v=of_keys(seen.v)
    )


_pass: ContextVar[Pass | None] = ContextVar("pass", default=None)


def begin(module: nn.Module, args: tuple[Any, ...]) -> None:
    """A hook: tells who watches in this thread, if anybody does."""
    watched = _pass.get()
    if watched is not None:
        watched.begin(module)


def end(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
    """A hook, likewise."""
    watched = _pass.get()
    if watched is not None:
        watched.end(module, args, kwargs, output)


def hook(modules: Iterable[nn.Module]) -> None:
    """Have these modules say when they run. Once and for good: another thread may be running them."""
    with hooking:
        for module in modules:
            if end not in module._forward_hooks.values():  # a copy of a model brings its hooks along
                module.register_forward_pre_hook(begin)
                module.register_forward_hook(end, with_kwargs=True)


@contextmanager
def watching(watched: Pass) -> Iterator[Pass]:
    """Within the block, and in this thread only, the pass is told of what its model does."""
    m = watched.m
    if watched.of_modules or watched.of_maps:
        hook(m.model.modules())
    token = _pass.set(watched)
    try:
        with ExitStack() as stack:
            stack.enter_context(listening(watched))
            if watched.of_maps or (m.tapped and (watched.edits or watched.attending)):
                stack.enter_context(Taps(watched))
            yield watched
    finally:
        _pass.reset(token)
