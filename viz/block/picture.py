"""A layer as an SVG image, from the bottom to the top as in figure 1 of Vaswani et al. 2017."""

from __future__ import annotations

import html
from collections.abc import Mapping

from viz.block.parts import Block, Part
from viz.block.strings import STRINGS
from viz.columns import fit

WIDTH, MIDDLE = 430, 214
LEFT, BOX = 88, 252  # where the boxes begin, and how wide they are
ROAD = 46  # where the way around a sublayer stands
FRAME = (18, 388)  # left and right edge of what there is several times
HEIGHTS = {"state": 34, "attention": 48, "feed-forward": 48, "add": 22, "norm": 36}
NEAR, APART = 11, 28  # between parts of one sublayer, and before the first of one
EDGE = 6
LETTERS = 17.5  # em of a line in a box


def picture(block: Block, chosen: str = "", strings: Mapping[str, str] | None = None) -> str:
    """The layer as SVG; its parts are buttons that carry their names as data-part.

    Colours are custom properties of the page around it (--ink, --accent, …). chosen: the part that is open.
    """
    words = {**STRINGS, **(strings or {})}
    tops, height = place(block)
    drawn = [frame(block, tops, words), way(block, tops), *roads(block, tops)]
    drawn += [draw(part, tops[part.name], part.name == chosen) for part in block.parts]
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="group" aria-label="{html.escape(block.said)}">'
        f"{''.join(drawn)}</svg>"
    )


def place(block: Block) -> tuple[dict[str, float], float]:
    """Where each part begins, from the top, and how high all is."""
    tops: dict[str, float] = {}
    y: float = EDGE
    above: Part | None = None
    for part in reversed(block.parts):
        if above is not None:
            y += NEAR if part.sublayer is not None and part.sublayer == above.sublayer else APART
        tops[part.name] = y
        y += HEIGHTS[part.role]
        above = part
    return tops, y + EDGE


def frame(block: Block, tops: Mapping[str, float], words: Mapping[str, str]) -> str:
    """The edge around what there is several times, and how many times."""
    inner = [part for part in block.parts if part.sublayer is not None]
    if not inner:
        return ""
    top = tops[inner[-1].name] - NEAR
    bottom = tops[inner[0].name] + HEIGHTS[inner[0].role] + APART - 5
    said = html.escape(words["times"].format(count=block.times))
    return (
        f'<rect class="frame" x="{FRAME[0]}" y="{top}" width="{FRAME[1] - FRAME[0]}" '
        f'height="{bottom - top}" rx="12"/>'
        f'<text class="times" x="{FRAME[1] + 6}" y="{top + 16}">{said}</text>'
    )


def way(block: Block, tops: Mapping[str, float]) -> str:
    """The way of a vector, upwards through all parts, and how queries, keys and values part from it."""
    first, last = block.parts[0], block.parts[-1]
    drawn = [f'<path class="way" d="M{MIDDLE} {tops[first.name]}V{tops[last.name] + HEIGHTS[last.role]}"/>']
    for part in block.parts:
        if part.role == "attention":
            bottom = tops[part.name] + HEIGHTS[part.role]
            ends = [] if part.memory else [MIDDLE - 70, MIDDLE + 70]
            drawn += [f'<path class="way" d="M{MIDDLE} {bottom + 8}H{end}V{bottom}"/>' for end in ends]
            drawn += [tip(end, bottom) for end in (*ends, MIDDLE)]
        if part.memory:
            y = tops[part.name] + HEIGHTS[part.role] / 2
            drawn.append(
                f'<path class="way" d="M{WIDTH} {y}H{LEFT + BOX}"/>'
                f'<path class="tip" d="M{LEFT + BOX} {y}l9 -5v10z"/>'
                f'<text class="memory" x="{FRAME[1] + 4}" y="{y - 8}">{html.escape(part.memory)}</text>'
            )
    return "".join(drawn)


def tip(x: float, y: float) -> str:
    """The end of an arrow that points upwards."""
    return f'<path class="tip" d="M{x} {y}l-5 9h10z"/>'


def roads(block: Block, tops: Mapping[str, float]) -> list[str]:
    """The way around each sublayer: from below its first part to where both are added."""
    drawn = []
    for part in block.parts:
        if part.role != "add":
            continue
        first = next(one for one in block.parts if one.sublayer == part.sublayer)
        bottom = tops[first.name] + HEIGHTS[first.role] + APART - 11
        middle = tops[part.name] + HEIGHTS["add"] / 2
        drawn.append(
            f'<path class="road" d="M{MIDDLE} {bottom}H{ROAD}V{middle}H{MIDDLE - 20}"/>'
            f'<path class="road-tip" d="M{MIDDLE - 11} {middle}l-11 -6v12z"/>'
        )
    return drawn


def draw(part: Part, top: float, chosen: bool) -> str:
    """One part, as a button."""
    said = html.escape(f"{part.title}. {part.told}".strip())
    names = f"part {part.role}" + (" chosen" if chosen else "")
    begin = (
        f'<g class="{names}" data-part="{html.escape(part.name)}" role="button" tabindex="0" '
        f'aria-pressed="{str(chosen).lower()}" aria-label="{said}">'
    )
    return begin + (plus if part.role == "add" else box)(part, top) + "</g>"


def plus(part: Part, top: float) -> str:
    """Where two vectors are added."""
    middle = top + HEIGHTS["add"] / 2
    told = fit(part.told, LETTERS * 0.58) if part.told else ""
    return (
        f'<rect class="reach" x="{MIDDLE - 16}" y="{middle - 14}" width="170" height="28" rx="14"/>'
        f'<circle cx="{MIDDLE}" cy="{middle}" r="11"/>'
        f'<path class="sign" d="M{MIDDLE - 5} {middle}h10M{MIDDLE} {middle - 5}v10"/>'
        f'<text class="told beside" x="{MIDDLE + 20}" y="{middle}">{html.escape(told)}</text>'
    )


def box(part: Part, top: float) -> str:
    """Anything else: what it is, and its number."""
    height = HEIGHTS[part.role]
    corner = 17 if part.role == "state" else 7
    shape = f'<rect x="{LEFT}" y="{top}" width="{BOX}" height="{height}" rx="{corner}"/>'
    if part.role in ("state", "norm"):
        title = html.escape(fit(part.title, LETTERS * 0.6))
        told = (
            f'<tspan class="told" dx="10">{html.escape(fit(part.told, LETTERS * 0.6))}</tspan>'
            if part.told
            else ""
        )
        return f'{shape}<text x="{MIDDLE}" y="{top + height / 2}">{title}{told}</text>'
    title = f'<text x="{MIDDLE}" y="{top + 16}">{html.escape(fit(part.title, LETTERS))}</text>'
    if part.experts:
        return shape + title + networks(part, top + 27)
    told = f'<text class="told" x="{MIDDLE}" y="{top + 34}">{html.escape(fit(part.told, LETTERS))}</text>'
    return shape + title + (told if part.told else "")


def networks(part: Part, top: float) -> str:
    """A small box for each expert, those that run filled."""
    count = len(part.experts)
    wide = min(34.0, (BOX - 20) / count)
    begin = MIDDLE - wide * count / 2
    drawn = []
    for i, runs in enumerate(part.experts):
        x = begin + i * wide
        name = "expert runs" if runs else "expert"
        drawn.append(
            f'<rect class="{name}" x="{x + 1:.1f}" y="{top}" width="{wide - 2:.1f}" height="15" rx="3"/>'
        )
        if wide >= 15:
            drawn.append(f'<text class="{name}" x="{x + wide / 2:.1f}" y="{top + 8}">{i + 1}</text>')
    return "".join(drawn)
