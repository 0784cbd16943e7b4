"""How the next piece is chosen: the control and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from pages.common import links
from pages.common.language import _

if TYPE_CHECKING:
    from model.decode.decoding import Decoding


Number = TypeVar("Number", int, float)


def choose() -> Decoding:
    """Greedy, beam search or sampling, with what each can be told."""
    from model.decode.decoding import Beam, Greedy, Sampling

    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        how = links.choice(
            _("How it chooses"),
            {"greedy": _("the likeliest"), "beam": _("beam search"), "sampling": _("a draw")},
            "how",
            "greedy",
        )
        if how == "beam":
            return Beam(
                slider(_("Beams"), 1, 8, 4, 1, "beams", _("How many beginnings are followed at once."))
            )
        if how == "sampling":
            return Sampling(
                temperature=slider(
                    _("Temperature"),
                    0.1,
                    2.0,
                    1.0,
                    0.1,
                    "temperature",
                    _("Below 1 the likely becomes likelier, above 1 everything becomes alike."),
                ),
                top_k=slider(
                    _("Top k"), 0, 50, 0, 1, "top_k", _("Draw among the k likeliest only; 0 = among all.")
                ),
                top_p=slider(
                    _("Top p"),
                    0.05,
                    1.0,
                    1.0,
                    0.05,
                    "top_p",
                    _("Draw among the likeliest that together have this probability."),
                ),
                seed=st.number_input(_("Draw"), 0, 9999, 0, key="seed", bind="query-params", width=120),
            )
    return Greedy()


def slider(
    label: str, least: Number, most: Number, usual: Number, by: Number, key: str, explained: str
) -> Number:
    """A slider whose value is in the link."""
    value: Number = st.slider(
        label, least, most, usual, by, key=key, bind="query-params", help=explained, width=150
    )
    return value
