"""Lines of letters below one another, wrong ones marked: HTML that is safe and wraps."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from viz import scales

STYLE = """
.hl-letters { color: var(--ink); display: grid; grid-template-columns: max-content 1fr max-content;
  gap: 4px 14px; align-items: baseline; }
.hl-letters b { font-weight: 600; }
.hl-letters p { margin: 0; line-height: 1.7; overflow-wrap: anywhere; }
.hl-letters span { display: inline-block; min-width: 1.05em; text-align: center; border-radius: 3px; }
.hl-letters .hl-wrong { background: var(--fill); outline: 1px solid var(--accent); font-weight: 600; }
.hl-letters small { color: var(--quiet); font-size: 0.9rem; margin-inline-start: 8px; white-space: nowrap; }
.hl-letters i { font-style: normal; font-variant-numeric: tabular-nums; }
@media (max-width: 700px) { .hl-letters { grid-template-columns: 1fr max-content; grid-auto-flow: dense; }
  .hl-letters b { grid-column: 1; } .hl-letters i { grid-column: 2; } .hl-letters p { grid-column: 1 / -1; } }
"""


@dataclass(frozen=True)
class Line:
    """name: what stands before it. letters, wrong: (letters,), which of them are marked. told: what is said
    of a marked one when it is pointed at, by its place. more: said behind the last; count: at the line's end.
    """

    name: str
    letters: Sequence[str]
    wrong: Sequence[bool] = ()
    told: Sequence[str] = ()
    more: str = ""
    count: str = ""


def lines(shown: Sequence[Line], *, dark: bool = False) -> str:
    """The lines as one block of HTML."""
    colours, scale = scales.theme(dark), scales.sequential(dark)
    names = " ".join(f"--{role}: {colour};" for role, colour in colours.items())
    style = re.sub(r"\s+", " ", f".hl-letters {{ {names} --fill: {scale[len(scale) // 5]}; }}" + STYLE)
    body = "".join(draw(line) for line in shown)
    return f'<style>{style}</style><div class="hl-letters">{body}</div>'


def draw(line: Line) -> str:
    """One line: its name, the letters, and its count."""
    spans = []
    for place, letter in enumerate(line.letters):
        is_wrong = place < len(line.wrong) and line.wrong[place]
        told = line.told[place] if is_wrong and place < len(line.told) else ""
        marked = f' class="hl-wrong" title="{html.escape(told)}"' if is_wrong else ""
        spans.append(f"<span{marked}>{html.escape(letter)}</span>")
    more = f"<small>{html.escape(line.more)}</small>" if line.more else ""
    return f"<b>{html.escape(line.name)}</b><p>{''.join(spans)}{more}</p><i>{html.escape(line.count)}</i>"
