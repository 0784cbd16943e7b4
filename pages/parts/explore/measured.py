"""What is measured of every head: for each kind of attention a map of its layers and heads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.trace import Kind
from pages.common import boards, checkpoints, heads, links
from pages.common.ask import Asked
from pages.common.language import _
from viz.board import Axis, Panel, numbered_axis, panel

if TYPE_CHECKING:
    from model.analysis.measures import Measured


def show(asked: Asked) -> None:
    """The choice of a measure, its maps, and what they say. Raises ValueError with a plain sentence."""
    from model.analysis.measures import measures

    every = measures()
    titles = {name: _(found.title) for name, found in every.items()}
    name = links.choice(_("Measure"), titles, "measure", next(iter(titles)), label_visibility="collapsed")
    unit, told = (_(text) if text else "" for text in (every[name].unit, every[name].told))
    found = checkpoints.measure(asked.request, name)
    if told:
        st.caption(told)
    if not found:
        st.caption(_("None of this model's attention can be measured this way."))
        return
    st.markdown(extremes(found, unit))
    boards.show(maps(found, unit), f"measured {name}")


def extremes(found: Mapping[Kind, Measured], unit: str) -> str:
    """Where the largest and the smallest of all numbers stand, a line for each."""
    places = [
        (float(value), kind, layer, head)
        for kind, one in found.items()
        for layer, values in zip(one.layers, one.values, strict=True)
        for head, value in enumerate(values)
        if np.isfinite(value)
    ]
    if not places:
        return _("There is nothing to measure in this text.")
    names = heads.kinds()
    places.sort(key=lambda one: one[0])
    most, least = (
        _("{value} in layer {layer} · head {head} ({kind})").format(
            value=format_value(value, unit), layer=layer + 1, head=head + 1, kind=names[kind]
        )
        for value, kind, layer, head in (places[-1], places[0])
    )
    return "  \n".join([_("Highest: {most}.").format(most=most), _("Lowest: {least}.").format(least=least)])


def maps(found: Mapping[Kind, Measured], unit: str) -> list[Panel]:
    """One map for each kind, all on one scale."""
    every = np.concatenate([one.values.ravel() for one in found.values()])
    scale = "signed" if np.nanmin(every, initial=0) < 0 else "weights"
    end = float(np.nanmax(np.abs(every), initial=0))
    names = heads.kinds()
    return [
        panel(
            kind,
            names[kind],
            one.values,
            Axis(f"layers {kind}", tuple(str(layer + 1) for layer in one.layers), _("layers ↓")),
            numbered_axis(f"heads {kind}", one.values.shape[1], _("heads →")),
            scale=scale,
            end=end,
            note=evenly(one, unit),
        )
        for kind, one in found.items()
    ]


def evenly(one: Measured, unit: str) -> str:
    """What a head would have that looks evenly; "" where that is not known."""
    known = one.even[np.isfinite(one.values)]
    if not np.isfinite(known).all():
        return ""
    least, most = f"{known.min():.2f}", format_value(float(known.max()), unit)
    if least == f"{known.max():.2f}":
        return _("evenly spread attention: {value}").format(value=most)
    return _("evenly spread attention: {least} to {most}, by layer").format(least=least, most=most)


def format_value(value: float, unit: str) -> str:
    """A number with its unit."""
    return f"{value:.2f} {unit}".strip().replace("-", "−")
