"""Loading a model can be ended while it is at work."""

from __future__ import annotations

from pathlib import Path

import pytest

from census.makers import TEXT, make
from model import load, trace
from model.capture.encode import encode
from model.capture.forward import Row
from model.capture.interrupt import heed, heeding
from tests.model.capture.test_paths import LIMIT, numbered, patched


class NotWanted(BaseException):
    """As Streamlit's, which is no Exception, so that nobody takes it for a fault."""


class Waiting:
    """Waits for so many steps."""

    def __init__(self, most: int) -> None:
        self.most, self.steps = most, 0

    def __call__(self) -> None:
        self.steps += 1
        if self.steps > self.most:
            raise NotWanted


def test_loading_ends_wherever_it_is(tmp_path: Path) -> None:
    make("bert", tmp_path)
    patient = Waiting(10**9)
    whole = trace(load(tmp_path, on_step=patient), TEXT)
    assert patient.steps > 100  # before each module in each of its passes
    for most in (0, 1, 2, patient.steps // 2, patient.steps - 1):
        waiting = Waiting(most)
        with pytest.raises(NotWanted):
            load(tmp_path, on_step=waiting)
        assert waiting.steps == most + 1
    assert trace(load(tmp_path), TEXT) == whole


def test_a_check_that_is_ended_is_made_the_next_time() -> None:
    m = patched(lambda self, out: out)
    ids = encode(m, numbered(LIMIT + 5))
    with pytest.raises(NotWanted), heeding(Waiting(30)):
        m.reach([Row(ids)])
    assert m.model.config._attn_implementation == "headlight"
    hooks = sum(len(module._forward_pre_hooks) for module in m.model.modules())
    patient = Waiting(10**9)
    with heeding(patient):
        assert m.reach([Row(ids)]) is m
        steps = patient.steps
        assert steps > 0
        assert m.reach([Row(ids)]) is m
    assert patient.steps == steps
    assert sum(len(module._forward_pre_hooks) for module in m.model.modules()) == hooks


def test_nobody_is_asked_where_nobody_waits() -> None:
    heed()
