"""The one list of pages. Each says in its own script what it is; nobody else has to be told of a new one.

    PAGE = Page(title=N_("Masks"), group=N_("Ideas"), order=4)

A page is a script `pages/<page>.py`, or `pages/parts/<page>/page.py` where it lives in one folder with its
parts. Its address is /<page>.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from model.errors import N_

__all__ = ["N_", "Page", "group_pages", "pages"]

FOLDER = Path(__file__).resolve().parents[1]
GROUPS = ("", N_("Ideas"), N_("Help"))  # in the order of the menu; a group that is new comes behind them


@dataclass(frozen=True)
class Page:
    """What a page is.

    title: in the menu. group: over it in the menu; "" = none. Both are marked by N_ to be translated.
    order: its place in the group, whose pages are sorted by it and then by name. default: where the app
    opens. name, script: its address and its file; they are found, not said.
    """

    title: str
    group: str = ""
    order: int = 100
    default: bool = False
    name: str = ""
    script: Path = Path()


def pages() -> tuple[Page, ...]:
    """Every page, in the order of the menu."""
    scripts = {path.stem: path for path in FOLDER.glob("*.py")}
    scripts |= {path.parent.name: path for path in FOLDER.glob("parts/*/page.py")}
    scripts.pop("__init__", None)
    found = [
        replace(read(path, path.stat().st_mtime_ns, name), name=name, script=path)
        for name, path in scripts.items()
    ]
    return tuple(sorted(found, key=lambda page: (rank(page.group), page.group, page.order, page.name)))


def rank(group: str) -> int:
    """Where a group stands in the menu, from 0."""
    return GROUPS.index(group) if group in GROUPS else len(GROUPS)


def group_pages() -> dict[str, list[Page]]:
    """The same by their groups, both in the order of the menu."""
    found: dict[str, list[Page]] = {}
    for page in pages():
        found.setdefault(page.group, []).append(page)
    return found


@cache
def read(script: Path, _stamp: int, name: str) -> Page:
    """What a script says of itself. It is read and not run: to run it is to show the page.

    Where it says nothing that can be read, it is listed by its name, and whoever opens it is told why.
    """
    try:
        for line in ast.parse(script.read_text(encoding="utf-8")).body:
            match line:
                case ast.Assign(targets=[ast.Name("PAGE")], value=ast.Call(args=[], keywords=keywords)):
                    words: dict[str, Any] = {str(word.arg): evaluate(word.value) for word in keywords}
                    return Page(**words)
    except (SyntaxError, TypeError, ValueError):
        pass
    return Page(name.capitalize())


def evaluate(node: ast.expr) -> object:
    """A value that is written down, marked by N_ or not. Raises ValueError for one that must be computed."""
    match node:
        case ast.Call(func=ast.Name("N_"), args=[marked], keywords=[]):
            return ast.literal_eval(marked)
    return ast.literal_eval(node)
