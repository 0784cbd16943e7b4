"""What layers cost: the table's formulas, PyTorch's own count, and the same all at once and one by one."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from model.analysis.head import Ear
from model.experiments.parallel import (
    LAYERS,
    TIMED,
    Times,
    build,
    count_multiplications,
    find_complexity,
    fit_exponent,
    measure_times,
    read_all,
    read_one_by_one,
)
from model.listening import RecurrentCall, listening
from model.networks.recurrent.layers import Recurrence

SIZES = st.integers(1, 5000)


@given(SIZES, SIZES, st.integers(2, 9))
def test_the_table_of_the_paper(n: int, d: int, k: int) -> None:
    attention, recurrent, convolution = (find_complexity(layer, n, d, k) for layer in LAYERS)
    assert (attention.operations, recurrent.operations) == (n * n * d, n * d * d)
    assert convolution.operations == k * recurrent.operations
    assert (attention.sequential, recurrent.sequential, convolution.sequential) == (1, n, 1)
    assert (attention.path, recurrent.path) == (1, n)
    assert convolution.path == 1 or k ** (convolution.path - 1) < n
    assert k**convolution.path >= n
    assert (attention.operations > recurrent.operations) == (n > d)  # they cross at n = d


def test_sizes_that_are_none_are_refused() -> None:
    for sizes in ((0, 4, 3), (4, 0, 3), (4, 4, 1)):
        with pytest.raises(ValueError, match="words and features"):
            find_complexity("attention", *sizes)


@settings(max_examples=10, deadline=None)
@given(st.integers(1, 20), st.sampled_from([4, 8, 12]), st.sampled_from(TIMED))
def test_multiplications_are_those_that_pytorch_counts(n: int, d: int, layer: Any) -> None:
    module = build(layer, d)
    with FlopCounterMode(display=False) as counter, listening(Ear()), torch.no_grad():
        if isinstance(module, Recurrence):
            module.unroll(torch.randn(1, n, d), None, None, RecurrentCall())
        else:
            read_all(module, torch.randn(1, n, d))
    assert 2 * count_multiplications(layer, n, d) == counter.get_total_flops()


@pytest.mark.parametrize("layer", TIMED)
def test_one_by_one_makes_the_same_as_all_at_once(layer: Any) -> None:
    module, x = build(layer, 12), torch.randn(3, 11, 12)
    with torch.no_grad():
        whole = read_all(module, x)
    torch.testing.assert_close(read_one_by_one(module, x), whole, rtol=1e-4, atol=1e-5)
    changed = x.clone()
    changed[:, 6:] = 0
    with torch.no_grad():  # and nobody looks ahead
        torch.testing.assert_close(read_all(module, changed)[:, :6], whole[:, :6], rtol=1e-4, atol=1e-5)


@given(st.floats(0.2, 3), st.floats(1e-6, 1))
def test_an_exponent_is_found_again(exponent: float, first: float) -> None:
    lengths = (16, 32, 64, 128)
    assert fit_exponent(lengths, [first * n**exponent for n in lengths]) == pytest.approx(exponent)


@pytest.mark.parametrize("mode", ["train", "write"])
def test_everything_is_timed_in_turns(mode: Any) -> None:
    asked: list[int] = []
    times = measure_times(8, mode, (2, 4), 2, 0.0, (2, 3), lambda: asked.append(1))
    assert isinstance(times, Times)
    assert (times.mode, times.width, times.texts, times.lengths, times.rounds) == (mode, 8, 2, (2, 4), 2)
    assert times.threads == torch.get_num_threads()
    assert set(times.seconds) == set(TIMED)
    assert all(found.shape == (2,) and (found > 0).all() for found in times.seconds.values())
    assert len(asked) == 3 * len(TIMED) * 2  # the first round does not count
    assert math.isfinite(times.exponent("lstm"))


def test_who_is_not_waited_for_any_more_ends() -> None:
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        measure_times(4, lengths=(2,), on_step=stop)
