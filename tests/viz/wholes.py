"""Pictures of whole models made by hand, of any size, and a file that shows one without Streamlit."""

from __future__ import annotations

import base64

import numpy as np
from numpy.typing import NDArray

from model.trace import Kind, Stack, Tokens, Trace
from viz.whole import Detail, Guess, Layer, Output, Side, Sublayer, View, Whole
from viz.whole.assemble import script, stylesheet
from viz.whole.pack import pack

FEW = 8  # features


def tokens(count: int, name: str = "word") -> Tokens:
    texts = tuple(f"{name}{i}" for i in range(count))
    return Tokens(texts, tuple(range(count)), (False,) * count, (False,) * count)


def weights(shape: tuple[int, ...], seed: int, causal: bool = False) -> NDArray[np.float32]:
    """Attention that is far from even: the softmax of normal scores."""
    scores = np.random.default_rng(seed).normal(scale=2.5, size=shape)
    if causal:
        scores = np.where(np.tri(shape[-2], shape[-1]) > 0, scores, -np.inf)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    found: NDArray[np.float32] = (shares / shares.sum(-1, keepdims=True)).astype(np.float32)
    return found


def stack(kind: Kind, queries: Tokens, keys: Tokens, layers: int, heads: int, seed: int) -> Stack:
    shape = (layers, heads, len(queries), len(keys))
    return Stack(kind, weights(shape, seed, kind == "decoder"), queries, keys, tuple(range(layers)))


def side(names: Tokens, layers: int, parts: tuple[str, ...], seed: int) -> Side:
    rng = np.random.default_rng(seed)
    count = len(names)

    def vectors(*shape: int) -> NDArray[np.float32]:
        found: NDArray[np.float32] = rng.normal(size=(*shape, FEW)).astype(np.float32)
        return found

    def lengths(*shape: int) -> NDArray[np.float32]:
        return np.abs(rng.normal(5, 1, size=shape)).astype(np.float32)

    def sublayer(part: str) -> Sublayer:
        fired = rng.integers(0, 16, count) if part == "feed-forward" else None
        return Sublayer(
            part, "after", "layer", vectors(count), lengths(count), 16 if fired is not None else 0, fired
        )

    return Side(
        tokens=names,
        layers=tuple(Layer(tuple(map(sublayer, parts))) for _ in range(layers)),
        total=count,
        ids=tuple(range(100, 100 + count)),
        width=FEW,
        plain=True,
        vectors=vectors(count),
        positions=vectors(count),
        states=vectors(layers + 1, count),
        lengths=lengths(layers + 1, count),
        leaving=vectors(count),
    )


def output(count: int, seed: int = 9) -> Output:
    logits = np.sort(np.random.default_rng(seed).normal(scale=3, size=(count, 10)))[:, ::-1]
    shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    best = tuple(
        tuple(Guess(f"next{i}.{j}", float(logits[i, j]), float(shares[i, j])) for j in range(10))
        for i in range(count)
    )
    return Output(best, (0,) * count, 1000, False)


def whole(
    layers: tuple[int, int] = (2, 1), heads: int = 4, lengths: tuple[int, int] = (7, 6), **more: object
) -> Whole:
    """A model; layers, lengths: of encoder and decoder, 0 layers = there is none."""
    read, written = tokens(lengths[0]), tokens(lengths[1], "mot")
    one, other = bool(layers[0]), bool(layers[1])
    given: dict[str, object] = {
        "encoder": side(read, layers[0], ("self-attention", "feed-forward"), 1) if one else None,
        "decoder": side(
            written,
            layers[1],
            ("self-attention", *(("cross-attention",) if one else ()), "feed-forward"),
            2,
        )
        if other
        else None,
        "attention": Trace(
            encoder=stack("encoder", read, read, layers[0], heads, 3) if one else None,
            decoder=stack("decoder", written, written, layers[1], heads, 4) if other else None,
            cross=stack("cross", written, read, layers[1], heads, 5) if one and other else None,
        ),
        "output": output(lengths[1] if other else lengths[0]),
    }
    return Whole(**{**given, **more})  # type: ignore[arg-type]


def detail(found: Whole, kind: Kind, layer: int, head: int, width: int = 6) -> Detail:
    """A head taken apart whose weights are those of the record; q, k and v are random."""
    at = found.attention[kind]
    rng = np.random.default_rng(layer * 100 + head)
    q, k = (rng.normal(size=(len(side), width)).astype(np.float32) for side in (at.queries, at.keys))
    v = rng.normal(size=(len(at.keys), width)).astype(np.float32)
    taken = at[layer, head]
    return Detail(
        kind,
        layer,
        head,
        q,
        k,
        v,
        dots=q @ k.T,
        scores=(q @ k.T) / np.float32(width) ** np.float32(0.5),
        weights=taken,
        allowed=taken > 0,
        scaling=width**-0.5,
    )


def page(found: Whole, view: View | None = None, taken: Detail | None = None) -> str:
    """A file that shows the picture, and keeps what it reports in `window.reports`."""
    blob = base64.b64encode(pack(found, view, None, taken, name="path", revision=1)).decode()
    return f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Whole</title>
<style>{stylesheet()} body {{ margin: 0 }}</style>
<body><div id="place"><div class="headlight whole"></div></div>
<script type="module">{script()}
window.reports = [];
const send = (data) => component({{
  data, parentElement: document.querySelector("#place"),
  setStateValue: (name, report) => window.reports.push(report),
}});
window.send = (text) => send(fromBase64(text));
window.send({blob!r});
</script></body></html>"""
