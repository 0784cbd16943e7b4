"""A figure for a document: scores over lengths, a small panel each, as SVG that any browser shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from viz import scales

WIDTH, HEIGHT = 460, 340  # of a panel, in pixels
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 38, 46
KEY = 22  # height of a line of the key
GREY = "#6b7280"  # on white and on black
COLOURS = (*scales.CATEGORIES[:6], GREY)


def draw(panels: Sequence[Mapping[str, Any]]) -> str:
    """SVG with the panels side by side and one key under them.

    panels: {"title", "along", "lines": {name: [(place, middle, least, most), …]}}, shares from 0 to 1.
    Every panel has the same names, at most seven.
    Raises ValueError for more.
    """
    names = list(dict.fromkeys(name for panel in panels for name in panel["lines"]))
    if len(names) > len(COLOURS):
        raise ValueError(f"There can be {len(COLOURS)} lines, not {len(names)}.")
    hues = dict(zip(names, COLOURS, strict=False))
    width, height = WIDTH * len(panels), HEIGHT + KEY * ((len(names) + 3) // 4) + 10
    body = [draw_panel(panel, place * WIDTH, hues) for place, panel in enumerate(panels)]
    for place, name in enumerate(names):
        x, y = LEFT + place % 4 * (width - LEFT) / 4, HEIGHT + 12 + KEY * (place // 4)
        body.append(f'<line x1="{x:.0f}" y1="{y}" x2="{x + 24:.0f}" y2="{y}" {stroke(name, hues)}/>')
        body.append(f'<text x="{x + 30:.0f}" y="{y + 4}">{escape(name)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="sans-serif" font-size="13" fill="{GREY}">\n'
        + "\n".join(body)
        + "\n</svg>\n"
    )


def draw_panel(panel: Mapping[str, Any], left: float, hues: Mapping[str, str]) -> str:
    """One panel, its left edge at `left`."""
    places = sorted({point[0] for line in panel["lines"].values() for point in line}) or [0, 1]
    first, last = places[0], max(places[-1], places[0] + 1)
    inner, tall = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(place: float) -> float:
        return left + LEFT + (place - first) / (last - first) * inner

    def y(share: float) -> float:
        return TOP + (1 - share) * tall

    parts = [f'<text x="{left + LEFT:.0f}" y="20" font-weight="600">{escape(panel["title"])}</text>']
    parts.extend(
        f'<line x1="{left + LEFT:.0f}" y1="{y(share):.1f}" x2="{left + WIDTH - RIGHT:.0f}" '
        f'y2="{y(share):.1f}" stroke="{GREY}" stroke-opacity="0.25"/>'
        f'<text x="{left + LEFT - 8:.0f}" y="{y(share) + 4:.1f}" text-anchor="end">{share:g}</text>'
        for share in (0, 0.25, 0.5, 0.75, 1)
    )
    parts.extend(
        f'<text x="{x(place):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{place:g}</text>'
        for place in places
    )
    parts.append(
        f'<text x="{left + LEFT + inner / 2:.0f}" y="{HEIGHT - 8}" text-anchor="middle">'
        f"{escape(panel['along'])}</text>"
    )
    for name, line in panel["lines"].items():
        if not line:
            continue
        above = " ".join(f"{x(place):.1f},{y(most):.1f}" for place, _, _, most in line)
        below = " ".join(f"{x(place):.1f},{y(least):.1f}" for place, _, least, _ in reversed(line))
        middle = " ".join(f"{x(place):.1f},{y(share):.1f}" for place, share, _, _ in line)
        parts.append(f'<polygon points="{above} {below}" fill="{hues[name]}" fill-opacity="0.12"/>')
        parts.append(f'<polyline points="{middle}" fill="none" {stroke(name, hues)}/>')
    return "\n".join(parts)


def stroke(name: str, hues: Mapping[str, str]) -> str:
    """How a line is drawn: those with attention whole, those without dashed."""
    dashes = "" if "attention" in name or name == "Transformer" else ' stroke-dasharray="5 4"'
    return f'stroke="{hues[name]}" stroke-width="2.5"{dashes}'
