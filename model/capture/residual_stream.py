"""The residual stream followed through a model: what enters, what each layer adds, what comes out.

The modules themselves are listened to while they run. Whatever they were given and made is the model's own;
nothing of a forward pass is written a second time here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.capture.checkpoint import Checkpoint
from model.capture.checks import check_pairs
from model.capture.checks import check_size as check_attention
from model.capture.encode import choices, count_vectors, end_tokens, readable, readable_pair
from model.capture.forward import forward
from model.capture.observers import MAX_BYTES, Observer, Place
from model.capture.record import Text, passage, translation
from model.capture.sublayers import (
    Event,
    Matrix,
    Norm,
    Sublayer,
    array,
    close,
    is_norm,
    normalisation,
    rows,
    take_apart,
)
from model.edits import Edit
from model.errors import Refusal
from model.networks.positions import Learned, Sinusoidal
from model.trace import Kind, Tokens

BEST = 10  # likeliest tokens told for each position


@dataclass(frozen=True, eq=False)
class Stream:
    """One stack, from identifiers to what leaves its last layer. Vectors are float32 (tokens, d_model).

    kind: "encoder" or "decoder". ids: of the tokens. vectors: of the embedding table, before anything else.
    scale: what they are multiplied by. positions: what is added for the place; None where nothing is.
    first_norm: what normalises their sum, where something does. plain: whether scale · vectors + positions
        (normalised) is all that enters the first layer; elsewhere scale and positions are not known.
    states: float32 (layers + 1, tokens, d_model): what enters each layer, and what leaves the last one.
    sublayers: layer -> what happened in it, of the layers that were asked for; () where it cannot be told.
    last_norm: what normalises the last state, where something does. leaving: what leaves the stack.
    """

    kind: Kind
    tokens: Tokens
    ids: tuple[int, ...]
    vectors: Matrix
    scale: float
    positions: Matrix | None
    first_norm: Norm | None
    plain: bool
    states: Matrix
    sublayers: dict[int, tuple[Sublayer, ...]]
    last_norm: Norm | None
    leaving: Matrix

    @property
    def layers(self) -> int:
        return len(self.states) - 1

    @property
    def entering(self) -> Matrix:
        return cast(Matrix, self.states[0])


@dataclass(frozen=True)
class Guess:
    """A token that could stand somewhere. logit: before the softmax over the vocabulary."""

    id: int
    text: str
    logit: float
    probability: float


@dataclass(frozen=True, eq=False)
class Outlook:
    """What the output layer says at each position: softmax over the vocabulary (§3.4).

    best: for each position the likeliest tokens, the best first. chosen: for each position the token that
    stands there in the end: what a decoder's text goes on with, and what an encoder's text has; None behind
    the last token of a text. vocabulary: how many tokens there are. tied: the output's matrix is the
    embedding table.
    """

    best: tuple[tuple[Guess, ...], ...]
    chosen: tuple[Guess | None, ...]
    vocabulary: int
    tied: bool


@dataclass(frozen=True, eq=False)
class Followed:
    """One forward pass: up to two streams, and what was predicted; None for what the model does not have."""

    encoder: Stream | None
    decoder: Stream | None
    outlook: Outlook | None

    @property
    def last(self) -> Stream:
        """The stream that the output is computed from."""
        return cast(Stream, self.encoder if self.decoder is None else self.decoder)

    def __getitem__(self, kind: str) -> Stream:
        stream: Stream | None = getattr(self, kind) if kind in ("encoder", "decoder") else None
        if stream is None:
            raise KeyError(f"This model has no {kind}.")
        return stream


class Follower(Observer):
    """Hears what the modules of one model do in one pass, and keeps what will be told of it.

    What happens within a layer is looked at as soon as the layer is done, so that no more than one layer's
    inside is held at a time.
    """

    def __init__(self, m: Checkpoint, layers: Sequence[int] | None) -> None:
        self.m, self.wanted = m, layers
        self.blocks = blocks(m)
        inside = {child: block for block in self.blocks for child in block.modules()}
        self.inside, self.busy = inside, False
        self.events: list[Event] = []  # within the layer that runs
        self.around: list[Event] = []  # outside of all layers
        self.begun: dict[Kind, int] = {}  # how much of `around` was there when a stack began
        self.states: dict[Kind, list[Tensor]] = {}
        self.sublayers: dict[Kind, dict[int, tuple[Sublayer, ...]]] = {}

    def module(self, place: Place, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        module = place.module
        given = tensor([*args, kwargs.get("hidden_states"), kwargs.get("input_ids"), *kwargs.values()])
        made = tensor(output.values() if isinstance(output, dict) else output)
        if self.busy or made is None:
            return
        given = made.new_empty(0) if given is None else given  # some positions are asked for by a length
        if module in self.blocks:
            self.close(self.blocks[module], Event(module, given, made))
        elif module in self.inside:
            self.events.append(Event(module, given, made))
        else:
            self.around.append(Event(module, given, made))

    def close(self, kind: Kind, block: Event) -> None:
        """A layer is done."""
        if kind not in self.states:
            self.begun[kind] = len(self.around)
            self.states[kind], self.sublayers[kind] = [block.given], {}
        self.pass_by(kind, self.m.anatomy.blocks[self.m.anatomy.path(block.module)].index)
        layer = len(self.states[kind]) - 1
        self.states[kind].append(block.made)
        events, self.events = self.events, []
        if self.wanted is None or layer in self.wanted:
            self.busy = True  # a gate is asked again, which is no part of the pass
            found = take_apart(block.given, block.made, events, self.m.kinds)
            self.busy = False
            self.sublayers[kind][layer] = found

    def pass_by(self, kind: Kind, until: int) -> None:
        """Layers before this one that did not run, such as those that look at a picture: they add nothing."""
        states = self.states[kind]
        while not self.m.shared and len(states) - 1 < until:  # shared ones are counted as they run
            self.sublayers[kind][len(states) - 1] = ()
            states.append(states[-1])

    def stream(self, kind: Kind, ids: Sequence[int], tokens: Tokens) -> Stream:
        """What was heard of one stack. Raises ValueError where it did not run layer by layer."""
        if kind in self.states:
            self.pass_by(kind, self.m.depth[kind])
        states = self.states.get(kind, [])
        if any(state.shape[:2] != (1, len(ids)) or state.shape != states[0].shape for state in states):
            states = []
        if not states:
            raise Refusal("The layers of {name} cannot be followed.", name=self.m.name)
        first, last = states[0], states[-1]
        before, after = self.around[: self.begun[kind]], self.around[self.begun[kind] :]
        end = next((e for e in after if is_norm(e.module) and close(e.given, last)), None)
        return Stream(
            kind=kind,
            tokens=tokens,
            ids=tuple(ids),
            states=np.stack([array(state[0]) for state in states]),
            sublayers=self.sublayers[kind],
            last_norm=None if end is None else normalisation(end),
            leaving=rows(last if end is None else end.made),
            **self.beginning(before, first, ids),
        )

    def beginning(self, events: Sequence[Event], first: Tensor, ids: Sequence[int]) -> dict[str, Any]:
        """How the first layer's input is made: vectors, scale, positions, first_norm, plain."""
        rows_of_table = count_vectors(self.m.model)
        looked_up: Tensor | None = None
        places: Tensor | None = None
        others: list[Tensor] = []
        for event in events:
            name = f".{self.m.anatomy.path(event.module)} {type(event.module).__name__}".lower()
            is_table = isinstance(event.module, nn.Embedding)
            if (
                is_table
                and event.module.num_embeddings == rows_of_table
                and event.given.tolist() == [list(ids)]
            ):
                looked_up, places, others = event.made, None, []  # the last stack's events lie before
            elif isinstance(event.module, Sinusoidal | Learned) or "position" in name or ".wpe " in name:
                places = event.made.reshape(-1, event.made.shape[-1])
            elif is_table:
                others.append(event.made)
        if looked_up is None:
            raise Refusal("The layers of {name} cannot be followed.", name=self.m.name)
        found: dict[str, Any] = {"vectors": rows(looked_up), "scale": 1.0, "positions": None}
        found |= {"first_norm": None, "plain": False}
        parts = [part for part in (places, *others) if part is not None]
        if looked_up.shape != first.shape or any(part.shape[-1] != first.shape[-1] for part in parts):
            return found
        added = sum(
            (part.expand_as(first[0]) if part.dim() == 2 else part for part in parts), first.new_zeros(1)
        )
        for scale in (1.0, first.shape[-1] ** 0.5):
            total = scale * looked_up + added
            norm = next((e for e in events if is_norm(e.module) and close(e.given, total)), None)
            if close(total, first) or (norm is not None and close(norm.made, first)):
                return {
                    "vectors": rows(looked_up),
                    "scale": scale,
                    "positions": rows(added.expand_as(first)) if parts else None,
                    "first_norm": None if norm is None or close(total, first) else normalisation(norm),
                    "plain": True,
                }
        return found


@torch.no_grad()
def follow(
    m: Checkpoint,
    source: str,
    target: str | Sequence[int] | None = None,
    layers: Iterable[int] | None = None,
    best: int = BEST,
    pair: str | None = None,
    edits: Sequence[Edit] = (),
) -> Followed:
    """The residual stream of one pass over a text, and what the model predicts at each position.

    source, target, pair, edits: as in `model.trace`. layers: which to look into, from 0; None = all. What
    enters and leaves each layer is told of all. best: how many of the likeliest tokens to tell.

    Raises ValueError, in one plain sentence, for a text that cannot be read, a model whose layers cannot be
    followed, layers that do not exist and more than memory should hold.
    """
    deepest = max(m.depth.values())
    wanted = None if layers is None else sorted(set(layers))
    if wanted and not 0 <= wanted[0] <= wanted[-1] < deepest:
        raise ValueError(f"{m.name} has layers 0 to {deepest - 1}; not all of {wanted} are among them.")
    source, pair = readable(source), readable_pair(pair)
    target = readable(target) if isinstance(target, str) else target
    if pair is not None:
        check_pairs(m)
    # What attention takes while a layer is computed, though none is kept.
    kept: dict[Kind, tuple[int, ...]] = dict.fromkeys(m.layers, (0,))
    if m.architecture == "encoder-decoder":
        text = translation(m, source, target, kept, edits)
    elif target is None or isinstance(target, str):
        text = passage(m, source, target, pair)
    else:
        raise ValueError(f"{m.name} is no encoder-decoder; its target is a text, not ids.")
    check_size(m, text, deepest if wanted is None else len(wanted))
    check_attention(m, text.sides, kept)
    follower = Follower(m, wanted)
    output = forward(m, text.row, [follower], edits, logits=True)
    streams: dict[str, Stream | None] = {"encoder": None, "decoder": None}
    for kind in text.sides:
        if kind != "cross":
            ids = text.ids if kind == "encoder" or text.target_ids is None else text.target_ids
            streams[kind] = follower.stream(kind, ids, text.sides[kind][0])
    given = target[-1] if target and not isinstance(target, str) else None
    return Followed(**streams, outlook=outlook(m, text, source, output, given, best))


def outlook(
    m: Checkpoint, text: Text, source: str, output: Any, given: int | None, best: int
) -> Outlook | None:
    """What is predicted at each position; None for a model without an output over its vocabulary.

    given: the last of the ids that a decoder was to write, where ids were given.
    """
    head: Any = m.model.get_output_embeddings()
    logits: Any = getattr(output, "logits", None)
    read = text.ids if text.target_ids is None else text.target_ids
    if head is None or logits is None or logits.shape != (1, len(read), head.weight.shape[0]):
        return None
    chosen: list[int | None] = [*read]
    if m.architecture != "encoder":
        end = None if text.target_ids is None else end_tokens(m)[0] if given is None else given
        chosen = [*read[1:], end]
    logits = logits[0].float()
    probabilities = logits.softmax(-1)
    likeliest = logits.topk(min(best, logits.shape[-1])).indices.tolist()
    shown = sorted({*(i for row in likeliest for i in row), *(i for i in chosen if i is not None)})
    texts = choices(m, shown, source)

    def guess(position: int, i: int) -> Guess:
        return Guess(i, texts[i], float(logits[position, i]), float(probabilities[position, i]))

    return Outlook(
        best=tuple(tuple(guess(t, i) for i in row) for t, row in enumerate(likeliest)),
        chosen=tuple(None if i is None else guess(t, i) for t, i in enumerate(chosen)),
        vocabulary=logits.shape[-1],
        tied=head.weight is cast(nn.Embedding, m.model.get_input_embeddings()).weight,
    )


def blocks(m: Checkpoint) -> dict[nn.Module, Kind]:
    """The layers of the stacks that have attention, and which stack each is in."""
    found: dict[nn.Module, Kind] = {}
    for path, block in m.anatomy.blocks.items():
        kind = m.kind_of_stack(block.stack)
        if kind is not None:
            found[m.anatomy.modules[path]] = kind
    return found


def check_size(m: Checkpoint, text: Text, layers: int) -> None:
    """Raises ValueError where what is kept would be more than memory should hold."""
    config = m.model.config.get_text_config()
    width, vocabulary = (int(getattr(config, name, 0)) for name in ("hidden_size", "vocab_size"))
    length = max(len(text.ids), len(text.target_ids or ()))
    size = 4 * length * width * (max(m.depth.values()) + 32 * layers)  # a sublayer keeps about ten vectors
    size += 2 * 4 * length * vocabulary  # logits and probabilities
    if size > MAX_BYTES:
        raise Refusal(
            "The vectors of {count} tokens would take {size} GB; shorten the text.",
            count=length,
            size=round(size / 1e9, 1),
        )


def tensor(values: Any) -> Tensor | None:
    """The first tensor of what a module was given or made."""
    if isinstance(values, Tensor):
        return values
    return next((value for value in values or () if isinstance(value, Tensor)), None)


def lengths(vectors: Matrix) -> NDArray[np.float32]:
    """How long vectors (…, d_model) are: the Euclidean norm, (…)."""
    found: NDArray[np.float32] = np.linalg.norm(vectors, axis=-1)
    return found
