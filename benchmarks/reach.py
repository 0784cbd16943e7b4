"""How far back a network reaches before it has learned anything: the derivative of a state by the word that was
read 100 words before it, as a share of that by the word just before it.

Weights are those that PyTorch draws, in float64; each number is the median of some seeds, with their range.
Nothing here is timed: the table is the same on every machine, but for rounding.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

import numpy as np

from model.experiments.reach import Reach, measure_recurrent, measure_transformer

FAR = 100  # words apart


def cases(width: int, seeds: range) -> Iterator[tuple[str, Callable[[], Reach]]]:
    """What each row is called, and what measures it."""
    sizes = {"width": width, "farthest": FAR, "seeds": seeds}
    for activation in ("sigmoid", "tanh", "relu"):
        for gain in (1.0, 3.0):
            said = f"RNN, {activation}" + ("" if gain == 1 else f", W × {gain:.0f}")
            yield said, lambda a=activation, g=gain: measure_recurrent(a, g, **sizes)  # type: ignore[misc]
    for bias in (0.0, 1.0, 2.0):
        said = "LSTM" if not bias else f"LSTM, forget bias {bias:.0f}"
        yield said, lambda b=bias: measure_recurrent("lstm", 1.0, b, **sizes)  # type: ignore[misc]
    yield "GRU", lambda: measure_recurrent("gru", **sizes)  # type: ignore[arg-type]
    yield "self-attention by itself", lambda: measure_transformer(1, alone=True, **sizes)  # type: ignore[arg-type]
    for layers in (1, 4):
        said = f"Transformer, {layers} layer{'s' * (layers > 1)}"
        yield said, lambda n=layers: measure_transformer(n, **sizes)  # type: ignore[misc]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=9)
    given = parser.parse_args()
    print(f"{given.width} features, {given.seeds} seeds: ‖∂h/∂x‖ {FAR} words back over that 1 word back\n")
    print("| network at initialisation | share that is left | from | to | for each word |")
    print("|---|---:|---:|---:|---:|")
    for name, measure in cases(given.width, range(given.seeds)):
        found = measure()
        kept, factor = found.kept[:, -1], float(np.median(found.factor))
        numbers = (f"{value:.1e}" for value in (np.median(kept), kept.min(), kept.max()))
        print(f"| {name} | {' | '.join(numbers)} | × {factor:.3f} |", flush=True)


if __name__ == "__main__":
    main()
