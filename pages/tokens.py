"""Tokens: what a text is cut into before a model reads it, and where the pieces come from."""

from pages.common import entry, links, stage
from pages.common.language import _
from pages.common.menu import N_, Page
from pages.parts.tokens import merging, passage, tokens, training, vectors

PAGE = Page(
    title=N_("Tokens"),
    group=N_("Text"),
    order=1,
    question=N_("What does a model read: words, letters or pieces?"),
    told=N_("Write any text. Each tokenizer cuts it in its own way; a model sees nothing but the numbers."),
    needs=(),
)
entry.through_app()

stage.wait()
text, name = passage.choose()
parts = {
    "side": (_("Side by side"), tokens.side_by_side),
    "merges": (_("Merges, one by one"), merging.part),
    "train": (_("Train one"), training.part),
    "vectors": (_("Numbers and vectors"), vectors.part),
}
names = {part: said for part, (said, _show) in parts.items()}
row = stage.choices()
with row:
    part = links.choice(_("See"), names, "part", "side", label_visibility="collapsed")
parts[part][1](text, name, row)
