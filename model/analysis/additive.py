"""A head whose scores are no products, taken apart: vᵀ tanh(W s + U h) (Bahdanau et al. 2015, A.1.2).

Luong's "concat" (2015, eq. 8) is the same score: W_a [s; h] is W s + U h.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import nn

from model.analysis.head import Head, Matrix
from model.capture.checkpoint import Checkpoint
from model.capture.checks import check
from model.capture.encode import encode, readable, shift_right
from model.capture.forward import Row, forward
from model.capture.recorder import Recorder
from model.edits import Edit
from model.trace import Kind


@dataclass(frozen=True, eq=False)
class AdditiveHead(Head):
    """As Head, but that q is W s (queries, width) and k is U h (keys, width), which are added and not
    multiplied; dots are the scores, and scaling is 1.

    v_a: (width,), what weighs the features of tanh(q + k).
    """

    v_a: Matrix

    def mix(self, query: int) -> Matrix:
        """(keys, width): tanh(W s + U h) of one query and each key, -1 to 1."""
        mixed: Matrix = np.tanh(self.q[query] + self.k)
        return mixed

    def products(self, query: int) -> Matrix:
        """(keys, width): v times that, feature by feature; a row's sum is that key's score."""
        return self.v_a * self.mix(query)


def is_additive(m: Checkpoint, kind: Kind, layer: int) -> bool:
    """Whether a layer's scores are of this form."""
    return find_module(m, kind, layer) is not None


def find_module(m: Checkpoint, kind: Kind, layer: int) -> nn.Module | None:
    """The module that computes the scores of a layer so; None where none does."""
    return next(
        (
            module
            for module, site in m.sites.items()
            if site.is_additive and kind in site.kinds and site.layer in (None, layer)
        ),
        None,
    )


@torch.no_grad()
def additive_head(
    m: Checkpoint,
    text: str,
    written: Sequence[int],
    kind: Kind,
    layer: int,
    edits: Sequence[Edit] = (),
) -> AdditiveHead:
    """The one head of a layer in a pass over a text, under edits.

    written: the ids that an encoder-decoder writes for it. kind, layer: of the attention, from 0. Raises
    ValueError where its scores are of another form, and for a text that cannot be read.
    """
    module = find_module(m, kind, layer)
    if module is None:
        raise ValueError(f"The scores of layer {layer} of {m.name} are no vᵀ tanh(W s + U h).")
    check(m, edits)
    recorder = Recorder({kind: [layer]}, ["scores", "qkv", "output"])
    forward(m, Row(encode(m, readable(text)), shift_right(m, written)), [recorder], edits)
    kept = recorder.kept[kind, layer]

    def one(name: str) -> Matrix:
        return cast(Matrix, kept[name][0, 0].float().cpu().numpy())

    weights, scores = one("weights"), one("scores")
    return AdditiveHead(
        q=one("q"),
        k=one("k"),
        v=one("v"),
        dots=scores,
        scaling=1.0,
        scores=scores,
        mask=kept["mask"].expand(kept["weights"].shape)[0, 0].cpu().numpy(),
        weights=weights,
        output=one("output"),
        v_a=cast(Matrix, cast(nn.Linear, module.v_a).weight[0].float().cpu().numpy()),
    )
