"""What could stand at one position: the likeliest tokens as bars, the chosen one marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from viz import labels, scales
from viz.columns import escape, fit, percent
from viz.linked.strings import N_

STRINGS: dict[str, str] = {
    "outlook": N_("The likeliest of {count} tokens"),
    "chosen": N_("{share} · chosen"),
}
ROW = 30  # pixels of a bar and the air around it


def outlook(
    texts: Sequence[str],
    probabilities: Sequence[float],
    chosen: int | None,
    vocabulary: int,
    dark: bool = False,
    strings: Mapping[str, str] | None = None,
) -> go.Figure:
    """Horizontal bars, the likeliest on top, each with its share beside it.

    texts, probabilities: one for each bar. chosen: which bar was chosen, in a colour of its own and said in
    words; None = none of them. vocabulary: how many tokens there are. strings: of STRINGS, translated.
    Raises ValueError where texts and probabilities differ in number.
    """
    if len(texts) != len(probabilities):
        raise ValueError(f"There are {len(texts)} texts, but {len(probabilities)} probabilities.")
    words = {**STRINGS, **(strings or {})}
    colours, places = scales.theme(dark), list(range(len(texts)))
    shares = [percent(p) for p in probabilities]
    figure = go.Figure(
        go.Bar(
            x=list(probabilities),
            y=places,
            orientation="h",
            marker={
                "color": [
                    colours["accent"] if i == chosen else scales.sequential(dark)[scales.STEPS // 3]
                    for i in places
                ]
            },
            text=[words["chosen"].format(share=s) if i == chosen else s for i, s in enumerate(shares)],
            textposition="outside",
            cliponaxis=False,
            textfont={"color": colours["ink"], "size": 14},
            customdata=[[escape(labels.visible(text)), s] for text, s in zip(texts, shares, strict=True)],
            hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
        )
    )
    title = words["outlook"].format(count=f"{vocabulary:,}".replace(",", "\u202f"))
    figure.update_layout(
        **labels.layout(title, "", dark),
        height=56 + ROW * max(len(texts), 1),
        margin={"l": 8, "r": 8, "t": 44, "b": 8},
        bargap=0.3,
    )
    figure.update_yaxes(
        tickvals=places,
        ticktext=[
            f"<b>{escape(fit(text, 12))}</b>" if i == chosen else escape(fit(text, 12))
            for i, text in enumerate(texts)
        ],
        autorange="reversed",
        showgrid=False,
        zeroline=False,
        automargin=True,
        ticklabelstandoff=8,
        fixedrange=True,
        tickfont={"size": 15, "color": colours["ink"]},
    )
    # Room for the words beside the longest bar.
    figure.update_xaxes(range=[0, max([*probabilities, 0.01]) * 1.28], visible=False, fixedrange=True)
    return figure
