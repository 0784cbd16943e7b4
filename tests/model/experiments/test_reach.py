"""How far networks reach: autograd against the chain rule in NumPy, closed forms and finite differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import nn

from model.experiments import reach
from model.experiments.reach import NETWORKS, Reach
from model.networks.recurrent.cells import Weights

Array = NDArray[np.float64]

PHI: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "tanh": (np.tanh, lambda a: 1 / np.cosh(a) ** 2),
    "sigmoid": (lambda a: 1 / (1 + np.exp(-a)), lambda a: np.exp(-a) / (1 + np.exp(-a)) ** 2),
    "relu": (lambda a: np.maximum(a, 0), lambda a: (a > 0).astype(float)),
}


def chain(network: str, x: Array, w: Weights, draw: int) -> Array:
    """∂h_t/∂x_s = ∏ diag(φ') W · diag(φ'_s) U, for the words from the last but one back to the first."""
    phi, slope = PHI[network]
    U, W, b_U, b_W = (part[draw].numpy() for part in w)  # noqa: N806 - as in the papers
    h, slopes = np.zeros(len(W)), []
    for word in x:
        a = U @ word + b_U + W @ h + b_W
        h = phi(a)
        slopes.append(slope(a))
    product, found = np.eye(len(W)), []
    for s in range(len(x) - 1, -1, -1):
        found.append(product @ np.diag(slopes[s]) @ U)
        product = product @ np.diag(slopes[s]) @ W
    return np.stack(found[1:])


@settings(max_examples=15, deadline=None)
@given(
    st.sampled_from(reach.ELMAN),
    st.integers(0, 1000),
    st.floats(0.3, 5),
    st.integers(2, 9),
    st.integers(1, 30),
)
def test_the_derivative_is_the_product_of_jacobians(
    network: str, seed: int, gain: float, width: int, far: int
) -> None:
    found = reach.measure_recurrent(network, gain, width=width, farthest=far, seeds=(seed, seed + 1))
    words = reach.draw_words(far + 1, width, (seed, seed + 1)).numpy()
    weights = reach.draw_weights(network, width, (seed, seed + 1), gain)
    for draw in range(2):
        product = chain(network, words[:, draw], weights, draw)
        expected = np.sqrt((product**2).sum((1, 2)))
        np.testing.assert_allclose(found.norms[draw], expected, rtol=1e-9, atol=1e-300)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 6), st.integers(2, 12))
def test_where_every_relu_is_open_it_is_a_power_of_w(seed: int, width: int, count: int) -> None:
    """With weights and words above 0 the network is linear: ∂h_t/∂x_s = W^(t-s) U."""
    draw = torch.Generator().manual_seed(seed)
    U, W = (torch.rand(1, width, width, generator=draw, dtype=torch.float64) for _ in range(2))  # noqa: N806
    zero = torch.zeros(1, width, dtype=torch.float64)
    words = reach.copy_words(torch.rand(count, 1, width, generator=draw, dtype=torch.float64) + 0.1)
    states = reach.unroll("relu", words, Weights(U, W, zero, zero))
    found = reach.differentiate(states[-1], words)
    for s in range(count):
        power = np.linalg.matrix_power(W[0].numpy(), count - 1 - s) @ U[0].numpy()
        np.testing.assert_allclose(found[s, 0], power, rtol=1e-10)


def difference(read: Callable[[Array], Array], x: Array) -> Array:
    """‖∂h/∂x_s‖ for each word of x (words, width), by central differences."""
    step, found = 1e-5, np.zeros(len(x))
    for s, feature in np.ndindex(x.shape):
        moved = np.zeros_like(x)
        moved[s, feature] = step
        found[s] += (((read(x + moved) - read(x - moved)) / (2 * step)) ** 2).sum()
    return np.sqrt(found)


@pytest.mark.parametrize("network", ["lstm", "gru", "sigmoid", "tanh"])
@pytest.mark.parametrize("gain", [1.0, 3.0])
def test_recurrent_derivatives_equal_finite_differences_of_pytorchs_layers(network: str, gain: float) -> None:
    width, count, seed = 5, 7, 4
    found = reach.measure_recurrent(network, gain, 1.0, width, count - 1, (seed,))
    weights = reach.draw_weights(network, width, (seed,), gain, 1.0)
    kind = {"lstm": nn.LSTM, "gru": nn.GRU}.get(network, nn.RNN)
    layer = kind(width, width, batch_first=True).double()
    if network == "sigmoid":  # which PyTorch has not: σ(a) = (1 + tanh(a / 2)) / 2
        return
    with torch.no_grad():
        for name, part in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), weights, strict=True):
            getattr(layer, f"{name}_l0").copy_(part[0])

    def read(x: Array) -> Array:
        with torch.no_grad():
            last: Array = layer(torch.from_numpy(x)[None])[0][0, -1].numpy()
        return last

    words = reach.draw_words(count, width, (seed,))[:, 0].numpy()
    np.testing.assert_allclose(found.norms[0], difference(read, words)[-2::-1], rtol=1e-6)


@pytest.mark.parametrize(("layers", "alone"), [(1, False), (3, False), (1, True)])
def test_the_transformers_derivatives_equal_finite_differences(layers: int, alone: bool) -> None:
    width, count, seed = 8, 6, 2
    found = reach.measure_transformer(layers, width, count - 1, (seed,), alone=alone)
    torch.manual_seed(seed)
    network = reach.build_transformer(width, layers)
    words = reach.place_words(reach.draw_words(count, width, (seed,))[:, 0]).numpy()

    def read(x: Array) -> Array:
        with torch.no_grad():
            last: Array = reach.read_causally(network, torch.from_numpy(x)[None], alone)[0, -1].numpy()
        return last

    np.testing.assert_allclose(found.norms[0], difference(read, words)[-2::-1], rtol=1e-5)


def test_weights_are_those_that_pytorch_begins_with() -> None:
    weights = reach.draw_weights("lstm", 6, (3, 4), gain=2.0, forget_bias=1.5)
    for draw, seed in enumerate((3, 4)):
        torch.manual_seed(seed)
        layer: Any = nn.LSTM(6, 6).double()
        assert torch.equal(weights.U[draw], layer.weight_ih_l0)
        assert torch.equal(weights.W[draw], 2 * layer.weight_hh_l0)
        added = weights.b_U[draw] + weights.b_W[draw] - layer.bias_ih_l0 - layer.bias_hh_l0
        expected = torch.zeros(24, dtype=torch.float64)
        expected[6:12] = 1.5  # PyTorch's order: input, forget, candidate, output
        torch.testing.assert_close(added.detach(), expected)
        assert float(weights.U[draw].abs().max()) <= 6**-0.5


def test_no_derivative_is_lost_to_underflow() -> None:
    """A sigmoid's derivatives 200 words back have squares that no float64 holds."""
    found = reach.measure("sigmoid", 0.5)
    assert (found.norms > 0).all()
    assert np.isfinite(found.norms).all()
    assert (found.norms[:, -1] < 1e-200).all()
    assert not (found.norms[:, -1] ** 2).any()
    steps = np.diff(np.log(found.norms), axis=1)
    assert (np.abs(steps[:, 100:].mean(1) - steps[:, 10:100].mean(1)) < 0.02).all()  # as straight as before
    exploded = reach.measure("relu", 8.0)
    assert np.isfinite(exploded.norms).all()
    assert (exploded.norms[:, -1] > 1e80).all()


@settings(max_examples=50)
@given(st.lists(st.floats(-3, 3), min_size=4, max_size=4), st.integers(-300, 150))
def test_norms_of_very_small_and_large_matrices(values: list[float], power: int) -> None:
    matrix = np.array(values).round(3).reshape(2, 2)
    found = float(reach.measure_norm(matrix * 10.0**power))
    assert found == pytest.approx(float(np.linalg.norm(matrix)) * 10.0**power, rel=1e-9)


@pytest.mark.parametrize("network", reach.ELMAN)
@pytest.mark.parametrize("gain", [0.5, 1.0, 2.0, 4.0])
def test_the_theory_bounds_and_comes_near(network: str, gain: float) -> None:
    found = reach.measure_recurrent(network, gain, farthest=80)
    theory = found.theory
    assert theory is not None
    away = np.arange(found.norms.shape[1])
    # ‖A B‖ ≤ ‖A‖₂ ‖B‖ at each step; the first one is φ' U alone.
    weights = reach.draw_weights(network, reach.WIDTH, range(4), gain)
    start = np.linalg.norm(weights.U.numpy(), axis=(1, 2)) * theory.most
    assert (found.norms <= start[:, None] * theory.bound[:, None] ** (away + 1)).all()
    assert (np.abs(np.log(found.factor / theory.by_square)) < 0.25).all()
    assert (theory.by_radius <= theory.by_square).all()
    assert (theory.radius <= theory.largest).all()


def test_a_row_says_what_the_textbook_says() -> None:
    shares = {network: reach.measure(network).kept[:, 99] for network in NETWORKS}
    assert max(float(shares[network].max()) for network in NETWORKS[:-1]) < 1e-18
    assert float(shares["transformer"].min()) > 0.3
    biased = [reach.measure("lstm", 1.0, bias).kept[:, 99].min() for bias in (0.0, 1.0, 2.0)]
    assert biased[0] < 1e-15 < biased[1] < 1e-6 < biased[2]


def test_what_is_typical_is_the_geometric_mean() -> None:
    found = Reach(np.array([[1.0, 1e-200], [4.0, 1e-300]]))
    np.testing.assert_allclose(found.typical, [2.0, 1e-250])
    np.testing.assert_allclose(found.factor, [1e-200, 2.5e-301])


def without(words: Sequence[int], place: int) -> list[int]:
    return [word for word in words if word != place]


@pytest.mark.parametrize("network", ["tanh", "lstm", "gru"])
def test_leaving_out_is_reading_anew_without_the_word(network: str) -> None:
    width, count, seed = 4, 6, 9
    found = reach.leave_out(network, 1.5, 1.0, width, count, (seed,))  # type: ignore[arg-type]
    words = reach.draw_words(count, width, (seed,))[:, 0]
    weights = reach.draw_weights(network, width, (seed,), 1.5, 1.0)
    layer = {"lstm": nn.LSTM, "gru": nn.GRU}.get(network, nn.RNN)(width, width).double()
    with torch.no_grad():
        for name, part in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), weights, strict=True):
            getattr(layer, f"{name}_l0").copy_(part[0])
        whole = layer(words)[0][-1]
        for away in range(1, count):
            rest = layer(words[without(range(count), count - 1 - away)])[0][-1]
            expected = float((rest - whole).norm() / whole.norm())
            assert found[0, away - 1] == pytest.approx(expected, rel=1e-9)


def test_leaving_out_of_a_transformer() -> None:
    width, count, seed = 8, 5, 1
    found = reach.leave_out("transformer", width=width, words=count, seeds=(seed,))
    torch.manual_seed(seed)
    [layer] = reach.build_transformer(width, 1)
    words = reach.place_words(reach.draw_words(count, width, (seed,))[:, 0])
    with torch.no_grad():
        whole = layer(words[None])[0, -1]  # the last word sees all: no mask is needed
        for away in range(1, count):
            rest = layer(words[without(range(count), count - 1 - away)][None])[0, -1]
            expected = float((rest - whole).norm() / whole.norm())
            assert found[0, away - 1] == pytest.approx(expected, rel=1e-9)


def test_the_global_dice_are_left_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    reach.measure_recurrent("lstm", width=4, farthest=3)
    reach.measure_transformer(1, 4, 3)
    assert torch.equal(torch.rand(2), expected)
