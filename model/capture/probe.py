"""A first look at a model: short texts go through it, and every attention that it computes is heard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from model.capture.encode import count_vectors
from model.capture.forward import run, translates
from model.capture.observers import Linear, Shape
from model.capture.sites import Means
from model.capture.taps import four_axes
from model.listening import Call, Seen

Lengths = tuple[int, int]  # tokens that are read and written

PROBES: Sequence[Lengths] = ((29, 23), (17, 13))  # no two alike, so that shapes tell sides
SENTENCE = "The animal didn't cross the street because it was too tired, and it slept. "


class Heard(NamedTuple):
    """One call of attention in a probe. run: which run of its module it belongs to, from 0.

    k: (heads, keys, d_k), where it is known.
    """

    module: nn.Module
    means: Means
    weights: Tensor
    run: int
    k: Tensor | None = None


class Probe:
    """Hears every attention that a model computes, in order, and which layers run."""

    def __init__(self, model: PreTrainedModel, lengths: Lengths) -> None:
        self.model, self.lengths = model, lengths
        read, written = lengths
        latents = count_latents(model)
        self.sides = {read, written, *([latents] if latents else [])}
        self.keys = {*self.sides, read + written}
        self.heard: list[Heard] = []
        self.running: list[nn.Module] = []
        self.runs: Counter[nn.Module] = Counter()
        self.ran: list[nn.Module] = []  # in the order in which they began
        self.calling: set[nn.Module] = set()  # modules that call our own function, which has a softmax too

    def begin(self, module: nn.Module, _args: tuple[Any, ...]) -> None:
        self.running.append(module)
        self.runs[module] += 1
        self.ran.append(module)

    def end(self, module: nn.Module, _args: tuple[Any, ...], _output: Any) -> None:
        while self.running.pop() is not module:
            pass

    def hear(self, module: nn.Module, shape: Shape) -> Call:
        self.calling.add(module)
        return Call(record=lambda seen: self.note(module, "function", seen), parts=frozenset({"qkv"}))

    def note(self, module: nn.Module, means: Means, seen: Seen) -> None:
        k = None if seen.k is None else seen.k[0]
        self.heard.append(Heard(module, means, seen.weights.detach().clone(), self.runs[module] - 1, k))

    @property
    def inner(self) -> nn.Module | None:
        """The innermost module at work that is more than the softmax itself."""
        names = ((one, type(one).__name__.lower()) for one in reversed(self.running))
        return next((one for one, name in names if "softmax" not in name), None)  # I-BERT has one of its own

    def axes_of(self, module: nn.Module, means: Means, x: Tensor) -> Shape | None:
        return four_axes(x, count_heads(self.model, module))

    def streams_of(self, queries: int) -> int:
        """How many streams of what is written stand below one another (ProphetNet); 1 for a plain side."""
        streams, rest = divmod(queries, self.lengths[1])
        return streams if rest == 0 and queries not in self.sides and translates(self.model) else 1

    def hear_tap(self, module: nn.Module, means: Means, shape: Shape) -> Call | None:
        """Only what has the shape of attention is taken for it; a sink may stand behind the keys."""
        if module in self.calling:
            return None
        queries = shape[2] in self.sides or self.streams_of(shape[2]) > 1
        sides = queries and (shape[3] in self.keys or shape[3] - 1 in self.sides)
        if not sides or shape[0] != 1:
            return None
        return Call(record=lambda seen: self.note(module, means, seen), parts=frozenset())

    def hear_linear(self, x: Tensor, linear: Linear) -> None:
        pass


def count_heads(model: PreTrainedModel, module: nn.Module) -> int | None:
    """How many heads a module says it has, or else the config."""
    names = ("num_heads", "n_heads", "num_attention_heads", "n_head", "num_attn_heads")
    config = model.config.get_text_config()
    for holder in (module, config):
        for name in names:
            found = getattr(holder, name, None)
            if isinstance(found, int):
                return found
    return None


def count_latents(model: PreTrainedModel) -> int:
    """How many vectors of its own a model has that look at the text (Perceiver's); 0 where it has none."""
    table = (
        parameter for name, parameter in model.named_parameters() if name.rpartition(".")[2] == "latents"
    )
    latents = next(table, None)
    return 0 if latents is None else int(latents.shape[0])


@contextmanager
def hooking(model: nn.Module, probe: Probe) -> Iterator[None]:
    """Within the block the probe is told which modules run."""
    handles = []
    for module in model.modules():
        handles.append(module.register_forward_pre_hook(probe.begin))
        handles.append(module.register_forward_hook(probe.end))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def probe_batch(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, lengths: Lengths
) -> dict[str, Tensor]:
    """A text of so many tokens to read, and for an encoder-decoder one of so many to write."""
    known = count_vectors(model)
    ids = [i for i in tokenizer(SENTENCE)["input_ids"] if i not in tokenizer.all_special_ids and i < known]
    ids = ids or [i for i in range(5, min(known, 60)) if i not in tokenizer.all_special_ids] or [0]
    read, written = ([ids[i % len(ids)] for i in range(count)] for count in lengths)
    batch = {"input_ids": torch.tensor([read], device=model.device)}
    batch["attention_mask"] = torch.ones_like(batch["input_ids"])
    if translates(model):
        batch["decoder_input_ids"] = torch.tensor([written], device=model.device)
    return batch


def read_off(output: Any) -> list[Tensor]:
    """What of a model's output is compared: its vectors."""
    names = ("last_hidden_state", "logits", "encoder_last_hidden_state")
    given = [output.get(name) for name in names]
    return [x.float() for x in given if isinstance(x, Tensor)] or [output[0].float()]


def with_other_end(batch: Mapping[str, Tensor], *sides: str) -> dict[str, Tensor]:
    """The same texts with another last token, where they have another one. sides: which texts."""
    changed = dict(batch)
    for side in sides:
        ids = batch[side].clone()
        others = ids[0][ids[0] != ids[0, -1]]
        ids[0, -1:] = others[:1] if len(others) else ids[0, -1:]
        changed[side] = ids
    return changed


def moves_earlier(model: PreTrainedModel, batch: Mapping[str, Tensor], before: Sequence[Tensor]) -> bool:
    """Whether another last token changes what the model says before it."""
    side = "decoder_input_ids" if "decoder_input_ids" in batch else "input_ids"
    after = read_off(run(model, with_other_end(batch, side)))[0]
    if after.shape != before[0].shape:
        return False
    change = (after - before[0]).abs()[:, : batch[side].shape[1] - 1]
    return float(change.max()) > 1e-5 * max(1.0, float(after.abs().max()))
