"""What is told of a run before it starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from model import load
from model.errors import Refusal
from model.tasks import find
from model.training.estimate import outline
from model.training.folder import Run

SHIPPED = Path(__file__).parents[3] / "checkpoints"


@pytest.mark.parametrize("name", ["repeat", "pronouns-ko"])
def test_the_parameters_are_those_of_the_model_that_comes_of_it(name: str) -> None:
    found = outline(Run(name))
    assert found.parameters == load(SHIPPED / name).parameters
    assert found.recipe == find(name).recipe


def test_what_is_set_is_taken_into_account() -> None:
    plain, wide = outline(Run("reverse")), outline(Run("reverse", max_steps=10, settings={"d_ff": 512}))
    # Two feed-forward networks, each with two matrices and the inner bias.
    assert wide.parameters - plain.parameters == 2 * (2 * 64 + 1) * (512 - 128)
    assert wide.recipe.max_steps == 10


def test_a_run_that_begins_with_a_checkpoint_has_its_numbers() -> None:
    begun = str(SHIPPED / "pronouns-experts")
    found = outline(Run("pronouns", settings={"dropout": 0.3}, start=begun))
    assert found.parameters == load(begun).parameters > outline(Run("pronouns")).parameters
    with pytest.raises(ValueError, match="must have its layers and sizes"):
        outline(Run("pronouns", settings={"d_ff": 64}, start=begun))


def test_nobodys_draws_are_disturbed() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    outline(Run("copy", settings={"dropout": 0.5}))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_model_of_any_size_is_not_built_to_be_told_how_large_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    real = torch.empty

    def empty(*size: int, **how: Any) -> torch.Tensor:
        made = real(*size, **how)
        assert made.is_meta or made.numel() < 1_000_000, "it was built"
        return made

    monkeypatch.setattr(torch, "empty", empty)
    large = {"d_model": 512, "d_ff": 2048, "encoder_layers": 6, "decoder_layers": 6, "experts": 8}
    with pytest.raises(Refusal, match=r"would have \d+,\d+,\d+ parameters, and at most 100,000,000"):
        outline(Run("pronouns", settings=large))
