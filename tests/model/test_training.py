"""Training: what a run leaves behind, stopping it and going on, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from model import load, trace
from model.tasks import find, tasks
from model.training.run import train

ROOT = Path(__file__).parents[2]
STEPS = 16
FINISHED = {
    "README.md", "config.json", "generation_config.json", "metrics.jsonl", "model.safetensors",
    "sentencepiece.model", "tokenizer_config.json",
}  # fmt: skip
SMALL = {
    "model.tasks.pronouns.SENTENCES": 300,
    "model.tasks.pronouns.VOCABULARY_SENTENCES": 300,
    "model.tasks.pronouns.score.PAIRS": 4,
}
# The command line, with as little data as above.
PROGRAM = """
import runpy, sys
import model.tasks.pronouns as pronouns
from model.tasks.pronouns import score
pronouns.SENTENCES = pronouns.VOCABULARY_SENTENCES = 300
score.PAIRS = 4
sys.argv = ["model.training", *sys.argv[1:]]
runpy.run_module("model.training", run_name="__main__")
"""


@pytest.fixture(autouse=True, scope="module")
def little_data() -> Iterator[None]:
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setattr(name, value)
        yield
    torch.set_num_threads(threads)


def started(*arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def metrics(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def finished(little_data: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run from beginning to end."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    assert train("pronouns", folder, max_steps=STEPS, seed=3, threads=1)
    return folder


def test_a_finished_run_is_a_checkpoint_and_nothing_else(finished: Path) -> None:
    assert {path.name for path in finished.rglob("*")} == FINISHED


def test_each_line_of_the_metrics_is_a_step_further(finished: Path) -> None:
    lines = metrics(finished)
    assert [line["step"] for line in lines] == list(range(1, STEPS + 1))
    assert all(
        set(line) == {"step", "loss", "learning_rate", "gradient_norm", "examples_per_second"}
        for line in lines
    )
    assert all(line["examples_per_second"] > 0 for line in lines)
    assert lines[-1]["loss"] < lines[0]["loss"]
    rates = [line["learning_rate"] for line in lines]
    peak = rates.index(max(rates))
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert max(rates) <= find("pronouns").recipe.learning_rate


def test_a_finished_run_can_be_loaded_and_traced(finished: Path) -> None:
    m = load(finished)
    assert m.architecture == "encoder-decoder"
    assert m.model.config.task == "pronouns"
    assert m.first_head
    assert m.first_head["kind"] == "encoder"
    assert m.first_head["query"] == "it"
    found = trace(m, "The animal didn't cross the street because it was too tired.")
    assert found.encoder
    assert found.encoder.weights.shape[:2] == (2, 4)


def test_the_card_says_how_it_was_made_and_how_good_it_is(finished: Path) -> None:
    text = (finished / "README.md").read_text(encoding="utf-8")
    assert text.startswith("---\nlicense: apache-2.0\n")
    assert text.count("\n---\n") == 1
    made_by = f"python -m model.training pronouns --output runs/pronouns --seed 3 --max-steps {STEPS}"
    assert f"    {made_by}\n" in text
    assert f"{STEPS} steps of AdamW" in text
    head = load(finished).first_head
    assert head
    assert f'encoder layer {head["layer"] + 1}, head {head["head"] + 1}, from "it"' in text
    for measure in ("both_members_right", "antecedent_weight", "pronoun_accuracy", "exact_translation"):
        assert f"| `{measure}` | 0." in text or f"| `{measure}` | 1.000 |" in text
    assert "| `pairs` | 4 |" in text


def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "stopped"
    run = started(
        "pronouns", "--output", str(folder), "--max-steps", str(STEPS), "--seed", "3", "--threads", "1"
    )
    assert run.stdout
    for line in run.stdout:
        if line.startswith("step 3 "):
            run.send_signal(signal.SIGINT)
            break
    said, errors = run.communicate(timeout=60)
    assert run.returncode == 0, errors
    assert "go on with --resume" in said
    steps = [line["step"] for line in metrics(folder)]
    assert 3 <= len(steps) < STEPS
    load(folder)  # what there is can be looked at

    assert train("pronouns", folder, resume=True, threads=1)
    assert {path.name for path in folder.rglob("*")} == FINISHED
    whole, resumed = metrics(finished), metrics(folder)
    assert [line["step"] for line in resumed] == [line["step"] for line in whole]
    assert [line["loss"] for line in resumed] == pytest.approx([line["loss"] for line in whole], abs=1e-5)
    expected = load_file(finished / "model.safetensors")
    weights = load_file(folder / "model.safetensors")
    assert weights.keys() == expected.keys()
    for name, value in weights.items():
        torch.testing.assert_close(value, expected[name], rtol=0, atol=1e-6)


def test_the_command_line_trains_and_says_how_it_goes(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    run = started("pronouns-shortcut", "--output", str(folder), "--max-steps", "2", "--threads", "1")
    said, errors = run.communicate(timeout=60)
    assert run.returncode == 0, errors
    assert "step 1 of 2   loss " in said
    scores = json.loads(said[said.index("{") :])
    assert scores["pairs"] == 4
    assert {path.name for path in folder.rglob("*")} == FINISHED
    config = json.loads((folder / "config.json").read_text())
    assert (config["task"], config["encoder_windows"], config["source_labels"]) == (
        "pronouns-shortcut",
        None,
        0,
    )


def test_the_command_line_refuses_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    run = started("pronouns", "--output", str(tmp_path))
    _, errors = run.communicate(timeout=60)
    assert run.returncode == 2
    assert errors.strip().splitlines()[-1].startswith(f"{tmp_path} is not empty;")
    assert "Traceback" not in errors


# What is refused


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="is not empty; choose another folder"):
        train("pronouns", tmp_path)
    with pytest.raises(ValueError, match="is not empty; choose another folder"):
        train("pronouns", tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_there_must_be_something_to_go_on_with(tmp_path: Path, finished: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing", finished):
        with pytest.raises(ValueError, match="There is no interrupted run in"):
            train("pronouns", folder, resume=True)


def test_a_run_goes_on_with_its_own_task(tmp_path: Path) -> None:
    (tmp_path / "resume" / "checkpoint-5").mkdir(parents=True)
    (tmp_path / "resume" / "run.json").write_text('{"task": "pronouns", "max_steps": 9, "seed": 0}')
    with pytest.raises(ValueError, match="is of the task pronouns, not pronouns-shortcut"):
        train("pronouns-shortcut", tmp_path, resume=True)


def test_an_unknown_task_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no task called 'poetry'; there are pronouns"):
        train("poetry", tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert all(find(name).name == name for name in tasks())


@pytest.mark.parametrize("steps", [0, -1])
def test_no_steps_are_refused(tmp_path: Path, steps: int) -> None:
    with pytest.raises(ValueError, match=f"at least 1 step, not {steps}"):
        train("pronouns", tmp_path / "new", max_steps=steps)
    assert not (tmp_path / "new").exists()
