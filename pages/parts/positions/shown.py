"""What is shown of positions: the scheme, the words of the sentence, and what their places are told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from pages.common import checkpoints, figures
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.request import Request
from viz.labels import visible

if TYPE_CHECKING:
    from model.capture.checkpoint import Checkpoint
    from model.experiments.position_curves import PositionScheme
    from viz import Figure

MOST = 48  # tokens of the sentence
FAR = 8  # places apart: neighbours no longer
DRAWN = 4  # curves at a time


@dataclass(frozen=True, eq=False)
class Shown:
    """The scheme, and whose: own where it is the asked model's; else `of`, another checkpoint, or nobody's.

    words: what stands at each place, from 0. table: (places, dimensions), what the places are told.
    """

    scheme: PositionScheme
    words: tuple[str, ...]
    table: NDArray[np.float32]
    own: bool
    of: Checkpoint | None

    @property
    def width(self) -> int:
        return int(self.table.shape[1])


def find(asked: Asked, scheme: PositionScheme, own: str | None) -> Shown:
    """What the places of the sentence are told."""
    from model.experiments import position_curves

    words = read_words(asked.request) if asked.text.strip() else ("",) * FAR
    of: Checkpoint | None = asked.checkpoint
    if scheme == "learned" and position_curves.learned_table(asked.checkpoint) is None:
        other = with_learned()
        of = checkpoints.load(other) if other else None
    width = position_curves.width_of(of or asked.checkpoint, scheme)
    told = position_curves.table(scheme, len(words), width, of)
    return Shown(scheme, words[: len(told)], told, own == scheme, of)


def with_learned() -> str | None:
    """The first shipped checkpoint whose config says that its positions are learned."""
    for name in checkpoints.find_shipped():
        config = json.loads((checkpoints.FOLDER / name / "config.json").read_text(encoding="utf-8"))
        if config.get("positions") == "learned":
            return name
    return None


@checkpoints.keep(32, st.cache_data)
def read_words(request: Request) -> tuple[str, ...]:
    """The tokens that are read, as far as they are drawn. Raises ValueError with a plain sentence."""
    from model.capture.encode import encode, name_tokens, readable

    m, text = checkpoints.load(request), readable(request.text)
    return tuple(map(visible, name_tokens(m, encode(m, text)[:MOST], text).texts))


def down(shown: Shown) -> str:
    return _("distance") if shown.scheme == "alibi" else _("position")


def first(shown: Shown) -> int:
    """Heads are counted from 1; dimensions from 0, as in the formula, and so are positions."""
    return 1 if shown.scheme == "alibi" else 0


def across(shown: Shown) -> str:
    return _("head") if shown.scheme == "alibi" else _("dimension")


def slider(label: str, least: int, most: int, usual: int, step: int, key: str) -> int:
    """A slider in the link, whose value stays within bounds that may have changed."""
    if least >= most:
        return most
    chosen = st.session_state.get(key, usual)
    if not least <= chosen <= most:
        st.session_state[key] = min(max(chosen, least), most)
    value = st.slider(label, least, most, usual, step, key=key, bind="query-params", width=180)
    return value // step * step  # a link may say what lies between


def chart(figure: Figure, key: str) -> None:
    figures.growing(figure, key)
