"""The pieces of a text as boxes: HTML that is safe, wraps, can be selected, and reads right to left too."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from unicodedata import bidirectional

from model.traces.signs import show
from viz import scales

STYLE = Path(__file__).parent / "pieces.css"


@dataclass(frozen=True)
class Box:
    """One piece.

    text: what is read; before, after: quiet marks beside it; under: a quiet line below (its identifier).
    told: what is said of it when it is pointed at. joined: it touches the box before.
    unknown: dotted. special: no text stands behind it. held: outlined. fresh: filled.
    """

    text: str
    before: str = ""
    after: str = ""
    under: str = ""
    told: str = ""
    joined: bool = False
    unknown: bool = False
    special: bool = False
    held: bool = False
    fresh: bool = False


@dataclass(frozen=True)
class Row:
    """One line of a table: a name, a note under it, the boxes, what is said after them, and some numbers."""

    name: str
    note: str
    boxes: Sequence[Box]
    more: str = ""
    numbers: Sequence[str] = ()


def boxes(shown: Sequence[Box], *, dark: bool = False, label: str = "", more: str = "") -> str:
    """The boxes of one text.

    label: what they are, for those who do not see them. more: said after the last one.
    """
    return _page(_line(shown, label, more), dark)


def table(rows: Sequence[Row], columns: Sequence[str], *, dark: bool = False, head: bool = True) -> str:
    """The boxes of several texts, or of one text several times, with numbers at the right.

    columns: what the name, the boxes and each of the numbers are called; head: whether that is shown (it is
    read aloud in any case). Tables of as many columns stand in line.
    """
    cells = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in columns)
    lines = [f'<thead class="{"" if head else "hl-hidden"}"><tr>{cells}</tr></thead>']
    for row in rows:
        numbers = "".join(f'<td class="hl-number">{html.escape(number)}</td>' for number in row.numbers)
        note = f"<small>{html.escape(row.note)}</small>" if row.note else ""
        name = f'<th scope="row">{html.escape(row.name)}{note}</th>'
        lines.append(f"<tr>{name}<td>{_line(row.boxes, row.name, row.more)}</td>{numbers}</tr>")
    return _page(f'<table class="hl-table">{"".join(lines)}</table>', dark)


def _line(shown: Sequence[Box], label: str, more: str) -> str:
    ways = (bidirectional(character) for box in shown for character in box.text)
    first = next((way for way in ways if way in ("L", "R", "AL")), "L")
    after = f'<span class="hl-more">{html.escape(more)}</span>' if more else ""
    return (
        f'<div class="hl-pieces" role="list" aria-label="{html.escape(label)}" '
        f'dir="{"ltr" if first == "L" else "rtl"}">{_words(shown)}{after}</div>'
    )


def _words(shown: Sequence[Box]) -> str:
    """The boxes, those of one word together."""
    words: list[list[str]] = []
    for box in shown:
        if words and box.joined:
            words[-1].append(_box(box))
        else:
            words.append([_box(box)])
    return "".join(f'<span class="hl-word">{"".join(word)}</span>' for word in words)


def _box(box: Box) -> str:
    names = ["hl-piece"]
    names += [f"hl-{name}" for name in ("unknown", "special", "held", "fresh") if getattr(box, name)]
    marks = [f"<i>{html.escape(mark)}</i>" if mark else "" for mark in (box.before, box.after)]
    under = f"<small>{html.escape(box.under)}</small>" if box.under else ""
    told = f' title="{html.escape(box.told)}"' if box.told else ""
    return (
        f'<span class="{" ".join(names)}" role="listitem"{told}>'
        f"<bdi>{marks[0]}{html.escape(show(box.text))}{marks[1]}</bdi>{under}</span>"
    )


def _page(body: str, dark: bool) -> str:
    colours, scale = scales.theme(dark), scales.sequential(dark)
    fill = scale[len(scale) // 5]
    names = " ".join(f"--{role}: {colour};" for role, colour in colours.items())
    rule = f".hl-text {{ {names} --fill: {fill}; }}"
    style = re.sub(r"\s+", " ", rule + STYLE.read_text(encoding="utf-8"))
    return f'<style>{style}</style><div class="hl-text">{body}</div>'
