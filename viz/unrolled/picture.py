"""The steps of a recurrent network beside each other as an SVG image: what is read, the states, the answers.

The small matrices between them are the beginnings of the layer's own: as many rows and columns of each of its
parts as CORNER says, the same at every step because they are the same.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.trace import Kind
from model.unrolled import Run, Unrolled
from viz import scales
from viz.columns import fit, percent
from viz.unrolled.strings import STRINGS

MOST = 40  # steps of one stack
COLUMN, BEGIN, BETWEEN = 84, 58, 40  # how wide a step is, what stands before the first, and between stacks
BOX, CELLS = 46, 4  # a vector as a square of so many numbers a side, its first ones
CORNER = 5  # rows and columns of each part of a matrix
CELL, LARGE = 2.6, 4.6  # how large one of them is, of several parts and of one
AIR = 15  # above and below a small matrix
CURVE, TAG = 108, 50  # how high the answers are
WORD, APART = 26, 24  # under what is read; between the states of two directions
EDGE = 6
LETTERS = 4.9  # em of a word over its column
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


@dataclass(frozen=True)
class Answers:
    """What is answered at each step of a stack.

    texts: what it is, "" for nothing. shares: its probability. curve: they are one answer as it would be if
    the text ended there, drawn as a curve; name: what is answered then.
    """

    texts: tuple[str, ...]
    shares: tuple[float, ...]
    curve: bool = False
    name: str = ""


@dataclass(frozen=True)
class Drawn:
    """A record as it is drawn.

    layer: which layer of each stack; of a stack that has fewer, its last. step: the one at work, from 0, the
    decoder's behind the encoder's. answers: by stack. most: how many steps of a stack are drawn, those around
    the one at work.
    """

    record: Unrolled
    layer: int
    step: int
    answers: Mapping[Kind, Answers]
    most: int = MOST

    @property
    def stacks(self) -> tuple[Kind, ...]:
        return ("encoder",) if self.record.written is None else ("encoder", "decoder")

    def runs(self, kind: Kind) -> tuple[Run, ...]:
        return self.record.of(kind, min(self.layer, self.record.depth(kind) - 1))

    def begins(self, kind: Kind) -> int:
        """The number of a stack's first step."""
        return 0 if kind == "encoder" else len(self.record.tokens)

    def window(self, kind: Kind) -> range:
        """The places of a stack's text that are drawn."""
        count = len(self.record.side(kind))
        first = self.step - self.begins(kind) - self.most // 2
        first = min(max(first, 0), max(count - self.most, 0))
        return range(first, min(first + self.most, count))

    def state(self, run: Run, place: int) -> str:
        """Whether the step of a run at a place in the text is "done", at work "now", or comes "later"."""
        number = run.steps - 1 - place if run.direction else place
        at = self.step - self.begins(run.kind)
        return "now" if number == at else "done" if number < at else "later"


def picture(drawn: Drawn, strings: Mapping[str, str] | None = None, dark: bool = False) -> str:
    """The image; each step is a button that carries its number, from 0, as data-step."""
    words = {**STRINGS, **(strings or {})}
    high = Heights(drawn)
    parts, x = [], 0.0
    for kind in drawn.stacks:
        runs = drawn.runs(kind)
        parts += [define(run, dark) for run in runs]
        parts += draw_stack(drawn, kind, x, high, words, dark)
        x += BEGIN + COLUMN * len(drawn.window(kind)) + BETWEEN
    width = x - BETWEEN + EDGE
    return (
        f'<svg viewBox="0 0 {width:.0f} {high.all}" style="width: {width / 16:.3f}em" role="group" '
        f'aria-label="{html.escape(words["said"])}">{"".join(parts)}</svg>'
    )


class Heights:
    """Where each row of the image begins, from the top."""

    def __init__(self, drawn: Drawn) -> None:
        rows = max(len(drawn.runs(kind)) for kind in drawn.stacks)
        parts = drawn.runs("encoder")[0].parts
        self.matrix = parts * CORNER * size_of(parts)
        answers = list(drawn.answers.values())
        self.answers = 0 if not answers else CURVE if answers[0].curve else TAG
        named = 22 if len(drawn.stacks) > 1 else 0
        self.top = EDGE + named
        begin = self.top + self.answers + (22 if answers else 8)
        lift = max(BOX, self.matrix + 16)  # a matrix on an arrow, and its name above it
        self.states = [begin + (lift - BOX) / 2 + row * (lift + APART) for row in range(rows)]
        self.read = self.states[-1] + (lift + BOX) / 2 + 2 * AIR + self.matrix
        self.all = round(self.read + BOX + WORD + EDGE)


def define(run: Run, dark: bool) -> str:
    """The beginnings of U and W of a run, once: they are used at every step."""
    return "".join(
        f'<defs><g id="{name}-{run.kind}-{run.direction}">{corner(matrix, run.parts, dark)}</g></defs>'
        for name, matrix in (("U", run.U), ("W", run.W))
    )


def corner(matrix: NDArray[np.float32], parts: int, dark: bool) -> str:
    """The first rows and columns of each part of a matrix, as small squares around (0, 0)."""
    units = len(matrix) // parts
    rows, columns = min(CORNER, units), min(CORNER, matrix.shape[1])
    shown = matrix.reshape(parts, units, -1)[:, :rows, :columns]
    end = float(np.abs(shown).max()) or 1.0
    size = size_of(parts)
    wide, high = columns * size, parts * rows * size
    drawn = [
        f'<rect x="{j * size - wide / 2:.1f}" y="{(part * rows + i) * size - high / 2:.1f}" width="{size}" '
        f'height="{size}" fill="{colour(float(shown[part, i, j]), end, dark)}"/>'
        for part in range(parts)
        for i in range(rows)
        for j in range(columns)
    ]
    return "".join(drawn) + (
        f'<rect class="matrix" x="{-wide / 2:.1f}" y="{-high / 2:.1f}" width="{wide:.1f}" '
        f'height="{high:.1f}"/>'
    )


def size_of(parts: int) -> float:
    """How large a number of a small matrix is drawn."""
    return LARGE if parts == 1 else CELL


def colour(value: float, end: float, dark: bool) -> str:
    """Amber above 0, blue below, the page's own colour at 0."""
    hues = scales.diverging(dark)
    middle = len(hues) // 2
    return hues[middle + round(middle * float(np.clip(value / end, -1, 1)))]


def draw_stack(
    drawn: Drawn, kind: Kind, x: float, high: Heights, words: Mapping[str, str], dark: bool
) -> list[str]:
    """The steps of a stack from x on."""
    runs, tokens, window = drawn.runs(kind), drawn.record.side(kind), drawn.window(kind)
    middles = {place: x + BEGIN + COLUMN * (i + 0.5) for i, place in enumerate(window)}
    parts = []
    if len(drawn.stacks) > 1:
        name = html.escape(words[kind])
        parts.append(f'<text class="stack" x="{x + BEGIN - 14:.0f}" y="{EDGE + 10}">{name}</text>')
    for row, run in enumerate(runs):
        parts += draw_ways(drawn, run, row, middles, high)
    if kind == "decoder" and 0 in middles:  # it starts from what the encoder has left
        level, begin = high.states[0] + BOX / 2, x - BETWEEN - (COLUMN - BOX) / 2
        state = drawn.state(runs[0], 0)
        parts.append(f'<g class="way {state}">{arrow(begin, level, middles[0] - BOX / 2 - 60, level)}</g>')
    answers = drawn.answers.get(kind)
    if answers is not None:
        parts.append(draw_curve(drawn, kind, answers, x, middles, high) if answers.curve else "")
    for place, middle in middles.items():
        state = min((drawn.state(run, place) for run in runs), key=("now", "done", "later").index)
        said = html.escape(words["step"].format(number=place + 1, word=tokens.texts[place]))
        number = drawn.begins(kind) + place
        parts.append(
            f'<g class="step {state}" data-step="{number}" role="button" tabindex="0" aria-label="{said}" '
            f'aria-pressed="{str(number == drawn.step).lower()}">'
            f'<rect class="reach" x="{middle - COLUMN / 2:.1f}" y="0" width="{COLUMN}" height="{high.all}"/>'
        )
        reads = [drawn.state(run, place) != "later" for run in runs]
        parts.append(vector(runs[0].x[place], runs[0].x, middle, high.read, "read", any(reads), dark))
        # What a decoder reads is what it has written, which is not there before.
        known = kind == "encoder" or any(reads)
        word = html.escape(fit(tokens.texts[place], LETTERS)) if known else "…"
        parts.append(f'<text class="word" x="{middle:.1f}" y="{high.read + BOX + 16:.1f}">{word}</text>')
        for row, run in enumerate(runs):
            one = drawn.state(run, place)
            parts.append(f'<g class="state {one}">')
            parts.append(vector(run.h[place], run.h, middle, high.states[row], "h", one != "later", dark))
            parts.append("</g>")
        if answers is not None and not answers.curve and all(reads) and answers.texts[place]:
            parts.append(draw_answer(answers.texts[place], answers.shares[place], middle, high))
        parts.append("</g>")
    return parts


def vector(
    values: NDArray[np.float32],
    of: NDArray[np.float32],
    middle: float,
    top: float,
    name: str,
    known: bool,
    dark: bool,
) -> str:
    """A vector as a square of its first numbers; an empty one where it is not there yet."""
    left, size = middle - BOX / 2, BOX / CELLS
    cells = ""
    if known:
        end = float(np.abs(of).max()) or 1.0
        cells = "".join(
            f'<rect x="{left + size * (i % CELLS):.1f}" y="{top + size * (i // CELLS):.1f}" '
            f'width="{size}" height="{size}" fill="{colour(float(value), end, dark)}"/>'
            for i, value in enumerate(values[: CELLS * CELLS])
        )
    return (
        f'{cells}<rect class="box {name}" x="{left:.1f}" y="{top:.1f}" width="{BOX}" height="{BOX}" rx="5"/>'
    )


def draw_ways(drawn: Drawn, run: Run, row: int, middles: Mapping[int, float], high: Heights) -> list[str]:
    """The arrows of a run, with the small matrices on them: the same at each step."""
    parts, top = [], high.states[row]
    level, behind = top + BOX / 2, "′" if run.direction else ""
    sign = -1 if run.direction else 1
    of = f"{run.kind}-{run.direction}"
    for place, middle in middles.items():
        state = drawn.state(run, place)
        begin = middle - sign * (COLUMN - BOX / 2)
        first = place == (run.steps - 1 if run.direction else 0)
        if first:
            begin = middle - sign * (BOX / 2 + 34)
        end = middle - sign * BOX / 2
        at = (begin + end) / 2 - sign * 2
        parts.append(
            f'<g class="way {state}">{arrow(begin, level, end, level)}{place_matrix("W", of, at, level)}'
        )
        parts.append(
            f'<text class="name" x="{at:.1f}" y="{level - high.matrix / 2 - 8:.1f}">W{behind}</text>'
        )
        if first and not run.direction:
            parts.append(f'<text class="name" x="{begin - 13:.1f}" y="{level + 1:.1f}">h₀</text>')
        under = 0.0
        if len(drawn.runs(run.kind)) > 1:  # two directions read the same word: each has a way of its own
            under = -14.0 if row else 14.0
        x = middle + under
        parts.append(arrow(x, high.read, x, top + BOX) if not (row == 0 and under) else around(x, top, high))
        at = high.read - AIR - high.matrix / 2
        parts.append(place_matrix("U", of, x, at))
        parts.append(
            f'<text class="name" x="{x + (13 if under >= 0 else -13):.1f}" y="{at:.1f}">U{behind}</text>'
        )
        parts.append("</g>")
    return parts


def around(x: float, top: float, high: Heights) -> str:
    """The way from what is read to the upper states, past the lower ones."""
    side = x + BOX / 2 - 7
    bottom = high.states[-1] + BOX + 6
    return (
        f'<path class="line" d="M{x:.1f} {high.read:.1f}V{bottom:.1f}H{side + 2:.1f}V{top + BOX + 8:.1f}'
        f'H{x:.1f}V{top + BOX + 6:.1f}"/><path class="tip" d="M{x:.1f} {top + BOX:.1f}l-4 8h8z"/>'
    )


def arrow(x: float, y: float, to_x: float, to_y: float) -> str:
    """A line with its tip."""
    if y == to_y:
        sign = 1 if to_x > x else -1
        tip = f"M{to_x:.1f} {to_y:.1f}l{-8 * sign} -4v8z"
    else:
        tip = f"M{to_x:.1f} {to_y:.1f}l-4 8h8z"
    return f'<path class="line" d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}"/><path class="tip" d="{tip}"/>'


def place_matrix(name: str, of: str, x: float, y: float) -> str:
    return f'<use href="#{name}-{of}" x="{x:.1f}" y="{y:.1f}"/>'


def draw_answer(text: str, share: float, middle: float, high: Heights) -> str:
    """What is answered at a step, above its state."""
    bottom = high.states[0]
    return (
        f'<text class="answer" x="{middle:.1f}" y="{high.top + 14}">{html.escape(fit(text, LETTERS))}</text>'
        f'<text class="share" x="{middle:.1f}" y="{high.top + 33}">{percent(share)}</text>'
        + arrow(middle, bottom, middle, high.top + 46)
    )


def draw_curve(
    drawn: Drawn, kind: Kind, answers: Answers, x: float, middles: Mapping[int, float], high: Heights
) -> str:
    """The probability of one answer after each step, as far as the steps are taken."""
    top, bottom = high.top + 46.0, high.top + CURVE - 6.0
    ys = [bottom - (bottom - top) * share for share in answers.shares]
    last = drawn.step - drawn.begins(kind)
    taken = [(place, middle, ys[place]) for place, middle in middles.items() if place <= last]
    line = "L".join(f"{a:.1f} {b:.1f}" for _place, a, b in taken)
    dots = "".join(f'<circle cx="{a:.1f}" cy="{b:.1f}" r="{6 if i == last else 4}"/>' for i, a, b in taken)
    told = "".join(
        f'<text class="share{" bold" if i == last else ""}" x="{a:.1f}" y="{b - 14:.1f}">'
        f"{percent(answers.shares[i])}</text>"
        for i, a, b in taken
    )
    left, right = x + BEGIN - 6, max(middles.values()) + COLUMN / 2
    name = html.escape(fit(answers.name, 40))
    return (
        f'<g class="curve"><path class="rule" d="M{left:.0f} {top:.0f}H{right:.0f}M{left:.0f} {bottom:.0f}'
        f'H{right:.0f}"/><path class="half" d="M{left:.0f} {(top + bottom) / 2:.0f}H{right:.0f}"/>'
        f'<text class="end" x="{left - 6:.0f}" y="{top:.0f}">100 %</text>'
        f'<text class="end" x="{left - 6:.0f}" y="{bottom:.0f}">0 %</text>'
        f'<text class="stack" x="{x + 6:.0f}" y="{high.top + 8:.0f}">{name}</text>'
        f'<path class="line" d="M{line}"/>{dots}{told}</g>'
    )
