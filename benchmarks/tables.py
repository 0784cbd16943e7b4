"""A table of a million pairs: how long a look takes, how long it is to the first step, and how much memory.

The pairs are made anew, all different, in tabs with a header. Each command is a process of its own; memory is
the most that it held, as the system counts it. "Beyond the model" is beyond the same run on a thousand pairs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from model.training.folder import metrics

KOREAN = "나는 너는 그는 우리는 어머니는 학교에 집에서 바다를 책을 빵을 차를 간다 본다 좋아한다 산다"
ENGLISH = "I you he we mother teacher school home sea book bread tea goes sees likes buys reads drinks"
STEPS = 50  # as many as there are lines of metrics, so that the first comes after one
ENOUGH = 5  # lines, after which nothing new is held


def choose(known: str, chance: random.Random) -> str:
    return " ".join(chance.choices(known.split(), k=chance.randint(4, 9)))


def write_table(path: Path, count: int) -> Path:
    chance = random.Random(0)
    with path.open("w", encoding="utf-8") as file:
        file.write("en\tko\n")
        for number in range(count):
            english, korean = (choose(known, chance) for known in (ENGLISH, KOREAN))
            file.write(f"{english} {number}.\t{korean} {number}.\n")
    return path


def peak(process: subprocess.Popen[bytes]) -> int:
    """The most memory that a process has held so far, in bytes; 0 where it is about to end."""
    told = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    lines = (line.split() for line in told.splitlines())
    return 1024 * next((int(line[1]) for line in lines if line[0] == "VmHWM:"), 0)


def look(path: Path) -> tuple[float, int]:
    """Seconds and bytes of `python -m model.tables`."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "model.tables", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - begin
    assert json.loads(told)["usable"] > 0
    return seconds, 1024 * used.ru_maxrss


def first_step(path: Path, folder: Path) -> tuple[float, int]:
    """Seconds from the command to its first step, and the most bytes held until some are done."""
    command = [sys.executable, "-m", "model.training", "pairs", "--data", str(path), "--output", str(folder)]
    command += ["--max-steps", str(STEPS), "--set", "d_model=256", "d_ff=1024"]
    command += ["encoder_layers=3", "decoder_layers=3"]  # the same model, however many pairs there are
    begin, seconds, most = time.perf_counter(), 0.0, 0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            most = max(most, peak(process))
            lines = metrics(folder)
            if lines and not seconds:
                seconds = time.perf_counter() - begin
            if len(lines) >= ENOUGH:
                process.terminate()
            time.sleep(0.05)
    return seconds, most


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1_000_000)
    count = parser.parse_args().pairs
    print("| pairs | a look | memory of the look | first step after | memory while it learns |")
    print("|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as made:
        held = []
        for number in (1000, count):
            path = write_table(Path(made) / f"{number}.tsv", number)
            seconds, memory = look(path)
            first, learning = first_step(path, Path(made) / f"run-{number}")
            held.append(learning)
            told = f"{seconds:.1f} s | {memory / 1e6:,.0f} MB | {first:.0f} s | {learning / 1e6:,.0f} MB"
            print(f"| {number:,} | {told} |", flush=True)
    print(f"\nBeyond the model: {(held[1] - held[0]) / 1e6:,.0f} MB.")


if __name__ == "__main__":
    main()
