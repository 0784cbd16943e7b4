"""The table of what a model has learned: every matrix with its shape and its count."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import stage
from pages.common.language import _
from pages.common.text import escape
from viz.columns import percent

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.analysis.parameters import Part, Role
    from pages.common.ask import Asked


def roles() -> dict[str, str]:
    """What each role is called."""
    return {
        "embeddings": _("Embeddings"),
        "positions": _("Positions"),
        "queries": _("Queries, W_Q"),
        "keys": _("Keys, W_K"),
        "values": _("Values, W_V"),
        "queries-keys-values": _("Queries, keys and values in one"),
        "output of attention": _("Output of attention, W_O"),
        "feed-forward": _("Feed-forward"),
        "gate": _("Gate of the experts"),
        "norms": _("Norms: gain and bias"),
        "output": _("Output"),
        "other": _("Other"),
    }


def show(asked: Asked, row: DeltaGenerator) -> None:
    """The sentence, the roles and every matrix."""
    from model.analysis.parameters import by_role, parts

    found = parts(asked.checkpoint)
    counts = by_role(found)
    total = asked.checkpoint.parameters
    largest = max(counts, key=lambda role: counts[role])
    with stage.picture():
        tables(found, counts, total)
    said = _("{name} has {total} parameters. The largest part: {part}, {share}.")
    stage.answer(
        said.format(
            name=escape(asked.name),
            total=f"{total:,}",
            part=roles()[largest].replace("_", r"\_"),
            share=percent(counts[largest] / total),
        )
    )


def tables(found: tuple[Part, ...], counts: Mapping[Role, int], total: int) -> None:
    """How many each role has, and every matrix."""
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.dataframe(
            {
                _("What"): [roles()[role] for role in counts],
                _("Parameters"): list(counts.values()),
                _("Share"): [count / total for count in counts.values()],
            },
            column_config={
                _("Parameters"): st.column_config.NumberColumn(format="localized"),
                _("Share"): st.column_config.NumberColumn(format="percent"),
            },
            hide_index=True,
            height="content",
            key="roles",
        )
    with right:
        table(found)


def table(found: tuple[Part, ...]) -> None:
    """Every matrix and vector, layers and experts taken together."""
    st.dataframe(
        {
            _("Matrix or vector"): [part.name.removesuffix(".weight") for part in found],
            _("Shape"): [" × ".join(f"{size:,}" for size in part.shape) for part in found],
            _("Times"): [part.times for part in found],
            _("Parameters"): [part.count for part in found],
        },
        column_config={_("Parameters"): st.column_config.NumberColumn(format="localized")},
        hide_index=True,
        height=460 if len(found) > 12 else "content",
        key="matrices",
    )
    tied = [name for part in found for name in part.tied]
    said = _("A · stands for the number of a layer or an expert.")
    if tied:
        said += " " + _("The same table once more, counted once: {names}.").format(
            names=", ".join(f"`{name}`" for name in tied[:6])
        )
    st.caption(said)
