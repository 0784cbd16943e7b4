"""Pages on models in which some layers have no attention, or do not run on a text."""

from __future__ import annotations

from pathlib import Path

import pytest

from census.makers import TEXT, make
from tests.pages.running import run

WORDS = " ".join(TEXT.split()[:8])


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """jamba: attention in layers 2 and 4 of 4; mllama: in 1 and 3, and the others run only with a picture."""
    folder: Path = tmp_path_factory.mktemp("hybrids")
    for name in ("jamba", "mllama"):
        make(name, folder / name)
    return {name: str(folder / name) for name in ("jamba", "mllama")}


@pytest.mark.parametrize("name", ["jamba", "mllama"])
@pytest.mark.parametrize("experiment", ["bare", "width"])
@pytest.mark.parametrize(("language", "first"), [("en", "The learned head: "), ("ko", "학습된 헤드")])
def test_the_first_attention_need_not_be_in_the_first_layer(
    folders: dict[str, str], name: str, experiment: str, language: str, first: str
) -> None:
    app = run("attention.py", language, checkpoint=folders[name], text=WORDS, experiment=experiment)
    assert not app.exception
    assert not app.error
    if name == "jamba" and experiment == "bare":
        assert any(first in line.value for line in app.markdown)


@pytest.mark.parametrize("name", ["jamba", "mllama"])
def test_one_head_against_eight(folders: dict[str, str], name: str) -> None:
    app = run("heads.py", "en", checkpoint=folders[name], text=WORDS, part="one")
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("layer", ["1", "2", "3", "4"])
@pytest.mark.parametrize("name", ["jamba", "mllama"])
def test_every_layer_of_a_stack_can_be_opened(folders: dict[str, str], name: str, layer: str) -> None:
    """Those that cannot be taken apart say so."""
    for part in ("residual", "feed-forward", "experts"):
        app = run("block.py", "en", checkpoint=folders[name], text=WORDS, part=part, layer=layer)
        assert not app.exception
