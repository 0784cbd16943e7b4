"""Token texts as labels of Plotly figures: safe from markup, and no two of them the same."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence

from model.traces.signs import show
from viz import scales

FONT = '"Source Sans", "Pretendard", "Noto Sans KR", "Noto Sans CJK KR", system-ui, sans-serif'

LONGEST = 24  # letters of a label


def visible(text: str) -> str:
    """A text all of which can be seen, even if there is none."""
    return show(text) or "∅"


def distinct(texts: Sequence[str]) -> list[str]:
    """The texts as categories of an axis, in order.

    Plotly reads tags such as <b> in labels, so they are escaped; and it merges equal categories, so
    they are told apart. The axis can then leave out labels where there is no room and bring them
    back when zoomed, and the hover text reads them.
    """
    shown = (visible(text) for text in texts)
    short = (text if len(text) <= LONGEST else text[: LONGEST - 1] + "…" for text in shown)
    return tell_apart(html.escape(text, quote=False) for text in short)


def tell_apart(labels: Iterable[str]) -> list[str]:
    """The labels, no two of them the same: the second "the" ends in one zero-width space, the third in two.

    Plotly knows categories by their labels, and Streamlit the options of a control: of two that are equal
    it would always take the last.
    """
    met: Counter[str] = Counter()
    told = []
    for label in labels:
        told.append(label + "\u200b" * met[label])
        met[label] += 1
    return told


def layout(title: str, under: str, dark: bool) -> dict[str, object]:
    """What the layouts of all figures share: colours of the page, type, the title at the top left.

    under: a quieter line under the title.
    """
    colours = scales.theme(dark)
    return {
        "title": {
            "text": html.escape(title, quote=False) or " ",
            "font": {"size": 16, "color": colours["ink"]},
            "subtitle": {
                "text": html.escape(under, quote=False),
                "font": {"size": 13, "color": colours["quiet"]},
            },
            **{"x": 0, "xanchor": "left", "y": 1, "yanchor": "top", "yref": "container"},
            "pad": {"l": 8, "t": 12 if title else -10},
        },
        "paper_bgcolor": colours["paper"],
        "plot_bgcolor": colours["paper"],
        "font": {"family": FONT, "size": 13, "color": colours["quiet"]},
        "hoverlabel": {
            "bgcolor": colours["panel"],
            "bordercolor": colours["rule"],
            "font": {"family": FONT, "size": 14, "color": colours["ink"]},
        },
    }


def save_config(name: str, image: str = "png") -> dict[str, object]:
    """Plotly's `config` with a button that saves the figure.

    name: the file's name without its ending.
    image: "png" (at twice the screen's size) or "svg".
    """
    if image not in ("png", "svg"):
        raise ValueError(f'A figure is saved as "png" or "svg", not as "{image}".')
    return {
        "displaylogo": False,
        "displayModeBar": True,
        "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
        "toImageButtonOptions": {"filename": name, "format": image, "scale": 2 if image == "png" else 1},
    }
