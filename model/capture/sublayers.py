"""One layer's call taken apart: residual, normalisation, feed-forward and experts, from what its modules did.

No list of model names: what a layer's modules were given and what they made is looked at, and whatever is
told here has been checked to lead from what entered the layer to what left it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from model.networks.feed_forward import MixtureOfExperts
from model.networks.transformer import Norm as Order
from model.trace import Kind

Matrix = NDArray[np.float32]
Part = Literal["self-attention", "cross-attention", "feed-forward"]


class Event(NamedTuple):
    """One module's call: the first tensor that it was given, and the first that it made."""

    module: nn.Module
    given: Tensor
    made: Tensor


@dataclass(frozen=True, eq=False)
class Norm:
    """LayerNorm(x) = g ⊙ (x − μ) / σ + b (Ba et al. 2016, eq. 4), each token by itself. All float32.

    kind: "layer", or "rms", which subtracts no mean: g ⊙ x / √(mean of x²) (Zhang and Sennrich 2019).
    x, normalised, result: (tokens, d_model). mean, deviation: (tokens,); of "rms" the mean is 0 and the
    deviation the root mean square. deviation: √(variance + ε). gain, bias: (d_model,).
    """

    kind: Literal["layer", "rms"]
    x: Matrix
    mean: Matrix
    deviation: Matrix
    normalised: Matrix
    gain: Matrix
    bias: Matrix
    result: Matrix


@dataclass(frozen=True, eq=False)
class Units:
    """The hidden units of a position-wise feed-forward network (Vaswani et al. 2017, eq. 2).

    fired: float32 (tokens, d_ff), what W_2 is given. raw: the same before the activation, x W_1 + b_1;
    None where more than one matrix makes the units (gated networks).
    relu: whether fired is max(0, raw).
    """

    fired: Matrix
    raw: Matrix | None
    relu: bool


@dataclass(frozen=True, eq=False)
class Experts:
    """A mixture of experts at work: y = Σ G(x)_i E_i(x) (Shazeer et al. 2017, eq. 1).

    probabilities: float32 (tokens, experts), the softmax of the gate over all experts.
    chosen: int64 (tokens, k), which experts run, the likeliest first. shares: float32 (tokens, k), G(x).
    outputs: float32 (tokens, k, d_model), E_i(x) of the chosen ones.
    """

    probabilities: Matrix
    chosen: NDArray[np.int64]
    shares: Matrix
    outputs: Matrix

    @property
    def weighted(self) -> Matrix:
        """(tokens, k, d_model): G(x)_i E_i(x); their sum over k is what the mixture says."""
        return self.shares[..., None] * self.outputs


@dataclass(frozen=True, eq=False)
class Sublayer:
    """Attention or feed-forward with what stands around it (§3.1). Vectors are float32 (tokens, d_model).

    order: "after", LayerNorm(x + Sublayer(x)), or "before", x + Sublayer(LayerNorm(x)).
    x: what enters. output: what the sublayer says. sum: x + output. norm: of the sum, or of x.
    units: of a feed-forward network; None where it cannot be seen into. experts: of a mixture.
    """

    part: Part
    order: Order
    x: Matrix
    output: Matrix
    sum: Matrix
    norm: Norm
    units: Units | None = None
    experts: Experts | None = None

    @property
    def given(self) -> Matrix:
        """What the sublayer itself reads."""
        return self.x if self.order == "after" else self.norm.result

    @property
    def after(self) -> Matrix:
        """What leaves, and enters what comes next."""
        return self.norm.result if self.order == "after" else self.sum


def take_apart(
    x: Tensor, y: Tensor, events: Sequence[Event], kinds: Mapping[nn.Module, Kind]
) -> tuple[Sublayer, ...]:
    """The sublayers of one layer's call, in order; none where its inside is of another make.

    x, y: what entered and left, (1, tokens, d_model). events: what its modules did, in the order in which
    they were done. kinds: of the modules that are attention.
    """
    events = [alike(event, x) for event in events]
    norms = [i for i, e in enumerate(events) if is_norm(e.module) and e.given.shape == x.shape]
    if not norms:
        return ()
    attending = {child: kind for module, kind in kinds.items() for child in module.modules()}
    order: Order
    if close(events[norms[-1]].made, y):
        order = "after"
        enters = [x, *(events[i].made for i in norms[:-1])]
        sums = [events[i].given for i in norms]
        spans = [events[i + 1 : j] for i, j in zip([-1, *norms], norms, strict=False)]
    elif close(events[norms[0]].given, x):
        order = "before"
        enters = [events[i].given for i in norms]
        sums = [*enters[1:], y]
        spans = [events[i + 1 : j] for i, j in zip(norms, [*norms[1:], len(events)], strict=True)]
    else:
        return ()
    sublayers = []
    for i, entering, total, span in zip(norms, enters, sums, spans, strict=True):
        norm = normalisation(events[i])
        output = find_summand(entering, total, span)
        if norm is None or output is None:
            return ()
        # By the matrices within: an attention module that holds its own norm is done only behind it.
        heard = {attending[e.module] for e in span if e.module in attending and is_matrix(e.module)}
        part: Part = "feed-forward"
        if heard:
            part = "cross-attention" if "cross" in heard else "self-attention"
        experts = mixture(span)
        sublayers.append(
            Sublayer(
                part=part,
                order=order,
                x=rows(entering),
                output=rows(output),
                sum=rows(total),
                norm=norm,
                units=units(span, x.shape[-1]) if part == "feed-forward" and experts is None else None,
                experts=experts,
            )
        )
    attends = any(sublayer.part != "feed-forward" for sublayer in sublayers)
    return tuple(sublayers) if attends else ()


def alike(event: Event, x: Tensor) -> Event:
    """The event with its tensors in the shape of x where they are as large: some layers flatten a while."""

    def reshape(tensor: Tensor) -> Tensor:
        same = tensor.shape[-1:] == x.shape[-1:] and tensor.numel() == x.numel() and tensor.dim() < 3
        return tensor.reshape(x.shape) if same else tensor

    return Event(event.module, reshape(event.given), reshape(event.made))


def find_summand(x: Tensor, total: Tensor, span: Sequence[Event]) -> Tensor | None:
    """What one of the modules made that, added to x, is the total: the outermost of those that did."""
    for event in reversed(span):
        if event.made.shape == x.shape and close(x + event.made, total):
            return event.made
    return None


def is_norm(module: nn.Module) -> bool:
    """Whether it is a normalisation with a gain, by what it is called: there is no common class."""
    gain = getattr(module, "weight", None)
    return "Norm" in type(module).__name__ and isinstance(gain, Tensor) and gain.dim() == 1


def normalisation(event: Event) -> Norm | None:
    """What a norm did. Which formula it follows is found by trying; None where it follows neither."""
    module: Any = event.module
    x, made = event.given.float(), event.made.float()
    epsilon = getattr(module, "eps", getattr(module, "variance_epsilon", 0.0))
    gain = module.weight.detach().float()
    bias = getattr(module, "bias", None)
    bias = torch.zeros_like(gain) if bias is None else bias.detach().float()
    mean = x.mean(-1, keepdim=True)
    deviation = (x.var(-1, correction=0, keepdim=True) + epsilon).sqrt()
    root = (x.square().mean(-1, keepdim=True) + epsilon).sqrt()
    # Gemma's norms learn how much the gain differs from 1.
    for kind, centre, spread, g in (
        ("layer", mean, deviation, gain),
        ("rms", torch.zeros_like(mean), root, gain),
        ("rms", torch.zeros_like(mean), root, 1 + gain),
    ):
        normalised = (x - centre) / spread
        if close(g * normalised + bias, made):
            return Norm(
                kind=kind,  # type: ignore[arg-type]
                x=rows(x),
                mean=array(centre[0, :, 0]),
                deviation=array(spread[0, :, 0]),
                normalised=rows(normalised),
                gain=array(g),
                bias=array(bias),
                result=rows(made),
            )
    return None


def units(span: Sequence[Event], d_model: int) -> Units | None:
    """The hidden units between the last matrix and those before it; None where there is no such pair."""
    matrices = [event for event in span if is_matrix(event.module)]
    if not matrices or matrices[-1].made.shape[-1] != d_model:
        return None
    fired = matrices[-1].given
    makers = [
        event
        for event in matrices[:-1]
        if event.given.shape[-1] == d_model and event.made.numel() % fired.numel() == 0
    ]
    if not makers:
        return None
    raw = makers[0].made if len(makers) == 1 and makers[0].made.shape == fired.shape else None
    relu = raw is not None and torch.equal(raw.relu(), fired)
    return Units(rows(fired), None if raw is None else rows(raw), relu)


def is_matrix(module: nn.Module) -> bool:
    """A Linear, or what GPT-2 calls Conv1D."""
    weight = getattr(module, "weight", None)
    return isinstance(weight, Tensor) and weight.dim() == 2 and not isinstance(module, nn.Embedding)


def mixture(span: Sequence[Event]) -> Experts | None:
    """What a mixture of experts did; None where there is none."""
    found = next((event for event in span if isinstance(event.module, MixtureOfExperts)), None)
    if found is None or not isinstance(moe := found.module, MixtureOfExperts):
        return None
    tokens = found.given.flatten(0, -2)
    heard = {event.module: event.made for event in span}
    shares, chosen = moe.gate(tokens)
    outputs = tokens.new_zeros(*chosen.shape, tokens.shape[-1])
    for i, expert in enumerate(moe.experts):
        token, rank = (chosen == i).nonzero(as_tuple=True)  # the order in which they were sent to it
        outputs[token, rank] = heard[expert]
    return Experts(
        probabilities=array(heard[moe.W_g].softmax(-1)),
        chosen=chosen.cpu().numpy(),
        shares=array(shares),
        outputs=array(outputs),
    )


def close(a: Tensor, b: Tensor) -> bool:
    """Equal but for rounding, measured by the largest number there is."""
    if a.shape != b.shape:
        return False
    size = float(b.abs().max()) if b.numel() else 0.0
    return torch.allclose(a.float(), b.float(), rtol=1e-4, atol=1e-5 * max(size, 1e-3))


def rows(x: Tensor) -> Matrix:
    """(1, tokens, width), or without the first axis, as float32 (tokens, width)."""
    return array(x.reshape(-1, x.shape[-1]))


def array(x: Tensor) -> Matrix:
    """A copy as float32 NumPy, which nothing that the model does later changes."""
    found: Matrix = x.detach().to("cpu", torch.float32, copy=True).numpy()
    return found
