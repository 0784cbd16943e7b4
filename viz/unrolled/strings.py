"""Every word that the picture of an unrolled network says by itself, in English."""

from __future__ import annotations

from viz.linked.strings import N_

STRINGS: dict[str, str] = {
    "said": N_("A recurrent network, step by step"),
    "step": N_("Step {number}: {word}"),
    "encoder": N_("Encoder"),
    "decoder": N_("Decoder"),
}
