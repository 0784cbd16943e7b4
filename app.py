"""Headlight: the page list, language, theme, start-up. Nothing else."""

import streamlit as st

from pages.common import frame, language, look, startup
from pages.common.language import _

look.begin()
startup.warm_up()
frame.begin()
with st.sidebar:
    language.switch()
st.navigation(
    {
        "": [
            st.Page("pages/explore.py", title=_("Explore"), default=True),
            st.Page("pages/translate.py", title=_("Translate")),
            st.Page("pages/train.py", title=_("Train")),
        ],
        _("Ideas"): [
            st.Page("pages/attention.py", title=_("Attention, step by step")),
            st.Page("pages/heads.py", title=_("Several heads")),
            st.Page("pages/positions.py", title=_("Positions")),
            st.Page("pages/masks.py", title=_("Masks")),
            st.Page("pages/block.py", title=_("The block")),
            st.Page("pages/tokens.py", title=_("Tokens")),
            st.Page("pages/path.py", title=_("The whole path")),
        ],
        _("Help"): [
            st.Page("pages/guide.py", title=_("How to read it")),
        ],
    }
).run()
