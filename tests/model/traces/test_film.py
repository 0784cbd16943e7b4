"""The film of a run: what is kept of it, and files that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from model.trace import Stack, Tokens, Trace
from model.traces import film
from model.traces.film import Film


def tokens(*texts: str) -> Tokens:
    return Tokens(texts, tuple(range(len(texts))), (False,) * len(texts), (False,) * len(texts))


READ, WRITTEN = tokens("the", "<b>dog</b>", "개", "\u202e"), tokens("<s>", "le", "chien")


def snapshot(seed: int) -> Trace:
    """Random weights of an encoder-decoder with 2 and 1 layers of 3 heads."""
    chance = np.random.default_rng(seed)

    def stack(kind: Any, layers: int, queries: Tokens, keys: Tokens) -> Stack:
        weights = chance.dirichlet(np.ones(len(keys)), (layers, 3, len(queries))).astype(np.float32)
        return Stack(kind, weights, queries, keys, tuple(range(layers)))

    return Trace(
        stack("encoder", 2, READ, READ),
        stack("decoder", 1, WRITTEN, WRITTEN),
        stack("cross", 1, WRITTEN, READ),
        source="the dog",
        output_tokens=WRITTEN.texts[1:],
        output_text="le chien",
    )


def filmed(steps: list[int]) -> Film:
    made: Film | None = None
    for step in steps:
        strengths = np.full((2, 3), step / 1000, np.float32)
        made = film.add_snapshot(
            made, step, [snapshot(step)], ["le chien"], "antecedent_weight", "encoder", strengths
        )
    assert made
    return made


def test_what_is_read_is_what_was_saved(tmp_path: Path) -> None:
    made = filmed([0, 3, 40])
    film.save(tmp_path, made)
    assert [path.name for path in tmp_path.iterdir()] == [film.FILE]
    found = film.read(tmp_path)
    assert found
    assert (found.steps, found.job, found.job_kind) == ((0, 3, 40), "antecedent_weight", "encoder")
    np.testing.assert_array_equal(
        found.strengths, np.array([0, 0.003, 0.04], np.float32)[:, None, None] * np.ones((2, 3), np.float32)
    )
    for place, step in enumerate(found.steps):
        was, now = snapshot(step), found.scenes[0].trace(place)
        assert (now.source, now.output_text, now.output_tokens) == ("the dog", "le chien", ("le", "chien"))
        for kind in was.kinds:
            assert (now[kind].queries, now[kind].keys) == (was[kind].queries, was[kind].keys)
            np.testing.assert_allclose(now[kind].weights, was[kind].weights, atol=0.005)


def test_a_film_can_be_cut_off() -> None:
    made = filmed([0, 3, 40])
    assert made.until(39).steps == (0, 3)
    assert made.until(39).strengths is not None
    assert made.until(40).scenes[0].levels["cross"].shape[0] == 3
    assert made.until(-1).steps == ()
    begun_again = film.add_snapshot(made.until(-1), 7, [snapshot(7)], ["le chien"])
    assert begun_again.steps == (7,)


def described(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    film.save(path, filmed([0, 3]))
    from safetensors import safe_open

    with safe_open(path / film.FILE, "numpy") as file:
        return json.loads(file.metadata()[film.TOLD]), {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118


@pytest.mark.parametrize(
    "spoil",
    [
        lambda told, kept: told.update(steps=[0, 3, 4]),
        lambda told, kept: told.update(steps=[3, 0]),
        lambda told, kept: told.update(steps=["x", 3]),
        lambda told, kept: told.update(scenes=[]),
        lambda told, kept: told["scenes"][0]["sides"].pop("cross") and kept.pop("0.cross"),
        lambda told, kept: told["scenes"][0]["sides"]["encoder"][0]["texts"].append("more"),
        lambda told, kept: kept.update({"0.cross": kept["0.cross"].astype(np.float32)}),
        lambda told, kept: kept.update({"0.cross": kept["0.cross"][:, :, :, :, :1]}),
        lambda told, kept: kept.pop("0.cross"),
        lambda told, kept: kept.update(strengths=np.zeros((9, 2, 3), np.float32)),
        lambda told, kept: kept.update(strengths=np.zeros((2, 0, 3), np.float32)),
        lambda told, kept: told.update(job_kind="foo"),
        lambda told, kept: told.pop("job"),
    ],
)
def test_a_file_that_is_no_film_is_passed_over(tmp_path: Path, spoil: Any) -> None:
    told, kept = described(tmp_path)
    whole = dict(told["scenes"][0]["sides"])
    spoil(told, kept)
    save_file(kept, tmp_path / film.FILE, metadata={film.TOLD: json.dumps(told)})
    found = film.read(tmp_path)
    # A film without one of its kinds is a film.
    assert (found is not None) == (bool(told["scenes"]) and told["scenes"][0]["sides"].keys() != whole.keys())


@pytest.mark.parametrize("kinds", [("encoder",), ("decoder", "cross")])
def test_a_film_has_the_heads_that_are_measured_and_what_writes_its_text(
    tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    told, kept = described(tmp_path)
    assert (told["job_kind"], told["scenes"][0]["target"]) == ("encoder", "le chien")
    for kind in kinds:
        del told["scenes"][0]["sides"][kind], kept[f"0.{kind}"]
    save_file(kept, tmp_path / film.FILE, metadata={film.TOLD: json.dumps(told)})
    assert film.read(tmp_path) is None


@pytest.mark.parametrize(
    "content", [b"", b"film", b"\xff" * 100, b"\x08\x00\x00\x00\x00\x00\x00\x00{}      "]
)
def test_bytes_that_are_no_file_of_tensors_are_passed_over(tmp_path: Path, content: bytes) -> None:
    assert film.read(tmp_path) is None
    (tmp_path / film.FILE).write_bytes(content)
    assert film.read(tmp_path) is None


def test_a_film_of_cross_attention_alone_is_read_again(tmp_path: Path) -> None:
    looks = snapshot(0)
    alone = Trace(cross=looks.cross, source=looks.source, output_text=looks.output_text)
    film.save(tmp_path, film.add_snapshot(None, 0, [alone], ["le chien"]))
    found = film.read(tmp_path)
    assert found is not None
    shown = found.scenes[0].trace(0)
    assert shown.kinds == ("cross",)
    assert shown.output_tokens == WRITTEN.texts[1:]
