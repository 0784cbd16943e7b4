"""A page with nothing but the linked view, for the browser tests."""

import streamlit as st

from model.trace import Trace
from tests.viz.traces import changed, pronouns, random
from viz.linked import View
from viz.linked.mount import linked_view


@st.cache_resource
def trace_of(text: str) -> Trace:
    return random(int(text)) if text.isdigit() else pronouns(text)


@st.cache_resource
def anew(text: str) -> Trace:
    """The same tokens, looked at a little otherwise."""
    return changed(trace_of(text), 0, 0.9 * trace_of(text)["encoder"].weights[0])


st.set_page_config(layout="wide")
text = st.text_input("Text", "tired", key="text", bind="query-params")
if st.checkbox("Shown", value=True):
    trace = anew(text) if st.checkbox("Read anew") else trace_of(text)
    view = linked_view(trace, View.from_query(st.query_params, trace), key="linked")
    st.query_params.update(view.to_query(trace))
    st.text(f"now {view.to_query(trace)}")
