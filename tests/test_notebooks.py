"""The notebooks run from top to bottom, and print what they say; so does what the README shows of them."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
BOOKS = {
    language: ROOT / "docs" / f"own_model{ending}.ipynb" for language, ending in (("en", ""), ("ko", "-ko"))
}
SECTION = "## A model of your own"


def cells(path: Path, kind: str) -> list[str]:
    book = json.loads(path.read_text(encoding="utf-8"))
    return ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == kind]


def parts(source: str) -> tuple[CodeType, CodeType | None]:
    """A cell as a notebook runs it: its statements, and apart the last of them where it is a value."""
    tree = ast.parse(source)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    shown = None if last is None else compile(ast.Expression(last.value), "cell", "eval")  # type: ignore[attr-defined]
    return compile(tree, "cell", "exec"), shown


def run(sources: list[str]) -> Iterator[tuple[str, Any]]:
    """What each cell prints, and shows."""
    module = ModuleType("notebook")  # a namespace of its own
    for source in sources:
        begun, shown = parts(source)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(begun, vars(module))
            value = None if shown is None else eval(shown, vars(module))
        yield printed.getvalue(), value


@pytest.mark.parametrize("language", BOOKS)
def test_a_notebook_from_top_to_bottom(
    language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(BOOKS[language].parent)
    before = set(BOOKS[language].parent.iterdir())
    began = time.monotonic()
    _, arrays, encoder, learned, gpt, cut, kept = run(cells(BOOKS[language], "code"))
    assert time.monotonic() - began < 120  # a few seconds where nothing else runs
    assert set(BOOKS[language].parent.iterdir()) == before

    assert "encoder: 2 layers (0, 1) × 3 heads × 4 queries × 4 keys" in arrays[0]
    assert "encoder 1: layers.1.self_attn" in encoder[0]
    assert encoder[0].endswith("True\n")
    assert float(learned[0]) < 0.05
    assert gpt[0].splitlines() == ["lanterns", "3 3"]
    same, weights, texts, chances = cut[0].splitlines()
    assert (same, weights) == ("True", "0.0 0.0")
    before_text, after_text = texts.split()
    assert (before_text, after_text[:3], after_text[4:]) == ("lanterns", "lan", "erns")
    assert after_text[3] != "t"
    before_chance, after_chance = map(float, chances.split())
    assert before_chance > 0.9
    assert after_chance < 0.1
    equal, page = kept[0].splitlines()
    assert equal == "True"
    assert "lanternslantern" in Path(page.removeprefix("file://")).read_text(encoding="utf-8")
    for _, shown in (arrays, encoder, gpt):
        assert "<iframe" in shown._repr_html_()
    assert list(kept[1].weight) == sorted(kept[1].weight, reverse=True)


def test_both_languages_run_the_same_and_say_it_each_in_its_own() -> None:
    english, korean = (cells(BOOKS[language], "code") for language in ("en", "ko"))
    assert [ast.dump(ast.parse(cell)) for cell in english] == [ast.dump(ast.parse(cell)) for cell in korean]
    said = {language: cells(path, "markdown") for language, path in BOOKS.items()}
    assert len(said["en"]) == len(said["ko"])
    hangul = re.compile("[가-힣]")
    assert all(map(hangul.search, said["ko"]))
    assert not any(map(hangul.search, [*said["en"], *english]))
    comments = re.compile(r"# (.*)")
    for one, other in zip(english, korean, strict=True):
        assert len(comments.findall(one)) == len(comments.findall(other))
        assert all(map(hangul.search, comments.findall(other)))
    names = [set(re.findall(r"`([^`]+)`", "\n".join(texts))) for texts in said.values()]
    assert names[0] == names[1]


@pytest.mark.parametrize("language", BOOKS)
def test_a_notebook_is_kept_without_what_it_shows(language: str) -> None:
    book = json.loads(BOOKS[language].read_text(encoding="utf-8"))
    assert (book["nbformat"], book["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in book["cells"]}) == len(book["cells"])
    for cell in book["cells"]:
        if cell["cell_type"] == "code":
            assert (cell["outputs"], cell["execution_count"]) == ([], None)


def test_what_the_readme_shows_of_a_model_of_ones_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    section = (ROOT / "README.md").read_text(encoding="utf-8").partition(SECTION)[2].partition("\n## ")[0]
    code = "\n".join(line[4:] for line in section.splitlines() if line.startswith("    ") or not line)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    exec(compile(code, "README.md", "exec"), names)
    assert names["t"].encoder.weights.shape == (2, 4, 3, 3)
    assert names["seen"].paths == {"encoder": ("layers.0.self_attn", "layers.1.self_attn")}
    assert (names["cut"].encoder.weights[:, :, 2, 1] == 0).all()
    assert "animal" in (tmp_path / "view.html").read_text(encoding="utf-8")
    for path in BOOKS.values():
        assert path.relative_to(ROOT).as_posix() in section
