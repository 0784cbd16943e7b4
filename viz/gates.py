"""The gates of a recurrent layer over a text: in the mean over units as lines, or unit by unit as colours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from viz import scales
from viz.columns import em, escape, fit
from viz.labels import layout, visible

HEIGHT = 360  # pixels
DASHES = ("solid", "dash", "dot", "dashdot")
TURNED = 22  # em of all words, from which on they are written aslant: a phone has room for no more
WORD = 7.0  # em of a word under its column
Array = NDArray[np.float32]


def gate_lines(
    words: Sequence[str],
    means: Mapping[str, Array],
    changes: Array,
    *,
    chosen: int,
    open_said: str,
    changed_said: str,
    dark: bool = False,
) -> go.Figure:
    """The mean of each gate over the words, and below how far each word moves the state.

    means: what a gate is called -> (words,), from 0 to 1. changes: (words,). chosen: the word that is marked.
    open_said, changed_said: what the two axes are called.
    Raises ValueError where there is not one value for each word.
    """
    if any(len(line) != len(words) for line in (*means.values(), changes)):
        raise ValueError(f"{len(words)} words need as many values of each gate.")
    colours = scales.theme(dark)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.07, row_heights=[0.62, 0.38])
    x = np.arange(len(words))
    told = [escape(visible(word)) for word in words]
    for place, (name, line) in enumerate(means.items()):
        figure.add_trace(
            go.Scatter(
                **{"x": x, "y": line, "name": escape(name), "text": told, "mode": "lines+markers"},
                line={"color": scales.CATEGORIES[place], "width": 2.5, "dash": DASHES[place % len(DASHES)]},
                marker={"size": 7},
                hovertemplate=f"{escape(name)} · “%{{text}}”: %{{y:.2f}}<extra></extra>",
            ),
            row=1,
            col=1,
        )
    light, bright = scales.sequential(dark)[12], colours["accent"]
    figure.add_trace(
        go.Bar(
            **{"x": x, "y": changes, "text": told, "showlegend": False, "textposition": "none"},
            marker={"color": [bright if i == chosen else light for i in x], "line": {"width": 0}},
            hovertemplate=f"{escape(changed_said)} · “%{{text}}”: %{{y:.2f}}<extra></extra>",
        ),
        row=2,
        col=1,
    )
    figure.add_vline(x=chosen, line={"color": colours["accent"], "width": 1.5, "dash": "dot"})
    dress(figure, words, dark)
    figure.update_layout(height=HEIGHT, bargap=0.45)
    figure.update_yaxes(title_text=escape(open_said), range=[-0.02, 1.04], tickvals=[0, 0.5, 1], row=1, col=1)
    figure.update_yaxes(title_text=escape(changed_said), rangemode="tozero", nticks=3, row=2, col=1)
    return figure


def gate_units(
    words: Sequence[str],
    gates: Mapping[str, Array],
    *,
    chosen: int,
    signed: Sequence[str],
    dark: bool = False,
) -> go.Figure:
    """Every unit of every gate as a row of colours, one strip for each gate, each column a word.

    gates: what a gate is called -> (words, units). signed: those that can be below 0; the others go from 0 to
    1. Raises ValueError where there is not one column for each word.
    """
    if any(len(values) != len(words) for values in gates.values()):
        raise ValueError(f"{len(words)} words need as many values of each gate.")
    figure = make_subplots(rows=len(gates), cols=1, shared_xaxes=True, vertical_spacing=0.085)
    told = [escape(visible(word)) for word in words]
    for row, (name, values) in enumerate(gates.items(), 1):
        around = name in signed
        end = float(np.abs(values).max()) or 1.0
        figure.add_trace(
            go.Heatmap(
                z=values.T,
                x=np.arange(len(words)),
                y=np.arange(1, values.shape[1] + 1),
                zmin=-max(end, 1.0) if around else 0,
                zmax=max(end, 1.0) if around else 1,
                colorscale=scales.plotly_scale(scales.diverging(dark) if around else scales.sequential(dark)),
                showscale=False,
                xgap=2,
                customdata=[told] * values.shape[1],
                hovertemplate=f"{escape(name)} %{{y}} · “%{{customdata}}”: %{{z:.2f}}<extra></extra>",
            ),
            row=row,
            col=1,
        )
        top = figure.layout["yaxis" if row == 1 else f"yaxis{row}"].domain[1]
        figure.add_annotation(
            **{"x": 0, "xref": "paper", "xanchor": "left", "y": top, "yref": "paper", "yanchor": "bottom"},
            **{"text": escape(name), "showarrow": False, "font": {"size": 14}},
        )
    figure.add_vline(x=chosen, line={"color": scales.theme(dark)["accent"], "width": 1.5, "dash": "dot"})
    dress(figure, words, dark)
    figure.update_layout(height=HEIGHT, showlegend=False)
    figure.update_yaxes(autorange="reversed", showticklabels=False, showgrid=False, ticks="")
    figure.update_layout(margin={"t": 24})
    return figure


def dress(figure: go.Figure, words: Sequence[str], dark: bool) -> None:
    """What both have: the words below, the type, the frame."""
    colours = scales.theme(dark)
    figure.update_layout(**layout("", "", dark), dragmode=False)
    figure.update_layout(
        font={"size": 14, "color": colours["ink"]},
        margin={"l": 8, "r": 8, "t": 40, "b": 8},
        legend={
            **{"orientation": "h", "yanchor": "bottom", "y": 1.01, "xanchor": "left", "x": 0},
            **{"font": {"size": 14, "color": colours["ink"]}, "itemclick": False, "itemdoubleclick": False},
            "entrywidth": round(18 * max((em(str(one.name)) for one in figure.data if one.name), default=1)),
        },
    )
    side = {"gridcolor": colours["rule"], "zeroline": False, "fixedrange": True, "automargin": True}
    figure.update_xaxes(**{**side, "showgrid": False, "showticklabels": False, "ticks": ""})
    figure.update_yaxes(**side, title_font={"size": 14})
    every = max(1, len(words) // 28)
    shown = list(range(0, len(words), every))
    rows = len([name for name in figure.layout if str(name).startswith("xaxis")])
    figure.update_xaxes(
        tickvals=shown,
        ticktext=[escape(fit(words[i], WORD)) for i in shown],
        tickangle=-40 if sum(em(word) + 1 for word in words) > TURNED else 0,
        showticklabels=True,
        range=[-0.6, len(words) - 0.4],
        row=rows,
        col=1,
    )
