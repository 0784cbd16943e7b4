"""A model that can be watched: its tokenizer, and which of its modules is which attention in which layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, Protocol

from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from model import locks
from model.capture.observers import Place
from model.capture.sites import BEHIND, Anatomy, Block, Site
from model.errors import Refusal
from model.networks.recurrent.layers import Recurrence
from model.text.languages import Languages
from model.text.pairs import PairTemplate
from model.trace import Kind

if TYPE_CHECKING:
    from model.capture.forward import Row

Architecture = Literal["encoder-decoder", "encoder", "decoder"]


class Paths(Protocol):
    """Knows what a model is for texts of some length."""

    def reach(self, m: Checkpoint, rows: Sequence[Row]) -> Checkpoint: ...

    def regime(self, row: Row) -> int: ...


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A model in eval mode with its tokenizer. Made by `model.load`, or from its parts by `prepare`.

    sites: the modules that compute attention; empty where `outputs_only`: the model gives its weights when it
        is asked for them, and nothing else.
    layers: for each kind the layers that have it, as the model numbers them, from 0. depth: how many layers
        the stack has in all. between: what the layers that are not among them have in its place, by layer.
    unseen: stacks of layers of which none is shown, by path, and how many layers each has.
    heads: how many each kind has at most. head_counts: how many each layer has, where they differ.
    parameters: how many numbers the model has learned.
    max_tokens: the longest text, special tokens included; None = any length.
    first_head: what to show first ({"kind", "layer", "head", "query"}), where the checkpoint says so.
    word_counts: how often each word occurred in training, where the checkpoint says so.
    looks_ahead: what it says of a text's beginning depends on the end; of an encoder-decoder, what it writes.
    subtracted: of differential attention, what share of a map each layer takes away from another.
    latents: how many vectors of its own look at the text and at one another (Perceiver); 0 = it has none.
    languages: of a translator that has several: between which it translates; see `translating`.
    pairs: how its tokenizer writes two texts as one; None where it takes one text at a time.
    segments: whether the model is told then which token belongs to which text, beside the separators.
    pads: texts of different lengths come out of one batch as they do alone.
    shared: layers of which some share modules or run several times, so that they have to say that they run.
    recurrences: the layers of a recurrent network, and where each stands.
    paths: what it is for texts of other lengths than those that it was checked on.
    lock: to be held while the tokenizer works. running: to be held while the model runs.
    """

    name: str
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    architecture: Architecture
    anatomy: Anatomy
    sites: Mapping[nn.Module, Site]
    layers: Mapping[Kind, tuple[int, ...]]
    depth: Mapping[Kind, int]
    between: Mapping[Kind, Mapping[int, str]]
    unseen: Mapping[str, int]
    heads: Mapping[Kind, int]
    head_counts: Mapping[Kind, Mapping[int, int]]
    parameters: int
    max_tokens: int | None
    first_head: dict[str, Any] | None
    outputs_only: bool = False
    looks_ahead: bool = False
    pairs: PairTemplate | None = None
    segments: bool = False
    pads: bool = False
    shared: Mapping[nn.Module, Block] = field(default_factory=dict)
    subtracted: Mapping[Kind, Mapping[int, float]] = field(default_factory=dict)
    latents: int = 0
    word_counts: Mapping[str, int] | None = None
    languages: Languages | None = None
    recurrences: Mapping[Recurrence, Place] = field(default_factory=dict)
    lock: Lock = field(default_factory=locks.for_tokenizer)
    running: Any = field(default_factory=locks.for_model)
    paths: Paths | None = None

    def sizes(self, read: int, written: int) -> dict[Kind, tuple[int, int]]:
        """How many queries and keys each kind has that a model of this architecture can have.

        read, written: tokens that are read, and that an encoder-decoder's decoder reads.
        """
        if self.architecture == "encoder-decoder":
            return {"encoder": (read, read), "decoder": (written, written), "cross": (written, read)}
        if self.latents:
            return {"encoder": (self.latents, self.latents), "cross": (self.latents, read)}
        return {self.architecture: (read, read)}

    def reach(self, rows: Sequence[Row]) -> Checkpoint:
        """The checkpoint for texts that run together: this one, or what it is for texts of such a length.

        Raises ValueError where what it does with them cannot be shown.
        """
        return self if self.paths is None else self.paths.reach(self, rows)

    def regime(self, row: Row) -> int:
        """Texts of one number may run together."""
        return 0 if self.paths is None else self.paths.regime(row)

    def join(self, other: Checkpoint) -> Checkpoint:
        """This checkpoint as another form of that one: all is as there but what is known of the model."""
        return replace(
            self,
            name=other.name,
            lock=other.lock,
            running=other.running,
            word_counts=other.word_counts,
            languages=other.languages,
        )

    def translating(
        self, source_language: str | None = None, target_language: str | None = None
    ) -> Checkpoint:
        """The same model between other languages, by their codes; None = as it is.

        Raises ValueError for a language that it does not have.
        """
        if source_language is None and target_language is None:
            return self
        if self.languages is None:
            raise Refusal("{name} has no languages to choose from.", name=self.name)
        return replace(self, languages=self.languages.choose(source_language, target_language))

    @property
    def language_ids(self) -> frozenset[int]:
        """The ids of the languages' tokens, which are no part of a text."""
        return self.languages.ids if self.languages else frozenset()

    @property
    def tapped(self) -> frozenset[nn.Module]:
        """The modules whose attention is heard by what torch computes in them."""
        return frozenset(module for module, site in self.sites.items() if site.means in ("kernel", "softmax"))

    @property
    def editable(self) -> frozenset[Kind]:
        """The kinds whose attention can be changed: all of it is computed where it can be."""
        if self.outputs_only:
            return frozenset()
        fixed = {kind for site in self.sites.values() if site.is_fixed for kind in site.kinds}
        return frozenset(self.layers) - fixed

    @property
    def can_edit(self) -> bool:
        """Whether attention of every kind can be changed."""
        return self.editable == self.layers.keys()

    @property
    def can_open(self) -> bool:
        """Whether masks can be lifted."""
        return self.can_edit and self.tells_scores

    @property
    def tells_vectors(self) -> bool:
        """Whether the queries and keys are known whose products are the scores, and not the weights alone."""
        return self.tells_scores and not any(site.is_additive for site in self.sites.values())

    @property
    def tells_scores(self) -> bool:
        """Whether scores, values and what heads fetch are known, and not the weights alone."""
        told = ("function", "kernel")
        return not self.outputs_only and all(site.means in told for site in self.sites.values())

    def place(self, module: nn.Module, layer: int | None) -> Place:
        """Where a module stands. layer: of attention that knows it; else it is the block's."""
        site = self.sites.get(module)
        if site is not None:
            return Place(site.kinds[0], layer, 0, module, site.path)
        blocks = self.anatomy.blocks_of(module)
        index = blocks[0].index if blocks else None
        kind = self.kind_of_stack(blocks[0].stack) if blocks else None
        return Place(kind, index, 0, module, self.anatomy.path(module))

    @property
    def kinds(self) -> dict[nn.Module, Kind]:
        """Of each module that computes attention, what it looks at."""
        return {module: site.kinds[0] for module, site in self.sites.items()}

    @property
    def condensed(self) -> dict[Kind, tuple[int, ...]]:
        """For each kind the layers that look beside the tokens at keys which stand for several of them."""
        found: dict[Kind, tuple[int, ...]] = {}
        for site in self.sites.values():
            if site.extra == BEHIND and site.layer is not None:
                found[site.kinds[0]] = (*found.get(site.kinds[0], ()), site.layer)
        return found

    def kind_of_stack(self, stack: str) -> Kind | None:
        """Whose layers stand in a list: the encoder's or the decoder's; None where they have no attention."""
        kinds = {site.kinds[0] for site in self.sites.values() if site.path.startswith(f"{stack}.")}
        if self.outputs_only and self.anatomy.depth[stack] in self.depth.values():
            kinds = {self.architecture} if self.architecture != "encoder-decoder" else {half_of(stack)}
        halves: tuple[Kind, ...] = ("encoder", "decoder")
        return next((kind for kind in halves if kind in kinds), None)


def half_of(path: str) -> Kind:
    """Which half of an encoder-decoder a path is in, by its name."""
    return "decoder" if "decoder" in path else "encoder"
