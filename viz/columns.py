"""Words and numbers that stand in columns of one constant width, and how wide that is.

A figure with a column for each word grows with the text, and what it stands in scrolls; `wide` says how.
"""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable
from unicodedata import category, combining, east_asian_width

import numpy as np

from viz.labels import visible

NARROWEST = 440  # pixels of a figure: a title and a legend have room
SIDE = 12  # pixels left and right of the columns
LARGEST = 18  # pixels of the type in a figure, where it is largest
SIGN = 12  # pixels left free behind an entry of a legend

# The share of the type's size that a letter takes on average in the sans-serifs of `labels.FONT`.
_LETTER, _CAPITAL, _IDEOGRAPH = 0.56, 0.7, 1.0
_WIDE_LATIN = frozenset("mwMW@%—…")


def em(text: str) -> float:
    """About how wide a text is, in the size of its type."""
    return sum(map(_advance, text))


def _advance(letter: str) -> float:
    if combining(letter) or category(letter) in ("Mn", "Me", "Cf"):
        return 0.0
    if east_asian_width(letter) in ("W", "F"):
        return _IDEOGRAPH
    if letter in _WIDE_LATIN:
        return 0.9
    return _CAPITAL if letter.isupper() else _LETTER


def raise_ten(power: int) -> str:
    """A power of ten as it is read: 1, 10, 10², 10⁻³⁴. Plotly's own would be of smaller type."""
    if power in (0, 1):
        return "10" if power else "1"
    return "10" + str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def entry_width(names: Iterable[str]) -> int:
    """Pixels of an entry of a legend, wide enough for type that grows on a projector."""
    return round(LARGEST * max(map(em, names), default=0)) + SIGN


def fit(text: str, most: float) -> str:
    """A text on one line, no wider than `most` em (or a single letter); what does not fit is an ellipsis."""
    line = " ".join(visible(text).split()) or visible(text)
    if em(line) <= most:
        return line
    kept = ""
    for letter in line:
        if kept and em(kept + letter) > most - em("…"):
            break
        kept += letter
    return kept + "…"


def escape(text: str) -> str:
    """A text that Plotly shows as it is: no tag, no entity."""
    return html.escape(text, quote=False)


def quote(text: str) -> str:
    """A text inside a sentence: escaped, and isolated, so that right-to-left letters turn nothing around."""
    return f"\u2068{escape(visible(text))}\u2069"


def wrap(text: str, letters: int = 40) -> str:
    """A long text in lines for the hover box, escaped."""
    return "<br>".join(map(quote, textwrap.wrap(visible(text), letters) or [text]))


def column(labels: Iterable[str], size: float, least: float, most: float) -> int:
    """Pixels that a column needs for the widest of the labels in a type of `size` pixels."""
    widest = max(map(em, labels), default=0.0) * size
    return round(min(max(widest, least), most))


def wide(columns: float) -> dict[str, int]:
    """The layout of a figure whose columns are together `columns` pixels wide, however wide the page.

    Standing alone (write_html), the page scrolls. Streamlit squeezes a figure into its container; to scroll
    there, show it with key="beam" and width="content", and keep its width by one rule of CSS, after which
    Streamlit's own frame scrolls: `.st-key-beam [data-testid="stFullScreenFrame"] { min-width: …px }` with
    figure.layout.width.
    """
    return {"width": 2 * SIDE + max(round(columns), NARROWEST), "autosize": False}


def format_signed(number: float, digits: int = 2) -> str:
    """A change as a person writes it: +0.42, −2.55, −0.003, 0, −∞; ? where it is not known."""
    if np.isnan(number):
        return "?"
    size = abs(number)
    text = "∞" if np.isinf(size) else f"{size:.{digits}f}"
    if not text.strip("0."):
        if size < 0.0005:
            return "0"
        text = f"{size:.3f}"
    return ("−" if number < 0 else "+") + text


def minus(number: float, digits: int = 2) -> str:
    """A log-probability as a person writes it: −0.42, 0.00, −∞."""
    return format_signed(number, digits).replace("+", "")


def percent(share: float) -> str:
    """A probability with as many digits as a person uses: 93 %, 4.2 %, 0.03 %, < 0.01 %; ? for NaN."""
    if np.isnan(share):
        return "?"
    share = min(max(share, 0.0), 1.0)
    if 0 < share < 0.0001:
        return "< 0.01 %"
    digits = 0 if share == 0 or share >= 0.9995 or 0.0995 <= share < 0.99 else 1 if share >= 0.00995 else 2
    return f"{100 * share:.{digits}f} %"
