"""Headlight: the menu, language, theme, start-up. Nothing else."""

import streamlit as st

from pages.common import frame, language, look, menu, startup
from pages.common.language import _

look.begin()
startup.warm_up()
frame.begin()
with st.sidebar:
    language.switch()
st.navigation(
    {
        _(group) if group else "": [
            st.Page(page.script, title=_(page.title), url_path=page.name, default=page.default)
            for page in pages
        ]
        for group, pages in menu.group_pages().items()
    }
).run()
