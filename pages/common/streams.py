"""The residual stream of a pass as the pages see it: followed once, and which of it is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from model.errors import Refusal
from model.trace import Tokens
from pages.common import checkpoints, heads, links
from pages.common.language import _
from viz.board import Axis
from viz.labels import visible

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint
    from model.capture.residual_stream import Followed, Stream
    from model.capture.sublayers import Sublayer
    from pages.common.ask import Asked
    from pages.common.request import Request

DEEP = 6  # layers; of a deeper model one is looked into at a time
MOST_TOKENS = 36  # that stand below each other
MOST_FEATURES = 256  # that stand beside each other


def is_deep(checkpoint: Checkpoint) -> bool:
    """Whether its layers are too many to look into all of them at once."""
    return max(checkpoint.depth.values()) > DEEP


def follow(asked: Asked, layer: int) -> Followed:
    """The pass over the sentence, of a deep model with this layer's inside alone.

    An encoder-decoder reads what it writes by itself. Raises ValueError with a plain sentence.
    """
    layers = (layer,) if is_deep(asked.checkpoint) else None
    return _follow(asked.changed, layers)


@checkpoints.keep(8)
def _follow(request: Request, layers: tuple[int, ...] | None) -> Followed:
    from model.capture.residual_stream import follow

    ids = checkpoints.write_ids(request)
    changes = checkpoints.keep_reached(request, ids)
    return follow(checkpoints.load(request), request.text, ids, layers, pair=request.pair, edits=changes)


def kind(checkpoint: Checkpoint) -> str:
    """The control that chooses a stack, where there are two."""
    kinds = {
        kind: said
        for kind, said in {"encoder": _("Encoder"), "decoder": _("Decoder")}.items()
        if kind in checkpoint.layers
    }
    usual = (checkpoint.first_head or {}).get("kind")
    usual = usual if usual in kinds else next(iter(kinds))
    if len(kinds) == 1:
        return usual
    return links.choice(_("Stack"), kinds, "kind", usual)


def layer(checkpoint: Checkpoint, kind: str) -> int:
    """The control that chooses a layer, from 0."""
    count = checkpoint.depth[kind]  # type: ignore[index]
    told = checkpoint.first_head or {}
    usual = told["layer"] if told.get("kind") == kind else 0
    return heads.choose_place(_("Layer"), "layer", range(count), usual) if count > 1 else 0


def choose_layer(asked: Asked) -> tuple[str, int, Stream]:
    """The controls for a stack and one of its layers, and what goes through it.

    Raises Refusal where the layer cannot be taken apart.
    """
    chosen = kind(asked.checkpoint)
    place = layer(asked.checkpoint, chosen)
    stream = follow(asked, place)[chosen]
    if not stream.sublayers[place]:
        raise Refusal(
            "This layer of {name} is built in another way: its parts cannot be shown one by one.",
            name=asked.name,
        )
    return chosen, place, stream


def parts() -> dict[str, str]:
    """What a sublayer is called, by its name in the link."""
    return {
        "self-attention": _("Self-attention"),
        "cross-attention": _("Cross-attention"),
        "feed-forward": _("Feed-forward"),
    }


def sublayer(stream: Stream, layer: int) -> Sublayer:
    """The control that chooses a sublayer of a layer that can be taken apart."""
    there: dict[str, Sublayer] = {one.part: one for one in stream.sublayers[layer]}
    named = {part: said for part, said in parts().items() if part in there}
    return there[links.choice(_("Sublayer"), named, "sublayer", next(iter(named)))]


def around(count: int, place: int, most: int) -> range:
    """Which of many things are drawn: those around the chosen one."""
    first = min(max(place - most // 2, 0), max(count - most, 0))
    return range(first, min(first + most, count))


def window(tokens: Tokens, place: int) -> range:
    """The tokens that are drawn of a long text."""
    return around(len(tokens), place, MOST_TOKENS)


def side(tokens: Tokens, drawn: range) -> Axis:
    """The drawn tokens, down."""
    return Axis("tokens", tuple(map(visible, tokens.texts[drawn.start : drawn.stop])), _("tokens ↓"))


def features(drawn: range) -> Axis:
    """The drawn features, across."""
    return Axis("features", tuple(str(i + 1) for i in drawn), _("features →"))


def place(key: str, count: int, usual: int) -> int:
    """A place that the link holds, counted from 1 there and from 0 here."""
    found = links.read_place(key, count, usual)
    links.put(key, str(found + 1), str(usual + 1))
    return found
