"""How fast a compact model writes with its key-value cache, against reading all that is written at each step.

The shipped translator writes the same sentences both ways in turn, one at a time and many at once, greedily
and by beam search; each round gives one ratio. What is written is the same, or the benchmark ends.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import torch
from torch import Tensor

from model import load
from model.tasks.translation.score import everyday

CHECKPOINT = Path(__file__).resolve().parents[1] / "checkpoints" / "en-fr"
SENTENCES = {1: 8, 64: 64}  # batch size -> how many are written
BEAMS = (1, 4)
ROOM = 60  # tokens


def sentences(count: int) -> list[str]:
    """Everyday sentences with a pronoun, of 7 to 20 words."""
    return [one.english for pair in everyday(count // 2) for one in pair]


def write(model: Any, batches: Sequence[dict[str, Tensor]], beams: int, use_cache: bool) -> list[Tensor]:
    """The ids written for each batch."""
    how = {"num_beams": beams, "do_sample": False, "max_new_tokens": ROOM, "use_cache": use_cache}
    return [model.generate(**batch, **how) for batch in batches]


def count_tokens(written: Sequence[Tensor], padding: int) -> int:
    """How many tokens were written, without the start token and what fills a batch up."""
    return sum(int((ids[:, 1:] != padding).sum()) for ids in written)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    m = load(CHECKPOINT)
    print(
        f"Writing on {torch.get_num_threads()} CPU threads (torch {torch.__version__}), tokens per second\n"
    )
    print("| sentences at once | beams | without a cache | with it | ratio |")
    print("|---:|---:|---:|---:|---:|")
    for size, count in SENTENCES.items():
        texts = sentences(count)
        parts = [texts[i : i + size] for i in range(0, count, size)]
        batches = [dict(m.tokenizer(part, padding=True, return_tensors="pt")) for part in parts]
        for beams in BEAMS:
            speeds: dict[bool, list[float]] = {False: [], True: []}
            for turn in range(rounds + 1):
                written = {}
                for use_cache, told in speeds.items():
                    begin = time.perf_counter()
                    written[use_cache] = write(m.model, batches, beams, use_cache)
                    spent = time.perf_counter() - begin
                    if turn:  # the first one warms it up
                        told.append(count_tokens(written[use_cache], m.tokenizer.pad_token_id) / spent)
                if not all(map(torch.equal, written[False], written[True])):
                    raise SystemExit(f"{size} at once, {beams} beams: the cache changes what is written.")
            slow, fast = speeds.values()
            ratio = median(b / a for a, b in zip(slow, fast, strict=True))
            print(f"| {size} | {beams} | {median(slow):.0f} | {median(fast):.0f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
