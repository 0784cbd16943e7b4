"""How an encoder-decoder writes: greedily, by beam search or by sampling, with every step of it told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from transformers import (
    LogitsProcessorList,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

from model.capture.checkpoint import Checkpoint
from model.capture.checks import check
from model.capture.encode import beginning, choices, decode_ids, encode, end_tokens, readable, shift_right
from model.capture.forward import LONGEST, Row, forward, generate, most_written
from model.decode.beam_search import Watcher, tree
from model.decodings import Branch, Choice, Method, Step, Writing
from model.edits import Edit
from model.errors import Refusal
from model.locks import drawing

BEST = 10  # choices told for each step


@dataclass(frozen=True)
class Greedy:
    """The likeliest piece at each step."""

    method: Method = "greedy"


@dataclass(frozen=True)
class Beam:
    """Several beginnings are followed at once, and the text with the best mean log-probability wins."""

    beams: int = 4
    method: Method = "beam"

    def __post_init__(self) -> None:
        if self.beams < 1:
            raise ValueError(f"At least one beam is needed, not {self.beams}.")


@dataclass(frozen=True)
class Sampling:
    """Each piece is drawn. temperature: below 1 it dares less. top_k: only among the k likeliest, 0 = all.

    top_p: only among the likeliest that together have this probability (Holtzman et al. 2020). seed: the
    same draws the same.
    """

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    seed: int = 0
    method: Method = "sampling"

    def __post_init__(self) -> None:
        if not 0 < self.temperature < math.inf:
            raise ValueError(f"The temperature must be a number above 0, not {self.temperature}.")
        if self.top_k < 0:
            raise ValueError(f"top_k must be 0 or above, not {self.top_k}.")
        if not 0 <= self.top_p <= 1:
            raise ValueError(f"top_p must be a number from 0 to 1, not {self.top_p}.")


Decoding = Greedy | Beam | Sampling


@torch.no_grad()
def write(
    m: Checkpoint,
    source: str,
    decoding: Decoding | None = None,
    prefix: Sequence[int] = (),
    edits: Sequence[Edit] = (),
    best: int = BEST,
    source_language: str | None = None,
    target_language: str | None = None,
) -> Writing:
    """What the model writes for a source, and what else it could have written at each step.

    decoding: Greedy() where it is not given. prefix: ids that the text must begin with. edits: of
    `model.attention`. best: how many choices to tell of each step. source_language, target_language: as for
    `model.trace`; a language that is written first is a step that was given.
    Raises ValueError, in one plain sentence, for a model that does not translate, an empty or too long
    text, languages that it does not have, and a prefix of ids that it does not have or has no room for.
    """
    decoding = decoding or Greedy()
    m = m.translating(source_language, target_language)
    if m.architecture != "encoder-decoder":
        raise Refusal("{name} does not translate; choose an encoder-decoder.", name=m.name)
    check(m, edits)
    source = readable(source)
    ids = encode(m, source)
    count = max(len(ids), len(prefix))
    if count > LONGEST:
        raise Refusal(
            "The text has {count} tokens, but {name} takes at most {most}; shorten it.",
            count=count,
            name=m.name,
            most=LONGEST,
        )
    prefix = beginning(m, prefix)
    shift_right(m, prefix)  # raises where the model cannot read it
    prefix = cut_at_end(m, prefix)
    single = isinstance(decoding, Beam) and decoding.beams == 1  # generate then searches greedily, in logits
    normalise = single or bool(m.model.generation_config.renormalize_logits)
    watcher = Watcher(len(end_tokens(m)), normalise, 1 + len(prefix))
    written = prefix
    if not (prefix and prefix[-1] in end_tokens(m)):
        with drawing if isinstance(decoding, Sampling) else nullcontext():
            if isinstance(decoding, Sampling):
                torch.manual_seed(decoding.seed)
            written = cut_at_end(m, generate(m, ids, edits, prefix, **options(decoding, watcher))[1:])
    logits = predictions(m, ids, written, edits)  # (steps, vocabulary)
    steps = describe_steps(m, source, logits, written, decoding, len(prefix), best)
    branches: tuple[Branch, ...] = ()
    if isinstance(decoding, Beam):
        branches = tree(watcher, steps, decoding.beams, set(end_tokens(m)))
        texts = choices(m, sorted({branch.choice.id for branch in branches}), source)
        branches = tuple(replace(b, choice=replace(b.choice, text=texts[b.choice.id])) for b in branches)
    text = decode_ids(m, written, source)
    limit = most_written(m, len(ids))
    stopped = None if is_ended(m, steps, limit) else limit
    return Writing(decoding.method, source, tuple(written), text, steps, branches, stopped)


def is_ended(m: Checkpoint, steps: Sequence[Step], limit: int) -> bool:
    """Whether the model ended its text. An end that is forced on it at the limit is none."""
    if not steps or steps[-1].chosen.id not in end_tokens(m):
        return False
    forced = m.model.generation_config.forced_eos_token_id is not None and len(steps) == limit
    return not forced or steps[-1].given or steps[-1].chosen.id == steps[-1].best[0].id


def options(decoding: Decoding, watcher: Watcher) -> dict[str, Any]:
    """The decoding in the words of transformers' generate."""
    if isinstance(decoding, Beam):
        return {"num_beams": decoding.beams, "logits_processor": LogitsProcessorList([watcher])}
    if isinstance(decoding, Sampling):
        unwarped = {"temperature": 1.0, "top_k": 0, "top_p": 1.0}  # whatever the checkpoint would do
        return {"do_sample": True, **unwarped, "logits_processor": warpers(decoding)}
    return {}


def warpers(decoding: Sampling) -> LogitsProcessorList:
    """What turns the model's logits into those that are drawn from."""
    warp = LogitsProcessorList()
    if decoding.temperature != 1:
        warp.append(TemperatureLogitsWarper(float(decoding.temperature)))
    if decoding.top_k:
        warp.append(TopKLogitsWarper(decoding.top_k))
    if decoding.top_p < 1:
        warp.append(TopPLogitsWarper(decoding.top_p))
    return warp


def cut_at_end(m: Checkpoint, ids: list[int]) -> list[int]:
    """The ids up to the first end token; what comes behind is padding."""
    ends = end_tokens(m)
    first = next((place for place, i in enumerate(ids) if i in ends), len(ids))
    return ids[: first + 1]


@torch.no_grad()
def predictions(m: Checkpoint, ids: Sequence[int], written: Sequence[int], edits: Sequence[Edit]) -> Tensor:
    """The logits from which each written id was chosen, all steps at once (teacher forcing).

    Returns float32 (steps, vocabulary).
    """
    logits: Tensor = forward(m, Row(ids, shift_right(m, written)), edits=edits, logits=True).logits[0].float()
    return logits


def describe_steps(
    m: Checkpoint,
    source: str,
    logits: Tensor,
    written: Sequence[int],
    decoding: Decoding,
    given: int,
    best: int,
) -> tuple[Step, ...]:
    """Each step with its likeliest choices; the first `given` of them were not free."""
    logprobs = logits.log_softmax(-1)
    warp = warpers(decoding) if isinstance(decoding, Sampling) else LogitsProcessorList()
    read: Any = torch.tensor([list(written)], device=logits.device)
    chances = torch.cat([warp(read, row[None]).softmax(-1) for row in logits])
    likeliest = logprobs.topk(min(best, logprobs.shape[-1])).indices
    shown = sorted({*likeliest.flatten().tolist(), *written})
    texts = choices(m, shown, source)

    def choice(step: int, i: int) -> Choice:
        return Choice(i, texts[i], float(logprobs[step, i]), float(chances[step, i]))

    return tuple(
        Step(choice(step, i), tuple(choice(step, j) for j in likeliest[step].tolist()), step < given)
        for step, i in enumerate(written)
    )
