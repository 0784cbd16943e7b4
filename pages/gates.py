"""Gates."""

from pages.common import ask, entry
from pages.common.menu import N_, Page

PAGE = Page(
    title=N_("Gates"),
    group=N_("Before the Transformer"),
    order=4,
    question=N_("What does a gate let through?"),
    told="x",
)
entry.through_app()
asked = ask.sentence()
