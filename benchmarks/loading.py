"""What it costs that a model is checked when it is loaded, and when a text first goes beyond a limit.

A checkpoint is loaded in turn by transformers alone and by `model.load`, which runs it on a few short texts
as it is and as it is watched; each round gives one ratio. Then a text that is longer than a window which the
config names is traced three times: the first trace is checked as well.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertModel,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
)

from benchmarks.recording import WORDS, make_tokenizer, write_text
from model import load, trace

ROOT = Path(__file__).resolve().parents[1]
WINDOW = 128


def save(model: PreTrainedModel, folder: Path) -> Path:
    """A random model's folder, with a tokenizer whose words are numbers."""
    model.save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return folder


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def alone(kind: type[PreTrainedModel], folder: Path) -> tuple[object, object]:
    return kind.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    print(f"Loading on {torch.get_num_threads()} CPU threads (torch {torch.__version__})\n")
    print("| model | transformers alone | loaded and checked | ratio |")
    print("|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as made:
        torch.manual_seed(0)
        bert = save(BertModel(BertConfig(vocab_size=WORDS)), Path(made) / "BERT-base")
        for folder in (ROOT / "checkpoints" / "en-fr", bert):
            kind = type(load(folder).model)
            pairs = [
                (seconds(lambda kind=kind, at=folder: alone(kind, at)), seconds(lambda at=folder: load(at)))  # type: ignore[misc]
                for _ in range(rounds)
            ]
            theirs, ours = (statistics.median(pair[i] for pair in pairs) for i in (0, 1))
            ratio = statistics.median(own / other for other, own in pairs)
            print(f"| {folder.name} | {1000 * theirs:.0f} ms | {1000 * ours:.0f} ms | {ratio:.2f} |")
        config = MistralConfig(
            vocab_size=WORDS,
            hidden_size=768,
            intermediate_size=2048,
            num_hidden_layers=12,
            num_attention_heads=12,
            num_key_value_heads=4,
            sliding_window=WINDOW,
        )
        mistral = save(MistralForCausalLM(config), Path(made) / "Mistral")
        text = write_text(2 * WINDOW)
        firsts, others = [], []
        for _ in range(rounds):
            m = load(mistral)
            trace(m, write_text(WINDOW // 2))
            firsts.append(seconds(lambda m=m: trace(m, text)))  # type: ignore[misc]
            others.append(statistics.median(seconds(lambda m=m: trace(m, text)) for _ in range(3)))  # type: ignore[misc]
    first, other = statistics.median(firsts), statistics.median(others)
    ratio = statistics.median(one / more for one, more in zip(firsts, others, strict=True))
    print(
        f"\nA text of {2 * WINDOW} tokens through 12 layers with a window of {WINDOW}: {1000 * first:.0f} ms "
        f"the first time, {1000 * other:.0f} ms after that ({ratio:.2f})."
    )


if __name__ == "__main__":
    main()
