"""The frame of every page: its question, the bar above, the picture, and the answer, on the first screen.

    PAGE = Page(…, question=N_("Who may look at whom?"), told=N_("Switch masks on and off."))
    asked = ask.sentence()
    with stage.picture():
        …                       # the page's main picture, once a page
    stage.answer(…)             # what to notice now, chosen from the numbers shown

What a person chooses first stands beside or on the picture; the rest is folded (`more`). How high the frame
is on each screen is in `look`, and tests/browser/test_stage.py measures it on every page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import links
from pages.common.language import _
from pages.common.text import escape

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator
    from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

    from pages.common.menu import Page

TITLE, BAR, CHOICES, PICTURE, ANSWER = "question", "bar", "choices", "picture", "answer"
CHECKPOINT = 220  # pixels of its control, on a small screen; it grows with the type
PLACE, UNREAD = "place of what is left out", "told as left out"  # in the session, for one run
TURNS = "turns"  # around buttons of which one stands there at a time
LONG = "long"  # around a picture whose answer is too long to stand before it on a phone


def question(page: Page) -> None:
    """The page opens on its question, and one line on what to do."""
    if page.question:
        with st.container(key=TITLE, horizontal=True, vertical_alignment="bottom", gap="small"):
            st.title(_(page.question), anchor=False, width="content")
            st.caption(_(page.told), width="content")
    st.session_state[PLACE], st.session_state[UNREAD] = st.container(), []
    tell_unread()


def tell_unread() -> None:
    """Say under the question, in one sentence, what the link says in vain.

    What a page does not have it finds itself, after its question stands there: so it is said anew at its end.
    """
    said: list[str] = st.session_state[UNREAD]
    unread = links.find_unread()
    if unread == said:
        return
    st.session_state[UNREAD] = unread
    listed = escape(", ".join(part[:40] for part in unread[:5])) + (", …" if len(unread) > 5 else "")
    st.session_state[PLACE].empty().caption(
        _("The link holds something that has no meaning here, and it is left out: {what}").format(what=listed)
    )


def end(page: str) -> None:
    """What stands under every page: that its link is long, where it is. page: its address."""
    from pages.common import startup

    startup.warm_up()
    tell_unread()
    links.end(page)
    count = links.measure(page)
    if count > links.LONGEST:
        st.caption(
            _("The link of this page has {count} characters; some programs cut links after {most}.").format(
                count=f"{count:,}", most=f"{links.LONGEST:,}"
            )
        )


def wait() -> None:
    """Wait for PyTorch, visibly; whatever stands on the page before it is seen at once."""
    from pages.common import heavy, startup

    startup.warm_up()
    with st.spinner(_("Loading PyTorch …")):
        heavy.wait_for_imports()


def bar() -> DeltaGenerator:
    """The one row in which every page has its sentence, examples and checkpoint."""
    return st.container(key=BAR, horizontal=True, vertical_alignment="center", gap="small")


def choices() -> DeltaGenerator:
    """The row above the picture for the page's own choices.

    On a phone, where a row becomes several, it stands under the picture, and the answer above it.
    """
    return st.container(key=CHOICES, horizontal=True, vertical_alignment="bottom", gap="medium")


def turns() -> DeltaGenerator:
    """A place in the bar where buttons take turns: as wide whichever it is.

    Streamlit has the old one and the new one stand beside each other until the page has run (1.67.0): the bar
    would move below the pointer, and a press be lost.
    """
    return st.container(key=TURNS, width="content")


def picture() -> DeltaGenerator:
    """Where the page's main picture stands, once a page; what is operated on it stands there as well."""
    return st.container(key=PICTURE)


def answers() -> DeltaGenerator:
    """Where the answer stands, once a page, if it is more than one sentence."""
    return st.container(key=ANSWER)


def answer(text: str) -> None:
    """What to notice now, in one sentence that is chosen from the numbers shown.

    text: Markdown.
    """
    with answers():
        st.markdown(text)


def more(label: str, key: str) -> ExpanderContainer:
    """What is not needed at first, folded away; the link says whether it is open.

    Its `open` tells whether it is, so that what is folded is not computed.
    """
    return st.expander(label, key=key, bind="query-params")
