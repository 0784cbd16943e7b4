"""How heads formed: what the film of each checkpoint says of itself, and which other film it offers."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from model.traces.film import Film
from pages.common import filmed
from pages.common.filmed import Filmed
from tests.pages.running import run

SHIPPED = Path("checkpoints").resolve()
NAMES = ("en-fr", "pronouns", "pronouns-experts", "pronouns-ko", "pronouns-shortcut", "repeat")


def found(name: str) -> Film:
    taken = filmed.read(SHIPPED / name)
    assert taken
    return taken


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_is_what_the_film_holds(name: str) -> None:
    taken = found(name)
    assert taken.strengths is not None
    begun = filmed.begun_with(SHIPPED / name)
    said = filmed.say(taken, False, begun).replace("\\", "").replace("\u00a0", " ")
    head = filmed.best(taken)
    assert head
    line = taken.strengths[:, head[0], head[1]]
    assert line[-1] == taken.strengths[-1].max()
    assert f"layer {head[0] + 1} · head {head[1] + 1}" in said
    assert f"{round(100 * float(line[0]))} %" in said
    learned, comes = line[0] >= 0.5, line[-1] >= 0.5
    assert ("weights of" in said) == bool(learned)
    assert ("forms: " in said) == bool(comes and not learned)
    assert ("No head comes to do this" in said) == (not comes)
    if "forms: " in said:
        half = int(re.search(r"over 50 % by step ([\d,]+)", said)[1].replace(",", ""))  # type: ignore[index]
        place = taken.steps.index(half)
        assert line[place] >= 0.5 > line[:place].max()


def test_a_film_that_begins_with_learned_weights_offers_one_in_which_heads_form() -> None:
    taken = found("en-fr")
    assert filmed.is_learned(taken, None), "also where no card tells: random weights do no job"
    offered = filmed.find_forming(taken.job, SHIPPED / "en-fr")
    assert offered in ("pronouns", "pronouns-experts", "pronouns-ko")
    other = found(offered)
    assert other.job == taken.job
    assert not filmed.is_learned(other, filmed.begun_with(SHIPPED / offered))


def test_what_began_with_other_weights_but_learned_the_job_here_formed_here() -> None:
    taken = found("pronouns")
    assert not filmed.is_learned(taken, "another")
    assert "forms: " in filmed.say(taken, False, "another")


def test_a_film_without_a_job_tells_how_sharp_the_looks_are() -> None:
    taken = found("repeat")
    bare = Film(taken.steps, taken.scenes)
    said = filmed.say(bare, False, None).replace("\u00a0", " ")
    means = [
        np.mean(np.concatenate([s.trace(place)["decoder"].weights.max(-1).ravel() for s in taken.scenes]))
        for place in (0, -1)
    ]
    assert [int(number) for number in re.findall(r"(\d+) %", said)] == [round(100 * float(m)) for m in means]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_explore_says_so_and_opens_the_other_film(language: str) -> None:
    app = run("explore.py", language, film="true")
    assert not app.exception
    app.button(key="see heads form").click().run()
    assert not app.exception
    assert app.query_params["checkpoint"] in (
        "pronouns",
        ["pronouns"],
        "pronouns-experts",
        ["pronouns-experts"],
    )
    assert not [button for button in app.button if button.key == "see heads form"]


def test_the_losses_are_those_of_the_reports() -> None:
    told = filmed.losses(Filmed(SHIPPED / "pronouns", "x"))
    assert told.trained[-1][0] == 2600
    assert told.checked[-1] == (2600, pytest.approx(1.0813195705413818))
