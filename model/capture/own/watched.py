"""`watch`: what a module's attention does while it runs, and a Trace of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase

import torch
from torch import nn

from model.capture.own.calls import Attended, count_again
from model.capture.own.ear import Ear
from model.capture.own.gather import by_layer, gather
from model.edits import AttentionEdit
from model.errors import Refusal
from model.listening import PARTS, Part
from model.trace import Kind, Trace
from model.traces.by_hand import Texts


class Watched:
    """What was heard of a module."""

    def __init__(self, ear: Ear) -> None:
        self._ear = ear

    def __repr__(self) -> str:
        lines = [
            f"{kind} {layer}: {path}"
            for kind, paths in self.paths.items()
            for layer, path in enumerate(paths)
        ]
        return "\n  ".join(
            [f"{type(self._ear.module).__name__}, {len(self.calls)} calls of attention", *lines]
        )

    @property
    def calls(self) -> tuple[Attended, ...]:
        """The calls of attention in the order in which they ran."""
        return tuple(call for call in self._ear.calls if call.is_shown)

    @property
    def paths(self) -> dict[Kind, tuple[str, ...]]:
        """Which module is which layer: for each kind their paths in the watched module, by layer."""
        return {
            kind: tuple(layer[0].path for layer in layers) for kind, layers in by_layer(self.calls).items()
        }

    def trace(
        self,
        tokens: Texts,
        target: Texts | None = None,
        *,
        row: int = 0,
        run: int | None = None,
        source: str | None = None,
    ) -> Trace:
        """A Trace of what was heard, with names for the tokens.

        tokens: what the module reads, one text for each place, padding too. target: what its decoder reads,
        of one that has both; its cross attention looks from target at tokens. row: which text of the batch,
        from 0. run: which run of the module, from 0, or -1 for the last; None = the only one, or, of a module
        that runs once for each step, all of them, whose rows are put together. source: the text, where it is
        not the tokens with spaces between them.

        Layers are counted in the order in which they ran, each kind by itself; `paths` tells which is which.
        Heads that a layer does not have are 0. Raises ValueError, in one plain sentence, where nothing was
        heard, and where what was heard is not attention over these tokens.
        """
        parts = [part for part in PARTS if part in self._ear.parts]
        return gather(self._ear.calls, tokens, target, row, run, parts, source)


@contextmanager
def watch(
    module: nn.Module,
    edits: Iterable[AttentionEdit] = (),
    *,
    kinds: Kind | Mapping[str, Kind] | None = None,
    only: str | Sequence[str] = "*",
    heads: int | None = None,
    record: Iterable[Part] = ("weights",),
) -> Iterator[Watched]:
    """`with watch(module) as seen: …`: within the block, and in this thread, the module's attention is heard.

    It is heard where the module, called as a whole or in part, calls `model.attention.attention`,
    scaled_dot_product_attention or nn.MultiheadAttention, or writes down a softmax whose weights meet values.
    What it gives is not changed by it: PyTorch's own results are passed on to the bit, those of
    `model.attention` but for rounding. Every call is computed a second time, and refused where what is told
    of it is not what it does.

    edits: interventions, in every text of the batch: Cut, Open, Silence, Uniform, Temperature.
    kinds: what the module's attentions are, "encoder", "decoder" or "cross": one for all, or by their paths,
        in which * and ? may stand. Else what has more or fewer keys than queries, or is nn.MultiheadAttention
        with keys of another text, is cross attention; what nowhere looks ahead is a decoder's, and anything
        else an encoder's.
    only: paths of the modules to hear, likewise. heads: of attention over (batch · heads, tokens, width), how
        many heads. record: what to keep beside the weights, as in `model.trace`.

    Other kernels (flex_attention, flash_attn, xFormers) and exported graphs are not heard, nor what runs in
    another thread. What torch.compile has compiled runs as it is written within the block.
    Raises ValueError, in one plain sentence: at once for a module that is scripted; while it runs for weights
    that are dropped at random and attention that cannot be shown; and at the end of the block for edits that
    changed nothing and patterns that fit no attention.
    """
    only = (only,) if isinstance(only, str) else tuple(only)
    check_module(module)
    parts = frozenset(record)
    if unknown := parts - set(PARTS):
        raise ValueError(f"record takes {', '.join(PARTS)}, not {', '.join(map(str, unknown))}.")
    ear = Ear(module, tuple(edits), kinds, only, heads, parts)
    with ear.hearing():
        yield Watched(ear)
    check_heard(ear)


def check_module(module: nn.Module) -> None:
    """Raises Refusal for a module in which nothing can be heard."""
    if not isinstance(module, nn.Module):
        raise Refusal(
            "Only a module of PyTorch can be watched, and not {given}.", given=type(module).__name__
        )
    for path, one in module.named_modules():
        if isinstance(one, torch.jit.ScriptModule):
            raise Refusal(
                (
                    "{path} is scripted (TorchScript), and what runs in it cannot be seen; watch the "
                    "module that it was made from."
                ),
                path=path or type(one).__name__,
            )


def check_heard(ear: Ear) -> None:
    """Raises Refusal where something that was asked for had nothing to do with what was heard."""
    unproven = next((call for call in ear.calls if call.is_edited and not call.is_shown), None)
    if unproven is not None:
        raise Refusal(
            "The softmax in {path} was changed, but its weights are not what meets the values; "
            "leave it out with only=.",
            path=unproven.name,
        )
    missed = next((edit for number, edit in enumerate(ear.edits) if number not in ear.hits), None)
    if missed is not None:
        raise Refusal(
            "Nothing was changed by {edit}: no attention that was found has this place.", edit=missed
        )
    again = count_again([call for call in ear.calls if call.is_shown])
    moved = next((call for call, layer in again.items() if layer != call.layer), None)
    if moved is not None and any(edit.layer is not None for edit in ear.edits):
        raise Refusal(
            "Layers could not be counted while {path} ran, so edits of one layer are not sure; "
            "name them without a layer, or choose modules with only=.",
            path=moved.name,
        )
    patterns = [pattern for pattern in (*ear.kinds.said, *ear.only) if pattern != "*"]
    for pattern in patterns if ear.run >= 0 else []:
        if not any(fnmatchcase(call.path, pattern) for call in ear.calls):
            raise Refusal("No attention was found in a module called {pattern}.", pattern=pattern)
