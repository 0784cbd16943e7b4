"""What is to be learned and by which model: the controls of a new run, what it would cost, and the button."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import streamlit as st

from model.training.folder import Run
from pages.common import links, look
from pages.common.language import _, sentence
from pages.common.text import escaped
from pages.parts import lessons, own
from viz.curves import curves

if TYPE_CHECKING:
    from model.training.estimate import Outline

SEED, STEPS = "seed", "steps"


def run() -> Run | None:
    """The controls; the run that the person has put together. None where it is not complete."""
    task = links.choice(_("What is learned"), lessons.titles(), "task", lessons.FIRST)
    st.caption(lessons.told(task))
    data: tuple[str, ...] = ()
    columns: dict[str, Any] = {}
    if task == "pairs":
        given = own.table()
        if given is None:
            return None
        data, columns = given
    options = st.expander(_("The model and how it learns"), key="options", bind="query-params")
    chosen: dict[str, Any] = {}
    steps, seed = None, 0
    usual = defaults(task)
    if options.open:
        with options:
            chosen, steps, seed = switches(usual)
    else:
        chosen, steps, seed = from_link(usual)
    return Run(task, steps, seed, data, settings={**columns, **chosen})


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
        **recipe,
        "architecture": config.architecture,
        "source_labels": config.source_labels,
    }


NUMBERS: dict[str, tuple[float, float, float]] = {  # the least, the most, a step
    "d_model": (8, 512, 8),
    "num_heads": (1, 16, 1),
    "d_ff": (8, 2048, 8),
    "encoder_layers": (0, 6, 1),
    "decoder_layers": (0, 6, 1),
    "experts": (0, 8, 1),
    "dropout": (0.0, 0.5, 0.05),
    "label_smoothing": (0.0, 0.3, 0.05),
    "batch_size": (4, 256, 4),
    "learning_rate": (0.0001, 0.01, 0.0001),
    "warmup_steps": (0, 4000, 10),
}


def labels() -> dict[str, str]:
    """What the switches are called."""
    return {
        "d_model": _("Width (d_model)"),
        "num_heads": _("Heads"),
        "d_ff": _("Feed-forward width"),
        "encoder_layers": _("Encoder layers"),
        "decoder_layers": _("Decoder layers"),
        "experts": _("Experts (0: one network)"),
        "dropout": _("Dropout"),
        "label_smoothing": _("Label smoothing"),
        "batch_size": _("Examples a step"),
        "learning_rate": _("Highest learning rate"),
        "warmup_steps": _("Steps of warm-up"),
        "norm": _("Norm"),
        "positions": _("Positions"),
        "schedule": _("Schedule"),
    }


def options() -> dict[str, dict[str, str]]:
    """The switches that choose one of a few."""
    return {
        "norm": {"after": _("after"), "before": _("before")},
        "positions": {
            "sinusoidal": _("sinusoidal"),
            "learned": _("learned"),
            "rotary": _("rotary"),
            "alibi": "ALiBi",
            "none": _("none"),
        },
        "schedule": {"cosine": _("cosine"), "paper": _("the paper's"), "constant": _("constant")},
    }


def switches(usual: dict[str, Any]) -> tuple[dict[str, Any], int | None, int]:
    """The controls; what is other than usual, the number of steps and the seed."""
    model, learned, rate = st.columns(3, gap="large")
    halves = usual["architecture"].split("-")
    names = [
        *("d_model", "num_heads", "d_ff"),
        *(f"{half}_layers" for half in ("encoder", "decoder") if half in halves),
        "experts",
    ]
    found: dict[str, Any] = {}
    with model:
        for name in names:
            found[name] = number(name, usual[name])
    with learned:
        found["norm"] = links.choice(labels()["norm"], options()["norm"], "set_norm", str(usual["norm"]))
        found["positions"] = one_of("positions", usual)
        for name in ("dropout", "label_smoothing"):
            found[name] = number(name, usual[name])
        steps = int(number(STEPS, usual["max_steps"], (10, 20_000, 10), _("Steps")))
        seed = int(number(SEED, 0, (0, 9999, 1), _("Seed")))
    with rate:
        found["schedule"] = one_of("schedule", usual)
        for name in ("learning_rate", "warmup_steps", "batch_size"):
            found[name] = number(name, usual[name])
        rates({**usual, **found, "max_steps": steps})
    return differing(found, usual), steps if steps != usual["max_steps"] else None, seed


def one_of(name: str, usual: dict[str, Any]) -> str:
    """A switch that has more choices than fit beside each other, kept in the link."""
    choices, key = options()[name], f"set_{name}"
    if st.session_state.get(key) not in choices:
        told = st.query_params.get(key)
        st.session_state[key] = told if told in choices else usual[name]
    value: str = st.selectbox(labels()[name], list(choices), key=key, format_func=choices.__getitem__)
    links.put(key, value, str(usual[name]))
    return value


def number(
    name: str, usual: float, bounds: tuple[float, float, float] | None = None, label: str | None = None
) -> float:
    """A number of the run, kept in the link where it is not the usual one."""
    least, most, step = bounds or NUMBERS[name]
    kind = float if isinstance(step, float) else int
    key = f"set_{name}"
    if key not in st.session_state:
        st.session_state[key] = asked(key, usual, least, most, kind)
    value = st.number_input(
        label or labels()[name],
        kind(least),
        kind(max(most, usual)),
        step=kind(step),
        key=key,
        format="%.4f" if name == "learning_rate" else "%.2f" if kind is float else "%d",
    )
    links.put(key, f"{value:g}", f"{usual:g}")
    return kind(value)


def asked(key: str, usual: float, least: float, most: float, kind: type) -> float:
    """What the link asks for, where it is a number within the bounds."""
    try:
        value = kind(float(st.query_params.get(key, usual)))
    except ValueError:
        return kind(usual)
    return value if least <= value <= max(most, usual) else kind(usual)


def from_link(usual: dict[str, Any]) -> tuple[dict[str, Any], int | None, int]:
    """The same as `switches`, of a link whose options are folded away."""
    found: dict[str, Any] = {}
    for name, (least, most, step) in NUMBERS.items():
        kind = float if isinstance(step, float) else int
        found[name] = asked(f"set_{name}", usual[name], least, most, kind)
    for name, choices in options().items():
        told = st.query_params.get(f"set_{name}", usual[name])
        found[name] = told if told in choices else usual[name]
    steps = int(asked(f"set_{STEPS}", usual["max_steps"], 10, 20_000, int))
    seed = int(asked(f"set_{SEED}", 0, 0, 9999, int))
    return differing(found, usual), steps if steps != usual["max_steps"] else None, seed


def differing(found: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    """What is other than the task has it."""
    return {name: value for name, value in found.items() if value != usual[name]}


def rates(recipe: dict[str, Any]) -> None:
    """The learning rate over the run, drawn before it starts."""
    steps, found = schedule(
        recipe["schedule"], recipe["max_steps"], recipe["warmup_steps"], recipe["learning_rate"]
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
            told = outline(json.dumps(wanted.__dict__, sort_keys=True), wanted)
    except ValueError as error:
        place.error(escaped(sentence(error)))
        return False
    place.caption(
        _("{parameters} numbers to learn · about {time} on this machine").format(
            parameters=f"{told.parameters:,}", time=lasting(told.seconds)
        )
    )
    return True


@st.cache_data(max_entries=64, show_spinner=False)
def outline(name: str, _wanted: Run) -> Outline:
    """The size and the time of a run; name: what it is known by."""
    from model.training.estimate import outline

    return outline(_wanted)


def lasting(seconds: float) -> str:
    """A time as a person says it."""
    if seconds < 90:
        return _("{seconds} s").format(seconds=max(1, round(seconds)))
    if seconds < 5400:
        return _("{minutes} min").format(minutes=round(seconds / 60))
    return _("{hours} h {minutes} min").format(hours=int(seconds // 3600), minutes=round(seconds % 3600 / 60))
