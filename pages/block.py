"""The block: what stands around attention, and what of it all is learned."""

import streamlit as st

from pages.common import ask, cutting, entry, fits, links, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.block import block

PAGE = Page(
    title=N_("The block"),
    group=N_("The model"),
    order=1,
    question=N_("What happens around attention?"),
    told=N_("Every sublayer only adds to what is there. Open a part of the layer to see its numbers."),
    needs=("blocks",),
)
entry.through_app()

asked = ask.sentence(whole_stack=True, pairs=True)
fits.check(asked, PAGE)
cutting.tell(asked)
row = stage.choices()
with row:
    part = links.one(_("See"), block.names(), "part", "layer", width=200)
with refuse():
    block.show(part, asked, row)

st.divider()
noticed, formula = st.columns(2, gap="large")
with noticed:
    block.notice(part)
with formula:
    block.formula(part)
