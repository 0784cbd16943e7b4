"""What is to be learned and by which model: the controls of a new run, what it would cost, and the button."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.training.folder import Run
from pages.common import checkpoints, lessons, links, look
from pages.common.language import _, sentence
from pages.common.text import escape, refuse
from pages.parts.train import own, switches
from pages.parts.train.switches import START
from viz.curves import curves

if TYPE_CHECKING:
    from model.training.estimate import Outline


def run() -> Run | None:
    """The controls; the run that the person has put together. None where it is not complete."""
    titles = lessons.titles()
    task = links.choice(_("What is learned"), titles, "task", next(iter(titles)))
    if told := lessons.describe(task):
        st.caption(told)
    data: tuple[str, ...] = ()
    columns: dict[str, Any] = {}
    if task == "pairs":
        given = own.table()
        if given is None:
            return None
        data, columns = given
    options = st.expander(_("The model and how it learns"), key="options", bind="query-params")
    fit = {"": _("random weights")} | {name: name for name in fitting(task)}
    with refuse(go_on=True):
        if options.open:
            with options:
                usual, found = settings(task, fit)
        else:
            usual = defaults(task) | take_over(links.read_choice(fit, START, ""))
            found = switches.read_link(usual)
        chosen = switches.differing(found, usual)
        steps, seed = chosen.pop(switches.STEPS, None), chosen.pop(switches.SEED, 0)
        folder = str(checkpoints.folder(usual[START]).resolve()) if usual[START] else None
        return Run(task, steps, seed, data, settings={**columns, **chosen}, start=folder)
    return None


def fitting(task: str) -> list[str]:
    """The checkpoints on offer that a run of a task can begin with."""
    from model.training.start import fits

    kind = defaults(task)["architecture"]
    return [name for name, folder in checkpoints.find_offered().items() if fits(folder, task, kind)]


def take_over(start: str) -> dict[str, Any]:
    """The switches that the checkpoint of this name has as it was learned; none where there is no name.

    Raises ValueError where it cannot be read.
    """
    if not start:
        return {}
    config = checkpoints.load(start).model.config
    return {name: getattr(config, name) for name in switches.FREE} | {START: start}


@st.cache_data(show_spinner=False)
def defaults(task: str) -> dict[str, Any]:
    """Every switch of a task's model and recipe, as the task has it."""
    from dataclasses import asdict

    from model.tasks import find
    from model.training.settings import SWITCHES

    class Words:
        """Stands in for a tokenizer, whose size changes none of the switches."""

        pad_token_id, bos_token_id, eos_token_id = 0, 2, 3

        def __len__(self) -> int:
            return 100

    found = find(task)
    config = found.config(Words())  # type: ignore[arg-type]
    recipe = asdict(found.recipe)
    return {
        **{name: getattr(config, name) for name in SWITCHES},
        "d_k": None,  # they follow from the width and the heads
        "d_v": None,
        **recipe,
        switches.STEPS: recipe["max_steps"],
        switches.SEED: 0,
        "architecture": config.architecture,
        START: "",
    }


def settings(task: str, fit: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The controls, in three columns; every switch as is usual, and as it is set.

    fit: what the run can begin with.
    """
    places = st.columns(3, gap="large")
    with places[0]:
        start = links.one(_("It begins with"), fit, START, "")
        usual = defaults(task) | take_over(start)
        if start:
            st.caption(_("Layers, sizes and tokenizer are those of {name}.").format(name=escape(start)))
    switches.follow(usual)
    parts, joined, learned = switches.groups(usual)
    found: dict[str, Any] = {}
    for place, names in zip(places, (parts, joined, learned), strict=True):
        with place:
            for name in names:
                idle = switches.is_idle(name, found)
                found[name] = usual[name] if idle else switches.control(name, usual[name])
            if names is learned:
                rates(found)
    return usual, found


def rates(recipe: dict[str, Any]) -> None:
    """The learning rate over the run, drawn before it starts."""
    steps, found = schedule(
        recipe["schedule"], recipe[switches.STEPS], recipe["warmup_steps"], recipe["learning_rate"]
    )
    figure = curves(steps, {_("learning rate"): found}, across=_("step"), dark=look.dark(), height=190)
    st.plotly_chart(figure, theme=None, key="rates", config={"displayModeBar": False})
    st.caption(_("It rises while the gradients are wild, and falls so that the end is fine work."))


@st.cache_data(max_entries=64, show_spinner=False)
def schedule(name: str, max_steps: int, warmup: int, rate: float) -> tuple[list[int], list[float]]:
    """The learning rate as the Trainer will set it."""
    from model.tasks import Recipe
    from model.training.settings import learning_rates

    return learning_rates(Recipe(max_steps, 1, rate, min(warmup, max_steps), schedule=name))


def costs(wanted: Run) -> bool:
    """Says what the run would cost; False where it cannot be."""
    place = st.empty()
    try:
        with place, st.spinner(_("Measuring this machine …")):
            begun = checkpoints.stamp(wanted.start) if wanted.start else 0
            told = outline(json.dumps(wanted.__dict__, sort_keys=True), begun, wanted)
    except ValueError as error:
        place.error(escape(sentence(error)))
        return False
    place.caption(
        _("{parameters} numbers to learn · about {time} on this machine").format(
            parameters=f"{told.parameters:,}", time=format_duration(told.seconds)
        )
    )
    return True


@st.cache_data(max_entries=64, show_spinner=False)
def outline(name: str, begun: int, _wanted: Run) -> Outline:
    """The size and the time of a run.

    name: what it is known by. begun: when the checkpoint that it begins with was written.
    """
    from model.training.estimate import outline

    return outline(_wanted)


def format_duration(seconds: float) -> str:
    """A time as a person says it."""
    if seconds < 90:
        return _("{seconds} s").format(seconds=max(1, round(seconds)))
    if seconds < 5400:
        return _("{minutes} min").format(minutes=round(seconds / 60))
    return _("{hours} h {minutes} min").format(hours=int(seconds // 3600), minutes=round(seconds % 3600 / 60))
