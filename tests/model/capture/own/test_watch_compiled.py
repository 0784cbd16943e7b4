"""What torch.compile has made is heard as it is written, and is compiled again afterwards."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from model import Cut, watch
from tests.model.capture.own.modules import Stack, hooks, texts, vectors


class Counting:
    """A backend that runs graphs as they are, and counts how often."""

    def __init__(self) -> None:
        self.ran = 0

    def __call__(self, graph: torch.fx.GraphModule, _inputs: Any) -> Any:
        def run(*args: Any) -> Any:
            self.ran += 1
            return graph(*args)

        return run


def compiled(way: str, backend: Counting) -> tuple[Any, Stack]:
    stack = Stack()
    made: Any = stack
    if way == "wrapped":
        made = torch.compile(stack, backend=backend)
    elif way == "in place":
        stack.compile(backend=backend)
    elif way == "a part":
        made.blocks[1].attention = torch.compile(made.blocks[1].attention, backend=backend)
    else:
        made.blocks[1].forward = torch.compile(made.blocks[1].forward, backend=backend)
    return made, stack


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("way", ["wrapped", "in place", "a part", "a method"])
@torch.no_grad()
def test_a_compiled_module(way: str, warm: bool) -> None:
    backend = Counting()
    made, _ = compiled(way, backend)
    plain, x = Stack(), vectors()
    if warm:
        made(x)
    ran = backend.ran
    for edits in ([], [Cut("decoder", 3, 1)]):
        with watch(plain, edits) as wanted:
            expected = plain(x)
        with watch(made, edits) as seen:
            found = made(x)
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-6)
        np.testing.assert_allclose(
            seen.trace(texts(5))["decoder"].weights, wanted.trace(texts(5))["decoder"].weights, atol=1e-6
        )
    assert backend.ran == ran
    torch.testing.assert_close(made(x), plain(x), rtol=0, atol=1e-6)
    assert backend.ran > ran
    assert hooks(made) == 0


@torch.no_grad()
def test_a_compiled_function_in_a_module() -> None:
    backend = Counting()

    @torch.compile(backend=backend)
    def attend(x: Tensor) -> Tensor:
        return F.softmax(x @ x.mT, -1) @ x

    class Own(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            made: Tensor = attend(x)
            return made

    own = Own()
    for count in (4, 5, 6, 4):
        x = vectors(count)
        own(x)
        ran = backend.ran
        with watch(own) as seen:
            own(x)
        assert backend.ran == ran
        np.testing.assert_allclose(
            seen.trace(texts(count))["encoder"].weights[0, 0], torch.softmax(x @ x.mT, -1)[0], atol=1e-6
        )


@torch.no_grad()
def test_blocks_of_several_threads_that_overlap() -> None:
    backend = Counting()
    made, _ = compiled("wrapped", backend)
    made(vectors())
    began, ended = threading.Event(), threading.Event()

    def look() -> None:
        with torch.no_grad(), watch(made) as seen:
            began.set()
            ended.wait(60)
            made(vectors())
        assert len(seen.calls) == 2

    thread = threading.Thread(target=look)
    with watch(made):
        thread.start()
        began.wait(60)
    ran = backend.ran
    ended.set()
    thread.join()
    assert backend.ran == ran  # the other one was still inside
    made(vectors())
    assert backend.ran == ran + 1
