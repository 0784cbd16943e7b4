"""What a View shows of a Trace, as one matrix: words merged, heads combined, special tokens left out.

Of a pair of texts it may be what one of them looks at in the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.trace import Tokens, Trace
from model.traces.written import name_written
from viz.linked.view import SEGMENTS, View


@dataclass(frozen=True)
class Picture:
    """One matrix and what stands along it.

    weights: float32 (queries, keys). queries, keys: the texts along its two sides.
    held: the rows (view.side "query") or columns ("key") of the held tokens that are shown.
    together: float32 (keys,), what the held rows look at on average; 0 where no row is held. Heads are
        combined after that, since a maximum over heads is of one of them.
    """

    weights: NDArray[np.float32]
    queries: tuple[str, ...]
    keys: tuple[str, ...]
    held: tuple[int, ...]
    together: NDArray[np.float32]


def combine(heads: NDArray[np.float32], view: View) -> NDArray[np.float32]:
    """Several heads (heads, …) as one."""
    found: NDArray[np.float32] = heads.max(axis=0) if view.combine == "max" else heads.mean(axis=0)
    return found


def find_shown(tokens: Tokens, view: View, part: int | None) -> list[int]:
    """The positions of one side that are shown. part: of which text of a pair alone; None = of all."""
    own = [i for i in range(len(tokens)) if part is None or (tokens.segments or ())[i] == part]
    return [i for i in own if view.specials or not tokens.special[i]] or own


def picture(trace: Trace, view: View) -> Picture:
    """The matrix that the linked view shows. The view must fit the trace (View.fitted)."""
    chosen = name_written(trace)[view.kind]
    stack = chosen.by_words() if view.words else chosen
    maps = np.stack([stack.weights[stack.layers.index(layer), head] for layer, head in view.heads])
    parts = SEGMENTS.get(view.segments, (None, None))
    rows, columns = (
        find_shown(tokens, view, part)
        for tokens, part in zip((stack.queries, stack.keys), parts, strict=True)
    )
    maps = maps[:, rows][:, :, columns]
    shown = rows if view.side == "query" else columns
    held = tuple(shown.index(position) for position in view.held if position in shown)
    looking = list(held) if view.side == "query" else []
    return Picture(
        weights=combine(maps, view),
        queries=tuple(stack.query_tokens[i] for i in rows),
        keys=tuple(stack.key_tokens[i] for i in columns),
        held=held,
        together=combine(maps[:, looking].sum(axis=1) / max(1, len(looking)), view),
    )
