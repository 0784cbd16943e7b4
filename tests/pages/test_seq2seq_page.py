"""Sequence to sequence: what is said is true of twenty strings, nonsense is refused in one sentence."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from model import load, trace
from model.capture.checkpoint import Checkpoint
from model.networks import families
from model.tasks import find
from model.tasks.strings import strings as draw
from model.training.settings import config_with
from pages.common import checkpoints
from pages.parts.seq2seq import asking, shown
from tests.pages.running import check_link, run, stage_answer

PAGE = "seq2seq.py"
SHIPPED = Path(__file__).parents[2] / "checkpoints"
SMALL = {"network": "lstm", "hidden_size": 12, "d_model": 16}
MADE: dict[str, dict[str, Any]] = {
    "reverse-rnn": {**SMALL, "network": "rnn"},
    "reverse-lstm": SMALL,
    "reverse-attention": {**SMALL, "attention": "bahdanau"},
    "reverse-luong": {**SMALL, "attention": "luong-general"},
}


@pytest.fixture(scope="module", autouse=True)
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Networks with random weights, which err as they like, beside the shipped Transformer."""
    folder = tmp_path_factory.mktemp("networks")
    (folder / "reverse-transformer").symlink_to(SHIPPED / "reverse-transformer")
    task = find("reverse")
    for name, settings in MADE.items():
        tokenizer = task.tokenizer(folder / name)
        torch.manual_seed(0)
        families.build(config_with(task.config(tokenizer), settings)).save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoints, "FOLDER", folder)
        patch.setattr(checkpoints, "DEFAULT", "reverse-transformer")
        yield folder


def strings() -> list[str]:
    chance = random.Random(11)
    found = ["".join(chance.choices(asking.LETTERS, k=length)) for length in range(5, 61, 4)]
    return [*found, "aaaaaaaaaa", "ababababab", "a", "qq", "a, b, c, d, e, f", "T S R Q P O"]


@cache
def network(name: str) -> Checkpoint:
    return load(checkpoints.FOLDER / name)


@cache
def write(name: str, letters: tuple[str, ...]) -> tuple[list[str], NDArray[np.float32] | None]:
    """What a network writes, and the weights (written, read) of the head that its card names."""
    m = network(name)
    found = trace(m, " ".join(letters))
    written = (found.output_text or "").lower().split()
    if found.cross is None:
        return written, None
    return written, found.cross.weights[0, (m.first_head or {}).get("head", 0)]


@pytest.mark.parametrize("typed", strings())
@pytest.mark.parametrize("choice", ["vector", "bahdanau", "luong", "transformer"])
def test_what_is_said_is_what_the_network_does(typed: str, choice: str) -> None:
    letters = asking.read_letters(typed)
    at = run(PAGE, "en", letters=typed, network=choice, length=str(len(letters)))
    (name,) = asking.SHOWN[choice]
    written, weights = write(name, letters)
    right = sum(one == other for one, other in zip(written, reversed(letters), strict=False))
    said = stage_answer(at)
    numbers = [float(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", said)]
    assert numbers[0] == len(letters)
    assert right in numbers[1:4]
    if weights is None:
        assert numbers[1] == 2 * network(name).model.config.hidden_size  # the cell state goes along
        return
    along = []
    for shift in (0, 1, 2, 3, -1):
        later = [len(letters) - 1 - t + shift for t in range(min(len(written), len(letters)))]
        places = [min(place, len(letters)) for place in later]  # behind the last letter is the end
        given = [weights[t, at] if at >= 0 else 0 for t, at in enumerate(places)]
        along.append(float(np.mean(given)))
    assert numbers[1] == pytest.approx(100 * max(along), abs=0.51)


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_choice_opens_and_its_link_comes_back(language: str) -> None:
    assert set(asking.names()) == set(asking.SHOWN)
    for choice in asking.SHOWN:
        at = run(PAGE, language, network=choice, length="12")
        assert stage_answer(at)
        check_link(at, {"network": choice, "length": "12"})


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hello world", "not w"),
        ("a b ü", "not ü"),
        ("🙂", "not 🙂"),
        ("<b>", "not <"),
        ("a" * 61, "up to 60 letters; this one has 61"),
        ("   ", "Write some letters"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(typed: str, said: str) -> None:
    at = run(PAGE, "en", letters=typed)
    assert len(at.error) == 1
    assert said in at.error[0].value.replace("\\", "")
    assert not at.exception


def test_lengths_beyond_the_string_are_its_end() -> None:
    at = run(PAGE, "en", letters="abcdefgh", length="50")
    assert at.slider(key="length").value == 8


def test_curves_are_measured_on_strings_of_each_length() -> None:
    shares = shown.measure("reverse-transformer")
    assert len(shares) == len(shown.LENGTHS)
    m = network("reverse-transformer")
    length = shown.LENGTHS[2]
    texts = list(draw(shown.STRINGS, length, length, length))
    right = [
        (trace(m, text, record=()).output_text or "").lower().split() == text.split()[::-1] for text in texts
    ]
    assert shares[2] == pytest.approx(np.mean(right))
