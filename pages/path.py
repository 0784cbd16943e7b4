"""The whole path: a model in one picture, from the sentence at the bottom to the next word at the top."""

import streamlit as st

from pages.common import ask, cutting, entry, fits, idea, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.parts.path import path

PAGE = Page(
    title=N_("The whole path"),
    group=N_("The model"),
    order=2,
    question=N_("How does a word become the next word?"),
    told=N_("Your sentence goes in at the bottom, the next word comes out at the top."),
    needs=("blocks",),
)
entry.through_app()

asked = ask.sentence(whole_stack=True, pairs=True)
fits.check(asked, PAGE)
cutting.tell(asked)
path.show(asked)

with stage.more(_("What to notice, and the formula"), "formula"):
    noticed, formula = st.columns(2, gap="large")
    with noticed:
        idea.notice(
            _("Up to the last stage there is **one vector for each token**, and its width never changes."),
            _("Tokens interact **only in attention**; everything else happens to each token separately."),
            _("The last vector is compared with every word of the vocabulary: **that** is the prediction."),
        )
    with formula:
        idea.formula(
            r"p = \mathrm{softmax}(x\, W_{out}^T)",
            {
                "x": _("the token's vector behind the last layer"),
                "W_{out}": _("one row for each token of the vocabulary; often the embedding table itself"),
                "p": _("the bars: a probability for each token, together 1"),
            },
            _("Vaswani et al. 2017, “Attention Is All You Need”, §3.4."),
        )
