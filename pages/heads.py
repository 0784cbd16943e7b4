"""Several heads: how the width is shared, what each looks at, and how much each gives to the result."""

import streamlit as st

from pages.common import ask, cutting, entry, fits, links, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.common.text import refuse
from pages.parts.heads import costs, several, trained

PAGE = Page(
    title=N_("Several heads"),
    group=N_("Attention"),
    order=2,
    question=N_("Why several heads?"),
    told=N_("One head looks one way at a time. Here are the two of this model that look most differently."),
    needs=("attention",),
)
entry.through_app()

asked = ask.sentence(pairs=True)
fits.check(asked, PAGE)
cutting.tell(asked)
with stage.choices():
    part = links.choice(_("What to see"), several.names(), "part", "maps", label_visibility="collapsed")
    place = st.container(width="content")
with refuse(go_on=True):
    if part == "shares" and asked.checkpoint.recurrences:
        fits.tell(asked, several.ONE_HEAD, ("blocks",))
    elif part in ("maps", "shares"):
        with place:
            folded = st.popover(several.describe(asked))
        (several.maps if part == "maps" else several.shares)(asked, folded)
    elif part == "one":
        trained.show(asked, place)
    elif part == "width":
        several.width(asked)
    else:
        costs.show(asked)

with stage.more(_("What to notice, and the formula"), "formula"):
    noticed, formula = st.columns([3, 4], gap="large")
    with noticed:
        several.notice()
    with formula:
        several.formula()
