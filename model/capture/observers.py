"""Who watches a model run: an observer is told of each attention, recurrent layer, module and linear map.

    class Loudest(Observer):
        def attention(self, place, seen):
            print(place.kind, place.layer, place.call, seen.weights.max())

    forward(m, [encode_row(m, "Hello.")], observers=[Loudest()])

It overrides what it wants to be told and nothing else; what no observer asks for costs nothing.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor, nn

from model.listening import Part, Recurred, Seen
from model.trace import Kind

Shape = tuple[int, int, int, int]  # (batch, heads, queries, keys)
MAX_BYTES = 2 * 1024**3  # the most that one trace may keep


class Linear(NamedTuple):
    """y = x Wᵀ + b. weight: (out, in), as in nn.Linear; bias: (out,) or None."""

    weight: Tensor
    bias: Tensor | None


class Place(NamedTuple):
    """Where something happens in a model, known from the model's own modules and never by counting layers.

    kind: of the attention, or of the stack in which another module stands; None outside of all stacks.
    layer: as the model numbers it, from 0; None outside of all layers. call: which call of attention within
    one run of its module, from 0; some call it twice. module, path: which it is, and its name in the model;
    the model itself and "" for weights that a model gives and does not let be heard.
    """

    kind: Kind | None
    layer: int | None
    call: int
    module: nn.Module
    path: str


class Observer:
    """Told of a pass while it runs. All tensors are the model's own: what is kept must be copied.

    parts: what it needs to know of each attention beside the weights.
    """

    parts: frozenset[Part] = frozenset()

    def wants(self, place: Place) -> bool:
        """Whether to be told of this attention or recurrent layer; else it runs in a fused kernel."""
        return True

    def room(self, place: Place, shape: Shape) -> Tensor | None:
        """Where the weights may be written at once: float32 of this shape; None = anywhere."""
        return None

    def attention(self, place: Place, seen: Seen) -> None:
        """One call of attention has been computed."""

    def recurrence(self, place: Place, recurred: Recurred) -> None:
        """A layer of a recurrent network has run, in one of its directions."""

    def module(self, place: Place, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        """One module has run: what it was given and what it made."""

    def linear(self, place: Place, x: Tensor, linear: Linear) -> None:
        """One linear map is about to be applied to x (…, in). place: of the module that applies it."""


def listens_to(observer: Observer, what: str) -> bool:
    """Whether an observer overrides "attention", "recurrence", "module" or "linear"."""
    return getattr(type(observer), what) is not getattr(Observer, what)
