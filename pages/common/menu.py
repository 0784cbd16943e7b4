"""The one list of pages. Each says in its own script what it is; nobody else has to be told of a new one.

    PAGE = Page(title=N_("Masks"), group=N_("Attention"), order=3, question=N_("Who may look at whom?"))

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
# In the order of a course; a group that is new comes behind them.
GROUPS = (
    "",
    N_("Before the Transformer"),
    N_("Text"),
    N_("Attention"),
    N_("The model"),
    N_("Writing and learning"),
    N_("Help"),
)


@dataclass(frozen=True)
class Page:
    """What a page is.

    title: in the menu. group: over it in the menu; "" = none. question: what the page opens on; told: what
    to do there, in Markdown. All are marked by N_ to be translated. order: its place in the group, whose
    pages are sorted by it and then by name. default: where the app opens. needs: what it needs of a model to
    show it, see `pages.common.fits`; () = nothing in particular, None = it shows no model. name, script: its
    address and its file; they are found, not said.
    """

    title: str
    group: str = ""
    order: int = 100
    default: bool = False
    question: str = ""
    told: str = ""
    needs: tuple[str, ...] | None = None
    name: str = ""
    script: Path = Path()

    @property
    def path(self) -> str:
        """Its file as Streamlit wants it in a link to the page."""
        return str(self.script.relative_to(FOLDER.parent))


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


def find(address: str) -> Page:
    """The page at an address, "" where the app opens; one that says nothing where there is none."""
    return next(
        (page for page in pages() if address == page.name or (page.default and not address)), Page(address)
    )


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
