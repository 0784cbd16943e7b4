"""Run every benchmark and print its table: `python -m benchmarks [NAME …]`."""

from __future__ import annotations

import argparse
import subprocess
import sys

NAMES = (
    *("linked", "opening", "tables", "recording", "ablation", "loading"),
    *("writing", "training", "trainer", "scores", "translate", "path", "reach"),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which of {', '.join(NAMES)}; none = all")
    names = parser.parse_args().names or NAMES
    unknown = set(names) - set(NAMES)
    if unknown:
        parser.error(f"there is no benchmark named {', '.join(sorted(unknown))}")
    for name in names:  # a process each, so that none inherits another's memory and threads
        print(f"\n## {name}\n", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)


if __name__ == "__main__":
    main()
