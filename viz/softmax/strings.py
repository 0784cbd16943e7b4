"""Every word that the bars of the softmax say, in English. Whole sentences with named places."""

from __future__ import annotations

from collections.abc import Mapping

from viz.linked.strings import N_

STRINGS: dict[str, str] = {
    "bars": N_("Softmax, key by key"),
    # Over the columns.
    "key": N_("key"),
    "score": N_("score"),
    "raised": N_("e^score"),
    "raised_tempered": N_("e^(score ÷ τ)"),
    "weight": N_("÷ sum = weight"),
    "sum": N_("sum"),
    # What can be changed.
    "divisor": N_("q · k ÷"),
    "divisor_own": N_("{number} = √dₖ"),
    "divisor_set": N_("{number}, not {own}"),
    "temperature": N_("temperature τ"),
    "sharpen": N_("Watch it sharpen"),
    "stop": N_("Stop"),
    "reset": N_("Undo all"),
    "undo": N_("Undo {key}"),
    "undo_short": N_("Undo"),
    "hint": N_("Drag a score, or press the arrow keys on it, and every weight follows."),
    # What a bar says to those who hear it.
    "score_of": N_("Score of {key}"),
    "told": N_("{score}, weight {weight}"),
    "masked": N_("masked"),
}


def merge_strings(strings: Mapping[str, str] | None) -> dict[str, str]:
    """All strings, those given in place of the English ones."""
    return {**STRINGS, **{name: text for name, text in (strings or {}).items() if name in STRINGS}}
