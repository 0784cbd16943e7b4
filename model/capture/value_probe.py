"""The weights of attention that no matrix of tokens is ever made for: read off what it makes of known values.

What a head fetches is linear in the values, output = W V, however it is computed: in blocks, in windows, by
hashing. So where V holds columns of the identity, the output holds columns of W, as many at a time as a head
is wide. Keys that get no weight, keys that are looked at twice and keys that stand for no token are all
accounted for, because it is the model's own arithmetic that is read.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import torch
from torch import Tensor, nn
from transformers import Cache

from model.capture.sites import output_map, value_maps


class Known:
    """The values that are known while weights are read, and what the heads fetch of them.

    width: d_v. keys: how many tokens have values. first: the key that the first column is for.
    """

    def __init__(self, width: int, keys: int) -> None:
        self.width, self.keys, self.first = width, keys, 0
        self.fetched: Tensor | None = None


_known: ContextVar[Known | None] = ContextVar("known", default=None)


def put_values(module: nn.Module, args: tuple[Any, ...], output: Tensor) -> Tensor | None:
    """A hook on a map of values: while weights are read it makes columns of the identity.

    What stands for no token of the text (global tokens that the model adds) has no value then.
    """
    known = _known.get()
    if known is None:
        return None
    made = torch.zeros_like(
        output
    )  # (batch, keys, kv_heads · d_v), or with the first two the other way round
    if known.keys in made.shape[:2]:
        by_key = made if made.shape[1] == known.keys else made.transpose(0, 1)
        columns = torch.arange(min(known.width, known.keys - known.first))
        by_key.unflatten(-1, (-1, known.width))[:, known.first + columns, :, columns] = 1
    return made


def take_output(module: nn.Module, args: tuple[Any, ...]) -> None:
    """A hook on the map behind the heads: while weights are read, what comes to it is what they fetch."""
    known = _known.get()
    if known is not None:
        known.fetched = args[0]


def prepare_probe(module: nn.Module) -> None:
    """Put the hooks on a module that weights will be read from. They stay, and do nothing otherwise."""
    for values in value_maps(module):
        if put_values not in values._forward_hooks.values():
            values.register_forward_hook(put_values)
    behind = output_map(module)
    if behind is not None and take_output not in behind._forward_pre_hooks.values():
        behind.register_forward_pre_hook(take_output)


def read_weights(
    module: nn.Module, heads: int, args: tuple[Any, ...], kwargs: dict[str, Any], drawn: Tensor
) -> Tensor:
    """The weights of a module that has just run on these arguments: (batch, heads, queries, keys).

    drawn: the state of torch's generator when it ran, so that planes of an LSH are drawn alike.
    Raises ValueError where the heads' output cannot be found.
    """
    behind, values = output_map(module), value_maps(module)
    inside = int(values[0].out_features if behind is None else behind.in_features)
    known = Known(inside // heads, length(args, kwargs))
    found = []
    token = _known.set(known)
    try:
        for first in range(0, known.keys, known.width):
            known.first = first
            with torch.random.fork_rng(devices=[]):
                torch.set_rng_state(drawn)
                output = again(module, args, kwargs)
            fetched = first_tensor(output) if behind is None else known.fetched
            if fetched is None or fetched.shape[-1] != inside:
                raise ValueError("what the heads fetch is not found")
            by_head = fetched.reshape(fetched.shape[0], -1, heads, known.width)
            found.append(by_head.transpose(1, 2))
    finally:
        _known.reset(token)
    weights = torch.cat(found, dim=-1)[..., : known.keys]
    first = padding_before(args, kwargs)
    return weights[..., first:, first:] if weights.shape[-2] == known.keys else weights[..., first:]


def padding_before(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """How many rows of zeros stand before the text: PEGASUS-X shifts every other layer by half a block."""
    vectors = find_vectors(args, kwargs)
    real = vectors.abs().amax(dim=(0, 2)) > 0
    return int(real.int().argmax()) if bool(real.any()) else 0


def again(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A module once more on what it was given, but for a cache, which it would add to."""

    def drop_cache(given: Any) -> Any:
        return None if isinstance(given, Cache) else given

    return module(*map(drop_cache, args), **{name: drop_cache(given) for name, given in kwargs.items()})


def length(args: tuple[Any, ...], kwargs: dict[str, Any]) -> int:
    """How many tokens a module was given."""
    return int(find_vectors(args, kwargs).shape[1])


def find_vectors(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """The first vectors (batch, tokens, width) among a module's arguments."""
    given = (x for x in (*args, *kwargs.values()) if isinstance(x, Tensor))
    return next(x for x in given if x.dim() == 3 and x.is_floating_point())


def first_tensor(values: Any) -> Tensor | None:
    """The first tensor of what a module was given or made."""
    if isinstance(values, Tensor):
        return values
    if isinstance(values, dict):
        values = values.values()
    return next((value for value in values or () if isinstance(value, Tensor)), None)
