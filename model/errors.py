"""What is said when something a person gave cannot be used."""

from __future__ import annotations


class Refusal(ValueError):  # noqa: N818 - what it is, not what went wrong with the program
    """One plain sentence: what was wrong and what would be right.

    template: the English sentence, with {named} places, so that the app can say it in any language.
    values: what stands in those places.
    """

    def __init__(self, template: str, **values: object) -> None:
        super().__init__(template.format(**values))
        self.template = template
        self.values = values
