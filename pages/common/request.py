"""What is asked of a model, in one object: the text, the checkpoint, how it decodes, and what is changed.

Pages ask for what they show through it (`checkpoints.write`, `checkpoints.trace`, and all that is kept), so
that one question is computed once, whoever asks it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from pages.common import edits
from pages.common.edits import Wish

if TYPE_CHECKING:
    from model.decode.decoding import Decoding
    from model.edits import Edit


class Chosen(NamedTuple):
    """A checkpoint by its name, and the languages that it is to translate between; None = its own."""

    name: str
    source_language: str | None = None
    target_language: str | None = None


@dataclass(frozen=True)
class Request:
    """chosen: the checkpoint. text: what it reads. pair: a second text, read together with the first.

    decoding: how an encoder-decoder writes; None = greedily. prefix: ids that what it writes begins with.
    wishes: what a person changed in the model.
    """

    chosen: Chosen
    text: str
    pair: str = ""
    decoding: Decoding | None = None
    prefix: tuple[int, ...] = ()
    wishes: tuple[Wish, ...] = ()

    @property
    def name(self) -> str:
        """Of the checkpoint."""
        return self.chosen.name

    @property
    def plain(self) -> Request:
        """The same of the model as it is."""
        return self.under(())

    @property
    def changes(self) -> tuple[Edit, ...]:
        """The wishes as the model takes them."""
        return edits.grant(self.wishes)

    def under(self, wishes: tuple[Wish, ...]) -> Request:
        """The same of a model that is changed."""
        return replace(self, wishes=wishes)

    def of_text(self, text: str) -> Request:
        """The same of another text."""
        return replace(self, text=text)

    def at(self, place: str) -> Request:
        """The same of the checkpoint in a folder."""
        return replace(self, chosen=self.chosen._replace(name=place))

    def decoded(self, decoding: Decoding, prefix: tuple[int, ...]) -> Request:
        """The same, written in another way. Greedily, said or not, is the same."""
        from model.decode.decoding import Greedy

        return replace(self, decoding=None if decoding == Greedy() else decoding, prefix=prefix)
