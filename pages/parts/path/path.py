"""The whole path: the picture of the model, its answer, and the links of the part that is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from model.trace import Kind
from pages.common import stage
from pages.common.language import _, current, translate
from pages.common.text import escape, refuse
from pages.parts.path import answer, opening, places, record
from viz.whole import STRINGS, mount

if TYPE_CHECKING:
    from pages.common.ask import Asked

KEY = "path"


@st.fragment  # what is done in the picture draws it anew, and nothing else
def show(asked: Asked) -> None:
    """The picture, and what it says."""
    with refuse():
        done = record.Pass(asked)
        first = places.usual(done)
        linked = places.read(done)
        around = places.hint(linked, done)
        whole = done.whole(
            tuple(
                (kind, *record.window(done.count(kind), around[kind]))
                for kind in ("encoder", "decoder")
                if done.count(kind)
            )
        )
        linked = places.fit(linked, whole)
        view = mount.where(whole, key=KEY, view=places.settle(linked, whole, first))
        view = places.settle(view, whole, first)
        places.put(view, whole, first)
        detail = None
        if view.head is not None:
            kind, layer, head = view.head
            detail = done.detail(whole, cast(Kind, kind), layer, head)
    with st.container(key=stage.LONG):
        with stage.picture():
            mount.show(whole, key=KEY, detail=detail, strings=translate(STRINGS), language=current())
        stage.answer(answer.answer(whole, view))
    opening.show(whole, view)
    if not whole.last.width:
        st.caption(
            _("The layers of {name} cannot be followed; the picture shows its attention alone.").format(
                name=escape(asked.name)
            )
        )
