"""The block: what stands around attention, and what of it all is learned."""

import streamlit as st

from pages.common import ask, entry, idea, links
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.block import block

PAGE = Page(title=N_("The block"), group=N_("Ideas"), order=5)
entry.through_app()

idea.question(
    _("What happens around attention?"),
    _(
        "Every sublayer only adds to what is there. Choose a part of the block and follow one "
        "token through it."
    ),
)
asked = ask.sentence(whole_stack=True)
part = links.choice(_("Part"), block.names(), "part", "residual", label_visibility="collapsed")
with refuse():
    block.show(part, asked)

st.divider()
noticed, formula = st.columns(2, gap="large")
with noticed:
    block.notice(part)
with formula:
    block.formula(part)
