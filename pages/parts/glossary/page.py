"""Glossary: the field's terms in both languages, each with the page on which it can be seen."""

import streamlit as st

from pages.common import entry, menu, stage
from pages.common.language import LANGUAGES, _, current, translate_to
from pages.common.menu import N_, Page
from pages.common.text import escape
from pages.parts.glossary.terms import GROUPS, Term

PAGE = Page(
    title=N_("Glossary"),
    group=N_("Help"),
    order=2,
    question=N_("What do these words mean?"),
    told=N_("Each term links to the place in this app that shows it."),
)
entry.through_app()

titles = {page.name: (page.path, _(page.title)) for page in menu.pages()}
other = next(code for code in LANGUAGES if code != current())
wanted = st.text_input(
    _("Find a term"), key="find term", placeholder=_("Find a term"), label_visibility="collapsed"
)


def show(term: Term) -> None:
    """One term: its name, its name in the other language, what it means, and where it is seen."""
    script, title = titles[term.page]
    meaning, place = st.columns([3, 1], vertical_alignment="center")
    with meaning:
        there = escape(translate_to(other, term.name))
        st.markdown(f"**{escape(_(term.name))}** · {there}  \n{escape(_(term.meaning))}")
    with place:
        st.page_link(script, label=title, icon=":material/arrow_forward:", query_params=term.query)


def matches(term: Term) -> bool:
    """Whether what somebody looks for stands in the term, in any language."""
    said = " ".join(translate_to(code, text) for code in LANGUAGES for text in (term.name, term.meaning))
    return wanted.strip().lower() in said.lower()


with stage.picture():
    found = [(title, [term for term in terms if matches(term)]) for title, terms in GROUPS]
    for title, terms in found:
        if terms:
            st.subheader(_(title), anchor=False)
            for term in terms:
                show(term)
count = sum(len(terms) for _title, terms in found)
if not count:
    stage.answer(_("No term here has “{wanted}” in it.").format(wanted=escape(wanted[:60])))
