"""A page with nothing but a board, for the browser tests, and the boards that it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from tests.viz.traces import MARKUP
from viz.board import Act, Axis, Panel, numbered_axis, panel
from viz.board.mount import board

WORDS = ("The", "animal", "didn't", "cross", "the", "street", "because", "it", "was", "too", "tired", ".")
Floats = NDArray[np.float32]


def softmax(scores: Floats) -> Floats:
    """Over the keys; a row of nothing but −∞ is left empty."""
    with np.errstate(invalid="ignore"):
        raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.nan_to_num(raised / raised.sum(axis=-1, keepdims=True)).astype(np.float32)


def attention() -> list[Panel]:
    """One query against all keys, and the whole matrix: q, K, their products, mask, weights."""
    rng = np.random.default_rng(4)
    queries, keys = Axis("queries", WORDS, "queries ↓"), Axis("keys", WORDS, "keys →")
    features = numbered_axis("features", 32, "features →")
    q, k = rng.normal(size=(2, 12, 32)).astype(np.float32)
    scores = (q @ k.T / np.sqrt(32)).astype(np.float32)
    causal = np.tril(np.ones((12, 12), dtype=bool))
    held = st.session_state.get("held", 7)
    one, down = Axis("query", (WORDS[held],)), Axis("keys", WORDS, "keys ↓")
    end = float(np.abs(np.stack([q, k])).max())
    masked = np.where(causal, scores, -np.inf).astype(np.float32)
    return [
        panel("q", "q, the query", q[held], one, features, scale="signed", end=end),
        panel("k", "K, the keys", k, down, features, scale="signed", end=end, before="·"),
        panel("scores", "QKᵀ / √dₖ", scores, queries, keys, scale="signed", before="="),
        panel("masked", "After the mask", masked, queries, keys, scale="signed", allowed=causal),
        panel(
            "weights",
            "Weights",
            softmax(masked),
            queries,
            keys,
            end=1.0,
            allowed=causal,
            before="softmax",
            note="Every row sums to 1.",
        ),
    ]


def large(count: int = 300) -> list[Panel]:
    """Long sides."""
    place = np.arange(count)
    near = np.exp(-(((place[:, None] - place[None] - 3) / 6.0) ** 2))
    words = tuple(WORDS[i % 12] for i in range(count))
    sides = Axis("queries", words, "queries ↓"), Axis("keys", words, "keys →")
    causal = place[:, None] >= place[None]
    return [
        panel("near", "A head that looks three words back", near, *sides, allowed=causal),
        panel("signed", "Differences", np.sin(place[:, None] / 9) * near, *sides, scale="signed"),
    ]


def mask() -> list[Panel]:
    """A mask to be painted, and what the softmax makes of it."""
    allowed = np.tril(np.ones((6, 6), dtype=bool))
    for row, column in st.session_state.get("switched", set()):
        allowed[row, column] = not allowed[row, column]
    words = ("I", "go", "home", "and", "sleep", ".")
    queries, keys = Axis("queries", words, "queries ↓"), Axis("keys", words, "keys →")
    scores = np.random.default_rng(2).normal(size=(6, 6)).astype(np.float32)
    masked = np.where(allowed, scores, -np.inf).astype(np.float32)
    return [
        panel(
            "mask",
            "Mask: who may look where",
            allowed.astype(float),
            queries,
            keys,
            allowed=allowed,
            digits=0,
            paint=True,
        ),
        panel("masked", "Scores with −∞", masked, queries, keys, scale="signed"),
        panel("weights", "Weights", softmax(masked), queries, keys, end=1.0, allowed=allowed),
    ]


def many() -> list[Panel]:
    """The heads of a model."""
    rng = np.random.default_rng(1)
    words = tuple(WORDS[i % 12] for i in range(16))
    queries, keys = Axis("queries", words, "queries ↓"), Axis("keys", words, "keys →")
    return [
        panel(
            f"head {i + 1}",
            f"Head {i + 1}",
            softmax(3 * rng.normal(size=(16, 16)).astype(np.float32)),
            queries,
            keys,
            end=1.0,
        )
        for i in range(20)
    ]


def strange() -> list[Panel]:
    """Words of every kind, numbers of every kind."""
    words = ("동물은", "الحيوان", "👩‍👩‍👧", "x" * 200, MARKUP, " ", "", "ü")
    values = np.array([0, -1e-9, 0.5, 1234.5, np.nan, np.inf, -np.inf, -3.25e7], dtype=np.float32)
    sides = Axis("queries", words, "쿼리 ↓"), Axis("keys", words[::-1], "keys →")
    one = Axis("one", ("",))
    return [
        panel("strange", "제목 " + "long " * 30, np.stack([values] * 8), *sides, scale="signed", end=1000),
        panel("row", MARKUP, values, one, numbered_axis("places", 8), scale="signed", before="×"),
        panel("one", "", [[0.25]], one, one, note="note " * 20),
        panel("column", "A column", values[:, None], Axis("queries", words), one, scale="signed"),
    ]


def vectors() -> list[Panel]:
    """Strips of several widths."""
    rng = np.random.default_rng(3)
    return [
        panel(
            f"v{width}",
            f"{width} features",
            rng.normal(size=width),
            Axis("one", ("it",)),
            numbered_axis("features", width, "features →"),
            scale="signed",
        )
        for width in (4, 12, 32, 64, 128, 512)
    ] + [
        panel(
            "stack",
            "Word by word",
            rng.normal(size=(12, 64)),
            Axis("words", WORDS),
            numbered_axis("features", 64),
            scale="signed",
        )
    ]


BOARDS: dict[str, Callable[[], Sequence[Panel]]] = {
    "attention": attention,
    "large": large,
    "huge": lambda: large(512)[:1],
    "mask": mask,
    "many": many,
    "strange": strange,
    "vectors": vectors,
    "empty": list,
}


def heard(act: Act) -> None:
    st.session_state["acts"] = [*st.session_state.get("acts", []), act]
    if act.painted:
        switched = st.session_state.get("switched", set())
        st.session_state["switched"] = switched ^ set(act.painted)
    elif act.axis == "queries":
        st.session_state["held"] = act.place


def page() -> None:
    st.set_page_config(layout="wide")
    name = st.text_input("Board", "attention", key="board", bind="query-params")
    shows = st.query_params.get("shows") == "1"
    chosen = {"queries": st.session_state.get("held", 7)} if name == "attention" else {}
    together = st.query_params.get("together") == "1"
    act = None if shows else heard
    board(BOARDS[name](), key=f"here {name}", chosen=chosen, act=act, together=together)
    for act in st.session_state.get("acts", []):
        st.text(f"{act.panel} {act.axis} {act.place} {act.painted} {act.allowed}")


if __name__ == "__main__":
    page()
