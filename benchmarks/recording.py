"""What recording costs: time and memory against transformers' eager attention with output_attentions.

A random BERT-base (12 layers, 12 heads) reads one text. Ways of reading it take turns in one process, and
each round gives one ratio, so that a busy machine slows all of them. Memory is the process's peak above
what it needs to hold the model, each way in a process of its own (Linux). Tracing begins with the text
and ends with one NumPy array; eager attention begins with token ids and its tensors stay as they come.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from model import trace
from model.attention import NAME
from model.capture.checkpoint import Checkpoint
from model.capture.forward import Row, forward
from model.capture.prepare import prepare

LENGTHS = (128, 512)
WORDS = 1000
EAGER = "eager, output_attentions"


Way = Callable[[Checkpoint, str, Row], object]

# What is done, and the attention that does it.
WAYS: dict[str, tuple[str, Way]] = {
    EAGER: ("eager", lambda m, text, ids: forward(m, ids, output_attentions=True)),
    "all layers traced": (NAME, lambda m, text, ids: trace(m, text)),
    "one layer traced": (NAME, lambda m, text, ids: trace(m, text, layers=[6])),
    "nothing recorded": (NAME, lambda m, text, ids: forward(m, ids)),
    "transformers' fused attention": ("sdpa", lambda m, text, ids: forward(m, ids)),
}


def make_tokenizer() -> PreTrainedTokenizerFast:
    """A tokenizer whose words are numbers."""
    words = Tokenizer(WordLevel({f"w{i}": i for i in range(WORDS)}, unk_token="w0"))
    words.pre_tokenizer = Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=words, unk_token="w0")


def prepare_bert() -> Checkpoint:
    """A random BERT-base whose words are numbers."""
    torch.manual_seed(0)
    return prepare(BertModel(BertConfig(vocab_size=WORDS)), make_tokenizer(), "BERT-base")


def write_text(length: int) -> str:
    """A text of so many tokens."""
    generator = torch.Generator().manual_seed(length)
    return " ".join(f"w{i}" for i in torch.randint(1, WORDS, (length,), generator=generator).tolist())


@torch.no_grad()
def once(m: Checkpoint, name: str, text: str) -> float:
    """Seconds that one way takes."""
    implementation, read = WAYS[name]
    m.model.set_attn_implementation(implementation)
    ids = Row(m.tokenizer(text)["input_ids"])
    begin = time.perf_counter()
    read(m, text, ids)
    return time.perf_counter() - begin


def times(m: Checkpoint, length: int, rounds: int) -> dict[str, tuple[float, float]]:
    """For each way the median of its seconds, and of its ratio to eager attention's in the same round."""
    text = write_text(length)
    for name in WAYS:
        once(m, name, text)
    taken = [{name: once(m, name, text) for name in WAYS} for _ in range(rounds)]
    return {
        name: (
            statistics.median(seconds[name] for seconds in taken),
            statistics.median(seconds[name] / seconds[EAGER] for seconds in taken),
        )
        for name in WAYS
    }


def resident(field: str) -> int:
    """Bytes of memory this process has now ("VmRSS") or had at most ("VmHWM"), as Linux tells."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{field}:")[2].split()[0]) * 1024


def memory(name: str, length: int) -> int:
    """Bytes that a way takes at its peak, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.recording", "--memory", name, "--length", str(length)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def table(rounds: int) -> str:
    """The Markdown table that the README quotes."""
    lines = [
        f"Recording on {torch.get_num_threads()} CPU threads (torch {torch.__version__})",
        "",
        "| tokens | BERT-base, 12 × 12 heads | time | ratio | peak memory | ratio |",
        "|---|---|---|---|---|---|",
    ]
    m = prepare_bert()
    for length in LENGTHS:
        taken = times(m, length, rounds)
        most = {name: memory(name, length) for name in WAYS}
        for name, (seconds, ratio) in taken.items():
            lines.append(
                f"| {length} | {name} | {1000 * seconds:.0f} ms | {ratio:.2f} "
                f"| {most[name] / 1e6:.0f} MB | {most[name] / most[EAGER]:.2f} |"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--memory", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--length", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.memory:
        m = prepare_bert()
        once(m, "nothing recorded", write_text(8))  # whatever is allocated only once
        Path("/proc/self/clear_refs").write_text("5")  # forgets the peak so far
        before = resident("VmRSS")
        once(m, arguments.memory, write_text(arguments.length))
        print(resident("VmHWM") - before)
    else:
        print(table(arguments.rounds))


if __name__ == "__main__":
    main()
