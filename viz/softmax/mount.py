"""The bars of the softmax inside Streamlit. The one room of viz/softmax that knows Streamlit.

tried = show(row, key="softmax", chosen=3, strings=translated(STRINGS))
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from viz.labels import visible
from viz.softmax.assemble import script, stylesheet
from viz.softmax.row import DIVISORS, TEMPERATURES, Row, Tried
from viz.softmax.strings import merge_strings

if TYPE_CHECKING:
    from streamlit.components.v2.types import ComponentRenderer


def show(
    row: Row,
    *,
    key: str,
    chosen: int | None = None,
    tried: Tried | None = None,
    strings: Mapping[str, str] | None = None,
    language: str = "en",
) -> Tried:
    """Show a row's bars, and return what the person has set in them.

    key: the name of these bars in the session. chosen: the key that is spoken of, outlined. tried: what is
    set in a row that was not shown before (a link's).
    strings: translations of viz.softmax.STRINGS, by the same names.
    """
    data = describe(row)
    digest = hashlib.blake2b(json.dumps(data).encode(), digest_size=12).hexdigest()
    report = (st.session_state.get(key) or {}).get("tried")
    mine = isinstance(report, Mapping) and report.get("digest") == digest
    now = Tried.from_report(report, row) if mine else tried or Tried()
    _component()(
        key=key,
        data={
            **data,
            "digest": digest,
            "chosen": chosen,
            "tried": {
                "scores": [[place, score] for place, score in now.scores.items()],
                "divisor": now.divisor,
                "temperature": now.temperature,
            },
            "language": language,
            "strings": merge_strings(strings),
        },
        on_tried_change=_ignore,
    )
    return now


def describe(row: Row) -> dict[str, Any]:
    """A row as the browser reads it, without numbers that JSON lacks."""

    def finite(numbers: Any) -> list[float]:
        return [float(number) for number in np.nan_to_num(np.asarray(numbers, dtype=np.float64))]

    return {
        "query": visible(row.query),
        "keys": list(map(visible, row.keys)),
        "dots": finite(row.dots),
        "scores": finite(row.scores),
        "allowed": [bool(allowed) for allowed in row.allowed],
        "divisor": row.divisor,
        "divisors": DIVISORS,
        "temperatures": TEMPERATURES,
    }


@cache
def _component() -> ComponentRenderer:
    return st.components.v2.component(
        "headlight_softmax",
        html='<div class="headlight softmax"></div>',
        css=stylesheet(),
        js=script() + "\nexport default component;\n",
    )


def _ignore() -> None:
    """A report needs no answer but the run of the page that it starts."""
