"""What can be asked of a model: layers, edits, places and sizes that it has. ValueError for all else."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from model.capture.checkpoint import Checkpoint
from model.capture.observers import MAX_BYTES
from model.edits import Cut, Edit, Hold, Open
from model.errors import Refusal
from model.listening import PARTS, Part
from model.trace import Kind, Tokens


def choose(
    m: Checkpoint, layers: Iterable[int] | None, parts: Collection[Part]
) -> dict[Kind, tuple[int, ...]]:
    """For each kind the layers to record. A layer need not exist in every kind, only in one."""
    if unknown := set(parts) - set(PARTS):
        raise ValueError(f"record takes {', '.join(PARTS)}, not {', '.join(map(str, unknown))}.")
    if "qkv" in parts:
        check_vectors(m)
    elif set(parts) - {"weights"}:
        check_scores(m)
    there = {layer for of_kind in m.layers.values() for layer in of_kind}
    asked = there if layers is None else set(layers)
    deepest = max(m.depth.values(), default=0)
    for layer in sorted(asked - there):
        mixers = (mixer[layer] for mixer in m.between.values() if layer in mixer)
        mixer = next(mixers, None) if 0 <= layer < deepest else None
        if mixer is not None:
            raise ValueError(f"Layer {layer} of {m.name} is {mixer}, which is not shown.")
        raise ValueError(f"{m.name} has layers 0 to {deepest - 1}; there is no layer {layer}.")
    return {kind: tuple(i for i in has if parts and i in asked) for kind, has in m.layers.items()}


def check(m: Checkpoint, edits: Sequence[Edit]) -> None:
    """Raises ValueError where an edit names something that the model does not have."""
    check_editable(m, edits)
    for edit in edits:
        if isinstance(edit, Hold):
            check_hold(m, edit)
            continue
        if isinstance(edit, Open) and not m.can_open:
            raise Refusal("{name} adds its mask its own way, so the mask cannot be lifted.", name=m.name)
        if edit.kind not in m.layers:
            raise ValueError(f"{m.name} has no {edit.kind} attention; it has {', '.join(m.layers)}.")
        heads = m.heads[edit.kind]
        if edit.layer is not None and edit.layer not in m.layers[edit.kind]:
            raise ValueError(
                f"The {edit.kind} attention of {m.name} has layers {spell_layers(m.layers[edit.kind])}; "
                f"there is no layer {edit.layer}."
            )
        if edit.head is not None and not 0 <= edit.head < heads:
            raise ValueError(
                f"The {edit.kind} attention of {m.name} has heads 0 to {heads - 1}; "
                f"there is no head {edit.head}."
            )


def check_hold(m: Checkpoint, edit: Hold) -> None:
    """Raises ValueError where a gate to hold is none that the model has."""
    layers = {place.layer: layer for layer, place in m.recurrences.items() if place.kind == edit.kind}
    chosen = [layer for number, layer in layers.items() if edit.layer in (None, number)]
    if not chosen:
        where = edit.kind if edit.layer is None else f"{edit.kind} layer {edit.layer}"
        raise ValueError(f"{m.name} has no recurrent {where}.")
    gates = chosen[0].cell.gates
    if edit.gate not in gates:
        known = ", ".join(gates) or "none"
        raise ValueError(f"The layers of {m.name} have no gate {edit.gate!r}; they have {known}.")
    if edit.unit is not None and not 0 <= edit.unit < chosen[0].hidden_size:
        raise ValueError(f"A gate of {m.name} has units 0 to {chosen[0].hidden_size - 1}, not {edit.unit}.")


def spell_layers(layers: Sequence[int]) -> str:
    """ "0 to 5", or "2, 5 and 8" where some between have no attention."""
    if tuple(layers) == tuple(range(layers[0], layers[-1] + 1)):
        return f"{layers[0]} to {layers[-1]}"
    return ", ".join(map(str, layers[:-1])) + f" and {layers[-1]}"


def check_editable(m: Checkpoint, edits: Sequence[Edit] | None = None) -> None:
    """Raises ValueError where attention is computed in a way that cannot be changed.

    edits: what is to be changed; without them it is enough that something can.
    """
    edits = None if edits is None else [edit for edit in edits if not isinstance(edit, Hold)]
    if not m.editable and (edits is None or edits):
        raise Refusal("{name} computes attention its own way, so it cannot be edited.", name=m.name)
    for edit in edits or ():
        if edit.kind in m.layers and edit.kind not in m.editable:
            raise Refusal(
                "{name} computes its {kind} attention its own way, so it cannot be edited.",
                name=m.name,
                kind=edit.kind,
            )


def check_vectors(m: Checkpoint) -> None:
    """Raises ValueError where scores are no products of queries and keys, or those are not known."""
    check_scores(m)
    if not m.tells_vectors:
        raise Refusal(
            "The attention of {name} adds what it asks and what it is asked for; its scores are no products.",
            name=m.name,
        )


def check_scores(m: Checkpoint) -> None:
    """Raises ValueError where scores, values and what heads fetch are not known."""
    if not m.tells_scores:
        raise Refusal("{name} computes attention its own way and gives its weights only.", name=m.name)


def check_pairs(m: Checkpoint) -> None:
    """Raises ValueError where a model takes one text at a time: where its tokenizer makes no pairs, and where
    it writes.
    """
    if m.pairs is None:
        raise Refusal("{name} reads one text at a time, and no pair of texts.", name=m.name)


def check_places(edits: Sequence[Edit], sides: Mapping[Kind, tuple[Tokens, Tokens]], free: bool) -> None:
    """Raises ValueError where an edge to cut or open lies outside the text.

    free: the model wrote the decoder's text, and may well have stopped before the place of a cut.
    """
    for edit in edits:
        if not isinstance(edit, Cut | Open):
            continue
        for what, place, side, written in (
            ("query", edit.query, sides[edit.kind][0], edit.kind in ("decoder", "cross")),
            ("key", edit.key, sides[edit.kind][1], edit.kind == "decoder"),
        ):
            if place is not None and (place < 0 or (place >= len(side) and not (free and written))):
                raise ValueError(
                    f"The {edit.kind} attention has {what} positions 0 to {len(side) - 1}; "
                    f"there is no position {place}."
                )


def check_size(
    m: Checkpoint, sides: Mapping[Kind, tuple[Tokens, Tokens]], wanted: Mapping[Kind, Collection[int]]
) -> None:
    """Raises ValueError where the record, and the three layers' worth it takes to make, get too big."""
    size = sum(
        4 * (len(wanted[kind]) + 3) * m.heads[kind] * len(queries) * len(keys)
        for kind, (queries, keys) in sides.items()
        if wanted.get(kind)
    )
    if size > MAX_BYTES:
        raise Refusal(
            "Attention of {count} tokens would take {size} GB; shorten the text.",
            count=max(len(keys) for _, keys in sides.values()),
            size=round(size / 1e9, 1),
        )
