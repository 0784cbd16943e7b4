"""What is said of scores, chosen from the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common.language import _
from viz import columns

if TYPE_CHECKING:
    from model.scores.matches import Matched, Scored
    from model.scores.systems import Compared, System

CLEAR = 0.05  # p below which a difference is called more than chance, as is usual


def number(score: float) -> str:
    """A score as sacreBLEU tells it, with two digits."""
    return f"{score:.2f}"


def fraction(order: Matched) -> str:
    """The share of shared groups as it was counted: 10 / 12; – where there is none."""
    return f"{order.matched} / {order.total}" if order.total else "–"


def product(found: Scored) -> str:
    """BLEU with its numbers put in, in LaTeX."""
    counted = [share for share, order in zip(found.smoothed, found.orders, strict=True) if order.total]
    if not counted or not any(order.matched for order in found.orders):
        return rf"\text{{BLEU}} = {number(found.bleu)}"
    inside = r" \cdot ".join(f"{share:.2f}" for share in counted)
    root = rf"\sqrt[{len(counted)}]{{{inside}}}" if len(counted) > 1 else inside
    return (
        rf"\begin{{aligned}} \text{{BLEU}} &= 100 \cdot {found.penalty:.2f} \cdot {root} \\ "
        rf"&= {number(found.bleu)} \end{{aligned}}"
    )


def tell_pair(found: Scored) -> str:
    """The scores of one translation and what they come from, in Markdown."""
    words: dict[str, object] = {"bleu": number(found.bleu), "chrf": number(found.chrf)}
    first = found.orders[0]
    if not found.written:
        return _("The translation has no token: **BLEU {bleu}**, chrF {chrf}.").format(**words)
    if not first.matched:
        said = _("No token of the translation stands in the reference: **BLEU {bleu}**, chrF {chrf}.")
        return said.format(**words)
    if found.written == found.reference:
        return _("Token for token the reference: **BLEU {bleu}**, chrF {chrf}.").format(**words)
    counted = [order for order in found.orders if order.total]
    longest = counted[-1]
    words |= {
        "one": first.matched,
        "of": first.total,
        "many": longest.matched,
        "all": longest.total,
        "n": longest.n,
    }
    if longest.n == 1:
        said = _("**BLEU {bleu}**, chrF {chrf}: {one} of {of} tokens stand in the reference.")
    elif longest.matched or number(found.bleu) == number(0):
        said = _(
            "**BLEU {bleu}**, chrF {chrf}: {one} of {of} tokens stand in the reference, and {many} of {all} "
            "groups of {n}."
        )
    else:
        said = _(
            "**BLEU {bleu}**, chrF {chrf}: {one} of {of} tokens stand in the reference, but no group of {n}; "
            "sacreBLEU puts a small share in its place, so that BLEU is not 0."
        )
    if found.penalty < 1:
        said += " " + _("With {short} tokens it is shorter than the reference ({long}): × {penalty}.")
        words |= {
            "short": len(found.written),
            "long": len(found.reference),
            "penalty": f"{found.penalty:.2f}",
        }
    return said.format(**words)


def tell_systems(found: Compared, names: tuple[str, ...]) -> str:
    """What one system reaches, or whether the second one is better than the first beyond chance."""
    first = found.systems["BLEU"][0], found.systems["chrF2"][0]
    words = {
        "first": names[0],
        "bleu": number(first[0].score),
        "chrf": number(first[1].score),
        "count": f"{found.count:,}",
        "mean": number(first[0].mean),
        "reach": number(first[0].reach),
    }
    if len(names) == 1:
        return _(
            "**{first}: BLEU {bleu}**, chrF {chrf}, on {count} texts. With the texts drawn anew, 95 in 100 "
            "scores in BLEU lie within {mean} ± {reach}."
        ).format(**words)
    second = found.systems["BLEU"][1], found.systems["chrF2"][1]
    p = second[0].p if second[0].p is not None else 1.0
    words |= {
        "second": names[1],
        "bleu_2": number(second[0].score),
        "chrf_2": number(second[1].score),
        "p": f"{p:.3f}",
    }
    if p >= CLEAR:
        return _(
            "**No difference beyond chance**: {first} has BLEU {bleu}, {second} {bleu_2} (p = {p}); chrF "
            "{chrf} and {chrf_2}."
        ).format(**words)
    if second[0].score > first[0].score:
        said = _(
            "**{second} is better** in BLEU, {bleu_2} against {bleu} (p = {p}); chrF {chrf_2} against {chrf}."
        )
    else:
        said = _(
            "**{first} is better** in BLEU, {bleu} against {bleu_2} (p = {p}); chrF {chrf} against {chrf_2}."
        )
    return said.format(**words)


def tell_p(p: float | None) -> str:
    """p in a table; – of the first system."""
    return "–" if p is None else f"{p:.3f}"


def tell_draws(one: System) -> str:
    """Where 95 % of the scores lie that a system has on texts drawn anew."""
    return f"{number(one.mean)} ± {number(one.reach)}"


def share(value: float) -> str:
    """A share as a person reads it."""
    return columns.percent(value)
