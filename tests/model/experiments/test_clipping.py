"""One clipped update, against the same by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from model.experiments import clipping
from model.experiments.clipping import FirstWord, clip_one_step


@pytest.mark.parametrize("limit", [0.5, 1.0, 20.0, 1e6])
@pytest.mark.parametrize("seed", [1, 3])
def test_the_update_is_gradient_descent_with_a_shorter_gradient(limit: float, seed: int) -> None:
    found = clip_one_step(limit, seed)
    torch.manual_seed(seed)
    network = FirstWord(clipping.GAIN).double()
    words = torch.randint(clipping.VOCABULARY, (clipping.TEXTS, clipping.WORDS))
    for factor, after in ((1.0, found.loss_plain), (min(1.0, limit / found.norm), found.loss_clipped)):
        torch.manual_seed(seed)
        network = FirstWord(clipping.GAIN).double()
        loss = nn.functional.cross_entropy(network(words), words[:, 0])
        assert float(loss.detach()) == pytest.approx(found.loss)
        slopes = torch.autograd.grad(loss, list(network.parameters()))
        norm = math.sqrt(sum(float((slope**2).sum()) for slope in slopes))
        assert norm == pytest.approx(found.norm)
        with torch.no_grad():
            for parameter, slope in zip(network.parameters(), slopes, strict=True):
                parameter.sub_(clipping.RATE * factor * slope)
            again = float(nn.functional.cross_entropy(network(words), words[:, 0]))
        assert math.log(again) == pytest.approx(math.log(after), rel=1e-4, abs=1e-4)
    assert found.norm_clipped == pytest.approx(min(found.norm, limit), rel=1e-5)
    assert found.cosine == pytest.approx(1)
    assert found.guessing == pytest.approx(math.log(clipping.VOCABULARY))


def test_without_clipping_the_loss_is_thrown_off_the_cliff() -> None:
    found = clip_one_step(1.0)
    assert found.norm > 50
    assert found.loss_clipped < found.loss < 1e6 < found.loss_plain
    assert found.step_clipped < 1 < found.step
    assert len(found.lengths) == len(found.losses)
    near = int(np.argmin(np.abs(np.log(found.lengths / found.step_clipped))))
    assert found.losses[near] == pytest.approx(found.loss_clipped, rel=0.05)


@pytest.mark.parametrize("limit", [0, -1, math.inf, math.nan])
def test_a_limit_that_is_none_is_refused(limit: float) -> None:
    with pytest.raises(ValueError, match="norm above 0"):
        clip_one_step(limit)
