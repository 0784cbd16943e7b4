"""The layer itself: drawn from the loaded model, a token's numbers in it, every part opened by a click."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pages.common import checkpoints, heads, links, look, stage, streams
from pages.common.language import _, translate
from pages.common.text import escape
from pages.parts.block import residual
from viz.block import STRINGS, Bar, Block, Line, Opened, Part
from viz.block.mount import show as show_block
from viz.columns import minus, percent
from viz.labels import visible

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.capture.residual_stream import Stream
    from model.capture.sublayers import Sublayer
    from pages.common.ask import Asked

INSIDE = "inside"  # in the link: the part that is open
USUAL = "1.add"  # the first sum: what the page is about
FEATURES = 6  # of a vector, those that the sublayer changes most
BARS = 12  # heads, units or experts

Weights = NDArray[np.float32]


def show(asked: Asked, row: DeltaGenerator) -> None:
    """The controls, the layer and its answer. Raises ValueError with a plain sentence."""
    with row:
        kind, layer, stream = streams.choose_layer(asked)
        token = heads.token(asked.checkpoint, stream.tokens, kind, _("Token"))  # type: ignore[arg-type]
    shown = Shown(asked, stream, layer, token)
    names = [part.name for part in shown.block.parts]
    chosen = links.read_choice(names, INSIDE, USUAL)
    told, answer = shown.open(chosen)
    with stage.picture():
        show_block(
            shown.block,
            chosen,
            told,
            key="block",
            open_part=open_part,
            dark=look.dark(),
            strings=translate(STRINGS),
        )
    stage.answer(answer)


def open_part(name: str) -> None:
    """Open a part of the layer; the link says which."""
    links.put(INSIDE, name, USUAL)


class Shown:
    """One layer of one stack, and one token on its way through it."""

    def __init__(self, asked: Asked, stream: Stream, layer: int, token: int) -> None:
        self.asked, self.stream, self.layer, self.token = asked, stream, layer, token
        self.sublayers = stream.sublayers[layer]
        self.word = visible(stream.tokens.texts[token])
        self.block = Block(
            self.parts(),
            stream.layers,
            _("Layer {layer} of {count}, from the bottom to the top").format(
                layer=layer + 1, count=stream.layers
            ),
        )

    # What it is made of.

    def parts(self) -> tuple[Part, ...]:
        """From the bottom to the top; each sublayer with its norm, in the order in which they are done."""
        found = [Part("in", "state", _("x enters"), self.told_length(self.sublayers[0].x))]
        for i, sublayer in enumerate(self.sublayers):
            norm = Part(
                f"{i + 1}.norm",
                "norm",
                self.name_norm(sublayer),
                self.told_move(sublayer.norm.x, sublayer.norm.result),
                i,
            )
            before = [norm] if sublayer.order == "before" else []
            after = [norm] if sublayer.order == "after" else []
            add = Part(f"{i + 1}.add", "add", _("Sum"), self.told_move(sublayer.x, sublayer.sum), i)
            found += [*before, self.part(i, sublayer), add, *after]
        found.append(Part("out", "state", _("x leaves"), self.told_length(self.sublayers[-1].after)))
        return tuple(found)

    def part(self, i: int, sublayer: Sublayer) -> Part:
        """The sublayer itself."""
        name, told = f"{i + 1}.sublayer", ""
        if sublayer.part == "feed-forward":
            if (experts := sublayer.experts) is not None:
                runs = tuple(e in experts.chosen[self.token] for e in range(experts.probabilities.shape[1]))
                told = _("{count} of {all} experts run").format(count=sum(runs), all=len(runs))
                return Part(name, "feed-forward", self.title(sublayer), told, i, experts=runs)
            if sublayer.units is not None:
                fired = sublayer.units.fired[self.token]
                said = (
                    _("{count} of {all} units fire")
                    if sublayer.units.relu
                    else _("{count} of {all} units > 0")
                )
                told = said.format(count=f"{int((fired > 0).sum()):,}", all=f"{len(fired):,}")
            return Part(name, "feed-forward", self.title(sublayer), told, i)
        weights = self.weights(sublayer)
        if weights is not None:
            head, key = self.strongest(weights)
            told = _("head {head}: “{key}” {share}").format(
                head=head + 1, key=self.keys(sublayer)[key], share=percent(float(weights[head, key]))
            )
        memory = "K, V" if sublayer.part == "cross-attention" else ""
        return Part(name, "attention", self.title(sublayer), told, i, memory)

    def title(self, sublayer: Sublayer) -> str:
        """What a sublayer is called in the figure."""
        if sublayer.part == "feed-forward":
            if sublayer.experts is not None:
                return _("Mixture of experts")
            if sublayer.units is not None and sublayer.units.relu:
                return _("Feed-forward (ReLU)")
            return streams.parts()["feed-forward"]
        if sublayer.part == "self-attention" and self.is_masked:
            return _("Masked self-attention")
        return streams.parts()[sublayer.part]

    @property
    def is_masked(self) -> bool:
        """Whether nobody looks ahead in this stack, as the config says."""
        return self.stream.kind == "decoder" and getattr(self.asked.checkpoint.model.config, "causal", True)

    @staticmethod
    def name_norm(sublayer: Sublayer) -> str:
        return "LayerNorm" if sublayer.norm.kind == "layer" else "RMSNorm"

    # Its numbers.

    def length(self, vectors: Weights) -> float:
        return float(np.linalg.norm(vectors[self.token]))

    def told_length(self, vectors: Weights) -> str:
        return _("length {length}").format(length=f"{self.length(vectors):.1f}")

    def told_move(self, before: Weights, after: Weights) -> str:
        return _("length {before} → {after}").format(
            before=f"{self.length(before):.1f}", after=f"{self.length(after):.1f}"
        )

    def weights(self, sublayer: Sublayer) -> Weights | None:
        """What the token looks at in each head, (heads, keys); None where that is not recorded."""
        kind = "cross" if sublayer.part == "cross-attention" else self.stream.kind
        found = None
        with suppress(ValueError):  # the record has limits of its own
            found = checkpoints.trace(self.asked.changed)
        if found is None or kind not in found.kinds or self.layer not in found[kind].layers:
            return None
        stack = found[kind]
        if len(stack.query_tokens) != len(self.stream.tokens):
            return None
        row: Weights = stack.weights[stack.layers.index(self.layer), :, self.token]
        return row

    def keys(self, sublayer: Sublayer) -> list[str]:
        """What can be looked at."""
        kind = "cross" if sublayer.part == "cross-attention" else self.stream.kind
        found = checkpoints.trace(self.asked.changed)
        return [visible(text) for text in found[kind].key_tokens]

    @staticmethod
    def strongest(weights: Weights) -> tuple[int, int]:
        """The head that looks at one key most, and that key."""
        head, key = np.unravel_index(int(weights.argmax()), weights.shape)
        return int(head), int(key)

    # What an open part tells.

    def open(self, name: str) -> tuple[Opened, str]:
        """What stands beside the layer, and the answer in one sentence."""
        if name in ("in", "out"):
            return self.open_state(name)
        number, role = name.split(".")
        sublayer = self.sublayers[int(number) - 1]
        if role == "add":
            return self.open_add(sublayer)
        if role == "norm":
            return self.open_norm(sublayer)
        if sublayer.part != "feed-forward":
            return self.open_attention(sublayer)
        return self.open_feed_forward(sublayer)

    def most_changed(self, change: Weights) -> NDArray[np.intp]:
        """The features of the token that a change moves most, in their order."""
        row = np.abs(change[self.token])
        found: NDArray[np.intp] = np.sort(np.argsort(-row, kind="stable")[:FEATURES])
        return found

    def line(self, name: str, vectors: Weights, at: NDArray[np.intp], sign: str = "") -> Line:
        """A vector of the token, or one that is the same for all, at a few features."""
        row = vectors[self.token] if vectors.ndim == 2 else vectors
        length = float(np.linalg.norm(row)) if vectors.ndim == 2 else None
        return Line(name, tuple(float(value) for value in row[at]), length, sign)

    def told_features(self, at: NDArray[np.intp]) -> str:
        return _("The {count} features of “{token}” that change most here.").format(
            count=len(at), token=self.word
        )

    @staticmethod
    def features(at: NDArray[np.intp]) -> tuple[str, ...]:
        return tuple(str(i + 1) for i in at)

    def open_state(self, name: str) -> tuple[Opened, str]:
        enters, leaves = self.sublayers[0].x, self.sublayers[-1].after
        at = self.most_changed(leaves - enters)
        lines = (self.line(_("x enters"), enters, at), self.line(_("x leaves"), leaves, at, "→"))
        one, two = enters[self.token], leaves[self.token]
        cosine = float(one @ two) / max(float(np.linalg.norm(one) * np.linalg.norm(two)), 1e-12)
        values = {
            "token": self.word,
            "enters": f"{self.length(enters):.1f}",
            "leaves": f"{self.length(leaves):.1f}",
            "cosine": minus(cosine),
            "count": f"{len(one):,}",
            "layer": self.layer + 1,
        }
        title = _("x, the vector of “{token}”: {count} features").format(**values)
        told = self.told_features(at)
        said = _(
            "“{token}” enters layer {layer} with length {enters} and leaves it with length {leaves}; the "
            "cosine "
            "of the two vectors is {cosine}."
        )
        values["token"] = escape(self.word)
        return Opened(title, (told,), self.features(at), lines), said.format(**values)

    def open_add(self, sublayer: Sublayer) -> tuple[Opened, str]:
        part = streams.parts()[sublayer.part]
        at = self.most_changed(sublayer.output)
        lines = (
            self.line(_("x, what enters"), sublayer.x, at),
            self.line(_("{part}(x)").format(part=part), sublayer.output, at, "+"),
            self.line(_("the sum"), sublayer.sum, at, "="),
        )
        told = self.told_features(at)
        return Opened(
            _("Sum: x + {part}(x)").format(part=part), (told,), self.features(at), lines
        ), residual.sentence(sublayer, self.stream, self.token)

    def open_norm(self, sublayer: Sublayer) -> tuple[Opened, str]:
        norm = sublayer.norm
        at = self.most_changed(norm.result - norm.x)
        before = _("the sum") if sublayer.order == "after" else _("x, what enters")
        normalised = _("− μ, ÷ σ") if norm.kind == "layer" else _("÷ σ")
        lines = [
            self.line(before, norm.x, at),
            self.line(normalised, norm.normalised, at, "→"),
            self.line(_("gain g"), norm.gain, at, "·"),
        ]
        if norm.bias.any():
            lines.append(self.line(_("bias b"), norm.bias, at, "+"))
        lines.append(self.line(_("what leaves"), norm.result, at, "="))
        values = {
            "token": escape(self.word),
            "before": f"{self.length(norm.x):.1f}",
            "after": f"{self.length(norm.result):.1f}",
            "mean": minus(float(norm.mean[self.token]), 3),
            "deviation": minus(float(norm.deviation[self.token]), 3),
        }
        if norm.kind == "layer":
            said = _(
                "LayerNorm takes the mean μ = {mean} from every feature of “{token}”, divides by σ = "
                "{deviation}, scales each by its gain and adds its bias: length {before} becomes {after}."
            )
        else:
            said = _(
                "RMSNorm divides every feature of “{token}” by σ = {deviation} and scales each by its gain: "
                "length {before} becomes {after}."
            )
        told = self.told_features(at)
        return Opened(self.name_norm(sublayer), (told,), self.features(at), tuple(lines)), said.format(
            **values
        )

    def open_attention(self, sublayer: Sublayer) -> tuple[Opened, str]:
        at = self.most_changed(sublayer.output)
        lines = (self.line(_("what it adds"), sublayer.output, at),)
        weights = self.weights(sublayer)
        adds = f"{self.length(sublayer.output):.1f}"
        if weights is None:
            said = _("{part} adds a vector of length {adds} to “{token}”.").format(
                part=self.title(sublayer), adds=adds, token=escape(self.word)
            )
            return Opened(self.title(sublayer), (), self.features(at), lines), said
        keys = self.keys(sublayer)
        best = weights.argmax(-1)
        order = range(len(weights))
        if len(weights) > BARS:
            order = sorted(np.argsort(-weights.max(-1), kind="stable")[:BARS].tolist())  # type: ignore[assignment]
        bars = tuple(
            Bar(
                _("head {head} · {key}").format(head=h + 1, key=keys[best[h]]),
                float(weights[h, best[h]]),
                percent(float(weights[h, best[h]])),
            )
            for h in order
        )
        title = _("What “{token}” looks at most, in each head").format(token=self.word)
        if len(weights) > len(bars):
            title = _("What “{token}” looks at most, in the {count} most focused of {all} heads").format(
                token=self.word, count=len(bars), all=len(weights)
            )
        head, key = self.strongest(weights)
        said = _(
            "Head {head} looks from “{token}” most at “{key}”, with {share} of its weight; what all heads "
            "bring "
            "is a vector of length {adds}."
        ).format(
            head=head + 1,
            token=escape(self.word),
            key=escape(keys[key]),
            share=percent(float(weights[head, key])),
            adds=adds,
        )
        return Opened(self.title(sublayer), (), self.features(at), lines, bars, title, 1.0), said

    def open_feed_forward(self, sublayer: Sublayer) -> tuple[Opened, str]:
        at = self.most_changed(sublayer.output)
        lines = (self.line(_("what it adds"), sublayer.output, at),)
        values = {"token": escape(self.word), "adds": f"{self.length(sublayer.output):.1f}"}
        if (experts := sublayer.experts) is not None:
            chosen = experts.chosen[self.token]
            likely = experts.probabilities[self.token]
            bars = tuple(
                Bar(
                    _("expert {number}").format(number=i + 1),
                    float(share),
                    percent(float(share)),
                    i in chosen,
                )
                for i, share in enumerate(likely)
            )
            said = _(
                "The gate sends “{token}” to {count} of {all} experts; together they add a vector of "
                "length {adds}."
            ).format(count=len(chosen), all=len(likely), **values)
            title = _("What the gate gives each expert")
            return Opened(self.title(sublayer), (), self.features(at), lines, bars, title, 1.0), said
        units = sublayer.units
        if units is None:
            said = _("The feed-forward network adds a vector of length {adds} to “{token}”.").format(**values)
            return Opened(self.title(sublayer), (), self.features(at), lines), said
        fired = units.fired[self.token]
        count = int((fired > 0).sum())
        order = [int(i) for i in np.argsort(-fired, kind="stable")[:FEATURES] if fired[i] > 0]
        bars = tuple(
            Bar(_("unit {number}").format(number=i + 1), float(fired[i]), minus(float(fired[i])))
            for i in order
        )
        if units.relu:
            said = _(
                "{count} of {all} units fire for “{token}” and {silent} stay at 0; together they add a "
                "vector of "
                "length {adds}."
            )
        else:
            said = _(
                "{count} of {all} units are above 0 for “{token}”; together all add a vector of length "
                "{adds}."
            )
        title = _("The units that fire most for “{token}”").format(token=self.word)
        return Opened(self.title(sublayer), (), self.features(at), lines, bars, title), said.format(
            count=f"{count:,}", all=f"{len(fired):,}", silent=f"{len(fired) - count:,}", **values
        )
