"""The whole path: one token from its text to the distribution over the vocabulary, stage by stage."""

import streamlit as st

from pages.common import ask, entry, idea
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.parts.path import path

PAGE = Page(title=N_("The whole path"), group=N_("Ideas"), order=7)
entry.through_app()

idea.question(
    _("How does a word become the next word?"),
    _("Follow one token down the page: from text to numbers, through every layer, to what is written next."),
)
asked = ask.sentence(whole_stack=True)
path.show(asked)

st.divider()
noticed, formula = st.columns(2, gap="large")
with noticed:
    idea.notice(
        _("Up to the last stage there is **one vector for each token**, and it never changes its width."),
        _("Tokens meet **only in attention**; all else happens to each token by itself."),
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
