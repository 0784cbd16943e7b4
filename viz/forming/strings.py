"""Every word that the film of a run says, in English. Whole sentences with named places."""

from __future__ import annotations

from collections.abc import Mapping

from viz.linked.strings import N_
from viz.steps.strings import STRINGS as PLAYER

CONTROLS = ("play", "pause", "first", "back", "on", "last", "step", "speed", "times", "keys")
STRINGS: dict[str, str] = {
    **{name: PLAYER[name] for name in (*CONTROLS, "quote", "percent", "look_from", "broken")},
    "at_step": N_("step {step}"),
    # The words and the heads.
    "kind": N_("Attention"),
    "encoder": N_("Encoder"),
    "decoder": N_("Decoder"),
    "cross": N_("Cross"),
    "queries": N_("Words that look"),
    "keys_row": N_("Words that are looked at"),
    "layer": N_("layer {layer}"),
    "head": N_("layer {layer} · head {head}"),
    "looks_0": N_("Step {step}: {query} looks at no word in particular."),
    "looks": N_("Step {step}: {query} looks {share} at {key}."),
    "looks_2": N_("Step {step}: {query} looks {share} at {key} and {share_2} at {key_2}."),
    # The curves.
    "loss": N_("Loss"),
    "losses": N_("training {training} · validation {validation}"),
}


def merge_strings(strings: Mapping[str, str] | None) -> dict[str, str]:
    """All strings, those given in place of the English ones."""
    return {**STRINGS, **{name: text for name, text in (strings or {}).items() if name in STRINGS}}
