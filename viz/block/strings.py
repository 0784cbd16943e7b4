"""Every word that the picture of a layer says by itself, in English."""

from __future__ import annotations

from viz.linked.strings import N_

STRINGS: dict[str, str] = {
    "times": N_("{count} ×"),
    "feature": N_("feature"),
    "length": N_("length"),
    "cut_off": N_("Colours end at ±{end}; what lies beyond has the colour of the end."),
}
