"""What an open part of a layer tells, as HTML: sentences, a few features of its vectors, bars."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np

from viz import scales
from viz.block.parts import Bar, Line, Opened
from viz.block.strings import STRINGS
from viz.columns import minus

OUTLIER = 2.5  # how many times the second largest number a largest one is that would blank the others


def opened(part: Opened, dark: bool = False, strings: Mapping[str, str] | None = None) -> str:
    """Everything in it, safe from markup."""
    words = {**STRINGS, **(strings or {})}
    parts = [f"<h4>{html.escape(part.title)}</h4>"]
    parts += [f'<p class="told">{html.escape(sentence)}</p>' for sentence in part.told]
    if part.bars:
        parts.append(bars(part.bars, part.full, part.bars_title))
    if part.lines:
        parts.append(table(part.lines, part.features, dark, words))
    if part.note:
        parts.append(f'<p class="note">{html.escape(part.note)}</p>')
    return "".join(parts)


def find_end(values: Sequence[float]) -> tuple[float, bool]:
    """Where a scale ends on both sides, and whether a number lies beyond.

    One number alone that is far larger does not blank the others.
    """
    sizes = np.sort(np.abs(np.asarray(values, dtype=np.float64)))[::-1]
    if not len(sizes) or sizes[0] == 0:
        return 1.0, False
    if len(sizes) > 2 and sizes[0] > OUTLIER * sizes[1] > 0:
        return float(sizes[1]), True
    return float(sizes[0]), False


def table(lines: Sequence[Line], features: Sequence[str], dark: bool, words: Mapping[str, str]) -> str:
    """One line for each vector, all on one scale of colours; the numbers stand in the cells.

    Raises ValueError where a line does not have a value for each feature.
    """
    if any(len(line.values) != len(features) for line in lines):
        raise ValueError(f"Each line needs {len(features)} values.")
    end, cut = find_end([value for line in lines for value in line.values])
    lengths = any(line.length is not None for line in lines)
    head = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in features)
    length = f'<th scope="col" class="length">{html.escape(words["length"])}</th>' if lengths else ""
    rows = []
    for line in lines:
        cells = "".join(cell(value, end, dark) for value in line.values)
        told = "" if line.length is None else f"{line.length:.1f}"
        last = f'<td class="length">{told}</td>' if lengths else ""
        name = f'<span class="mark">{html.escape(line.sign)}</span>{html.escape(line.name)}'
        rows.append(f'<tr><th scope="row">{name}</th>{cells}{last}</tr>')
    note = html.escape(words["cut_off"].format(end=f"{end:.2f}")) if cut else ""
    return (
        f'<div class="wide"><table><thead><tr><th scope="col">{html.escape(words["feature"])}</th>'
        f"{head}{length}"
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
        + (f'<p class="note">{note}</p>' if note else "")
    )


def cell(value: float, end: float, dark: bool) -> str:
    """A number on its colour."""
    scale = scales.diverging(dark)
    place = round((min(max(value / end, -1.0), 1.0) + 1) / 2 * (len(scale) - 1))
    fill = scale[place]
    return f'<td style="background:{fill};color:{scales.ink_on(fill)}">{minus(value)}</td>'


def bars(shown: Sequence[Bar], full: float | None, title: str) -> str:
    """One bar below the other."""
    end = full if full is not None else max((bar.value for bar in shown), default=0.0)
    rows = []
    for bar in shown:
        share = 0.0 if end <= 0 else min(max(bar.value / end, 0.0), 1.0)
        rows.append(
            f'<div class="bar{"" if bar.on else " off"}" role="listitem"><bdi>{html.escape(bar.name)}</bdi>'
            f'<span class="track"><span style="width:{100 * share:.1f}%"></span></span>'
            f"<b>{html.escape(bar.written)}</b></div>"
        )
    return f'<p class="note">{html.escape(title)}</p><div class="bars" role="list">{"".join(rows)}</div>'
