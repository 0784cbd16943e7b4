"""How far back a network reaches before it has learned anything: the derivative of a state by the word that
was read 100 words before it, as a share of that by the word just before it.

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

    def recurrent(network: str, gain: float = 1.0, forget_bias: float = 0.0) -> Callable[[], Reach]:
        return lambda: measure_recurrent(network, gain, forget_bias, width, FAR, seeds)

    def attention(layers: int, alone: bool = False) -> Callable[[], Reach]:
        return lambda: measure_transformer(layers, width, FAR, seeds, alone=alone)

    for activation, name in (("sigmoid", "sigmoid"), ("tanh", "tanh"), ("relu", "ReLU")):
        yield f"RNN, {name}", recurrent(activation)
        yield f"RNN, {name}, W × 3", recurrent(activation, 3.0)
    yield "LSTM", recurrent("lstm")
    yield "LSTM, forget bias 1", recurrent("lstm", forget_bias=1.0)
    yield "LSTM, forget bias 2", recurrent("lstm", forget_bias=2.0)
    yield "GRU", recurrent("gru")
    yield "self-attention by itself", attention(1, alone=True)
    yield "Transformer, 1 layer", attention(1)
    yield "Transformer, 4 layers", attention(4)


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
