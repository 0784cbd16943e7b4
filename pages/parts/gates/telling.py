"""What the gates do, in sentences that are chosen from their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pages.common.language import _
from pages.common.text import escape
from pages.parts.unrolled.computed import gate_names
from viz.columns import percent
from viz.labels import visible

if TYPE_CHECKING:
    from pages.parts.gates.gates import Shown

LITTLE = 0.02  # of the probability that moves: nothing to speak of


def change_sign(shown: Shown) -> str:
    """What stands for how far a step moves the state, in LaTeX."""
    letter = "c" if shown.record.cell == "lstm" else "h"
    return rf"$\lVert {letter}_t - {letter}_{{t-1}} \rVert$"


def change_said(shown: Shown) -> str:
    """The same for a figure."""
    return _("change of c") if shown.record.cell == "lstm" else _("change of h")


def name_hold(shown: Shown) -> str:
    """What is held, with a place for the word."""
    gate = gate_names()[shown.gate]
    if shown.gate == "candidate":
        said = _("{gate} held at {value} at “{{word}}”")
    elif shown.value:
        said = _("{gate} open at “{{word}}”")
    else:
        said = _("{gate} closed at “{{word}}”")
    return said.format(gate=gate, value=f"{shown.value:.0f}")


def quote(shown: Shown, place: int) -> str:
    """A word as it stands in a sentence."""
    return f"“{escape(visible(shown.tokens.texts[place]))}”"


def tell_held(shown: Shown) -> str:
    """What becomes of the answer with the gate held, beside the same at a random other word."""
    held, at = shown.held, shown.answered
    before, after = held.before[at], held.after[shown.step, at]
    old, new = int(before.argmax()), int(after.argmax())
    words = visible(shown.tokens.texts[shown.step])
    values = {
        "hold": name_hold(shown).format(word=escape(words)),
        "old": escape(visible(held.labels[old])),
        "had": percent(float(before[old])),
        "new": escape(visible(held.labels[new])),
        "has": percent(float(after[new])),
        "left": percent(float(after[old])),
        "place": escape(visible(held.places.texts[at])),
    }
    named = len(held.places) > 1
    if old != new:
        said = _("{hold}: the answer turns from {old} ({had}) to {new} ({has}).")
        if named:
            said = _("{hold}: the answer at “{place}” turns from {old} ({had}) to {new} ({has}).")
    elif shown.moved < LITTLE:
        said = _("{hold}: hardly anything changes, {old} stays at {left}.")
        if named:
            said = _("{hold}: hardly anything changes, {old} at “{place}” stays at {left}.")
    else:
        said = _("{hold}: the answer stays {old}, at {left} instead of {had}.")
        if named:
            said = _("{hold}: the answer at “{place}” stays {old}, at {left} instead of {had}.")
    told = said.format(**values)
    return f"{told[:1].upper()}{told[1:]} {tell_baseline(shown)}".strip()


def tell_baseline(shown: Shown) -> str:
    """How far the same answer moves with the gate held elsewhere; nothing where there is no other word."""
    _probabilities, mean = shown.held.compare(shown.step, shown.answered)
    if np.isnan(mean):
        return ""
    said = _("This moves {here} of the probability; at a random other word it is {there}.")
    return said.format(here=percent(shown.moved), there=percent(mean))


def tell_opened(shown: Shown) -> str:
    """Which word moves the state most, and at which word the gate that lets in is open the widest."""
    changes = shown.changes
    most = int(changes.argmax())
    values = {
        "word": quote(shown, most),
        "sign": change_sign(shown),
        "change": f"{float(changes[most]):.2f}",
        "mean": f"{float(changes.mean()):.2f}",
    }
    if shown.record.cell == "lstm":
        opened, said = shown.values("input").mean(1), _("the input gate")
    else:
        opened, said = 1 - shown.values("update").mean(1), _("1 − the update gate")
    widest = int(opened.argmax())
    values |= {"gate": said, "open": f"{float(opened[widest]):.2f}", "other": quote(shown, widest)}
    if widest == most:
        told = _(
            "{word} moves the state most ({sign} = {change}, {mean} in the mean), and there {gate} is the "
            "widest open ({open} in the mean over the units)."
        )
    else:
        told = _(
            "{word} moves the state most ({sign} = {change}, {mean} in the mean); {gate} is the widest open "
            "at {other} ({open} in the mean over the units)."
        )
    return told.format(**values)
