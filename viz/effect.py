"""Looking beside mattering, and what an edit did to each written word, as bars."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import ArrayLike, NDArray

from viz import scales
from viz.columns import SIDE, column, escape, fit, format_signed, percent, quote, wide
from viz.labels import layout

LEAST = 0.1  # a scale reaches this far at least, so that next to nothing looks like next to nothing
FAR = 10.0  # natural logarithms that a bar reaches at most: a 20,000th of a probability is as good as none
SEEN = 0.005  # what is smaller is written as 0
SIZE = 15  # pixels of the type
ROW = 32  # pixels from one word to the next, downwards
LONGEST = 7.0  # em of a word
ROOM = 1.45  # of the longest bar, so that its number has room on a phone as well
FAINT = 0.5  # of the bars that are not the longest


def effect(
    words: Sequence[str],
    weights: ArrayLike,
    effects: ArrayLike,
    *,
    title: str = "",
    dark: bool = False,
    looks: str = "attention",
    matters: str = "effect",
    unit: str = "",
) -> go.Figure:
    """How much each word is looked at, beside how much it matters: two rows of bars, words downwards.

    weights: (words,), 0 to 1. effects: (words,), what changes when the word is no longer looked at: of a
        log-probability, below 0 where the text became less likely, or of another measure.
    looks, matters: what the two sides are called; unit: what effects are measured in.
    On the right bars go from one line of 0, what became less to the left and what became more to the right,
    all on one scale: twice the effect is twice the length. The longest bar of each side stands in full light,
    so one bright row means that the two agree.
    Raises ValueError where there is not one weight and one effect for each word.
    """
    shares, changes = _row(weights, words), _row(effects, words)
    colours, scale = scales.theme(dark), scales.diverging(dark)
    looked = np.nan_to_num(shares).clip(0, 1)
    endless = 1.2 * float(np.abs(changes[np.isfinite(changes)]).max(initial=LEAST))  # ∞ is longer than all
    mattered = np.nan_to_num(changes, nan=0.0, posinf=endless, neginf=-endless)
    first = _longest(looked), _longest(np.abs(mattered))
    names = [fit(word, LONGEST) for word in words]
    measure = f" ({escape(unit)})" if unit else ""
    told = [
        f"“{quote(word)}”<br>{escape(looks)}: {escape(percent(share))}"
        f"<br>{escape(matters)}: {format_signed(change)}{measure}"
        for word, share, change in zip(words, shares, changes, strict=True)
    ]
    reach = (0.0, ROOM * scales.end(float(looked.max(initial=0)))), _reach(mattered)
    sides = (
        (looked, [f"{100 * share:.0f} %" for share in looked], [colours["accent"]] * len(words)),
        (
            mattered,
            [format_signed(change) for change in changes],
            [scale[0 if change < 0 else -1] for change in changes],
        ),
    )
    figure = go.Figure()
    for side, (lengths, numbers, fills) in enumerate(sides):
        figure.add_bar(
            x=lengths,
            y=np.arange(len(words)),
            orientation="h",
            xaxis=("x", "x2")[side],
            text=[
                "" if abs(length) < SEEN else number for length, number in zip(lengths, numbers, strict=True)
            ],
            textposition="outside",
            textfont={"size": SIZE - 1, "color": colours["ink"]},
            cliponaxis=False,
            marker={
                "color": fills,
                "opacity": [1 if i == first[side] else FAINT for i in range(len(words))],
                "line": {"width": 0},
            },
            hoverinfo="skip",
        )
        figure.add_bar(
            **{"x": np.full(len(words), reach[side][1] - reach[side][0]), "base": reach[side][0]},
            **{"y": np.arange(len(words)), "orientation": "h", "xaxis": ("x", "x2")[side], **_boxes(told)},
        )
    under = "".join(f"<br>{escape(line)}" for line in textwrap.wrap(unit, 22, break_on_hyphens=False))
    heading = 28 + 18 * under.count("<br>")  # pixels over the bars
    top = heading + (36 if title else 0)
    figure.update_layout(
        **layout(title, "", dark),
        height=top + ROW * max(len(words), 1) + 12,
        margin={"l": 8, "r": 8, "t": top, "b": 12},
        barmode="overlay",
        bargap=0.35,
        showlegend=False,
        hovermode="closest",
        dragmode=False,
        annotations=[
            {
                **{"text": text, "font": {"size": SIZE, "color": colours["ink"]}},
                **{"showarrow": False, "align": "left", "xshift": -2, "yshift": heading},
                **{"x": x, "xref": "paper", "xanchor": "left", "y": 1, "yref": "paper", "yanchor": "top"},
            }
            for text, x in ((f"<b>{escape(looks)}</b>", 0), (f"<b>{escape(matters)}</b>{under}", 0.53))
        ],
        shapes=[
            {
                **{"type": "rect", "layer": "below", "line": {"width": 0}, "fillcolor": colours["shade"]},
                **{"xref": "paper", "x0": 0, "x1": 1, "y0": row - 0.5, "y1": row + 0.5},
            }
            for row in sorted({row for row in first if row is not None})
        ],
    )
    axis = {"showgrid": False, "showticklabels": False, "fixedrange": True, "zeroline": True}
    line = {"zerolinecolor": colours["quiet"], "zerolinewidth": 1}
    figure.update_layout(
        xaxis={**axis, **line, "domain": [0, 0.47], "range": list(reach[0])},
        xaxis2={**axis, **line, "domain": [0.53, 1], "range": list(reach[1]), "anchor": "y"},
        yaxis={
            **{"range": [len(words) - 0.5, -0.5], "fixedrange": True, "showgrid": False, "zeroline": False},
            **{"tickvals": np.arange(len(words)), "automargin": True, "ticklabelstandoff": 6},
            "ticktext": [_mark_bold(name, i in first) for i, name in enumerate(names)],
            "tickfont": {"size": SIZE, "color": colours["ink"]},
        },
    )
    return figure


def movement(
    words: Sequence[str],
    before: ArrayLike,
    after: ArrayLike,
    *,
    title: str = "",
    dark: bool = False,
    before_name: str = "before",
    after_name: str = "after",
    more: str = "more likely",
    less: str = "less likely",
    unit: str = "change of log-probability",
    beyond: str = "beyond the scale",
    logprobs: bool = True,
) -> go.Figure:
    """How much the log-probability of each written word moved: bars around zero, words across.

    before, after: (words,), natural logarithms; −∞ is a probability of 0, NaN one that is not known.
    before_name, after_name: what the two are called. more, less: what the two colours are called.
    unit: what is drawn. beyond: said of a change of more than FAR, which is drawn as FAR.
    logprobs: False where the values are of another measure, so that no probabilities are told.
    The figure is as wide as the text is long; `viz.columns.wide` says how it is shown.
    Raises ValueError where there is not one value before and one after for each word.
    """
    one, two = _row(before, words), _row(after, words)
    with np.errstate(invalid="ignore"):
        change = np.where(one == two, 0.0, two - one)  # −∞ before and after is no change
    drawn = np.nan_to_num(change, nan=0.0).clip(-FAR, FAR)
    far = np.abs(np.nan_to_num(change)) > FAR
    colours, scale = scales.theme(dark), scales.diverging(dark)
    names = [fit(word, LONGEST) for word in words]
    each = column(names, SIZE, 46, LONGEST * SIZE) + 14
    width = wide(each * len(words) + 48)
    told = [
        "<br>".join(
            [
                f"“{quote(word)}”",
                *(
                    f"{escape(name)}: {escape(percent(float(np.exp(value))))}"
                    for name, value in ((before_name, one[i]), (after_name, two[i]))
                    if logprobs
                ),
                f"{escape(unit)}: {format_signed(change[i])}" + (f" ({escape(beyond)})" if far[i] else ""),
            ]
        )
        for i, word in enumerate(words)
    ]
    figure = go.Figure()
    for name, chosen, fill in ((more, drawn >= 0, scale[-1]), (less, drawn < 0, scale[0])):
        figure.add_bar(
            x=np.flatnonzero(chosen),
            y=drawn[chosen],
            name=escape(name),
            marker={"color": fill, "line": {"width": 0}},
            text=[_number(change[i]) for i in np.flatnonzero(chosen)],
            textposition="outside",
            textangle=0,
            textfont={"size": SIZE - 1, "color": colours["ink"]},
            cliponaxis=False,
            hoverinfo="skip",
            showlegend=True,
        )
    low, high = float(drawn.min(initial=0)), float(drawn.max(initial=0))
    room = max(LEAST - (high - low), 0) / 2 + 0.2 * max(high - low, LEAST)
    low, high = low - room, high + room
    figure.add_bar(x=np.arange(len(words)), y=np.full(len(words), high - low), base=low, **_boxes(told))
    largest = float(np.abs(drawn).max(initial=0))
    strong = [largest >= SEEN and abs(value) >= largest / 2 for value in drawn]
    top = 60 + (34 if title else 0)
    figure.update_layout(
        **layout(title, unit, dark),
        **width,
        height=top + 230,
        margin={"l": SIDE, "r": SIDE, "t": top, "b": 36},
        barmode="overlay",
        bargap=0.45,
        hovermode="closest",
        dragmode=False,
        legend={
            **{"orientation": "h", "yanchor": "bottom", "y": 1, "xanchor": "left", "x": 0},
            **{"font": {"size": 14, "color": colours["ink"]}, "itemclick": False, "itemdoubleclick": False},
        },
    )
    figure.update_xaxes(
        range=[-0.5, (width["width"] - 2 * SIDE) / each - 0.5],
        tickvals=np.arange(len(words)),
        ticktext=[_mark_bold(name, chosen) for name, chosen in zip(names, strong, strict=True)],
        tickfont={"size": SIZE, "color": colours["ink"]},
        tickangle=0,
        fixedrange=True,
        showgrid=False,
        zeroline=False,
    )
    figure.update_yaxes(
        range=[low, high],
        showticklabels=False,
        fixedrange=True,
        showgrid=False,
        zerolinecolor=colours["quiet"],
        zerolinewidth=1,
    )
    return figure


def _row(values: ArrayLike, words: Sequence[str]) -> NDArray[np.float64]:
    """The values as an array (words,). Raises ValueError where there is not one for each word."""
    row = np.asarray(values, dtype=np.float64)
    if row.shape != (len(words),):
        raise ValueError(f"Values of shape {row.shape} are not one for each of {len(words)} words.")
    return row


def _reach(changes: NDArray[np.float64]) -> tuple[float, float]:
    """From where to where an axis goes, so that beside each bar its number has room; 0 is on it."""
    low, high = float(changes.min(initial=0)), float(changes.max(initial=0))
    room, lacking = (ROOM - 1) * max(high - low, LEAST), max(LEAST - (high - low), 0) / 2
    return low - lacking - room * (low < 0), high + lacking + room * (high > 0)


def _longest(lengths: NDArray[np.float64]) -> int | None:
    """Where the longest bar stands; None where none can be seen."""
    return int(lengths.argmax()) if lengths.max(initial=0) >= SEEN else None


def _boxes(told: Sequence[str]) -> dict[str, object]:
    """Bars that are not seen: pointing anywhere at a word's row or column opens its box."""
    return {
        **{"width": 1, "marker": {"opacity": 0}, "showlegend": False},
        **{"hovertext": told, "hovertemplate": "%{hovertext}<extra></extra>"},
    }


def _mark_bold(name: str, bold: bool) -> str:
    return f"<b>{escape(name)}</b>" if bold else escape(name)


def _number(change: float) -> str:
    """What stands at the end of a bar; an arrow where it goes on beyond the scale."""
    beyond = (" ↓" if change < 0 else " ↑") if abs(change) > FAR else ""
    return "" if abs(change) < SEEN else format_signed(change) + beyond
