"""The comparison in Markdown, and as numbers that a figure is drawn of."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from model.comparison.measure import Result, Spread
from model.comparison.plan import CONTESTS, GOAL, SEEDS, Contest

PAGE, FIGURE = "comparison.md", "comparison.svg"
DRAWER = "viz.comparison:draw"  # called by its name: `model` knows no viewer


def write_page(
    folder: Path, results: Sequence[Sequence[Result]], contests: Sequence[Contest] = CONTESTS
) -> None:
    """Writes the table and the figure."""
    folder.mkdir(parents=True, exist_ok=True)
    module, _, name = DRAWER.partition(":")
    drawn: str = getattr(import_module(module), name)(
        [plot(*one) for one in zip(contests, results, strict=True)]
    )
    (folder / FIGURE).write_text(drawn, encoding="utf-8")
    parts = [TOP, f"![Accuracy against length and distance]({FIGURE})"]
    parts += [section(contest, found) for contest, found in zip(contests, results, strict=True)]
    (folder / PAGE).write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def plot(contest: Contest, results: Sequence[Result]) -> dict[str, Any]:
    """One panel of the figure: the score over its places, each network's median, least and most."""
    return {
        "title": f"{contest.task}: {contest.score.replace('_', ' ')}",
        "along": contest.along,
        "lines": {
            result.network: [
                (place, spread.middle, spread.least, spread.most) for place, spread in result.by_place.items()
            ]
            for result in results
        },
    }


TOP = f"""# Recurrent networks and the Transformer on the same data

Every network learns the same examples in the same order for as many steps, with about as many parameters
and the task’s recipe, which is one for the recurrent networks and one for the Transformer, {len(SEEDS)} seeds
each: the median, and in brackets the least and the most. “Attention” is Bahdanau’s (2015). Remade by

    python -m model.evaluate --compare runs/comparison

Tokens to {GOAL}: how many tokens, read and written, a network had learned from when its score first was
{GOAL} or more, at one of the looks that a run takes at texts it does not learn from; – where some seed never
was, and how many were. Times are of one machine, on one thread, measured in turns: a token of a training
step, and one of a text that is written alone. They are to be compared with one another alone."""


def section(contest: Contest, results: Sequence[Result]) -> str:
    """The table of one contest."""
    places = sorted({place for result in results for place in result.by_place})
    told = ", ".join(f"{name} {value}" for name, value in contest.settings.items())
    head = ["network", "parameters", contest.score.replace("_", " "), *(f"at {place}" for place in places)]
    head += [f"tokens to {GOAL}", "training, µs a token", "writing, µs a token"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for result in results:
        row = [result.network, f"{result.parameters:,}", share(result.score)]
        row += [share(result.by_place.get(place)) for place in places]
        row += [tokens(result), f"{1e6 * result.training:.1f}", f"{1e6 * result.writing:.0f}"]
        lines.append("| " + " | ".join(row) + " |")
    return f"## `{contest.task}`, {told}\n\n“At” counts {contest.along}.\n\n" + "\n".join(lines)


def share(spread: Spread | None) -> str:
    """ "0.98 (0.97 – 0.99)" """
    if spread is None:
        return "–"
    return f"{spread.middle:.2f} ({spread.least:.2f} – {spread.most:.2f})"


def tokens(result: Result) -> str:
    """Millions of tokens, or how many seeds came there."""
    if result.tokens is None:
        return f"– ({result.reached} of {len(SEEDS)})"
    middle, least, most = (
        number / 1e6 for number in (result.tokens.middle, result.tokens.least, result.tokens.most)
    )
    return f"{middle:.1f} M ({least:.1f} – {most:.1f})"
