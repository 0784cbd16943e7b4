"""Attention whose queries come one after another, as those of a recurrent decoder: heard as one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from model.attention import Scorer, allowed_by, attend
from model.edits import Applied, Cut, Open
from model.listening import Call, Seen, current_listener

BY_QUERY = ("weights", "scores", "mask", "q", "output")  # of Seen, what has a row for each query


class Stepwise:
    """One call of attention in `steps` steps, each of one query, which may depend on what came before.

    shape: (batch, heads, queries, keys) of all steps together. Who listens is asked once, and is told once,
    by `finish`, of all rows.
    """

    def __init__(self, module: nn.Module, shape: tuple[int, int, int, int]) -> None:
        listener = current_listener()
        self.call = None if listener is None else listener.hear(module, shape)
        self.queries, self.step = shape[2], 0
        self.told: list[Seen] = []

    def __call__(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None = None,
        scaling: float = 1.0,
        scorer: Scorer | None = None,
    ) -> Tensor:
        """What the next query fetches: (batch, 1, heads, d_v).

        query: (batch, heads, 1, d_k); key, value, mask, scaling, scorer: as `attention` takes them.
        """
        output, _ = attend(self.next(query, key, mask), query, key, value, mask, scaling, scorer=scorer)
        return output.transpose(1, 2)

    def next(self, query: Tensor, key: Tensor, mask: Tensor | None) -> Call:
        """What is wanted of the next step."""
        if self.call is None:
            return Call()
        rows = query.expand(-1, -1, self.queries, -1)
        self.call = self.call.settle(lambda: allowed_by(rows, key, mask).expand(-1, -1, self.queries, -1))
        step, into = self.step, self.call.into
        self.step += 1
        return Call(
            edits=of_query(self.call.edits, step),
            record=None if self.call.record is None else self.told.append,
            parts=self.call.parts,
            into=None if into is None else into[:, :, step : step + 1],
        )

    def finish(self) -> None:
        """Tells who listens."""
        if self.call is None or self.call.record is None or not self.told:
            return
        last = self.told[-1]
        whole: dict[str, Any] = {}
        for name in BY_QUERY:
            rows = [getattr(seen, name) for seen in self.told]
            if rows[0] is not None:
                whole[name] = torch.cat([one.expand(*one.shape[:2], 1, -1) for one in rows], 2)
        self.call.record(last._replace(**whole))


def of_query(edits: Sequence[Applied], query: int) -> list[Applied]:
    """The edits that concern one query, as they apply to a call that has it alone."""
    found = []
    for one in edits:
        if isinstance(one.edit, Cut | Open) and one.edit.query is not None:
            if one.edit.query != query:
                continue
            one = one._replace(edit=replace(one.edit, query=0))
        found.append(one)
    return found
