"""Experiments beside the steps: each has one question, one thing to change, one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.trace import Kind, Stack
from pages.common import boards, checkpoints, examples, links, look
from pages.common.ask import Asked
from pages.common.heads import Where
from pages.common.language import _
from pages.common.request import Request
from pages.common.steps import drawable, largest, quote, sides
from pages.common.text import escape, refuse
from viz.board import Axis, numbered_axis, panel
from viz.columns import minus, percent
from viz.plane import Arrow, chain, plane
from viz.spread import spread as spread_figure

if TYPE_CHECKING:
    from model.analysis.head import Matrix
    from model.capture.checkpoint import Checkpoint
    from model.experiments.matrices import Combination, Entering, Spread
    from model.listening import Part

SEED = "draw"
FOLDED = "experiments"  # in the link: whether they are unfolded
WIDTHS = tuple(2**i for i in range(11))  # of keys, in the experiment on the variance
HOME = "I go home."


def names(m: Checkpoint) -> dict[str, str]:
    """The experiments, by their names in the link; those on self-attention where the model has it."""
    every = {
        "none": _("none"),
        "variance": _("why ÷ √dₖ"),
        "bare": _("without W_Q, W_K, W_V"),
        "width": _("another value width"),
        "sum": _("a sum of vectors"),
    }
    if {"encoder", "decoder"} & m.layers.keys():
        return every
    return {name: said for name, said in every.items() if name not in ("bare", "width")}


def unfold() -> None:
    """Have a link that asks for an experiment show it, and not a lid."""
    if FOLDED not in st.session_state and st.query_params.get("experiment", "none") != "none":
        st.session_state[FOLDED] = True


def show(which: str, asked: Asked, where: Where) -> None:
    """The chosen experiment. where: the head that is looked into above."""
    if which == "variance":
        variance()
    elif which == "sum":
        linear_combination()
    elif which in ("bare", "width"):
        with refuse():
            x = entering(asked.request)
        if not drawable(2 * len(x.bare) ** 2):
            return
        if which == "bare":
            without_weights(asked, x, where)
        else:
            value_width(asked, x)


@st.cache_data(max_entries=32, show_spinner=False)
def spread(d_k: int, seed: int) -> Spread:
    from model.experiments.matrices import spread

    return spread(d_k, seed)


@checkpoints.keep(8, st.cache_data)
def entering(request: Request) -> Entering:
    from model.experiments.matrices import entering

    return entering(checkpoints.load(request), request.text, request.pair)


def variance() -> None:
    """Random queries and keys: the spread of q·k, and the softmax with and without √d_k."""
    st.markdown(
        _(
            "**What would happen without ÷ √dₖ?** Queries and keys are sampled at random, each feature from "
            "N(0, 1); every query meets 10 keys."
        )
    )
    left, right = st.columns([4, 1], gap="large", vertical_alignment="bottom")
    with left:
        d_k = int(
            st.select_slider(_("Features of a key, dₖ"), WIDTHS, value=64, key="d_k", bind="query-params")
        )
    seed = read_seed()
    with right:
        sample_again(seed)
    found = spread(d_k, seed)
    st.subheader(
        _(
            "q · k has a standard deviation of {spread}, near √{d_k} = {root}; after ÷ √dₖ, of "
            "{after}. Without the division the softmax gives {sharp} to the largest of ten keys on "
            "average, with it {soft}."
        ).format(
            spread=minus(found.deviation),
            d_k=d_k,
            root=minus(d_k**0.5),
            after=minus(found.deviation_scaled),
            sharp=percent(found.largest_sharp),
            soft=percent(found.largest_soft),
        ),
        anchor=False,
    )
    st.plotly_chart(
        spread_figure(
            {
                _("q · k without ÷ √dₖ: standard deviation {number}").format(
                    number=minus(found.deviation)
                ): found.dots,
                _("q · k ÷ √dₖ: standard deviation {number}").format(
                    number=minus(found.deviation_scaled)
                ): found.scaled,
            },
            end=100,
            dark=look.dark(),
        ),
        theme=None,
        key="spread",
        config={"displayModeBar": False},
    )
    one, keys = Axis("draw", (_("query 1"),)), numbered_axis("keys", found.sharp.shape[1], _("keys →"))
    boards.show(
        [
            panel("sharp", _("one sample, softmax without ÷ √dₖ"), found.sharp[0], one, keys, end=1.0),
            panel("soft", _("the same sample with it"), found.soft[0], one, keys, end=1.0),
        ],
        "saturation",
    )


def read_seed() -> int:
    """The seed that the link asks for."""
    asked = st.query_params.get(SEED, "")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0


def sample_again(seed: int) -> None:
    """A button for the next seed."""
    st.button(
        _("Sample again"),
        key="sample again",
        icon=":material/casino:",
        on_click=links.put,
        args=[SEED, str(seed + 1)],
    )


def without_weights(asked: Asked, x: Entering, where: Where) -> None:
    """The tokens' own vectors as queries, keys and values at once, beside a head that has learned its own."""
    from model.experiments.matrices import bare, count_selves, find_equals, on_itself

    st.markdown(
        _(
            "**What if the words met as they are, without W_Q, W_K and W_V?** Query, key and value of a "
            "token are then one and the same vector: its embedding, without its position and without a mask."
        )
    )
    st.button(HOME, type="tertiary", key="home", on_click=go_home)
    tokens = first_attention(asked)
    learned, named = learned_head(asked, where)
    alone = bare(x.bare).weights
    count, selves = len(alone), count_selves(x.bare)
    if selves == count:
        said = _(
            "Every token looks most at itself, {alone} on average: x · x = |x|² is the square of its length, "
            "and another vector reaches as much only if it is at least as long. The learned head: {learned}."
        )
    else:
        said = _(
            "{selves} of {count} tokens look most at themselves, {alone} on average, since x · x = |x|²; the "
            "others' products with longer vectors are larger. The learned head: {learned}."
        )
    st.markdown(
        said.format(
            selves=selves,
            count=count,
            alone=percent(on_itself(alone)),
            learned=percent(on_itself(learned)) if learned.shape[0] == learned.shape[1] else "–",
        )
    )
    equals = find_equals(x.bare)
    if equals:
        first, second = equals[0][:2]
        st.markdown(
            _("{one} and {other} are the same vector, so from anywhere both get the same weight.").format(
                one=escape(quote(f"{first + 1} · {tokens.key_tokens[first]}")),
                other=escape(quote(f"{second + 1} · {tokens.key_tokens[second]}")),
            )
        )
    rows, columns = sides(tokens)
    boards.show(
        [
            panel("alone", _("x · x, without learned weights"), alone, rows, columns, end=1.0),
            panel("learned", named, learned, rows, columns, end=1.0),
        ],
        "without weights",
        together=True,
    )
    st.caption(_("The embeddings are those of {name}.").format(name=escape(asked.name)))


def learned_head(asked: Asked, where: Where) -> tuple[Matrix, str]:
    """The weights of the head that is looked into, or of the first layer's where that reads another text."""
    kind: Kind = next(iter(asked.checkpoint.layers))
    layer, head = where.layer, where.head
    if where.kind != kind:
        layer, head = asked.checkpoint.layers[kind][0], 0
    stack = checkpoints.trace(asked.changed)[kind]
    named = _("layer {layer}, head {head}, with them").format(layer=layer + 1, head=head + 1)
    return stack.weights[stack.layers.index(layer), head], named


def go_home() -> None:
    """Put the shortest example into the page's sentence."""
    examples.put_sentence(HOME)


def first_attention(asked: Asked) -> Stack:
    """The first layer with attention of the half that reads the text, with its mask."""
    kind: Kind = next(iter(asked.checkpoint.layers))
    first = asked.checkpoint.layers[kind][:1]
    parts: tuple[Part, ...] = ("scores", "qkv", "output")
    return checkpoints.trace(asked.changed, layers=first, record=parts)[kind]


def value_width(asked: Asked, x: Entering) -> None:
    """One random head on the sentence, whose values may be wider or narrower than its keys."""
    from model.experiments.matrices import difference, widths

    st.markdown(
        _(
            "**Must a value be as wide as a key?** One head with random weights reads the sentence; "
            "change the width of its values."
        )
    )
    left, right = st.columns(2, gap="large")
    with left:
        d_k = int(
            st.slider(_("Width of queries and keys, dₖ"), 1, 64, 8, key="key_width", bind="query-params")
        )
    with right:
        d_v = int(st.slider(_("Width of values, dᵥ"), 1, 64, 16, key="value_width", bind="query-params"))
    found, same = widths(x.placed, d_k, d_v), widths(x.placed, d_k, d_k)
    count = len(x.placed)
    st.subheader(
        _(
            "With dᵥ = {d_v} in place of {d_k} the weights change by {change}, and the head's output is "
            "{d_v} wide. W_O brings it back to {width}."
        ).format(
            d_v=found.head.output.shape[1],
            d_k=d_k,
            change=f"{difference(found.head.weights, same.head.weights):g}",
            width=found.output.shape[1],
        ),
        anchor=False,
    )
    tokens = reading(asked)
    rows = Axis("queries", tokens, _("queries ↓"))
    down, across = Axis("keys", tokens, _("keys ↓")), Axis("keys", tokens, _("keys →"))
    features = numbered_axis("features", d_k, _("features →"))
    outputs = numbered_axis("value features", d_v, _("features →"))
    head, end = found.head, largest(found.head.v)
    boards.show(
        [
            panel("Q", f"Q  {count} × {d_k}", head.q, rows, features, scale="signed"),
            panel("K", f"K  {count} × {d_k}", head.k, down, features, scale="signed"),
            panel("A", _("weights") + f"  {count} × {count}", head.weights, rows, across, before="→"),
            panel("V", f"V  {count} × {d_v}", head.v, down, outputs, scale="signed", end=end, before="·"),
            panel(
                "O",
                _("the head's output") + f"  {count} × {d_v}",
                head.output,
                rows,
                outputs,
                scale="signed",
                end=end,
                before="=",
            ),
        ],
        "value width",
        together=True,
    )


def reading(asked: Asked) -> tuple[str, ...]:
    """The tokens of the text as the model reads it."""
    return first_attention(asked).key_tokens


def linear_combination() -> None:
    """A vector as a sum of others: projections, then keys and values, then softmax."""
    from model.experiments.matrices import BASIS, PLANE_KEYS, PLANE_VALUES, combination, on_circle

    st.markdown(
        _(
            "**Is attention anything but a weighted sum?** Turn x, and see which sum of arrows comes out. "
            "Each coefficient says how much x agrees with one arrow."
        )
    )
    stage = links.choice(
        _("The sum"),
        {
            "basis": _("projections: Σ (x·vᵢ) vᵢ"),
            "keys": _("keys and values: Σ (x·kᵢ) vᵢ"),
            "softmax": _("attention: Σ softmax(x·kᵢ ÷ √2) vᵢ"),
        },
        "stage",
        "basis",
    )
    left, right = st.columns([2, 3], gap="large")
    with left:
        angle = st.slider(_("Direction of x, in degrees"), 0, 360, 50, 5, key="angle", bind="query-params")
        x = on_circle(float(angle))
        if stage == "basis":
            found = combination(x, BASIS, BASIS)
            said = _("The projections on an orthonormal basis add up to x itself: {terms}; error {error}.")
        else:
            found = combination(x, PLANE_KEYS, PLANE_VALUES, softmax=stage == "softmax")
            said = _("Keys are compared, values are summed: {terms}. The sum need not be x.")
            if stage == "softmax":
                said = _(
                    "With softmax no coefficient is below 0 and all sum to 1: {terms}. This is attention."
                )
        terms = " ".join(term(i, float(c)) for i, c in enumerate(found.coefficients)).removeprefix("+ ")
        st.subheader(said.format(terms=terms, error=f"{found.error:.2f}"), anchor=False)
        places = numbered_axis("features", 2, _("features →"))
        vectors = Axis("terms", tuple(f"v{subscript(i)}" for i in range(len(found.values))))
        boards.show(
            [
                panel(
                    "coefficients",
                    _("coefficients"),
                    found.coefficients,
                    Axis("x", ("x",)),
                    vectors,
                    scale="signed",
                    end=2.0,
                ),
                panel(
                    "total",
                    _("the sum"),
                    found.total,
                    Axis("x", ("x",)),
                    places,
                    scale="signed",
                    end=2.0,
                    before="→",
                ),
            ],
            "sum",
        )
    with right:
        st.plotly_chart(
            plane(arrows(found, stage), reach=2.4, dark=look.dark()),
            theme=None,
            key="plane",
            config={"displayModeBar": False},
        )


def subscript(place: int) -> str:
    """A place from 0 as the index of a letter, from 1."""
    return "₁₂₃₄₅₆₇₈₉"[place]


def term(place: int, coefficient: float) -> str:
    """A coefficient and its vector, as they stand in a sum."""
    return f"{'−' if coefficient < 0 else '+'} {abs(coefficient):.2f} v{subscript(place)}"


def arrows(found: Combination, stage: str) -> list[Arrow]:
    """What is drawn of a sum: its vectors thin, its parts head to tail, x, and the sum."""
    origin = (0.0, 0.0)

    def from_origin(name: str, vector: Matrix, colour: int | None, thin: bool = True) -> Arrow:
        return Arrow(name, origin, (float(vector[0]), float(vector[1])), colour, thin)

    thin = [from_origin(f"v{subscript(i)}", v, i) for i, v in enumerate(found.values)]
    if stage != "basis":
        thin += [from_origin(f"k{subscript(i)}", k, None) for i, k in enumerate(found.keys)]
    parts = chain(found.parts, [""] * len(found.parts))
    whole = [] if stage == "basis" else [from_origin(_("sum"), found.total, 5, thin=False)]
    return [*thin, *parts, *whole, from_origin("x", found.x, None, thin=False)]
