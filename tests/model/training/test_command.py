"""A run as it is written down: in its folder, on its card, on the command line."""

from __future__ import annotations

import shlex
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.tasks import tasks
from model.training import __main__ as command_line
from model.training import memory
from model.training.folder import Run, begin, take_up

ROOT = Path(__file__).parents[3]

# File names and credits as people write them: spaces, quotes, accents.
texts = st.text(st.characters(exclude_categories=["C", "Z"]) | st.sampled_from(" '"), min_size=1)
names = texts.filter(lambda name: name[0] != "-" and "/" not in name and name.strip(".") and len(name) < 40)
runs = st.builds(
    Run,
    task=st.sampled_from(sorted(tasks())),
    max_steps=st.none() | st.integers(1, 10**6),
    seed=st.integers(0, 2**32 - 1),
    data=st.lists(names, max_size=3).map(lambda found: tuple(str(ROOT / name) for name in found)),
    test=st.none() | names.map(lambda name: str(ROOT / name)),
    credit=st.just("") | texts.filter(lambda text: text[0] != "-"),
    settings=st.fixed_dictionaries(
        {},
        optional={
            "d_model": st.integers(1, 999),
            "norm": st.sampled_from(["before", "after"]),
            "encoder_windows": st.just([4, None]),
            "causal": st.booleans(),
            "learning_rate": st.floats(1e-6, 1),
        },
    ),
    start=st.none() | names.map(lambda name: str(ROOT / "runs" / name)),
)


@settings(max_examples=50)
@given(run=runs)
def test_a_run_is_taken_up_as_it_was_begun(run: Run) -> None:
    with TemporaryDirectory() as folder:
        begin(Path(folder), run)
        assert take_up(Path(folder), run.task) == (run, None)
        for step in (20, 3):
            state = Path(folder) / "resume" / f"checkpoint-{step}"
            state.mkdir()
            (state / "trainer_state.json").touch()
        (Path(folder) / "resume" / "checkpoint-100").mkdir()  # killed while it was written
        assert take_up(Path(folder), run.task) == (run, Path(folder) / "resume" / "checkpoint-20")


class Started(NamedTuple):
    run: Run
    output: Path
    resume: bool
    threads: int | None
    tensorboard: bool
    processes: int | None


def typed(arguments: list[str]) -> Started:
    """What the command line makes of its arguments."""
    seen: list[Started] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["model.training", *arguments])
        patch.setattr(memory, "keep", lambda: None)
        patch.setattr("model.training.run.train", lambda *given: seen.append(Started(*given)))
        patch.chdir(ROOT)
        assert command_line.main() == 0
    [started_with] = seen
    return started_with


@settings(max_examples=50)
@given(run=runs)
def test_the_command_on_the_card_makes_the_same_run(run: Run) -> None:
    """Typed where the files are."""
    python, *arguments = shlex.split(run.command())
    assert [python, *arguments[:2]] == ["python", "-m", "model.training"]
    assert typed(arguments[2:]) == Started(run, Path("runs") / run.task, False, None, False, None)


def test_what_the_command_line_leaves_to_the_recipe() -> None:
    assert typed(["en-fr", "--output", "x"]) == Started(Run("en-fr"), Path("x"), False, None, False, None)
    going_on = typed(["pronouns", "--output", "x", "--resume", "--threads", "2"])
    assert going_on == Started(Run("pronouns"), Path("x"), True, 2, False, None)
