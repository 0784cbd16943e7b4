"""How widely a head spreads its attention.

The entropy of a query's weights, H = −Σⱼ pⱼ log₂ pⱼ (Shannon 1948, "A Mathematical Theory of Communication",
§6; of attention: Vig and Belinkov 2019, "Analyzing the Structure of Attention in a Transformer Language
Model"), from 0 for a query that looks at one token to log₂ n for one that looks evenly at n; the mean over
the queries of one text.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from model.analysis.measures import Measure
from model.capture.observers import Place
from model.errors import N_


class Entropy(Measure):
    """In bits, 0 to log₂ of the number of keys."""

    name, title, unit = "entropy", N_("Attention entropy"), N_("bits")
    told = N_(
        "How widely a head spreads its weight: 0 bits is a single token, and every further bit "
        "doubles the number of tokens that share it."
    )

    def of(self, weights: Tensor, place: Place, first: int) -> Tensor:
        return torch.special.entr(weights).sum(-1) / math.log(2)


MEASURES = (Entropy,)
