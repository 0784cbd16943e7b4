"""What there is to notice about n, d and the times, chosen from the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pages.common.language import _
from pages.parts.heads.costs import short, three

if TYPE_CHECKING:
    from model.experiments.parallel import Times

CLOSE = 0.25  # how far an exponent may be from the formula's and still match it
# Of n, by the formulas, for attention and a recurrent layer: in a training step as in a text that is written,
# where each of n words looks at all before it.
EXPONENTS = (2, 1)


def tell_formula(n: int, d: int) -> str:
    """Who needs more operations, and who must wait how often, in Markdown."""
    from model.experiments.parallel import find_complexity

    attention, recurrent = (find_complexity(layer, n, d) for layer in ("attention", "recurrent"))
    words = {
        "n": n,
        "d": d,
        "attention": short(attention.operations),
        "recurrent": short(recurrent.operations),
        "steps": f"{recurrent.sequential:,}",
        "times": three(max(n, d) / min(n, d)),
    }
    if n > d:
        said = _(
            "For {n} words of width {d}, self-attention needs {attention} operations, **{times} times** "
            "those "
            "of a recurrent layer ({recurrent}), but all at once: the recurrent layer’s take **{steps} "
            "steps, "
            "one after another**."
        )
    elif n < d:
        said = _(
            "For {n} words of width {d}, self-attention needs {attention} operations at once; a recurrent "
            "layer needs **{times} times** as many ({recurrent}), and **{steps} steps, one after another**."
        )
    else:
        said = _(
            "With as many words as features, {n}, both need {attention} operations: self-attention all at "
            "once, "
            "a recurrent layer in **{steps} steps, one after another**."
        )
    return said.format(**words)


def tell_times(times: Times) -> str:
    """Who is faster at the longest length, how both grow, and whether that is what the formulas say."""
    n = times.lengths[-1]
    attention, lstm = (float(times.seconds[layer][-1]) for layer in ("attention", "lstm"))
    grown = times.exponent("attention"), times.exponent("lstm")
    words = {
        "n": n,
        "d": times.width,
        "attention": milliseconds(attention),
        "lstm": milliseconds(lstm),
        "ratio": three(max(attention, lstm) / min(attention, lstm)),
        "a": power(f"{grown[0]:.1f}"),
        "b": power(f"{grown[1]:.1f}"),
        "fa": power("2"),
        "fb": "$n$",
    }
    if lstm > attention:
        first = _("Measured at n = {n}: **LSTM {lstm}, self-attention {attention}**, {ratio} times as fast.")
    else:
        first = _("Measured at n = {n}: **self-attention {attention}, LSTM {lstm}**, {ratio} times as fast.")
    close = [abs(one - formula) <= CLOSE for one, formula in zip(grown, EXPONENTS, strict=True)]
    if all(close):
        second = _("Time grows like {a} and {b}, as the formulas say: {fa} and {fb} (attention, LSTM).")
    elif close[1]:
        second = _(
            "The LSTM’s time grows like {b}, as its formula says ({fb}); attention’s like {a}, not {fa}: at "
            "such lengths other work than n² counts as well."
        )
    elif close[0]:
        second = _(
            "Attention’s time grows like {a}, as its formula says ({fa}); the LSTM’s like {b}, not {fb}."
        )
    else:
        second = _(
            "Time grows like {a} for attention and {b} for the LSTM; the formulas say {fa} and {fb}: at such "
            "lengths other work counts as well."
        )
    return f"{first} {second}".format(**words)


def power(exponent: str) -> str:
    """n to that power, in Markdown."""
    return f"$n^{{{exponent}}}$"


def milliseconds(seconds: float) -> str:
    """A time in thousandths of a second."""
    return f"{three(1000 * seconds)} ms"
