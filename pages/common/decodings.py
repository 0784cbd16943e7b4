"""How the next piece is chosen: the control and its settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from pages.common import links
from pages.common.language import _

if TYPE_CHECKING:
    from model.decode.decoding import Decoding, Sampling


Number = TypeVar("Number", int, float)


def choose() -> Decoding:
    """Greedy, beam search or sampling; what each can be told is folded away beside it."""
    from model.decode.decoding import Beam, Greedy

    how = links.choice(
        _("How the next token is chosen"),
        {"greedy": _("greedy"), "beam": _("beam search"), "sampling": _("sampling")},
        "how",
        "greedy",
    )
    if how == "beam":
        with st.popover(_("Beams"), icon=":material/tune:"):
            return Beam(
                slider(_("Beams"), 1, 8, 4, 1, "beams", _("How many beginnings are followed at once."))
            )
    if how == "sampling":
        with st.popover(_("Sampling"), icon=":material/tune:"):
            return sampling()
    return Greedy()


def sampling() -> Sampling:
    """What sampling can be told."""
    from model.decode.decoding import Sampling

    return Sampling(
        temperature=slider(
            _("Temperature"),
            0.1,
            2.0,
            1.0,
            0.1,
            "temperature",
            _("Below 1 likely tokens become likelier; above 1 all tokens become more alike."),
        ),
        top_k=slider(
            _("Top k"), 0, 50, 0, 1, "top_k", _("Sample among the k likeliest only; 0 = among all.")
        ),
        top_p=slider(
            _("Top p"),
            0.05,
            1.0,
            1.0,
            0.05,
            "top_p",
            _("Sample among the likeliest that together have this probability."),
        ),
        seed=st.number_input(
            _("Seed"),
            0,
            9999,
            0,
            key="seed",
            bind="query-params",
            help=_("The same seed samples the same text."),
        ),
    )


def slider(
    label: str, least: Number, most: Number, usual: Number, by: Number, key: str, explained: str
) -> Number:
    """A slider whose value is in the link."""
    value: Number = st.slider(label, least, most, usual, by, key=key, bind="query-params", help=explained)
    return value
