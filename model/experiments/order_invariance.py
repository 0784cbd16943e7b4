"""A model that cannot tell the order of its tokens, and the experiment that shows it: shuffle them."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.capture.checkpoint import Checkpoint
from model.capture.encode import encode, name_tokens, readable
from model.capture.forward import Row, forward, observing
from model.capture.prepare import prepare
from model.edits import Edit, Open
from model.errors import Refusal
from model.networks.pretrained import CompactModel
from model.networks.transformer import Embedding, MultiHeadAttention
from model.trace import Kind, Tokens

LARGEST = 200_000_000  # parameters of a model that is copied
PROBE = 6  # tokens that the copy is tried on
ROUNDING = 1e-3  # what sums in another order may differ by, as a share of a vector's length


@dataclass(frozen=True, eq=False)
class Shuffle:
    """The last vectors of a text, and of the same tokens in another order.

    tokens: of the text. order: which token stands at each place of the shuffled text.
    difference: float64 (tokens,), the largest difference in any feature once the order is undone.
    similarity: float32 (tokens, tokens), the cosine between each token's vector (rows) and each vector of
        the shuffled text (columns).
    """

    tokens: Tokens
    order: tuple[int, ...]
    difference: NDArray[np.float64]
    similarity: NDArray[np.float32]

    @property
    def largest(self) -> float:
        """The largest difference of all."""
        return float(self.difference.max(initial=0))


def without_positions(m: Checkpoint) -> Checkpoint:
    """A copy of a model that is told no positions: added ones are left out or 0, rotations do not turn,
    biases by distance are 0. Masks stay as they are.

    That it tells orders no longer apart is tried on the copy. Raises ValueError, in one plain sentence,
    for a model that is too large to copy, and for one whose positions are not found.
    """
    if m.parameters > LARGEST:
        raise Refusal(
            "{name} is too large to be copied without its positions: {count} parameters, where {most} are "
            "the most.",
            name=m.name,
            count=f"{m.parameters:,}",
            most=f"{LARGEST:,}",
        )
    model = copy.deepcopy(m.model)
    found = silence_compact(model) + silence_others(model)
    bare = None
    if found and m.can_open:
        bare = replace(
            prepare(model, m.tokenizer, m.name),
            word_counts=m.word_counts,
            languages=m.languages,
            lock=m.lock,
            max_tokens=m.max_tokens,
        )
    if bare is None or tells_order(bare):
        raise Refusal("The positions of {name} cannot be taken away.", name=m.name)
    return bare


def silence_compact(model: nn.Module) -> int:
    """Takes the positions out of a compact Transformer; how many places had some."""
    found = 0
    for module in model.modules():
        if isinstance(module, Embedding) and module.positions is not None:
            module.positions = None
            found += 1
        if isinstance(module, MultiHeadAttention) and module.positions in ("rotary", "alibi"):
            module.positions = "none"
            found += 1
    return found


@torch.no_grad()
def silence_others(model: nn.Module) -> int:
    """Zeroes what Hugging Face models keep of positions: tables, relative biases and rotary frequencies."""
    tables = [table for _path, table in tables_of(model)]
    tables += [m.weight for path, m in model.named_modules() if path.endswith("relative_attention_bias")]
    tables += [buffer for path, buffer in model.named_buffers() if path.endswith("inv_freq")]
    for table in tables:
        table.zero_()
    return len(tables)


def tables_of(model: nn.Module) -> list[tuple[str, Tensor]]:
    """Every table of positions that is added to the embeddings, (positions, width), with its path."""
    return [
        (path, module.weight)
        for path, module in model.named_modules()
        if isinstance(module, nn.Embedding) and is_positions(path)
    ]


def is_positions(path: str) -> bool:
    """Whether a module's name says that it holds positions: position_embeddings, embed_positions, wpe."""
    name = path.rpartition(".")[2]
    return name == "wpe" or "position" in name


def tells_order(m: Checkpoint) -> bool:
    """Whether a model says something else about a few tokens where they stand in another order."""
    count = m.model.config.get_text_config().vocab_size
    ids = [(5 + 7 * i) % count for i in range(PROBE)]
    order = [*range(1, PROBE), 0]
    vectors, moved = (last_vectors(m, row) for row in (ids, [ids[i] for i in order]))
    scale = float(vectors.abs().max().clamp(min=1e-6))
    return float((moved - vectors[order]).abs().max()) > ROUNDING * scale


@torch.no_grad()
def last_vectors(m: Checkpoint, ids: Sequence[int]) -> Tensor:
    """The last vectors (tokens, width) of the stack that reads, with every mask lifted.

    A mask tells an order too: who may look ahead, or how far.
    """
    kind: Kind = "decoder" if m.architecture == "decoder" else "encoder"
    edits: tuple[Edit, ...] = (Open(kind),) if m.can_open else ()
    if isinstance(m.model, CompactModel):  # whose pass would go on to the output layer
        tokens = torch.tensor([list(ids)], device=m.model.device)
        with observing(m, edits=edits):
            output = m.model.run(tokens, decoder_input_ids=tokens[:, :1])
    else:
        output = forward(m, Row(ids, ids[:1]), edits=edits)
    found: Tensor = output.get("encoder_last_hidden_state", output[0])
    return found[0].float()


def permutation(tokens: Tokens, seed: int) -> tuple[int, ...]:
    """Another order of a text's words, pieces kept together, special tokens where they are.

    seed: the same one, the same order. The order is another one wherever there are two words to change.
    """
    groups = tokens.groups()
    words = [i for i, group in enumerate(groups) if not all(tokens.special[j] for j in group)]
    drawn = list(words)
    draw = np.random.default_rng(seed)
    while len(words) > 1 and drawn == words:
        drawn = [words[i] for i in draw.permutation(len(words))]
    place = dict(zip(words, drawn, strict=True))
    return tuple(j for i in range(len(groups)) for j in groups[place.get(i, i)])


def shuffle(m: Checkpoint, text: str, seed: int = 0, most: int | None = None) -> Shuffle:
    """A text and its shuffled words through the stack that reads, every mask lifted.

    most: how many tokens are kept; None = all. Raises ValueError for an empty or too long text.
    """
    text = readable(text)
    ids = encode(m, text)[:most]
    tokens = name_tokens(m, ids, text)
    order = permutation(tokens, seed)
    straight, shuffled = last_vectors(m, ids), last_vectors(m, [ids[i] for i in order])
    undone = torch.empty_like(shuffled)
    undone[list(order)] = shuffled
    difference = (undone - straight).abs().amax(-1)
    unit = [nn.functional.normalize(x, dim=-1) for x in (straight, shuffled)]
    return Shuffle(
        tokens=tokens,
        order=order,
        difference=difference.double().cpu().numpy(),
        similarity=(unit[0] @ unit[1].T).cpu().numpy(),
    )
