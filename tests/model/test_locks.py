"""Many threads at once: nobody's model is spoilt. Many processes: one has a file's lock."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import torch
from transformers import PreTrainedModel

from model import load, trace
from model.experiments.untrained import build_untrained
from model.locks import is_taken, take

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
    made = build_untrained(one, "after", 2).model.state_dict()
    before = PreTrainedModel.tie_weights, PreTrainedModel.init_weights, torch.nn.init.normal_
    start = Barrier(8)

    def work(place: int) -> None:
        start.wait()
        for _ in range(4):
            if place % 4 == 3:
                for key, weight in build_untrained(one, "after", 2).model.state_dict().items():
                    assert torch.equal(weight, made[key]), key
            else:
                name = [*TEXTS][place % 4]
                again = trace(load(SHIPPED / name), TEXTS[name])
                for kind in again.kinds:
                    assert (again[kind].weights == alone[name][kind].weights).all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert (PreTrainedModel.tie_weights, PreTrainedModel.init_weights, torch.nn.init.normal_) == before


def test_the_lock_of_a_file_is_one_holders_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert not is_taken(path)
    assert not path.exists()  # who looks leaves nothing behind
    held = take(path)
    assert held is not None
    assert is_taken(path)
    assert take(path) is None
    held.release()
    assert not is_taken(path)


def test_a_lock_that_is_taken_again_is_free_when_it_was_released_as_often(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first, second = take(path, again=True), take(path, again=True)
    assert first is not None
    assert second is not None
    assert take(path) is None  # for whoever did not ask for it
    first.release()
    assert is_taken(path)
    second.release()
    assert not is_taken(path)


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import pathlib, sys\nfrom model.locks import take\n"
        "held = take(pathlib.Path(sys.argv[1]))\nprint(held is not None, flush=True)\nsys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout
    assert other.stdout.readline() == "True\n"
    assert is_taken(path)
    assert take(path, wait=0.05) is None
    other.kill()
    other.communicate()
    mine = take(path, wait=5)
    assert mine is not None
    mine.release()
