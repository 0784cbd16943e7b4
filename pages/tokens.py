"""Tokens: what a text is cut into before a model reads it, and where the pieces come from."""

from pages.common import entry, idea, links
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.parts.tokens import merging, passage, tokens, training

PAGE = Page(title=N_("Tokens"), group=N_("Ideas"), order=6)
entry.through_app()

idea.question(
    _("What does a model read: words, letters or pieces?"),
    _("Write any text. Each tokenizer cuts it in its own way; a model sees nothing but the numbers."),
)
text = passage.ask()
parts = {
    "side": (_("side by side"), tokens.side_by_side),
    "merges": (_("merges, one by one"), merging.part),
    "train": (_("train one"), training.part),
    "vectors": (_("numbers and vectors"), tokens.numbers_and_vectors),
}
names = {name: said for name, (said, _show) in parts.items()}
part = links.choice(_("See"), names, "part", "side", label_visibility="collapsed")
parts[part][1](text)
