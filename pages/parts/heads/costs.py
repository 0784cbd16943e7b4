"""What attention costs as the text and the heads grow: counted, and measured here."""

from __future__ import annotations

import streamlit as st

from pages.common import language, look, stage
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.text import refuse
from viz.logarithmic import Curve, logarithmic

LENGTHS = tuple(2**i for i in range(6, 15))  # tokens
MEASURED = tuple(2**i for i in range(6, 11))


def show(asked: Asked) -> None:
    """Multiplications and memory over the length, for a width and a number of heads."""
    from model.experiments.costs import cost

    left, middle, right = st.columns(3, gap="large")
    with left:
        n = int(st.select_slider(_("Tokens, n"), LENGTHS, value=512, key="n", bind="query-params"))
    with middle:
        options = (128, 256, 512, 1024)
        wide = int(
            st.select_slider(_("Width, d_model"), options, value=512, key="cost_width", bind="query-params")
        )
    with right:
        count = int(
            st.select_slider(
                _("Heads, h"), (1, 2, 4, 8, 16, 32), value=8, key="cost_heads", bind="query-params"
            )
        )
    here = cost(n, wide, count)
    costs = [cost(length, wide, count) for length in LENGTHS]
    with stage.picture():
        multiplications, memory = st.columns(2, gap="large")
        with multiplications:
            figure(
                "multiplications",
                [
                    Curve(_("pairs of tokens: 2 n² d"), [one.scores + one.mixing for one in costs]),
                    Curve(_("the four matrices: 4 n d²"), [one.projections for one in costs]),
                ],
                _("multiplications"),
                n,
            )
        with memory:
            curve = Curve(_("weights: 4 h n² bytes"), [one.memory for one in costs])
            figure("memory", [curve], _("bytes"), n)
    stage.answer(
        _(
            "{n} tokens: {pairs} multiplications between pairs of tokens, {projections} in the four "
            "matrices, and {memory} for the weights of {count} heads."
        ).format(
            n=n,
            pairs=short(here.scores + here.mixing),
            projections=short(here.projections),
            memory=size(here.memory),
            count=count,
        )
    )
    st.caption(
        _(
            "More heads cost no more multiplications, since they share the width; but every head has n² "
            "weights of its own. The pairs overtake the matrices at n = 2 d."
        )
    )
    with refuse(go_on=True):
        show_times(wide, count)


def show_times(wide: int, count: int) -> None:
    """This machine's times beside the formula, once they are asked for."""
    key = f"times {wide} {count}"
    if st.button(_("Measure on this machine"), icon=":material/timer:", key="measure"):
        with st.spinner(_("Measuring …")):
            st.session_state[key] = measure(wide, count)
    times = st.session_state.get(key)
    if times is None:
        return
    from model.experiments.costs import cost

    last = cost(MEASURED[-1], wide, count)
    rate = times[-1] / (last.scores + last.mixing)
    line = [rate * (one.scores + one.mixing) for one in (cost(n, wide, count) for n in MEASURED)]
    st.markdown(
        _("**{time} for {n} tokens.** The line is 2 n² d, laid through the last point.").format(
            time=milliseconds(times[-1]), n=MEASURED[-1]
        )
    )
    st.plotly_chart(
        logarithmic(
            MEASURED,
            [
                Curve(_("2 n² d, as fast as at the last point"), line),
                Curve(_("measured: the attention function, with its weights"), times, measured=True),
            ],
            across=_("tokens, n"),
            up=_("seconds"),
            dark=look.dark(),
        ),
        theme=None,
        key="times",
        config={"displayModeBar": False},
    )


def measure(wide: int, count: int) -> list[float]:
    """Seconds for each of the lengths."""
    from model.experiments.costs import seconds

    return [seconds(n, wide, count) for n in MEASURED]


def figure(key: str, curves: list[Curve], up: str, n: int) -> None:
    """One chart over the lengths."""
    st.plotly_chart(
        logarithmic(LENGTHS, curves, across=_("tokens, n"), up=up, mark=n, dark=look.dark()),
        theme=None,
        key=key,
        config={"displayModeBar": False},
    )


def short(number: int) -> str:
    """A large number as a person reads it: 268 million, 2억 6,800만."""
    if language.current() == "ko":
        return in_myriads(number)
    if number >= 1e9:
        return _("{number} billion").format(number=three(number / 1e9))
    if number >= 1e6:
        return _("{number} million").format(number=three(number / 1e6))
    return f"{number:,}"


def in_myriads(number: int) -> str:
    """A number as Korean counts, by ten thousands (만) and their squares (억), with about three digits."""
    rounded = round(number, 3 - len(str(number))) if number >= 1e5 else number
    hundred_millions, rest = divmod(rounded, 10**8)
    myriads, ones = divmod(rest, 10**4)
    parts = ((hundred_millions, "억"), (myriads, "만"), (ones, ""))
    return " ".join(f"{count:,}{unit}" for count, unit in parts if count) or "0"


def size(number: int) -> str:
    """Bytes as a person reads them."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= factor:
            return f"{three(number / factor)} {unit}"
    return f"{number} B"


def three(number: float) -> str:
    """With about three digits, never in powers of ten."""
    return f"{number:,.0f}" if number >= 99.5 else f"{number:.3g}"


def milliseconds(seconds: float) -> str:
    """A time in thousandths of a second."""
    return f"{three(1000 * seconds)} ms"
