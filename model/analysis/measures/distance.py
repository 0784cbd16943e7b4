"""How far a head looks.

The mean distance Σⱼ pⱼ |i − j| of what query i looks at (Vig and Belinkov 2019, "Analyzing the Structure of
Attention in a Transformer Language Model"; there over a corpus, here the mean over the queries of one text).
"""

from __future__ import annotations

import torch
from torch import Tensor

from model.analysis.measures import Measure
from model.capture.observers import Place
from model.errors import N_


class Distance(Measure):
    """In tokens, 0 to the length of the text.

    Not of cross-attention, whose two sides are two texts, nor of a model's latents, which stand nowhere.
    """

    name, title, unit = "distance", N_("Attention distance"), N_("tokens")
    told = N_(
        "How many tokens away a head looks, averaged by weight: 0 is the token itself, 1 its neighbour."
    )
    kinds = ("encoder", "decoder")

    def wants(self, place: Place) -> bool:
        sides = self.sides.get(place.kind) if place.kind else None
        are_latents = sides is not None and all(sides[0].special)
        return super().wants(place) and not are_latents

    def of(self, weights: Tensor, place: Place, first: int) -> Tensor:
        queries = torch.arange(first, first + weights.shape[1], device=weights.device)
        keys = torch.arange(weights.shape[2], device=weights.device)
        return (weights * (queries[:, None] - keys).abs()).sum(-1)


MEASURES = (Distance,)
