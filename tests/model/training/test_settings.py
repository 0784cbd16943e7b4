"""What of a run can be set, against transformers' schedules and what a config makes of it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import Refusal
from model.networks import families
from model.networks.config import CompactConfig
from model.tasks import Recipe, find, tasks
from model.training.settings import LEARNING, SWITCHES, config_with, learning_rates, parse, recipe_with

RECIPE = Recipe(max_steps=400, batch_size=64, learning_rate=2e-3, warmup_steps=100)


def test_what_is_typed_is_read_as_json_or_as_text() -> None:
    found = parse(["d_model=256", "norm=before", "encoder_windows=[4, null]", "causal=false", "clip=3e-1"])
    told = {"d_model": 256, "norm": "before", "encoder_windows": [4, None], "causal": False, "clip": 0.3}
    assert found == told
    for wrong in ("d_model", "vocab_size=3", "=3", "max_steps=3", "task=x", "__class__=1"):
        with pytest.raises(ValueError, match="cannot be set; write NAME=VALUE with one of network"):
            parse([wrong])
    assert not set(SWITCHES) & set(LEARNING)


@pytest.mark.parametrize("name", sorted({*tasks()} - {"sentiment", "tags"}))  # those read with recurrent ones
@pytest.mark.parametrize("norm", ["before", "after"])
@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "rotary", "alibi", "none"])
def test_every_task_can_be_learned_by_every_kind_of_model(name: str, norm: str, positions: str) -> None:
    class Words:
        pad_token_id, bos_token_id, eos_token_id = 0, 2, 3

        def __len__(self) -> int:
            return 50

    told: Any = find(name).config(Words())  # type: ignore[arg-type]
    made = config_with(
        told, {"norm": norm, "positions": positions, "d_model": 48, "num_heads": 2, "experts": 3}
    )
    assert (made.norm, made.positions, made.experts, made.d_k, made.d_v) == (norm, positions, 3, 24, 24)
    assert made.architecture == told.architecture
    assert (made.task, made.vocab_size, made.source_labels) == (told.task, 50, told.source_labels)


def test_derived_widths_and_windows_follow() -> None:
    config = CompactConfig(d_model=128, num_heads=4, encoder_layers=2, encoder_windows=[4, None])
    assert config_with(config, {}) is config
    more = config_with(config, {"encoder_layers": 4, "d_v": 16})
    assert (more.encoder_windows, more.d_k, more.d_v) == ([4, None, None, None], 32, 16)
    own = config_with(CompactConfig(d_model=128, num_heads=4, d_k=16, d_v=8), {"dropout": 0.2})
    assert (own.d_k, own.d_v) == (16, 8), "what was not derived stays"
    fewer = config_with(config, {"encoder_layers": 1})
    assert fewer.encoder_windows == [4]
    families.build(more)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"d_model": 30}, "must be a multiple of the number of heads"),
        ({"encoder_layers": 0}, "needs a model of the kind encoder-decoder, not decoder"),
        ({"norm": "sideways"}, "norm must be one of after, before"),
        ({"d_model": "wide"}, "value that is no number"),
        ({"d_ff": None}, "d_ff must be at least 1, not None"),
        ({"dropout": 1}, "dropout must be at least 0 and below 1"),
        ({"experts": 2, "experts_per_token": 3}, "\\(experts_per_token\\) must be between 1"),
    ],
)
def test_what_cannot_be_built_is_refused(given: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        config_with(CompactConfig(), given)


@pytest.mark.parametrize(
    "given",
    [
        {"batch_size": 0},
        {"learning_rate": 0},
        {"learning_rate": "fast"},
        {"warmup_steps": -1},
        {"schedule": "x"},
        {"optimizer": "sgd"},
        {"momentum": 1},
        {"weight_decay": "much"},
        {"consistency": -1},
        {"consistency": "high"},
        {"batch_size": 2.5},
        {"warmup_steps": 0.5},
        {"betas": 0.9},
        {"betas": [0.9]},
        {"betas": [0.9, "x"]},
        {"betas": [0.9, 1]},
        {"clip": "high"},
        {"clip": -1},
        {"half": "yes"},
        {"bf16": 1},
    ],
)
def test_a_recipe_that_cannot_be_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        recipe_with(RECIPE, given)


@settings(max_examples=30)
@given(
    st.sampled_from(["cosine", "paper", "constant"]),
    st.integers(2, 3000),
    st.integers(1, 500),
    st.floats(1e-5, 1e-2),
)
def test_the_learning_rate_is_the_schedules(schedule: str, max_steps: int, warmup: int, rate: float) -> None:
    recipe = recipe_with(
        RECIPE, {"schedule": schedule, "warmup_steps": warmup, "learning_rate": rate}, max_steps
    )
    steps, rates = learning_rates(recipe)
    assert steps[0] == 0
    assert steps[-1] == max_steps
    for step, found in zip(steps, rates, strict=True):
        if step < warmup:
            expected = rate * step / warmup
        elif schedule == "paper":  # d_model^-0.5 · min(step^-0.5, step · warmup^-1.5), scaled to its peak
            expected = rate * math.sqrt(warmup / step)
        elif schedule == "constant":
            expected = rate
        else:
            done = (step - warmup) / max(1, max_steps - warmup)
            expected = rate * max(0, 0.5 * (1 + math.cos(math.pi * done)))
        assert found == pytest.approx(expected, rel=1e-6, abs=1e-12)


def test_the_papers_own_schedule() -> None:
    """Equation 3 of "Attention Is All You Need", for d_model 512 and 4000 steps of warm-up."""
    peak = (512 * 4000) ** -0.5
    steps, rates = learning_rates(Recipe(100_000, 1, peak, 4000, schedule="paper"))
    for step, rate in zip(steps[1:], rates[1:], strict=True):
        assert rate == pytest.approx(512**-0.5 * min(step**-0.5, step * 4000**-1.5))


def test_fewer_steps_have_less_warm_up() -> None:
    assert recipe_with(RECIPE, {}, 10).warmup_steps == 5
    assert recipe_with(RECIPE, {"warmup_steps": 8}, 10).warmup_steps == 8


@pytest.mark.parametrize("task", ["pronouns", "reverse", "copy", "sort"])
@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_recurrent_network_has_a_recipe_of_its_own(task: str, cell: str) -> None:
    alone = find(task)
    assert alone.recurrent is not None
    assert alone.with_data((), {"network": cell}).recipe == alone.recurrent != alone.recipe
    for told in ({}, {"network": "transformer"}):
        assert alone.with_data((), told).recipe == alone.recipe
