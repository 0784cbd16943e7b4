"""Many threads at once: nobody's model is spoilt."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import torch
from transformers import PreTrainedModel

from model import load, trace
from model.experiments.untrained import untrained

SHIPPED = Path(__file__).parents[2] / "checkpoints"
TEXTS = {
    "pronouns": "The animal was tired.",
    "pronouns-ko": "철수는 영희를 만났다. 그는 웃었다.",
    "repeat": "do re mi do re",
}


def test_models_that_threads_load_and_make_at_once_are_whole() -> None:
    """While transformers loads, it changes its own classes, for every thread."""
    alone = {name: trace(load(SHIPPED / name), text) for name, text in TEXTS.items()}
    one = load(SHIPPED / "pronouns")
    made = untrained(one, "after", 2).model.state_dict()
    before = PreTrainedModel.tie_weights, PreTrainedModel.init_weights, torch.nn.init.normal_
    start = Barrier(8)

    def work(place: int) -> None:
        start.wait()
        for _ in range(4):
            if place % 4 == 3:
                for key, weight in untrained(one, "after", 2).model.state_dict().items():
                    assert torch.equal(weight, made[key]), key
            else:
                name = [*TEXTS][place % 4]
                again = trace(load(SHIPPED / name), TEXTS[name])
                for kind in again.kinds:
                    assert (again[kind].weights == alone[name][kind].weights).all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert (PreTrainedModel.tie_weights, PreTrainedModel.init_weights, torch.nn.init.normal_) == before
