"""What a recurrent decoder keeps while it writes: the states of its layers, in a cache's place.

A state does not grow with the text: that is what sets it apart from a key-value cache.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from model.networks.recurrent.cells import State


class StateCache:
    """states: of each layer, (1, batch, hidden). length: how many tokens they have read.

    transformers' `generate` begins with an empty cache of its own kind, for which there is none here, and
    from then on hands back what the model gave.
    """

    is_compileable = False

    def __init__(self, states: list[State], length: int) -> None:
        self.states, self.length = states, length

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return self.length

    def reorder_cache(self, beam_idx: Tensor) -> None:
        """Beam search goes on with these of its beams; in place."""
        self.states = [
            State(*(None if part is None else part.index_select(1, beam_idx) for part in state))  # type: ignore[arg-type]
            for state in self.states
        ]


def find_states(cache: Any) -> StateCache | None:
    """The states in what a decoder is given to go on from; None where nothing has been read yet.

    Raises ValueError for a cache with tokens that is no recurrent network's.
    """
    if cache is None or isinstance(cache, StateCache):
        return cache
    if cache.get_seq_length():
        raise ValueError(f"A recurrent network goes on from its states, not from a {type(cache).__name__}.")
    return None
