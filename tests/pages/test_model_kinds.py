"""Explore and its like on models whose attention is of another make."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from census.makers import TEXT, make
from model import load, trace
from tests.pages.running import PAGES, run

KINDS = ("big_bird", "canine", "deepseek_v4", "diffllama", "jamba", "longformer", "perceiver", "prophetnet")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {kind: tmp_path_factory.mktemp(kind) for kind in KINDS}
    for kind, folder in made.items():
        make(kind, folder)
    return made


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_no_page_ends_in_an_exception(kind: str, page: str, folders: dict[str, Path]) -> None:
    app = run(page, "ko", checkpoint=str(folders[kind]), text=TEXT)
    assert not app.exception


# The first pair's heads and their share, which the config's seed makes.
SAID = {
    "en": "here head 1 − {share} × head 3 in layer 1.",
    "ko": "여기 1층에서는 헤드 1 − {share} × 헤드 3입니다.",
}


@pytest.mark.parametrize("language", ["en", "ko"])
def test_explore_shows_what_one_map_takes_from_another(language: str, folders: dict[str, Path]) -> None:
    stack = trace(load(folders["diffllama"]), TEXT).decoder
    assert stack is not None
    assert stack.subtracted is not None
    app = run("explore.py", language, checkpoint=str(folders["diffllama"]), text=TEXT)
    said = SAID[language].format(share=f"{stack.subtracted[0]:.2f}")
    assert any(said in caption.value.replace("\u00a0", " ") for caption in app.caption)
    drawn = json.loads(next(chart for chart in app.get("plotly_chart")).proto.spec)["data"][0]
    assert drawn["zmin"] == -drawn["zmax"] < 0


def test_explore_says_nothing_of_it_elsewhere(folders: dict[str, Path]) -> None:
    app = run("explore.py", "en", checkpoint=str(folders["jamba"]), text=TEXT)
    assert not any("differential" in caption.value for caption in app.caption)
    assert not app.get("plotly_chart")


def test_latents_are_called_latents(folders: dict[str, Path]) -> None:
    m = load(folders["perceiver"])
    t = trace(m, TEXT)
    assert t.cross is not None
    assert t.encoder is not None
    assert (
        t.cross.query_tokens == t.encoder.query_tokens == tuple(f"latent {i + 1}" for i in range(m.latents))
    )
    assert all(t.cross.queries.special)
    assert "".join(t.cross.key_tokens).replace("▁", "").startswith("The")
    np.testing.assert_allclose(t.cross.weights.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "language", "said"),
    [
        (
            "deepseek_v4",
            "en",
            "In these layers the rest of each row goes to keys that each stand for several tokens",
        ),
        ("deepseek_v4", "ko", "이 층들에서는 각 행의 나머지가 여러 토큰을 한꺼번에 나타내는 키로 갑니다"),
        (
            "canine",
            "en",
            "whose attention is over something other than the text's tokens; they are not shown: ",
        ),
        ("canine", "ko", "글의 토큰이 아닌 것을 보는 어텐션 층이 더 있습니다"),
    ],
)
def test_explore_says_what_is_not_shown(
    kind: str, language: str, said: str, folders: dict[str, Path]
) -> None:
    app = run("explore.py", language, checkpoint=str(folders[kind]), text=TEXT)
    assert any(said in caption.value for caption in app.caption)
