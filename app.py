"""Headlight: the menu, language, theme, the page's question, start-up. Nothing else.

What a page needs is imported when its question stands in the browser.
"""

import streamlit as st

from pages.common import entry, frame, language, links, look, menu, stage
from pages.common.language import _

entry.enter()
look.begin()
frame.begin()
with st.sidebar:
    language.switch()
page = st.navigation(
    {
        _(group) if group else "": [
            st.Page(one.script, title=_(one.title), url_path=one.name, default=one.default) for one in pages
        ]
        for group, pages in menu.group_pages().items()
    },
    expanded=True,
)
links.begin(page.url_path)
stage.question(menu.find(page.url_path))
look.go_on()
page.run()
stage.end(page.url_path)
