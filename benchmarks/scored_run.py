"""A training run that tells when it came to a score, and what its time went to, for `benchmarks.scores`.

It runs in whichever edition's folder it is started: all that it hangs itself into has been there since the
first. At each look one JSON object goes to a file; with the score the process ends.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[0] = os.getcwd()  # the edition's, and not this file's

BLEU_BATCH = 50
spent: defaultdict[str, float] = defaultdict(float)  # seconds, by what for


def timed(owner: Any, name: str, what: str) -> None:
    """Have the seconds counted that a method takes, those of others that are counted within it left out."""
    method = getattr(owner, name)

    def count(*args: Any, **more: Any) -> Any:
        begin, inside = time.perf_counter(), sum(spent.values())
        try:
            return method(*args, **more)
        finally:
            spent[what] += time.perf_counter() - begin - (sum(spent.values()) - inside)

    setattr(owner, name, count)


def bleu(report: Any, pairs: list[tuple[str, str]]) -> float:
    """sacreBLEU (13a) of what the model writes greedily, from 0 to 100."""
    import torch
    from sacrebleu import corpus_bleu

    m, written = report.m, []
    with report.looking(), torch.no_grad():
        for first in range(0, len(pairs), BLEU_BATCH):
            sources = [source for source, _ in pairs[first : first + BLEU_BATCH]]
            batch = m.tokenizer(sources, padding=True, return_tensors="pt")
            rows = m.model.generate(**batch, do_sample=False, num_beams=1, max_new_tokens=80)
            written += m.tokenizer.batch_decode(rows, skip_special_tokens=True)
    return float(corpus_bleu(written, [[target for _, target in pairs]]).score)


def watch(begun: float, path: Path, name: str, target: float, pairs: list[tuple[str, str]]) -> None:
    """Hang into the run.

    begun: when its command was given, in seconds since 1970; path: where to tell; name, target: of the score;
    pairs: whose BLEU is taken, where that is the score.
    """
    from model.training.report import Report
    from model.training.run import Teacher

    timed(Teacher, "evaluate", "looks")
    timed(Report, "snapshot", "film")
    timed(Teacher, "_save_checkpoint", "saving")
    write: Callable[..., None] = Report.write
    train_begin: Callable[..., None] = Report.on_train_begin

    def begin(self: Any, *args: Any, **more: Any) -> None:
        spent["before the first step"] = time.time() - begun
        train_begin(self, *args, **more)

    def tell(self: Any, line: dict[str, Any]) -> None:
        write(self, line)
        if "scores" not in line:
            return
        now, cpu = time.time(), sum(os.times()[:2])
        score = bleu(self, pairs) if name == "bleu" else line["scores"][name]
        spent["measuring"] += time.time() - now
        told = {
            "step": line["step"],
            "score": score,
            "seconds": now - begun - spent["measuring"] + (time.time() - now),
            "processor": cpu,
            "spent": {what: seconds for what, seconds in spent.items() if what != "measuring"},
        }
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(told) + "\n")
        if score >= target:
            os._exit(0)

    Report.on_train_begin = begin  # type: ignore[method-assign]
    Report.write = tell  # type: ignore[method-assign]


def main() -> None:
    begun, path, name, target, test, sentences, *command = sys.argv[1:]
    pairs = []
    if name == "bleu":
        rows = Path(test).read_text(encoding="utf-8").splitlines()[1 : 1 + int(sentences)]
        pairs = [(cells[0], cells[1]) for cells in (row.split("\t") for row in rows)]
    watch(float(begun), Path(path), name, float(target), pairs)
    sys.argv = ["model.training", *command]
    from model.training.__main__ import main as train

    sys.exit(train())


if __name__ == "__main__":
    main()
