"""Muon beside AdamW: what each of them moves, and by how much."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from model.networks.config import CompactConfig
from model.networks.pretrained import CompactForConditionalGeneration
from model.tasks import Recipe, find
from model.training.card import optimizer as named
from model.training.optimizer import Muon, Together, muon

RECIPE = Recipe(
    10, batch_size=4, learning_rate=0.01, warmup_steps=0, weight_decay=0.1, optimizer="muon", momentum=0.9
)


def network(seed: int = 0) -> CompactForConditionalGeneration:
    torch.manual_seed(seed)
    config = CompactConfig(
        vocab_size=20, d_model=16, num_heads=2, d_ff=32, encoder_layers=1, decoder_layers=1,
        dropout=0.0, source_labels=20,
    )  # fmt: skip
    return CompactForConditionalGeneration(config).eval()


def loss(net: CompactForConditionalGeneration, seed: int) -> Tensor:
    ids = torch.randint(4, 20, (4, 6), generator=torch.Generator().manual_seed(seed))
    found: Tensor = net(input_ids=ids, labels=ids.flip(1), source_labels=ids).loss
    return found


def learned(net: CompactForConditionalGeneration, optimizer: Together, steps: range) -> None:
    for step in steps:
        loss(net, step).backward()
        optimizer.step()
        optimizer.zero_grad()


def test_matrices_of_layers_are_muons_and_each_weight_is_moved_by_one() -> None:
    net = network()
    name_of = {id(weight): name for name, weight in net.named_parameters()}
    matrices, others = (
        {name_of[id(weight)] for group in part.param_groups for weight in group["params"]}
        for part in muon(net, RECIPE).parts
    )
    assert matrices | others == set(name_of.values())
    assert not matrices & others
    assert len(matrices) == (4 + 2) + (8 + 2)  # W_Q, W_K, W_V and W_O of each attention; each network's two
    assert {name for name in others if "layers" not in name} == {
        "encoder.embedding.tokens.weight", "source_output.weight", "source_output.bias"
    }  # fmt: skip
    assert all("norm" in name or name.endswith("bias") for name in others if "layers" in name)


def test_a_step_is_the_gradient_with_singular_values_of_about_one() -> None:
    net = network()
    optimizer = muon(net, RECIPE)
    weight = net.get_parameter("encoder.layers.0.self_attention.W_Q.weight")
    loss(net, 0).backward()
    assert weight.grad is not None
    before, gradient = weight.detach().clone(), weight.grad.double()
    optimizer.step()
    # Without the decay, and in units of 0.2 √max(m, n), which is what a step of AdamW comes to.
    moved = before * (1 - 0.01 * 0.1) - weight.detach()
    moved = moved.double() / (0.01 * 0.2 * max(weight.shape) ** 0.5)
    left, _, right = torch.linalg.svd(gradient)
    within = (left.T @ moved @ right.T).numpy()  # the step, seen along the gradient's own directions
    found = np.linalg.svd(moved.numpy(), compute_uv=False)
    assert found.max() < 1.3
    assert np.median(found) > 0.6
    assert np.abs(within - np.diag(np.diag(within))).max() < 0.1
    assert np.diag(within)[: len(within) // 2].min() > 0.6


def test_a_step_is_that_of_torchs_own() -> None:
    """Which goes through the matrices one by one."""
    ours, theirs = network(), network()
    chosen = [
        [w for name, w in net.named_parameters() if "layers." in name and w.ndim == 2]
        for net in (ours, theirs)
    ]
    one = Muon(chosen[0], lr=0.02, weight_decay=0.1, momentum=0.9)
    other = torch.optim.Muon(
        chosen[1], lr=0.02, weight_decay=0.1, momentum=0.9, adjust_lr_fn="match_rms_adamw"
    )
    before = [weight.detach().clone() for weight in chosen[0]]
    for step in range(4):
        for net, optimizer in ((ours, one), (theirs, other)):
            optimizer.zero_grad()
            loss(net, step).backward()
            optimizer.step()
    for weight, expected, begin in zip(*chosen, before, strict=True):
        assert (weight - expected).norm() < 0.05 * (expected - begin).norm()  # bfloat16


def test_matrices_can_have_a_rate_of_their_own() -> None:
    parts = muon(network(), replace(RECIPE, matrix_rate=3.0)).parts
    assert [group["lr"] for part in parts for group in part.param_groups] == pytest.approx([0.03, 0.01])


def test_what_is_no_matrix_of_a_layer_is_moved_as_adamw_moves_it() -> None:
    ours, theirs = network(), network()
    optimizer = muon(ours, RECIPE)
    adamw = torch.optim.AdamW(theirs.parameters(), lr=0.01, betas=RECIPE.betas, weight_decay=0)
    loss(ours, 0).backward()
    loss(theirs, 0).backward()
    optimizer.step()
    adamw.step()
    for name in ("encoder.embedding.tokens.weight", "encoder.layers.0.add_norm_1.norm.weight"):
        torch.testing.assert_close(ours.get_parameter(name), theirs.get_parameter(name))


def test_it_goes_on_from_its_state_as_if_it_had_not_stopped() -> None:
    whole, stopped = network(), network()
    learned(whole, muon(whole, RECIPE), range(6))
    first = muon(stopped, RECIPE)
    learned(stopped, first, range(3))
    second = muon(stopped, RECIPE)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    learned(stopped, second, range(3, 6))
    for ours, theirs in zip(stopped.parameters(), whole.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_a_schedule_reaches_all_of_it_after_a_state_was_loaded_too() -> None:
    net = network()
    optimizer = muon(net, RECIPE)
    optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    schedule = LambdaLR(optimizer, lambda step: 0.5**step)
    learned(net, optimizer, range(1))
    schedule.step()
    assert [group["lr"] for part in optimizer.parts for group in part.param_groups] == [0.005, 0.005]
    before = [weight.detach().clone() for weight in net.parameters()]
    for group in optimizer.param_groups:
        group["lr"] = 0.0
    learned(net, optimizer, range(1))
    assert all(torch.equal(old, new) for old, new in zip(before, net.parameters(), strict=True))


def test_it_takes_no_closure() -> None:
    with pytest.raises(ValueError, match="take no closure"):
        muon(network(), RECIPE).step(lambda: 0.0)


def test_it_needs_fewer_steps_than_adamw_alone() -> None:
    ours, theirs = network(), network()
    optimizer = muon(ours, RECIPE)
    learned(ours, optimizer, range(60))
    adamw = Together([torch.optim.AdamW(theirs.parameters(), lr=0.01, betas=RECIPE.betas, weight_decay=0.1)])
    learned(theirs, adamw, range(60))
    assert loss(ours, 100) < loss(theirs, 100)


def test_the_card_says_which() -> None:
    assert named(RECIPE) == (
        "Muon (momentum 0.9, weight decay 0.1) for the layers' matrices, AdamW (betas 0.9, 0.98) for the rest"
    )
    assert named(find("copy").recipe) == "AdamW (betas 0.9, 0.98, weight decay 0)"
