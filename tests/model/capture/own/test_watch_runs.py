"""A module that runs, or calls its attention, more than once: rows put together, layers counted, or a no."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from model import Cut, watch
from model.errors import Refusal
from tests.model.capture.own.modules import HEADS, WIDTH, Block, SelfAttention, Stack, softmax, texts, vectors


class Recurrent(nn.Module):
    """A decoder with additive attention (Bahdanau et al. 2015), which looks at all of a text at each step."""

    def __init__(self, in_one: bool) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.in_one = in_one
        self.cell = nn.GRUCell(WIDTH, WIDTH)
        self.query, self.key, self.score = nn.Linear(WIDTH, 8), nn.Linear(WIDTH, 8), nn.Linear(8, 1)

    def step(self, x: Tensor, state: Tensor, source: Tensor) -> Tensor:
        scores = self.score(torch.tanh(self.query(state)[:, None] + self.key(source))).transpose(1, 2)
        context = torch.bmm(scores.softmax(-1), source)[:, 0]
        made: Tensor = self.cell(x + context, state)
        return made

    def forward(self, x: Tensor, state: Tensor, source: Tensor) -> Tensor:
        if not self.in_one:
            return self.step(x, state, source)
        for one in x.unbind(1):
            state = self.step(one, state, source)
        return state

    def weights(self, x: Tensor, state: Tensor, source: Tensor) -> np.ndarray:
        """(batch, steps, keys), by NumPy."""
        found = []
        for one in x.unbind(1):
            sums = self.query(state).numpy()[:, None] + self.key(source).numpy()
            found.append(
                softmax((np.tanh(sums) @ self.score.weight.numpy().T + self.score.bias.numpy())[..., 0])
            )
            state = self.step(one, state, source)
        return np.stack(found, 1)


@pytest.mark.parametrize("in_one", [True, False])
@torch.no_grad()
def test_the_steps_of_a_recurrent_decoder_are_rows_of_one_layer(in_one: bool) -> None:
    decoder, source, x = Recurrent(in_one), vectors(6, batch=2), vectors(4, batch=2, seed=1)
    begin = torch.zeros(2, WIDTH)
    wanted = decoder.weights(x, begin, source)

    def run() -> Tensor:
        if in_one:
            return decoder(x, begin, source)
        state = begin
        for one in x.unbind(1):
            state = decoder(one, state, source)
        return state

    alone = run()
    with watch(decoder, heads=1) as seen:
        assert torch.equal(run(), alone)
    assert len(seen.calls) == 4
    assert seen.paths == {"cross": ("",)}
    for row in range(2):
        found = seen.trace(texts(6), texts(4, "y"), row=row)["cross"].weights
        np.testing.assert_allclose(found, wanted[None, None, row], atol=1e-6)
    with pytest.raises(Refusal, match=r"4 queries and 6 keys.* where the tokens are 3 and 6"):
        seen.trace(texts(6), texts(3, "y"))

    with watch(decoder, [Cut("cross", query=2, key=5)], heads=1) as seen:
        changed = run()
    assert not torch.allclose(changed, alone)
    found = seen.trace(texts(6), texts(4, "y"))["cross"].weights[0, 0]
    np.testing.assert_allclose(found[:2], wanted[0, :2], atol=1e-6)
    lost = wanted[0, 2] * (np.arange(6) != 5)
    np.testing.assert_allclose(found[2], lost / lost.sum(), atol=1e-6)
    assert found[3, 5] > 0
    with pytest.raises(Refusal, match="Nothing was changed"), watch(decoder, [Cut("cross", 4, 0)], heads=1):
        run()


class Cached(nn.Module):
    """Two layers of causal attention that keep what they have read, to go on from there."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = Stack()
        self.kept: list[tuple[Tensor, Tensor] | None] = [None, None]

    def forward(self, x: Tensor) -> Tensor:
        for number, block in enumerate(self.stack.blocks):
            assert isinstance(block, Block)
            one = block.attention
            y = block.norm(x)
            q, k, v = (one.split(y, linear, HEADS) for linear in (one.q, one.k, one.v))
            before = self.kept[number]
            if before is not None:
                k, v = (torch.cat([old, new], 2) for old, new in zip(before, (k, v), strict=True))
            self.kept[number] = (k, v)
            mask = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool).tril(k.shape[2] - q.shape[2])
            made = F.scaled_dot_product_attention(q, k, v, mask)
            x = x + one.out(made.transpose(1, 2).flatten(2))
            x = x + block.mlp(x)
        return x


@pytest.mark.parametrize("cuts", [(7,), (1,) * 7, (3, 1, 1, 2), (1, 2, 4)])
@torch.no_grad()
def test_with_a_cache_the_rows_of_all_steps_are_one_triangle(cuts: tuple[int, ...]) -> None:
    cached, x = Cached(), vectors(7)
    wanted = cached.stack.weights(x)[:, 0]
    edit = Cut("decoder", query=5, key=2)
    for edits in ([], [edit]):
        cached.kept = [None, None]
        with watch(cached, edits) as seen:
            made = torch.cat([cached(part) for part in x.split(cuts, 1)], 1)
        stack = seen.trace(texts(7))["decoder"]
        assert stack.layers == (0, 1)
        if not edits:
            np.testing.assert_allclose(stack.weights, wanted, atol=1e-5)
            torch.testing.assert_close(made, cached.stack(x), rtol=0, atol=1e-5)
            continue
        allowed = np.tri(7, dtype=bool)
        allowed[5, 2] = False
        np.testing.assert_allclose(stack.weights, cached.stack.weights(x, allowed)[:, 0], atol=1e-5)
    with pytest.raises(Refusal):
        seen.trace(texts(6))


@torch.no_grad()
def test_a_text_that_is_read_anew_at_each_step() -> None:
    stack, x = Stack(), vectors(4)
    with watch(stack) as seen:
        for end in (1, 2, 3, 4):
            stack(x[:, :end])
    with pytest.raises(Refusal, match=r"In 4 runs of the module its attention.*say with run="):
        seen.trace(texts(4))
    for run, end in ((0, 1), (2, 3), (3, 4), (-1, 4)):
        found = seen.trace(texts(end), run=run)["decoder"].weights
        np.testing.assert_allclose(found, stack.weights(x[:, :end])[:, 0], atol=1e-5)
    for run in (4, -5):
        with pytest.raises(Refusal, match=f"in 4 runs of the module, counted from 0; there is no run {run}"):
            seen.trace(texts(4), run=run)


@torch.no_grad()
def test_two_runs_of_one_length() -> None:
    stack, one, other = Stack(), vectors(4), vectors(4, seed=1)
    with watch(stack) as seen:
        stack(one)
        stack(other)
    with pytest.raises(Refusal, match="In 2 runs of the module"):
        seen.trace(texts(4))
    for run, x in enumerate((one, other)):
        found = seen.trace(texts(4), run=run)["decoder"].weights
        np.testing.assert_allclose(found, stack.weights(x)[:, 0], atol=1e-5)


@torch.no_grad()
def test_one_module_that_serves_as_every_layer() -> None:
    class Looped(nn.Module):
        def __init__(self, way: str) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.attention = SelfAttention(way)

        def forward(self, x: Tensor) -> Tensor:
            for _ in range(3):
                x = x + self.attention(x)
            return x

    for way in ("kernel", "function", "softmax"):
        looped, x = Looped(way).eval(), vectors()
        with watch(looped) as seen:
            looped(x)
        weights = seen.trace(texts(5))["decoder"].weights
        assert seen.paths == {"decoder": ("attention",) * 3}
        for layer in range(3):
            with watch(looped.attention) as one:
                y = looped.attention(x)
            np.testing.assert_allclose(weights[layer], one.trace(texts(5))["decoder"].weights[0], atol=1e-6)
            x = x + y
        with watch(looped, [Cut("decoder", 3, 1, layer=1)]) as seen:
            looped(vectors())
        cut = seen.trace(texts(5))["decoder"].weights[:, :, 3, 1]
        assert [bool((row > 0).all()) for row in cut] == [True, False, True]


@torch.no_grad()
def test_layers_with_other_numbers_of_heads() -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.first, self.second = SelfAttention(heads=2), SelfAttention(heads=4)

        def forward(self, x: Tensor) -> Tensor:
            made: Tensor = self.second(x + self.first(x))
            return made

    odd = Odd().eval()
    with watch(odd) as seen:
        odd(vectors())
    weights = seen.trace(texts(5))["decoder"].weights
    assert weights.shape == (2, 4, 5, 5)
    assert (weights[0, 2:] == 0).all()
    np.testing.assert_allclose(weights[0, :2].sum(-1), 1, atol=1e-6)
    with watch(odd, record=["qkv"]) as seen:
        odd(vectors())
    with pytest.raises(Refusal, match="not of one width"):
        seen.trace(texts(5))


@torch.no_grad()
def test_two_softmaxes_before_their_values() -> None:
    class Both(nn.Module):
        """The maps of two heads, each a softmax of its own, are computed before either is used."""

        def forward(self, q: Tensor, k: Tensor) -> Tensor:
            one, other = (F.softmax(x @ x.mT, -1) for x in (q, k))
            return one @ q + other @ k

    q, k = torch.randn(2, 1, 5, 8, generator=torch.Generator().manual_seed(0)).unbind(0)
    both = Both()
    with watch(both) as seen:
        both(q, k)
    weights = seen.trace(texts(5))["encoder"].weights
    for found, x in zip(weights, (q, k), strict=True):
        np.testing.assert_allclose(found[0], softmax((x @ x.mT)[0].numpy()), atol=1e-6)
    with (
        pytest.raises(Refusal, match="Layers could not be counted"),
        watch(both, [Cut("encoder", 0, 0, layer=0)]),
    ):
        both(q, k)
