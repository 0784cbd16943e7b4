"""Several heads: how the width is shared, what each looks at, and how much each gives to the result."""

import streamlit as st

from pages.common import ask, entry, idea, links
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.heads import costs, several

PAGE = Page(title=N_("Several heads"), group=N_("Ideas"), order=2)
entry.through_app()

idea.question(
    _("Why several heads?"),
    _("One head looks one way at a time. Several share the width, and each looks its own way."),
)
asked = ask.sentence()
part = links.choice(_("What to see"), several.names(), "part", "maps")
with refuse(go_on=True):
    if part == "maps":
        several.maps(asked)
    elif part == "shares":
        several.shares(asked)
    elif part == "one":
        several.one_against_eight(asked)
    elif part == "width":
        several.width(asked)
    else:
        costs.show(asked)

st.divider()
noticed, formula = st.columns([3, 4], gap="large")
with noticed:
    several.notice()
with formula:
    several.formula()
