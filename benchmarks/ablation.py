"""*Cut each word in turn* for a sentence of 25 words, beside another edition of this project.

The other edition is checked out into a temporary folder, and both run in turn, each time in a process of
their own: `python -m benchmarks.ablation [--against REVISION] [--rounds N]`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CASES = ("en-fr", "BERT-base")

# What runs in either edition; only the names of its rooms differ.
CHILD = """
import json, sys, time
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertConfig, BertForMaskedLM, PreTrainedTokenizerFast
from model import load
try:
    from model.analysis.ablation import matters, passage
    from model.capture.prepare import prepare
    from model.decode.decoding import write
except ImportError:
    from model.checkpoint import prepare
    from model.effects import matters, passage
    from model.writing import write
SENTENCE = ("My sister put the bread that she had made on the old table in the kitchen because it was warm "
            "and it smelled very good.")
if sys.argv[1] == "en-fr":
    m = load("checkpoints/en-fr")
    text = passage(m, SENTENCE, write(m, SENTENCE).ids)
else:
    torch.manual_seed(0)
    words = Tokenizer(models.WordLevel({f"w{i}": i for i in range(1000)}, unk_token="w0"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, unk_token="w0")
    m = prepare(BertForMaskedLM(BertConfig(vocab_size=1000)), tokenizer, "BERT-base")
    text = passage(m, " ".join(f"w{i}" for i in range(1, 31)))
words = [[i] for i in range(25)]
seconds = []
for _ in range(int(sys.argv[2])):
    begin = time.perf_counter()
    found = matters(m, text, "encoder", [12], words)
    seconds.append(time.perf_counter() - begin)
print(json.dumps({"seconds": sorted(seconds)[len(seconds) // 2], "found": found.tolist()}))
"""


@contextmanager
def checking_out(revision: str) -> Iterator[Path]:
    """The files of another edition, in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", revision], cwd=ROOT, capture_output=True, check=True)
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        yield Path(folder)


def measure(edition: Path, case: str, repeats: int) -> tuple[float, list[float]]:
    """The median of some repeats in a new process: seconds, and what was found."""
    command = [sys.executable, "-c", CHILD, case, str(repeats)]
    done = subprocess.run(command, cwd=edition, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout.splitlines()[-1])
    return said["seconds"], said["found"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--against", default="830ce0e", help="a revision of this repository: its first edition"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    print(f"Each of 25 words cut in turn, against {given.against}\n")
    print("| model | then | now | as fast | largest difference in what is found |")
    print("|---|---:|---:|---:|---:|")
    with checking_out(given.against) as before:
        for case in CASES:
            pairs = [
                (measure(before, case, given.repeats), measure(ROOT, case, given.repeats))
                for _ in range(given.rounds)
            ]
            then, now = (statistics.median(pair[i][0] for pair in pairs) for i in (0, 1))
            ratio = statistics.median(old[0] / new[0] for old, new in pairs)
            apart = max(abs(a - b) for old, new in pairs for a, b in zip(old[1], new[1], strict=True))
            print(f"| {case} | {1000 * then:.0f} ms | {1000 * now:.0f} ms | {ratio:.2f} × | {apart:.0e} |")


if __name__ == "__main__":
    main()
