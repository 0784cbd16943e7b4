"""What Explore says of every head's numbers, run by Streamlit's own test runner."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from model import load
from model.analysis.measures import Measured, find, measure
from pages.parts.explore import measured
from tests.pages.running import run

SENTENCE = "The dog slept because it was tired."


def opened(language: str = "en", checkpoint: str = "pronouns", **query: str) -> AppTest:
    told = {"checkpoint": checkpoint, "text": SENTENCE, "measured": "true"}
    app = run("explore.py", language, **told | query)
    assert not app.exception
    assert not app.error
    return app


def says(app: AppTest, *texts: str) -> bool:
    """Whether one line of the page has all of these."""
    return any(all(text in line.value for text in texts) for line in app.markdown)


@pytest.mark.parametrize("name", ["distance", "entropy"])
@pytest.mark.parametrize(("language", "unit"), [("en", ("tokens", "bits")), ("ko", ("토큰", "비트"))])
def test_where_the_most_and_the_least_stand(name: str, language: str, unit: tuple[str, str]) -> None:
    app = opened(language, measure=name)
    found = measure(load("checkpoints/pronouns"), SENTENCE, name)
    every = np.concatenate([one.values.ravel() for one in found.values()])
    said = unit[name == "entropy"]
    assert says(app, f"{every.max():.2f} {said}", f"{every.min():.2f} {said}")


def test_another_measure_is_chosen_and_in_the_link() -> None:
    app = opened()
    assert says(app, " tokens ")
    app.button_group(key="measure").set_value("entropy").run()
    assert not app.exception
    assert says(app, " bits ")
    assert app.query_params["measure"] in ("entropy", ["entropy"])


def test_a_decoder_alone_has_one_map() -> None:
    found = measure(load("checkpoints/repeat"), "ka lo mi ka lo mi", "entropy")
    [panel] = measured.maps(found, "bits")
    assert panel.values.shape == (2, 4)
    assert panel.rows.texts == ("1", "2")
    looked = np.log2(
        np.arange(1, 1 + len(load("checkpoints/repeat").tokenizer("ka lo mi ka lo mi").input_ids))
    )
    assert panel.note == f"evenly spread attention: {looked.mean():.2f} bits"
    assert says(opened(checkpoint="repeat", text="ka lo mi ka lo mi"), "(Decoder)")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_measure_that_is_not_said_of_a_model(language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find("distance"), "kinds", ("cross",))
    app = opened(language, checkpoint="repeat", text="ka lo mi do re", measure="distance")
    expected = {"en": "can be measured this way", "ko": "잴 수 있는 어텐션이 없습니다"}[language]
    assert any(expected in caption.value for caption in app.caption)


@pytest.mark.parametrize(
    ("even", "note"),
    [
        ([[2.0, 2.0], [2.0, np.nan]], "evenly spread attention: 2.00 bits"),
        ([[1.0, 1.0], [2.0, 2.0]], "evenly spread attention: 1.00 to 2.00 bits, by layer"),
        ([[np.nan, np.nan], [2.0, 2.0]], ""),
    ],
)
def test_the_value_of_looking_evenly_is_said_where_it_is_known(even: list[list[float]], note: str) -> None:
    values = np.array([[1.0, 1.0], [1.0, np.nan]])
    assert measured.evenly(Measured("encoder", (0, 1), values, np.array(even)), "bits") == note


def test_numbers_below_zero_are_drawn_around_zero() -> None:
    values = np.array([[-1.0, 0.5]], np.float32)
    [panel] = measured.maps({"encoder": Measured("encoder", (3,), values, values)}, "")
    assert (panel.scale, panel.end, panel.rows.texts) == ("signed", 1.0, ("4",))
    said = measured.extremes({"encoder": Measured("encoder", (3,), values, values)}, "")
    assert (
        said == "Highest: 0.50 in layer 4 · head 2 (Encoder).  \nLowest: −1.00 in layer 4 · head 1 (Encoder)."
    )


def test_where_there_is_no_number() -> None:
    values = np.full((1, 2), np.nan, np.float32)
    assert measured.extremes({"encoder": Measured("encoder", (0,), values, values)}, "") == (
        "There is nothing to measure in this text."
    )
