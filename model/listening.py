"""Who listens to attention while it is computed: what is wanted of a call, and what is told of it.

Listening is for one block and one thread; where nobody listens, nothing of it costs anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal, NamedTuple, Protocol, get_args, runtime_checkable

from torch import Tensor, nn

from model.edits import Applied, Hold

Part = Literal["weights", "scores", "qkv", "output"]
PARTS: tuple[Part, ...] = get_args(Part)
FIELDS: dict[Part, tuple[str, ...]] = {  # of Seen, beside the weights
    "weights": (),
    "scores": ("scores", "mask", "scaling"),
    "qkv": ("q", "k", "v"),
    "output": ("output",),
}


class Seen(NamedTuple):
    """What one call did, before dropout. A row of weights sums to 1, to less with a sink.

    weights: float (batch, heads, queries, keys). The others are None unless they were asked for or where the
        model does not tell them.
    scores: the same shape: scaled, with position bias, softcap and temperature, before mask and softmax.
    mask: bool, True = may look and is not cut, broadcastable to the same shape.
    q, k: (batch, heads, tokens, d_k), after rotary positions; v: (batch, heads, tokens, d_v). Keys and
        values that several heads share are repeated, one for each head.
    scaling: what q·k is multiplied by, 1 / √d_k as a rule; 0 where scores are no product of q and k.
    output: (batch, heads, queries, d_v), weights times values, before W_O; 0 where the head is silenced.
    """

    weights: Tensor
    scores: Tensor | None = None
    mask: Tensor | None = None
    q: Tensor | None = None
    k: Tensor | None = None
    v: Tensor | None = None
    scaling: float | None = None
    output: Tensor | None = None


class Call(NamedTuple):
    """What is wanted of one call beside its output: interventions, and to be told what it did.

    parts: what of it, beside the weights. into: where the weights are to be written, float32 (batch, heads,
    queries, keys), so that a record need not copy them. put: weights that take the place of a softmax, to see
    what they meet. decide: the interventions, where they depend on who may look at whom, bool broadcastable
    to the weights, or on the probability with which weights are dropped; asked once. verify: is given what
    the module computes by itself and what is told of it, and raises ValueError where that is not the same;
    the module then goes on with its own, if nothing is changed.
    """

    edits: Sequence[Applied] = ()
    record: Callable[[Seen], None] | None = None
    parts: frozenset[Part] = frozenset(PARTS)
    into: Tensor | None = None
    put: Tensor | None = None
    decide: Callable[[Tensor, float], Sequence[Applied]] | None = None
    verify: Callable[[Tensor, Tensor], None] | None = None

    def settle(self, allowed: Callable[[], Tensor], dropout: float = 0.0) -> Call:
        """The same with interventions that are known."""
        if self.decide is None:
            return self
        return self._replace(edits=self.decide(allowed(), dropout), decide=None)


class Listener(Protocol):
    """Whoever listens is asked at each call what is wanted of it; None: nothing, let it run.

    shape: (batch, heads, queries, keys) of the weights.
    """

    def hear(self, module: nn.Module, shape: tuple[int, int, int, int]) -> Call | None: ...


@runtime_checkable
class HearsRecurrence(Protocol):
    """Whoever listens to recurrent layers is asked at each run of one what is wanted of it."""

    def hear_recurrence(self, module: nn.Module) -> RecurrentCall | None: ...


_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Within the block, and in this thread only, each call of `attention` asks the listener."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


class Keeper:
    """Keeps the weights of every call, beside what another listener wants of it.

    kept: by module, float (batch, heads, queries, keys), those of its last call.
    """

    def __init__(self, other: Listener | None) -> None:
        self.other = other
        self.kept: dict[nn.Module, Tensor] = {}

    def hear(self, module: nn.Module, shape: tuple[int, int, int, int]) -> Call:
        call = self.other.hear(module, shape) if self.other is not None else None
        call = call or Call()
        record = call.record

        def keep(seen: Seen) -> None:
            self.kept[module] = seen.weights
            if record is not None:
                record(seen)

        return call._replace(record=keep, parts=call.parts if record is not None else frozenset())

    def hear_recurrence(self, module: nn.Module) -> RecurrentCall | None:
        return ask_recurrence(self.other, module)


@contextmanager
def keeping_weights() -> Iterator[dict[nn.Module, Tensor]]:
    """Within the block, and in this thread only, weights are kept beside what else is heard; see `Keeper`."""
    keeper = Keeper(_listener.get())
    with listening(keeper):
        yield keeper.kept


def hear_recurrence(module: nn.Module) -> RecurrentCall | None:
    """What who listens in this thread wants of a run of a recurrent layer; None: nothing, let it run."""
    return ask_recurrence(_listener.get(), module)


def ask_recurrence(listener: Listener | None, module: nn.Module) -> RecurrentCall | None:
    """The same of one listener; most hear attention alone."""
    return listener.hear_recurrence(module) if isinstance(listener, HearsRecurrence) else None


def current_listener() -> Listener | None:
    """Who listens in this thread."""
    return _listener.get()


class Recurred(NamedTuple):
    """What one layer of a recurrent network did in one direction, the axes in the order of the text.

    direction: 0 forwards, 1 backwards. h, and of an LSTM c: (batch, steps, hidden), the states behind each
    step. gates: by name, the same shape. h_0, c_0: (batch, hidden), the states before the first step.
    steps: h of each step, (batch, hidden), as it was read by the next: what gradients can be asked of.
    x: (batch, steps, in), what was read.
    """

    direction: int
    h: Tensor
    c: Tensor | None
    gates: Mapping[str, Tensor]
    h_0: Tensor
    c_0: Tensor | None
    steps: tuple[Tensor, ...]
    x: Tensor


class RecurrentCall(NamedTuple):
    """What is wanted of one run of a recurrent layer: gates held, by the text of the batch that they are of
    (None = every one), and to be told what it did, once for each direction.
    """

    holds: Sequence[tuple[int | None, Hold]] = ()
    record: Callable[[Recurred], None] | None = None

    def hold(self, gate: str, values: Tensor, step: int, direction: int) -> Tensor:
        """The values (batch, hidden) of a gate at a step, as the interventions have them."""
        for row, edit in self.holds:
            if edit.gate == gate and edit.step in (None, step) and edit.direction in (None, direction):
                values = values.clone()
                values[at(row), at(edit.unit)] = edit.value
        return values


def at(position: int | None) -> slice:
    """One position of an axis, or with None all of them."""
    return slice(None) if position is None else slice(position, position + 1)
