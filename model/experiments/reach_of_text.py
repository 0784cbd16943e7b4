"""How far back a checkpoint reaches in a text: what its states owe to each word, and lose without it.

‖∂h_t/∂x_s‖ (Frobenius) of what a stack says of word t by the token vectors of word s, by autograd through the
checkpoint's own pass. Gradients are float32, as the weights are; their squares, which would be 0 long before
they are, are taken in float64. As the sensitivity of a trained network it is Karpathy et al. 2016
("Visualizing and Understanding Recurrent Networks") and Li et al. 2016 ("Visualizing and Understanding Neural
Models in NLP").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.capture.checkpoint import Checkpoint
from model.capture.encode import encode, name_tokens, readable
from model.capture.forward import Row, forward, observing
from model.capture.observers import Observer, Place
from model.errors import Refusal
from model.networks.pretrained import CompactModel
from model.networks.recurrent.pretrained import RecurrentModel

Array = NDArray[np.float64]
MOST = 24  # tokens that are read
WIDEST = 256  # features: a backward pass for each of them, at each word


@dataclass(frozen=True, eq=False)
class TextReach:
    """words: of the text, with what stands before and behind it; specials: which of them are no words.

    norms: (words, words), ‖∂h_t/∂x_s‖, t down and s across; t's is what is said at the last of its tokens.
    tokens: how many were read. is_recurrent: whether the stack reads one word after another.
    """

    words: tuple[str, ...]
    specials: tuple[bool, ...]
    norms: Array
    tokens: int
    is_recurrent: bool

    @property
    def shares(self) -> Array:
        """What part each word has in a row, (words, words): rows sum to 1, or are 0 where nothing is."""
        sums = self.norms.sum(1, keepdims=True)
        return np.divide(self.norms, sums, out=np.zeros_like(self.norms), where=sums > 0)

    def by_distance(self, specials: bool = False) -> Array:
        """The geometric mean of what words give to later ones, 1, 2, 3, … words apart; NaN where none is.

        specials: whether tokens that are no words count.
        """
        kept = [i for i, special in enumerate(self.specials) if specials or not special]
        inner = self.norms[np.ix_(kept, kept)]
        found = []
        for away in range(1, len(kept)):
            values = np.diagonal(inner, -away)
            found.append(np.exp(np.log(values[values > 0]).mean()) if (values > 0).any() else np.nan)
        return np.array(found)


class Entering(Observer):
    """Keeps the token vectors as the stack that reads was given them: (texts, tokens, width)."""

    def __init__(self, table: object) -> None:
        self.table = table
        self.vectors: Tensor | None = None

    def module(self, place: Place, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        if place.module is self.table and self.vectors is None:  # a decoder may share it, and comes later
            self.vectors = output


def read(m: Checkpoint, rows: Sequence[Sequence[int]], gradients: bool = False) -> tuple[Tensor, Tensor]:
    """Token vectors and last vectors of the stack that reads, both (texts, tokens, width)."""
    model: Any = m.model
    entering = Entering(model.get_input_embeddings())
    if isinstance(model, CompactModel | RecurrentModel):  # whose pass would go on to the output layer
        tokens = torch.tensor([list(ids) for ids in rows], device=model.device)
        with torch.set_grad_enabled(gradients), observing(m, [entering]):
            output = model.run(tokens, decoder_input_ids=tokens[:, :1])
    else:
        output = forward(m, [Row(ids, ids[:1]) for ids in rows], [entering], gradients=gradients)
    if entering.vectors is None:
        raise Refusal("The token vectors of {name} are not found.", name=m.name)
    return entering.vectors, output.get("encoder_last_hidden_state", output[0])


def measure_text(m: Checkpoint, text: str) -> TextReach:
    """What each word of a text, of its first tokens, gives to what is said of each.

    Raises ValueError, in one plain sentence, for an empty or too long text, and for a model too wide.
    """
    text = readable(text)
    ids = encode(m, text)[:MOST]
    tokens = name_tokens(m, ids, text)
    width = count_features(m, ids)
    with torch.enable_grad():
        entering, states = read(m, [ids] * width, gradients=True)
        found = np.stack([differentiate(states[:, t], entering) for t in range(len(ids))])
    groups = tokens.groups()
    squares = np.stack([found[group[-1]] ** 2 for group in groups])
    norms = np.sqrt(np.stack([squares[:, list(group)].sum(1) for group in groups], 1))
    return TextReach(
        words=tokens.by_words().texts,
        specials=tuple(all(tokens.special[i] for i in group) for group in groups),
        norms=norms,
        tokens=len(ids),
        is_recurrent=bool(m.recurrences),
    )


def count_features(m: Checkpoint, ids: Sequence[int]) -> int:
    """Of the last vectors. Raises ValueError where they are too many for a page."""
    with torch.no_grad():
        width = read(m, [ids])[1].shape[-1]
    if width > WIDEST:
        raise Refusal(
            "{name} has {count} features; this is computed for models with {most} at most.",
            name=m.name,
            count=width,
            most=WIDEST,
        )
    return width


def differentiate(states: Tensor, entering: Tensor) -> Array:
    """‖∂h/∂x_s‖ for each token, (tokens,). states: (width, width), a copy of h for each of its features;
    entering: (width, tokens, features), what the copies were made from.
    """
    [slopes] = torch.autograd.grad(states.diagonal().sum(), entering, retain_graph=True, allow_unused=True)
    if slopes is None:
        return np.zeros(entering.shape[1])
    norms: Array = torch.linalg.vector_norm(slopes, dim=(0, 2), dtype=torch.float64).numpy()
    return norms


@dataclass(frozen=True, eq=False)
class LeftOut:
    """words: those that were left out, each once. changes: (words,), ‖h' - h‖ / ‖h‖ of the last state."""

    words: tuple[str, ...]
    changes: Array


def leave_out(m: Checkpoint, text: str) -> LeftOut:
    """How much the last state of a text changes where one of its words is not read, for each of them.

    The text is read anew without the word: what follows moves up. The last word is never left out, for h is
    read at its last token, or behind it. Raises ValueError as `measure_text` does, and for a single word.
    """
    text = readable(text)
    ids = encode(m, text)[:MOST]
    tokens = name_tokens(m, ids, text)
    groups = [group for group in tokens.groups() if not all(tokens.special[i] for i in group)][:-1]
    if not groups:
        raise Refusal("Of a single word none can be left out; write a sentence.")
    with torch.no_grad():
        whole = read(m, [ids])[1][0, -1].double()
        changes = []
        for group in groups:
            rest = [token for place, token in enumerate(ids) if place not in group]
            changed = read(m, [rest])[1][0, -1].double()
            changes.append(float((changed - whole).norm() / whole.norm()))
    return LeftOut(tuple(map(tokens.spell, groups)), np.array(changes))
