"""What a person reads: what is said when something they gave cannot be used, and marked words."""

from __future__ import annotations


def N_(text: str) -> str:  # noqa: N802  # gettext's own name for "to be translated"
    """Mark a text for translation; it is translated where it is shown."""
    return text


class Refusal(ValueError):  # noqa: N818 - what it is, not what went wrong with the program
    """One plain sentence: what was wrong and what would be right.

    template: the English sentence, with {named} places, so that the app can say it in any language.
    values: what stands in those places.
    """

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template.format(**values))
        self.template = template
        self.values = values
