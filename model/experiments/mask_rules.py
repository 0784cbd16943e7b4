"""What a mask does to scores: the weights it leaves, and what a row makes of having nothing left."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from model import attention
from model.capture.checkpoint import Checkpoint
from model.networks import masks
from model.networks.config import CompactConfig
from model.trace import Kind

Rule = Literal["padding", "causal", "window", "prefix"]
RULES: tuple[Rule, ...] = get_args(Rule)
FINITE = -1e9  # what many implementations add in place of −∞

Weights = NDArray[np.float32]
Mask = NDArray[np.bool_]


def build_mask(
    rules: Collection[Rule],
    real: ArrayLike,
    queries: int | None = None,
    width: int = 0,
    begins: int = 0,
) -> Mask:
    """Who may look at whom under all the rules at once: bool (texts, queries, keys).

    real: bool (texts, keys), False at padding. queries: how many there are where a target looks at its
    source; there is no causal mask then, and the window lies around the step's own place in the source.
    None: a text looks at itself. width: of the window to either side. begins: length of the prefix.
    Raises ValueError for a rule that does not exist or, with queries, does not fit.
    """
    tokens = torch.from_numpy(np.asarray(real, dtype=bool))
    texts, keys = tokens.shape
    rows = keys if queries is None else queries
    mask: Tensor = torch.ones(texts, 1, rows, keys, dtype=torch.bool)
    for rule in rules:
        if rule not in RULES or (queries is not None and rule in ("causal", "prefix")):
            raise ValueError(f"There is no mask {rule!r} here.")
        if rule == "padding":
            mask = mask & masks.padding(tokens)
        elif rule == "causal":
            mask = mask & masks.causal(keys)
        elif rule == "prefix":
            mask = mask & masks.prefix(torch.full((texts,), begins), keys)
        elif queries is None:
            mask = mask & masks.window(keys, width)
        else:
            mask = mask & masks.cross_window(queries, tokens, width)
    return mask[:, 0].numpy()


def own(m: Checkpoint, kind: Kind, layer: int) -> tuple[tuple[Rule, ...], int | None]:
    """The rules that a model's own mask is made of, as far as its config tells, and the window's width."""
    rules: list[Rule] = ["padding"]
    if kind == "decoder" and getattr(m.model.config, "causal", True):
        rules.append("causal")
    width = None
    if isinstance(m.model.config, CompactConfig):
        windows = getattr(m.model.config, f"{kind}_windows", None)
        width = m.model.config.cross_window if kind == "cross" else windows and windows[layer]
    if width is not None:
        rules.append("window")
    return tuple(rules), width


def weights(scores: ArrayLike, mask: ArrayLike) -> Weights:
    """−∞ before the softmax, as `model.attention` does it: (…, queries, keys); an empty row is all 0.

    Vaswani et al. 2017, §3.2.3.
    """
    logits, may = tensors(scores, mask)
    seen, masked = attention.apply_mask(logits, may)
    found: Weights = attention.softmax(masked, seen, None).numpy()
    return found


def zero_after_softmax(scores: ArrayLike, mask: ArrayLike) -> Weights:
    """0 after the softmax: what a masked key would have got is lost, and rows no longer sum to 1."""
    logits, may = tensors(scores, mask)
    everywhere = torch.ones_like(may)
    found: Weights = attention.softmax(logits, everywhere, None).masked_fill(~may, 0).numpy()
    return found


@dataclass(frozen=True, eq=False)
class Row:
    """One row under a mask, three ways; float32 (keys,). They differ only where nothing is left.

    infinite: PyTorch's softmax of −∞: NaN. finite: with −10⁹ added instead: the whole row comes back.
    ours: `model.attention`: all 0.
    """

    infinite: Weights
    finite: Weights
    ours: Weights


def row(scores: ArrayLike, mask: ArrayLike) -> Row:
    """What softmax makes of one row of scores (keys,) under a mask (keys,)."""
    logits, may = tensors(scores, mask)
    return Row(
        infinite=logits.masked_fill(~may, -torch.inf).softmax(-1).numpy(),
        finite=(logits + FINITE * ~may).softmax(-1).numpy(),
        ours=weights(logits[None], may[None])[0],
    )


def tensors(scores: ArrayLike, mask: ArrayLike) -> tuple[Tensor, Tensor]:
    """Scores and mask as PyTorch has them."""
    logits = torch.tensor(np.asarray(scores, dtype=np.float32))
    may = torch.tensor(np.asarray(mask, dtype=bool))
    if logits.shape != may.shape:
        raise ValueError(f"The scores are {tuple(logits.shape)}, but the mask is {tuple(may.shape)}.")
    return logits, may
