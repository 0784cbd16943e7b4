"""How the next piece is chosen: the control and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import links
from pages.common.language import _

if TYPE_CHECKING:
    from model.writing import Decoding


def choose() -> Decoding:
    """Greedy, beam search or sampling, with what each can be told."""
    from model.writing import Beam, Greedy, Sampling

    first, *rest = st.columns([3, 2, 2, 2, 1], vertical_alignment="bottom", gap="medium")
    with first:
        how = links.choice(
            _("How it chooses"),
            {"greedy": _("the likeliest"), "beam": _("beam search"), "sampling": _("a draw")},
            "how",
            "greedy",
        )
    if how == "beam":
        with rest[0]:
            return Beam(
                st.slider(
                    _("Beams"),
                    1,
                    8,
                    4,
                    key="beams",
                    bind="query-params",
                    help=_("How many beginnings are followed at once."),
                )
            )
    if how == "sampling":
        return Sampling(
            temperature=rest[0].slider(
                _("Temperature"),
                0.1,
                2.0,
                1.0,
                0.1,
                key="temperature",
                bind="query-params",
                help=_("Below 1 the likely becomes likelier, above 1 everything becomes alike."),
            ),
            top_k=rest[1].slider(
                _("Top k"),
                0,
                50,
                0,
                key="top_k",
                bind="query-params",
                help=_("Draw among the k likeliest only; 0 = among all."),
            ),
            top_p=rest[2].slider(
                _("Top p"),
                0.05,
                1.0,
                1.0,
                0.05,
                key="top_p",
                bind="query-params",
                help=_("Draw among the likeliest that together have this probability."),
            ),
            seed=int(
                rest[3].number_input(
                    _("Draw"), 0, 9999, 0, key="seed", bind="query-params", help=_("Another draw.")
                )
            ),
        )
    return Greedy()
