"""python -m model.training.seeds CHECKPOINT OTHER …: what the same run reached with other seeds, in its card.

One run says little about a recipe: another seed gives other weights, and other scores. Every run measures
its checkpoint and says so in its card; what the cards say goes into the card of the first, as a table that
`read` understands.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from model.training.folder import write

CARD = "README.md"
TITLE, AFTER = "## Over seeds", "Licence: "
_COMMAND = re.compile(r"^    (python -m model\.training .*)$", re.MULTILINE)
_SEED = re.compile(r" --seed (\d+)")
_MEASURED = re.compile(r"^\| `(\w+)` \| ([01]\.\d+) \|$", re.MULTILINE)
_SECTION = re.compile(rf"^{TITLE}\n.*?(?=^## |^{AFTER})", re.MULTILINE | re.DOTALL)

Scores = Mapping[int, Mapping[str, float]]  # seed -> measure -> score


def record(folders: Sequence[Path]) -> Scores:
    """Write what checkpoints of one run with different seeds measured into the first one's card.

    Raises ValueError where they are not of one run, or two have the same seed.
    """
    seeds = [read_seed(folder) for folder in folders]
    runs = {command(folder) for folder in folders}
    if len(runs) > 1:
        raise ValueError(f"These checkpoints are of different runs: {'; '.join(sorted(runs))}")
    if len(set(seeds)) < len(seeds):
        raise ValueError("Two of these checkpoints have the same seed.")
    scores = dict(sorted(zip(seeds, map(read_scores, folders), strict=True)))
    card = folders[0] / CARD
    write(card, put(card.read_text(encoding="utf-8"), scores))
    return scores


def read_command(folder: Path) -> str:
    """The command that made a checkpoint, as its card says. Raises ValueError where it does not."""
    try:
        found = _COMMAND.search((folder / CARD).read_text(encoding="utf-8"))
    except OSError:
        found = None
    if not found or not _SEED.search(found[1]):
        raise ValueError(f"{folder} has no card that says which command made it.")
    return found[1]


def read_seed(folder: Path) -> int:
    """The seed of a checkpoint, as its card says. Raises ValueError where it does not."""
    found = _SEED.search(read_command(folder))
    assert found
    return int(found[1])


def command(folder: Path) -> str:
    """The command that made a checkpoint, without its seed."""
    return _SEED.sub("", read_command(folder))


def read_scores(folder: Path) -> dict[str, float]:
    """What a run measured in the end, as its card says, of all that is a share or a weight."""
    text = (folder / CARD).read_text(encoding="utf-8")
    return {name: float(value) for name, value in _MEASURED.findall(text)}


def put(card: str, scores: Scores) -> str:
    """A card with the table of these scores, in place of the one that it has."""
    card = _SECTION.sub("", card)
    at = card.rindex(AFTER)
    return f"{card[:at]}{TITLE}\n\n{table(scores)}\n\n{card[at:]}"


def table(scores: Scores) -> str:
    """One row a seed, one column a measure, in Markdown; a last row with the means."""
    names = list(next(iter(scores.values())))
    means = [sum(row[name] for row in scores.values()) / len(scores) for name in names]
    rows = [
        ["seed", *(f"`{name}`" for name in names)],
        ["---"] * (1 + len(names)),
        *([str(seed), *(f"{row[name]:.3f}" for name in names)] for seed, row in scores.items()),
        ["mean", *(f"{mean:.3f}" for mean in means)],
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def read(folder: Path) -> dict[int, dict[str, float]]:
    """What a card says of other seeds: seed -> measure -> score. Empty where it says nothing of them."""
    try:
        section = _SECTION.search((folder / CARD).read_text(encoding="utf-8"))
    except OSError:
        section = None
    if not section:
        return {}
    rows = [
        [cell.strip(" `") for cell in line.strip("|").split("|")]
        for line in section[0].splitlines()
        if line.startswith("|")
    ]
    return {
        int(row[0]): {name: float(value) for name, value in zip(rows[0][1:], row[1:], strict=True)}
        for row in rows
        if row[0].isdigit()
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m model.training.seeds", description=__doc__)
    parser.add_argument("checkpoints", type=Path, nargs="+", metavar="CHECKPOINT")
    given = parser.parse_args()
    try:
        scores = record(given.checkpoints)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(table(scores))
    return 0


if __name__ == "__main__":
    sys.exit(main())
