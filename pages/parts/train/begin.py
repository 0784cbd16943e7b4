"""What is to be learned and by which model: the controls of a new run, how large it is, and the button."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.training import jobs
from model.training.folder import Run
from pages.common import ask, checkpoints, language, lessons, links, look, stage
from pages.common.language import _
from pages.common.text import escape, refuse
from pages.parts.train import own, switches
from pages.parts.train.switches import START
from viz.curves import curves

if TYPE_CHECKING:
    from model.training.estimate import Outline


TASK = "task"
REFUSED = "run refused"  # in the session: why the last one could not be started


def chosen_task(titles: Mapping[str, str]) -> str:
    """The task that is chosen, or that the link names; the first where it is none of these."""
    first = next(iter(titles))
    held: str = st.session_state.get(TASK, "")
    return held if held in titles else links.read_choice(titles, TASK, first)


def begin_in_language() -> None:
    """Who comes with nothing in the link meets what is learned in the language of the page.

    The link names it then, so that it shows everybody the same.
    """
    at_home = ask.AT_HOME.get(language.current())
    told = set(st.query_params) - {language.KEY}
    if at_home in lessons.titles() and TASK not in st.session_state and not told:
        st.session_state[TASK] = at_home


def choose_task(follow: Callable[[], None]) -> str:
    """The control for what is learned. follow: called where another task was chosen."""
    titles = lessons.titles()
    return links.one(_("What is learned"), titles, TASK, next(iter(titles)), on_change=follow)


def put_together(task: str) -> Run | None:
    """The controls of a new run of a task, and what comes of them. None where it is not complete."""
    data: tuple[str, ...] = ()
    columns: dict[str, Any] = {}
    if task == "pairs":
        given = own.table()
        if given is None:
            return None
        data, columns = given
    options = stage.more(_("The model and how it learns"), "options")
    fit = {"": _("random weights")} | {name: name for name in fitting(task)}
    with refuse(go_on=True):
        usual_of = partial(defaults, task, data, json.dumps(columns, sort_keys=True))
        if options.open:
            with options:
                usual, found = settings(usual_of, fit)
        else:
            start, own_usual = links.read_choice(fit, START, ""), usual_of()
            network = own_usual["network"] if start else switches.read_network(own_usual)
            usual = usual_of(network) | take_over(start)
            found = {"network": network} | switches.read_link(usual)
        if switches.UNREADABLE in found.values():  # its control says why
            return None
        chosen = switches.differing(found, usual)
        steps, seed = chosen.pop(switches.STEPS, None), chosen.pop(switches.SEED, 0)
        folder = str(checkpoints.folder(usual[START]).resolve()) if usual[START] else None
        return Run(task, steps, seed, data, settings={**columns, **chosen}, start=folder)
    return None


def tell_first(task: str, wanted: Run | None, will_film: bool) -> None:
    """What is to be done before there is a film; nothing where a refusal already says it.

    will_film: whether there will be one.
    """
    if wanted is not None and will_film:
        st.markdown(
            _("Press Train: from the first step on the film of its heads plays here, beside its loss.")
        )
    elif wanted is not None:
        st.markdown(
            _(
                "Press Train: this network has no attention to be filmed, so its loss, its scores and what "
                "it writes are shown here."
            )
        )
    elif task == "pairs" and own.is_missing():
        st.markdown(_("Upload a table first."))


def button(wanted: Run | None, choose: Callable[[str], None]) -> None:
    """The button that starts the run. choose: looks at a run, by its name."""
    st.button(
        _("Train"),
        type="primary",
        icon=":material/play_arrow:",
        key="train",
        disabled=wanted is None,
        on_click=begin,
        args=[wanted, choose],
    )


def begin(wanted: Run, choose: Callable[[str], None]) -> None:
    """Start a run, and look at it."""
    try:
        choose(jobs.start(wanted).name)
    except ValueError as error:
        st.session_state[REFUSED] = error


def tell_refusal() -> None:
    """Why the last run could not be started, said once."""
    with refuse(go_on=True):
        if error := st.session_state.pop(REFUSED, None):
            raise error


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
    from model.training.settings import network_of

    config: Any = checkpoints.load(start).model.config
    looks = {"attention": getattr(config, "attention", ""), "chosen_network": network_of(config)}
    return {name: getattr(config, name) for name in switches.FREE} | looks | {START: start}


@st.cache_data(show_spinner=False)
def defaults(task: str, data: tuple[str, ...] = (), columns: str = "{}", network: str = "") -> dict[str, Any]:
    """Every switch of a task's model and recipe, as the task has it.

    data, columns: the files to learn from and, as JSON, how they are read: a larger table has a larger model
    that learns longer. network: one of those that can learn the task, whose sizes these are; "": its own.
    Raises ValueError where the files are no use.
    """
    from dataclasses import asdict

    from model.tasks import find
    from model.text.fitting import Wanted
    from model.training.settings import (
        BOTH,
        RECURRENT,
        SWITCHES,
        as_recurrent,
        config_with,
        network_of,
        networks_for,
    )

    class Words:
        """Stands in for a tokenizer, whose size changes none of the switches."""

        pad_token_id, bos_token_id, eos_token_id = 0, 2, 3

        def __len__(self) -> int:
            return 100

    told = json.loads(columns) | ({"network": network} if network else {})
    found = find(task).with_data([Path(path) for path in data], told) if data or network else find(task)
    config = found.config(Words())  # type: ignore[arg-type]
    recipe, cut = asdict(found.recipe), Wanted()
    asked = dict(zip(switches.CUT, (cut.kind, cut.pieces, cut.normalization), strict=True))
    own, networks = network_of(config), networks_for(config)
    chosen = network or own
    shown = config_with(config, {"network": chosen})
    sizes = {name: getattr(config, name) for name in SWITCHES if hasattr(config, name)}
    if chosen != "transformer" or len(networks) > 1:
        recurrent = shown if chosen != "transformer" else as_recurrent(config)  # type: ignore[arg-type]
        sizes |= {name: getattr(recurrent, name) for name in RECURRENT} | {"attention_size": None}
    sizes |= {name: getattr(shown, name) for name in BOTH}
    return {
        **(asked if set(asked) <= set(found.settings) else {}),
        **{name: getattr(found, name) for name in switches.OF_TASKS if name in found.settings},
        **sizes,
        "network": own,
        "networks": networks,
        "chosen_network": chosen,
        "d_k": None,  # they follow from the width and the heads
        "d_v": None,
        **recipe,
        switches.STEPS: recipe["max_steps"],
        switches.SEED: 0,
        "architecture": config.architecture,
        START: "",
    }


def settings(
    usual_of: Callable[..., dict[str, Any]], fit: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The controls, in three columns; every switch as is usual, and as it is set, or `switches.UNREADABLE`.

    usual_of: the switches as the task has them, for a network. fit: what the run can begin with.
    """
    places = st.columns(3, gap="large")
    with places[0]:
        start, own_usual = links.one(_("It begins with"), fit, START, ""), usual_of()
        network = own_usual["network"] if start else switches.choose_network(own_usual)
        usual = usual_of(network) | take_over(start)
        if start:
            st.caption(_("Layers, sizes and tokenizer are those of {name}.").format(name=escape(start)))
    switches.follow(usual)
    parts, joined, learned = switches.groups(usual)
    found: dict[str, Any] = {"network": network}
    for place, names in zip(places, (parts, joined, learned), strict=True):
        with place:
            for name in names:
                idle = switches.is_idle(name, found)
                found[name] = usual[name] if idle else switches.control(name, usual[name])
            if names is learned:
                rates(found)
    return usual, found


def rates(recipe: dict[str, Any]) -> None:
    """The learning rate over the run, drawn before it starts, and what the schedule does."""
    name, warmup = recipe["schedule"], recipe["warmup_steps"]
    steps, found = schedule(name, recipe[switches.STEPS], warmup, recipe["learning_rate"])
    figure = curves(steps, {_("learning rate"): found}, across=_("step"), dark=look.dark(), height=190)
    st.plotly_chart(figure, theme=None, key="rates", config={"displayModeBar": False})
    st.caption(tell_schedule(name, min(warmup, recipe[switches.STEPS])))


def tell_schedule(name: str, warmup: int) -> str:
    """What the learning rate does over a run. warmup: its steps of warm-up."""
    after = {
        "cosine": _("it falls along half a cosine to 0: slowly, then fast, and slowly again at the end."),
        "paper": _(
            "it falls with one over the root of the step, as in the paper (§5.3), and never reaches 0."
        ),
        "constant": _("it stays as it is until the last step."),
    }[name]
    if name == "paper" and not warmup:  # as transformers has it where there is no warm-up to set the scale
        after = _("it falls slowly, with one over the root of the step plus 10,000, and never reaches 0.")
    if not warmup:
        return _("From the first step on {after}").format(after=after)
    return _("It rises evenly from 0 for {steps} steps; then {after}").format(
        steps=f"{warmup:,}", after=after
    )


@st.cache_data(max_entries=64, show_spinner=False)
def schedule(name: str, max_steps: int, warmup: int, rate: float) -> tuple[list[int], list[float]]:
    """The learning rate as the Trainer will set it."""
    from model.tasks import Recipe
    from model.training.settings import learning_rates

    return learning_rates(Recipe(max_steps, 1, rate, min(warmup, max_steps), schedule=name))


def costs(wanted: Run) -> bool:
    """Says how large the run's model would be, or why there can be none; whether there can be one.

    How long it takes, the run tells.
    """
    with refuse(go_on=True):
        begun = checkpoints.stamp(wanted.start) if wanted.start else 0
        told = outline(json.dumps(wanted.__dict__, sort_keys=True), begun, wanted)
        said = [
            _("{parameters} parameters").format(parameters=f"{told.parameters:,}"),
            _("{steps} steps").format(steps=f"{told.recipe.max_steps:,}"),
        ]
        if wanted.data and not wanted.start:
            method = {"word": "words", "char": "characters"}.get(told.method, told.method)
            name = switches.choices()["tokenizer"][method]
            said.append(
                _("{count} pieces in the vocabulary ({kind})").format(count=f"{told.pieces:,}", kind=name)
            )
        st.caption(" · ".join(said))
        return True
    return False


@st.cache_data(max_entries=64, show_spinner=False)
def outline(name: str, begun: int, _wanted: Run) -> Outline:
    """The size of a run.

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
