"""Training: what a run leaves behind, stopping it and going on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from model import load, trace
from model.tasks import find
from model.traces import film
from model.training.folder import Run, status
from model.training.precision import matrix_type
from model.training.run import train

ROOT = Path(__file__).parents[3]
STEPS = 10
LOOKS = 5
FINISHED = {
    "README.md", "config.json", "film.safetensors", "generation_config.json", "metrics.jsonl",
    "model.safetensors", "sentencepiece.model", "tokenizer_config.json", "words.tsv",
}  # fmt: skip
SMALL = {
    "model.tasks.pronouns.SENTENCES": 300,
    "model.tasks.pronouns.VOCABULARY_SENTENCES": 300,
    "model.tasks.pronouns.VALIDATION_SENTENCES": 8,
    "model.tasks.pronouns.score.PAIRS": 4,
    "model.tasks.pronouns.score.WATCHED": 2,
    "model.training.run.LOOKS": LOOKS,
}
# The command line, with as little data as above.
PROGRAM = """
import runpy, sys
import model.tasks.pronouns as pronouns
from model.tasks.pronouns import score
from model.training import run
pronouns.SENTENCES = pronouns.VOCABULARY_SENTENCES = 300
pronouns.VALIDATION_SENTENCES = 8
score.PAIRS, score.WATCHED, run.LOOKS = 4, 2, 5
{change}
sys.argv = ["model.training", *sys.argv[1:]]
runpy.run_module("model.training", run_name="__main__")
"""
# It is killed, as by the machine, when it begins to make its training data.
KILLED = """
import os, signal
pronouns.PronounTask.examples = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(autouse=True, scope="module")
def little_data() -> Iterator[None]:
    threads = torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setattr(name, value)
        yield
    torch.set_num_threads(threads)


def started(*arguments: str, change: str = "") -> subprocess.Popen[str]:
    """The command line at work. change: what else is different in its program."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(change=change), *arguments],
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
    assert train(Run("pronouns", STEPS, seed=3), folder, threads=1)
    return folder


def assert_same(folder: Path, expected: Path) -> None:
    """Whether two runs ended the same: in what was learned, in every report, and in what the card says."""
    assert {path.name for path in folder.rglob("*")} == {path.name for path in expected.rglob("*")}
    ours, theirs = metrics(folder), metrics(expected)
    assert [line["step"] for line in ours] == [line["step"] for line in theirs]
    for line, other in zip(ours, theirs, strict=True):
        for name in {"loss", "validation_loss"} & line.keys():
            assert line[name] == pytest.approx(other[name], abs=1e-5)
        assert line.get("samples") == other.get("samples")
    ours_film, theirs_film = film.read(folder), film.read(expected)
    assert ours_film
    assert theirs_film
    assert ours_film.steps == theirs_film.steps
    assert ours_film.strengths is not None
    assert theirs_film.strengths is not None
    np.testing.assert_allclose(ours_film.strengths, theirs_film.strengths, atol=1e-5)
    weights, others = load_file(folder / "model.safetensors"), load_file(expected / "model.safetensors")
    assert weights.keys() == others.keys()
    for name, value in weights.items():
        torch.testing.assert_close(value, others[name], rtol=0, atol=1e-6)
    for name in ("README.md", "words.tsv"):
        assert (folder / name).read_text(encoding="utf-8") == (expected / name).read_text(encoding="utf-8")
    configs = [json.loads((run / "config.json").read_text()) for run in (folder, expected)]
    assert configs[0] == configs[1]
    assert configs[0]["use_cache"]  # by which a folder without a generation config would write


def test_a_finished_run_is_a_checkpoint_and_nothing_else(finished: Path) -> None:
    assert {path.name for path in finished.rglob("*")} == FINISHED


def test_each_line_of_the_metrics_is_a_step_further(finished: Path) -> None:
    lines = [line for line in metrics(finished) if "loss" in line]
    assert [line["step"] for line in lines] == list(range(1, STEPS + 1))
    speeds = {"examples_per_second", "tokens_per_second"}
    told = {"step", "seconds", "loss", "learning_rate", "gradient_norm"} | speeds
    assert all(set(line) == told for line in lines)
    assert all(line[speed] > 0 for line in lines for speed in speeds)
    # A sentence of the grammar has about twelve words, and so has its French.
    assert all(10 < line["tokens_per_second"] / line["examples_per_second"] < 60 for line in lines)
    assert lines[-1]["loss"] < lines[0]["loss"]
    rates = [line["learning_rate"] for line in lines]
    peak = rates.index(max(rates))
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    recipe = find("pronouns").recipe
    assert max(rates) <= recipe.learning_rate * recipe.matrix_rate * 1.000001  # Muon's, of the matrices


def test_it_looks_at_what_it_has_not_learned_from_on_the_way(finished: Path) -> None:
    looks = [line for line in metrics(finished) if "loss" not in line]
    assert [line["step"] for line in looks] == list(range(STEPS // LOOKS, STEPS + 1, STEPS // LOOKS))
    for line in looks:
        assert set(line) == {"step", "seconds", "validation_loss", "scores", "samples"}
        assert set(line["scores"]) == {"both_members_right", "pronoun_accuracy"}
        assert all(len(sample) == 3 for sample in line["samples"])
    assert looks[-1]["validation_loss"] < looks[0]["validation_loss"]


def test_its_heads_are_filmed(finished: Path) -> None:
    found = film.read(finished)
    assert found
    assert found.steps == tuple(range(STEPS + 1))
    m = load(finished)
    for scene in found.scenes:
        now = trace(m, scene.source, scene.target)
        last, first = scene.trace(-1), scene.trace(0)
        assert (last.kinds, last.output_text) == (now.kinds, scene.target)
        for kind in now.kinds:
            assert last[kind].queries == now[kind].queries
            np.testing.assert_allclose(last[kind].weights, now[kind].weights, atol=0.005)
            assert np.abs(first[kind].weights - now[kind].weights).max() > 0.005
    assert (found.job, found.job_kind) == ("antecedent_weight", "encoder")
    assert found.strengths is not None
    assert found.strengths.shape == (STEPS + 1, 2, 4)


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
    assert f"{STEPS} steps of Muon" in text
    head = load(finished).first_head
    assert head
    assert f'encoder layer {head["layer"] + 1}, head {head["head"] + 1}, from "it"' in text
    for measure in ("both_members_right", "antecedent_weight", "pronoun_accuracy", "exact_translation"):
        assert f"| `{measure}` | 0." in text or f"| `{measure}` | 1.000 |" in text
    assert "| `pairs` | 4 |" in text


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_a_run_that_was_stopped_ends_as_if_it_had_not_been(
    finished: Path, tmp_path: Path, optimizer: str
) -> None:
    folder, whole, sets = tmp_path / "stopped", finished, {"optimizer": optimizer}
    if optimizer == "adamw":  # it is what a run takes where nothing is said
        sets = {}
    else:
        whole = tmp_path / "whole"
        assert train(Run("pronouns", STEPS, seed=3, settings=sets), whole, threads=1)
    run = started(
        "pronouns", "--output", str(folder), "--max-steps", str(STEPS), "--seed", "3", "--threads", "1",
        *(["--set", *(f"{name}={value}" for name, value in sets.items())] if sets else []),
    )  # fmt: skip
    assert run.stdout
    for line in run.stdout:
        if line.startswith("step 3 "):
            run.send_signal(signal.SIGINT)
            break
    said, errors = run.communicate(timeout=300)
    assert run.returncode == 0, errors
    assert "go on with --resume" in said
    steps = [line["step"] for line in metrics(folder) if "loss" in line]
    assert 3 <= len(steps) < STEPS
    assert status(folder).state == "stopped"
    assert status(folder).step == steps[-1]
    load(folder)  # what there is can be looked at

    assert train(Run("pronouns"), folder, resume=True, threads=1)
    assert {path.name for path in folder.rglob("*")} == FINISHED
    assert_same(folder, whole)


def test_a_run_killed_before_its_first_save_begins_again(finished: Path, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    run = started(
        "pronouns", "--output", str(folder), "--max-steps", str(STEPS), "--seed", "3", "--threads", "1",
        change=KILLED,
    )  # fmt: skip
    run.communicate(timeout=300)
    assert run.returncode == -signal.SIGKILL
    assert {path.name for path in folder.rglob("*")} == {
        "resume", "run.json", "status.json", "lock", "sentencepiece.model"
    }  # fmt: skip
    assert status(folder).state == "vanished"
    with pytest.raises(ValueError, match="is not empty; choose another folder, or go on with its run by"):
        train(Run("pronouns"), folder)
    assert train(Run("pronouns"), folder, resume=True, threads=1)
    assert_same(folder, finished)


def test_a_run_that_could_not_be_measured_is_measured_when_taken_up(
    finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> str:
        raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("model.training.run.card", full)
        with pytest.raises(OSError, match="No space left"):
            train(Run("pronouns", STEPS, seed=3), tmp_path / "full", threads=1)
    assert train(Run("pronouns"), tmp_path / "full", resume=True, threads=1)
    assert_same(tmp_path / "full", finished)


def test_the_command_line_trains_and_says_how_it_goes(tmp_path: Path) -> None:
    folder = tmp_path / "new"
    run = started("pronouns-shortcut", "--output", str(folder), "--max-steps", "2", "--threads", "1")
    said, errors = run.communicate(timeout=300)
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
    _, errors = run.communicate(timeout=300)
    assert run.returncode == 2
    assert errors.strip().splitlines()[-1].startswith(f"{tmp_path} is not empty;")
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("bf16", "able", "precision"),
    [
        (True, {"amx_bf16": True}, torch.bfloat16),
        (True, {"avx512_bf16": False, "avx2": True}, torch.float32),
        (False, {"amx_bf16": True}, torch.float32),
    ],
)
def test_a_recipe_says_in_which_precision_is_computed_where_the_processor_is_fast_at_it(
    tmp_path: Path,
    bf16: bool,
    able: dict[str, bool],
    precision: torch.dtype,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: able)
    matrix_type.cache_clear()
    seen: set[torch.dtype] = set()

    def look(module: torch.nn.Module, _: Any, found: Any) -> None:
        if module.training and isinstance(module, torch.nn.Linear):
            seen.add(found.dtype)

    hook = torch.nn.modules.module.register_module_forward_hook(look)
    try:
        assert train(Run("reverse", 3, settings={"bf16": bf16}), tmp_path / "run", threads=1)
    finally:
        hook.remove()
        matrix_type.cache_clear()
    assert seen == {precision}
    card = (tmp_path / "run" / "README.md").read_text()
    assert ("computed in bfloat16" in card) == (precision == torch.bfloat16)
