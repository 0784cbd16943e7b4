"""The ways in which a model computes attention on texts of other lengths: each is checked when reached.

Beyond a window, a block or a number of chosen keys a model may do something else than it did on the short
texts that it was first checked on. Where such a length can be is read off its config; the first text that is
longer goes through the model as it is and as it is watched, once more.
"""

from __future__ import annotations

import copy
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from model.capture.checkpoint import Checkpoint
from model.capture.forward import Row, attentions, make_batch, preserving, run
from model.capture.implementation import implementation_of, set_implementation
from model.capture.interrupt import interruptible
from model.capture.likeness import agree, are_weights, look_back
from model.capture.observers import Observer, Place
from model.capture.probe import PROBES, read_off
from model.capture.watch import Pass, watching
from model.errors import Refusal
from model.listening import Seen

# Where configs say from how many tokens on something else happens.
LIMIT = re.compile(r"window|block|chunk|top_?k|local|stride|radius|span|original_max|max_distance|compress")
DOUBLINGS = 4  # a limit of 64 is met again at 128, 256 and 512: BigBird's blocks need eleven of them


class Paths:
    """Which checkpoint a text belongs to, by its length.

    own: the implementation of attention that the model came with. limits: lengths beyond which a model may
    compute attention in another way, ascending. make: a checkpoint of a model, checked on texts of these
    lengths. fresh: the model as it was before a short text made another one of it (BigBird); longer texts
    are for this one.
    """

    def __init__(
        self,
        own: str,
        limits: Sequence[int],
        make: Callable[..., Checkpoint],
        fresh: PreTrainedModel | None = None,
    ) -> None:
        self.own, self.limits, self.make, self.fresh = own, tuple(limits), make, fresh
        self.taken: dict[int, Checkpoint | Refusal | None] = {}  # None: the checkpoint itself
        self.short, self.long = (
            0,
            2**63,
        )  # the longest text that makes another of it, the shortest that does not
        self.longer: Checkpoint | Refusal | None = None

    def regime(self, row: Row) -> int:
        """How many of the limits a text is beyond."""
        return bisect_left(self.limits, length(row))

    @torch.no_grad()
    def reach(self, m: Checkpoint, rows: Sequence[Row]) -> Checkpoint:
        """The checkpoint for texts that run together; the first that is longer than all before is checked.

        Raises ValueError where what the model does with such a text cannot be shown.
        """
        row = max(rows, key=length)
        regime = self.regime(row)
        if self.fresh is None and regime == 0:
            return m
        with m.running:  # no other pass meanwhile, nor another check
            if self.fresh is not None and self.is_long(m, max(rows, key=lambda row: len(row.ids))):
                return fit(self.longer, m).reach(rows)
            if regime and regime not in self.taken:
                self.taken[regime] = self.check(m, row)
            return fit(self.taken.get(regime), m)

    def is_long(self, m: Checkpoint, row: Row) -> bool:
        """Whether the model, when it is new, reads this text without becoming another one.

        What it reads decides, and not what it writes.
        """
        assert self.fresh is not None
        read = len(row.ids)
        if self.short < read < self.long:
            with preserving(self.fresh) as changed:
                run(self.fresh, make_batch(m, [row]))
            if changed:
                self.short = read
            else:
                self.long, self.longer = read, self.prepare(m, self.fresh, row)
                if isinstance(self.longer, Checkpoint):
                    paths = Paths(self.own, self.limits, self.make)
                    paths.taken[self.regime(row)] = None
                    self.longer = replace(self.longer, paths=paths)
        return read >= self.long

    def check(self, m: Checkpoint, row: Row) -> Checkpoint | Refusal | None:
        """None where what a checkpoint shows of a text is what the model does; else one that is made anew."""
        with interruptible(m.model):
            if is_right(m, make_batch(m, [row]), self.own):
                return None
        return self.prepare(m, mirror(m.model), row)

    def prepare(self, m: Checkpoint, model: PreTrainedModel, row: Row) -> Checkpoint | Refusal:
        """A model checked on texts as long as this one."""
        set_implementation(model, self.own)
        read, written = len(row.ids), max(1, length(row) - 6)
        step = 1 if m.max_tokens is None or length(row) < m.max_tokens else -1
        try:
            made = self.make(model, probes=((read, written), (read + step, written + step)))
        except (ValueError, RuntimeError):
            return Refusal(
                "With a text of {count} tokens {name} computes attention in a way that cannot be shown; "
                "shorten it.",
                count=length(row),
                name=m.name,
            )
        return made.join(m)


def fit(found: Checkpoint | Refusal | None, m: Checkpoint) -> Checkpoint:
    """What was found in place of a checkpoint, None being the checkpoint itself; raises a refusal.

    The same model may be asked for between several languages, each a checkpoint of its own.
    """
    if found is None:
        return m
    if isinstance(found, Refusal):
        raise Refusal(found.template, **found.values)
    return found if found.languages == m.languages else found.join(m)


def length(row: Row) -> int:
    return max(len(row.ids), len(row.target_ids or ()))


def limits_of(config: Any) -> list[int]:
    """The lengths at which a model may begin to compute attention in another way, as its config has them."""
    said = {value for name, value in numbers(config.to_dict()) if LIMIT.search(name) and value > 1}
    doubled = {value << times for value in said for times in range(DOUBLINGS)}
    return sorted(value for value in doubled if value >= PROBES[0][0])


def numbers(config: Mapping[str, Any], name: str = "") -> Iterator[tuple[str, int]]:
    """Every whole number in a config, in its lists and its halves too, with the name that it has there."""
    for key, value in config.items():
        for one in value if isinstance(value, list | tuple) else [value]:
            if isinstance(one, Mapping):
                yield from numbers(one, key)
            elif isinstance(one, int) and not isinstance(one, bool):
                yield str(key), one


def mirror(model: PreTrainedModel) -> PreTrainedModel:
    """The model once more: modules and config of its own, the same numbers in memory."""
    return copy.deepcopy(model, {id(x): x for x in (*model.parameters(), *model.buffers())})


class Verifier(Observer):
    """Looks whether what is told of each attention are weights over the tokens of the text."""

    def __init__(self, m: Checkpoint, batch: Mapping[str, Tensor]) -> None:
        self.m = m
        self.read, self.written = (
            batch.get(name, batch["input_ids"]).shape[1] for name in ("input_ids", "decoder_input_ids")
        )
        self.sizes = m.sizes(self.read, self.written)
        self.is_right = True

    def attention(self, place: Place, seen: Seen) -> None:
        assert place.kind is not None
        queries, keys = self.sizes[place.kind]
        given = seen.weights
        self.is_right &= given.shape[-2] <= queries and given.shape[-1] == keys and are_weights(given)
        if place.kind == "decoder" and given.shape[-2] == queries and not self.m.looks_ahead:
            self.is_right &= look_back(given)


def is_right(m: Checkpoint, batch: Mapping[str, Tensor], own: str) -> bool:
    """Whether a text is shown truly: what is told of it, and what comes out against the model as it was."""
    watched = implementation_of(m.model)
    with preserving(m.model):
        set_implementation(m.model, own)
        try:
            expected = read_off(run(m.model, batch))
        finally:
            set_implementation(m.model, watched)
        verifier = Verifier(m, batch)
        if m.outputs_only:
            output = run(m.model, {**batch, "output_attentions": True})
            told = [w for stack in attentions(output).values() for w in stack if w.dim() == 4]
            verifier.is_right = all(map(are_weights, told))
        else:
            try:
                with watching(Pass(m, [verifier], read=verifier.read, written=verifier.written)):
                    output = run(m.model, batch)
            except (ValueError, RuntimeError):  # what it passes is not known, or cannot be read off
                return False
        return verifier.is_right and agree(read_off(output), expected, m.model.dtype)
