"""The two orders of sum and norm around a sublayer, as a picture: the way of x, and the road around."""

from __future__ import annotations

import html
from collections.abc import Mapping

from viz import scales
from viz.labels import FONT
from viz.linked.strings import N_

STRINGS: dict[str, str] = {
    "sublayer": N_("Sublayer"),
    "norm": N_("Norm"),
    "picture_after": N_("x goes through the sublayer and around it; both are added, then normalized."),
    "picture_before": N_(
        "x is normalized and goes through the sublayer; x itself goes around it, and both are added."
    ),
}

WIDTH, HEIGHT, MIDDLE = 460, 104, 66
BOX = 92


def picture(order: str, dark: bool = False, strings: Mapping[str, str] | None = None) -> str:
    """One order as an SVG image.

    order: "after", Norm(x + Sublayer(x)), or "before", x + Sublayer(Norm(x)). strings: of STRINGS.
    Raises ValueError for another order.
    """
    if order not in ("after", "before"):
        raise ValueError(f'The norm stands "after" or "before", not "{order}".')
    words = {**STRINGS, **(strings or {})}
    colours = scales.theme(dark)
    sublayer, norm = html.escape(words["sublayer"]), html.escape(words["norm"])
    boxes = [(110, sublayer), (310, norm)] if order == "after" else [(90, norm), (215, sublayer)]
    plus = 256 if order == "after" else 356
    parts = [f'<path class="way" d="M34 {MIDDLE}H{WIDTH - 40}"/>']
    parts.append(f'<path class="road" d="M56 {MIDDLE}V18H{plus}V{MIDDLE - 13}"/>')
    for left, said in boxes:
        parts.append(f'<rect x="{left}" y="{MIDDLE - 19}" width="{BOX}" height="38" rx="6"/>')
        parts.append(f'<text x="{left + BOX / 2}" y="{MIDDLE}">{said}</text>')
    parts.append(f'<circle cx="{plus}" cy="{MIDDLE}" r="12"/><text x="{plus}" y="{MIDDLE}">+</text>')
    parts.append(f'<text class="x" x="18" y="{MIDDLE}">x</text>')
    parts.append(f'<path class="tip" d="M{WIDTH - 48} {MIDDLE - 6}l12 6l-12 6z"/>')
    style = (
        f"text{{font:500 14px {FONT.replace(chr(34), chr(39))};fill:{colours['ink']};text-anchor:middle;"
        f"dominant-baseline:central}}text.x{{font-size:17px;font-style:italic}}"
        f"rect,circle{{fill:{colours['panel']};stroke:{colours['quiet']};stroke-width:1.2}}"
        f"path{{fill:none;stroke:{colours['quiet']};stroke-width:1.6}}"
        f"path.road{{stroke:{colours['accent']};stroke-width:3}}path.tip{{fill:{colours['quiet']};stroke:none}}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"><title>{html.escape(words[f"picture_{order}"])}</title>'
        f"<style>{style}</style>{''.join(parts)}</svg>"
    )
