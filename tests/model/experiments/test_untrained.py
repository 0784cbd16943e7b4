"""The untrained twins: alike but for their norm, and growing as the theory of norms says."""

from __future__ import annotations

import numpy as np
import torch

from model import load
from model.capture.residual_stream import follow, lengths
from model.experiments.untrained import build_untrained


def test_twins_differ_in_nothing_but_their_norm() -> None:
    m = load("checkpoints/pronouns")
    after, before = (build_untrained(m, norm, 3) for norm in ("after", "before"))
    one, two = dict(after.model.named_parameters()), dict(before.model.named_parameters())
    assert set(two) - set(one) == {"encoder.norm.weight", "encoder.norm.bias"}
    for name, parameter in one.items():
        assert torch.equal(parameter, two[name])


def test_norm_after_keeps_the_length_and_norm_before_lets_it_grow() -> None:
    """Behind a norm of gain 1 a vector's length is √d_model; bare sums grow from layer to layer."""
    m = load("checkpoints/pronouns")
    after, before = (
        lengths(follow(build_untrained(m, norm, 8), "The dog was tired.", layers=[]).last.states)
        for norm in ("after", "before")
    )
    np.testing.assert_allclose(after[1:], 128**0.5, rtol=1e-3)
    assert (np.diff(before.mean(-1)) > 0).all()


def test_the_global_dice_are_left_alone() -> None:
    m = load("checkpoints/pronouns")
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    build_untrained(m, "before", 1)
    assert torch.equal(torch.rand(2), expected)
