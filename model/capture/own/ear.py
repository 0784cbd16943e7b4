"""Hears the attention of any module while it runs: in one thread, by hooks that are gone afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn

from model.capture.likeness import agree
from model.capture.observers import MAX_BYTES, Linear, Shape
from model.capture.own.calls import Attended, Kinds, Numbering
from model.capture.own.eager import uncompiled
from model.capture.own.fast_path import is_same, keep_padding, may_be_fast, run_alone, without_hooks
from model.capture.own.products import Products
from model.capture.own.running import Running
from model.capture.own.wishes import cannot_split, merge, to_rows
from model.capture.sites import Means
from model.edits import Applied, AttentionEdit
from model.errors import Refusal
from model.listening import FIELDS, Call, Part, Seen, current_listener, listening
from model.trace import Kind


class Ear(Running):
    """Hears the attention of one module, changes it by edits and keeps what it did.

    other: who listened before; it goes on being told, and its edits hold as well. calls: in the order in
    which they ran. hits: which of the edits changed anything.
    """

    def __init__(
        self,
        module: nn.Module,
        edits: Sequence[AttentionEdit] = (),
        kinds: Kind | Mapping[str, Kind] | None = None,
        only: Sequence[str] = ("*",),
        heads: int | None = None,
        parts: Collection[Part] = (),
    ) -> None:
        super().__init__(module)
        self.edits, self.only, self.heads = tuple(edits), tuple(only), heads
        self.parts: frozenset[Part] = frozenset(parts) - {"weights"}
        self.kinds, self.numbering = Kinds(kinds), Numbering()
        self.other = current_listener()
        self.calls: list[Attended] = []
        self.turns: Counter[tuple[int, str]] = Counter()  # how often a path has called attention in a run
        self.hits: set[int] = set()
        self.size = 0
        self.softened: Attended | None = None  # a softmax that is being computed
        self.open: list[tuple[Attended, Tensor]] = []  # and those that met no values yet, as they are
        self.splits = False  # what is about to be heard has batch and heads in one axis
        self.in_function = False  # `model.attention` is at work, whose own softmax is none of the module's
        self.is_inside = False  # another ear stands before this one, and asks it

    @property
    def ears(self) -> tuple[Ear, ...]:
        """This ear, and those around it."""
        return (self, *(self.other.ears if isinstance(self.other, Ear) else ()))

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """Within the block, and in this thread, the module is heard."""
        around = self.ears[1:]
        try:
            with uncompiled(), self.hooked(), listening(self), Products(self):
                for ear in around:
                    ear.is_inside = True
                yield
        finally:
            for ear in around[:1]:
                ear.is_inside = False
            self.forget()

    def begin(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        super().begin(module, args, kwargs)
        if not self.is_elsewhere:
            self.in_function = False
            if len(self.running) == 1:
                self.forget()

    def instead(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        """What a module gives by the fast path. Raises Refusal where that is not what was heard."""
        if not may_be_fast(module) or any(map(may_be_fast, self.running)):
            return None
        listener = current_listener()
        ears = listener.ears if isinstance(listener, Ear) else ()
        with without_hooks(module, tuple(chain.from_iterable((ear.begin, ear.end) for ear in ears))) as alone:
            if not alone:  # somebody else's hooks must not run twice
                return None
            own, plain = run_alone(module, args, kwargs), output
            is_changed = any(ear.edits for ear in ears)
            if is_changed:
                for ear in ears:
                    ear.is_aside = True
                try:
                    plain = module(*args, **kwargs)
                finally:
                    for ear in ears:
                        ear.is_aside = False
        if not is_same(own, plain):
            raise Refusal(
                "PyTorch's fast path does something else than the modules of {path}, so they cannot be "
                "shown; torch.backends.mha.set_fastpath_enabled(False) turns it off.",
                path=self.name(module),
            )
        return keep_padding(own, output) if is_changed else own

    @property
    def inner(self) -> nn.Module | None:
        if self.is_inside:  # the ear before this one has asked
            return None
        return next((module for ear in self.ears if (module := ear.at_work) is not None), None)

    def axes_of(self, module: nn.Module, means: Means, x: Tensor) -> Shape | None:
        """Of what has three axes the first is (batch · heads); of two, one head in one text."""
        if x.is_nested or not 2 <= x.dim() <= 4:
            if means == "softmax":
                return None
            raise Refusal(
                "The attention of {path} works on nested tensors or on more axes than (batch, heads, tokens, "
                "width), which cannot be shown.",
                path=self.name(module),
            )
        for ear in self.ears:
            ear.splits = x.dim() == 3 and x.shape[0] > 1 and ear.heads is None
        heads = next((ear.heads for ear in self.ears if ear.heads is not None), None) or 1
        front = x.shape[:-2]
        if len(front) == 1:
            if front[0] % heads and means == "softmax":
                return None
            if front[0] % heads:
                raise Refusal(
                    "The attention of {path} has {count} texts and heads in one axis, which is no multiple "
                    "of {heads}.",
                    path=self.name(module),
                    count=front[0],
                    heads=heads,
                )
            front = torch.Size((front[0] // heads, heads))
        batch, heads = front or (1, 1)
        return (batch, heads, *x.shape[-2:])

    def hear(self, module: nn.Module, shape: Shape) -> Call | None:
        """What is wanted of a call of `model.attention`."""
        theirs = None if self.other is None else self.other.hear(module, shape)
        known = module if module in self.paths else self.at_work
        mine = None
        if self.at_work is not None and known is not None:
            mine = self.want(known, "function", shape)
        self.in_function = mine is not None
        return merge(mine, theirs)

    def hear_tap(self, module: nn.Module, means: Means, shape: Shape) -> Call | None:
        """What is wanted of attention that torch computes."""
        around = self.other if isinstance(self.other, Ear) else None
        theirs = None if around is None else around.hear_tap(module, means, shape)
        mine = None
        if self.at_work is not None and not (self.in_function and means == "softmax"):
            mine = self.want(self.at_work, means, shape)
        return merge(mine, theirs)

    def hear_linear(self, x: Tensor, linear: Linear) -> None:
        pass

    def want(self, module: nn.Module, means: Means, shape: Shape) -> Call | None:
        """What this ear wants of a call: to change it, to be told of it, and to be sure of what is told."""
        path = self.paths[module]
        if not any(fnmatchcase(path, pattern) for pattern in self.only):
            return None
        extra = 0
        if isinstance(module, nn.MultiheadAttention):  # these are columns behind the keys
            extra = int(module.bias_k is not None) + int(module.add_zero_attn)
        place = (path, self.name(module), means, self.run, self.turns[self.run, path])
        call = Attended(*place, *shape[1:3], shape[3] - extra)
        call.splits, call.is_shown = self.splits and means != "function", means != "softmax"
        return Call(
            record=lambda seen: self.note(call, seen),
            parts=frozenset() if means == "softmax" else self.parts,
            decide=lambda allowed, dropout: self.decide(call, allowed, dropout, module),
            verify=None if means == "function" else lambda own, told: self.verify(call, own, told),
        )

    def decide(
        self, call: Attended, allowed: Tensor, dropout: float, module: nn.Module
    ) -> tuple[Applied, ...]:
        """The edits of a call, once it is known who may look at whom in it."""
        if dropout:
            raise Refusal(
                "The attention of {path} drops weights at random while it learns; call eval() first.",
                path=self.name(module),
            )
        others = module in self.others if isinstance(module, nn.MultiheadAttention) else None
        call.kind = self.kinds.of(call, allowed, others)
        call.layer, call.first = self.numbering.place(call)
        columns = slice(None) if allowed.shape[-1] == call.keys else slice(0, call.keys)
        found = []
        for number, edit in enumerate(self.edits):
            if edit.kind != call.kind or edit.layer not in (None, call.layer):
                continue
            if call.splits and edit.head is not None:
                raise cannot_split(call)
            moved = to_rows(edit, call)
            if moved is not None:
                found.append(Applied(moved, None, columns))
                self.hits.add(number)
        call.is_edited = bool(found)
        return tuple(found)

    def note(self, call: Attended, seen: Seen) -> None:
        """Keep what was asked for of what a call did, as float32 on the processor."""
        self.in_function = False
        names = {"weights", *chain.from_iterable(FIELDS[part] for part in self.parts)}

        def keep(name: str) -> Any:
            x = getattr(seen, name) if name in names else None
            if not isinstance(x, Tensor):
                return x
            x = x.detach().to("cpu", torch.bool if x.dtype == torch.bool else torch.float32, copy=True)
            self.size += x.nbytes
            return x

        call.seen = Seen(*map(keep, Seen._fields))
        if self.size > MAX_BYTES:
            raise Refusal(
                "What is watched would take more than {size} GB; run the module less often or on less.",
                size=round(MAX_BYTES / 1e9, 1),
            )
        self.calls.append(call)
        if call.is_shown:
            self.take(call)
        else:
            self.softened = call

    def take(self, call: Attended) -> None:
        """Count a call as one of attention."""
        self.numbering.take(call, call.layer)
        self.turns[call.run, call.path] += 1

    def verify(self, call: Attended, own: Tensor, told: Tensor) -> None:
        """Raises Refusal where the module does something else than what is told of it."""
        if not agree([own.detach().float()], [told.detach().float()], own.dtype):
            self.calls.remove(call)
            raise Refusal(
                "What the attention of {path} gives is not weights times values, or is no number, "
                "so it cannot be shown.",
                path=call.name,
            )

    # A softmax that is written down is attention where it is what meets the values.

    def opened(self, weights: Tensor) -> None:
        """A softmax has been computed: the module goes on with these."""
        if self.softened is not None:
            self.open.append((self.softened, weights.detach().clone()))
        self.softened = None

    def forget(self) -> None:
        """Keep nothing more of softmaxes that met no values in the run that they belong to."""
        for call, _ in self.open:
            assert call.seen is not None
            self.size -= call.seen.weights.nbytes
            call.seen = None
        self.open.clear()

    def meet(self, x: Tensor) -> None:
        """The last axis of something is about to be summed over, with something else."""
        for number, (call, weights) in enumerate(self.open):
            alike = x.shape[-2:] == weights.shape[-2:] and x.numel() == weights.numel()
            alike = alike and min(x.dim(), 3) == min(weights.dim(), 3)
            if alike and torch.equal(x.detach().reshape(weights.shape), weights.to(x.dtype)):
                call.is_shown = True
                self.take(call)
                del self.open[number]
                return
