"""Several heads at work: the shared width, the maps, the shares of the result, one head against eight."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import streamlit as st

from model.trace import Kind, Stack
from pages.common import boards, checkpoints, heads, idea, look
from pages.common.ask import Asked
from pages.common.heads import Where
from pages.common.language import _
from pages.common.steps import CELLS, drawable, largest, quote
from pages.common.text import escape, refuse
from pages.parts.attention import experiments
from viz.bars import bars
from viz.board import Act, Axis, Panel, numbered_axis, panel
from viz.columns import minus, percent
from viz.labels import visible
from viz.slices import slices

if TYPE_CHECKING:
    from model.analysis.contributions import Contributions
    from model.capture.observers import Linear

MOST = 16  # maps of one board


def names() -> dict[str, str]:
    """The parts of the page, by their names in the link."""
    return {
        "maps": _("each head's map"),
        "shares": _("shares of the result"),
        "one": _("one head against eight"),
        "width": _("the shared width"),
        "costs": _("what it costs"),
    }


def choose_layer(asked: Asked) -> tuple[Where, Stack, int]:
    """The chosen layer, its record, and the query that is followed.

    Raises ValueError with a plain sentence.
    """
    left, right = st.columns([3, 1], gap="large")
    with left:
        where = heads.choose(asked.checkpoint, head=False)
    if not asked.checkpoint.tells_vectors:
        stack = checkpoints.trace(asked.chosen, asked.text)[where.kind]
    else:
        ids = None
        if asked.checkpoint.architecture == "encoder-decoder":
            ids = checkpoints.write(asked.chosen, asked.text).ids
        trace = checkpoints.trace(
            asked.chosen, asked.text, ids, layers=(where.layer,), record=("scores", "qkv", "output")
        )
        stack = trace[where.kind]
    with right:
        query = heads.token(asked.checkpoint, stack.queries, where.kind)
    return where, stack, query


def choose_query(act: Act) -> None:
    """Follow the query that was clicked."""
    if act.axis == "queries":
        heads.take(act.place)


def maps(asked: Asked) -> None:
    """The weights of every head of the layer, side by side."""
    from model.experiments.matrices import measure_distance

    where, stack, query = choose_layer(asked)
    weights = stack.weights[stack.layers.index(where.layer)]
    count = max(1, min(len(weights), MOST, CELLS // weights[0].size))
    looked = [int(row[query].argmax()) for row in weights]
    key, times = Counter(looked).most_common(1)[0]
    st.subheader(
        _(
            "In {times} of {count} heads {token} looks most at {key}. "
            "Two heads of this layer differ in {apart} of their weight on average."
        ).format(
            times=times,
            count=len(weights),
            token=escape(quote(stack.query_tokens[query])),
            key=escape(quote(stack.key_tokens[key])),
            apart=percent(measure_distance(weights)),
        ),
        anchor=False,
    )
    rows = boards.side("queries", stack.queries, _("queries ↓"))
    columns = boards.side("keys", stack.keys, _("keys →"))
    if not drawable(weights[0].size):
        return
    boards.show(
        [
            panel(
                f"head {i}",
                _("head {head}").format(head=i + 1),
                weights[i],
                rows,
                columns,
                end=1.0,
                note=f"{quote(stack.query_tokens[query])} → {quote(stack.key_tokens[looked[i]])} "
                + percent(float(weights[i, query, looked[i]])),
            )
            for i in range(count)
        ],
        "maps",
        {"queries": query},
        choose_query,
        together=True,
    )
    if count < len(weights):
        st.caption(_("The first {count} of {all} heads are drawn.").format(count=count, all=len(weights)))


@checkpoints.keep(3)
def projections(name: str) -> dict[tuple[Kind, int], Linear]:
    from model.analysis.contributions import projections

    return projections(checkpoints.load(name))


def shares(asked: Asked) -> None:
    """How much each head gives to the layer's result, for every token and for the one that is followed."""
    from model.analysis.contributions import contributions

    found = projections(asked.name)
    where, stack, query = choose_layer(asked)
    given = contributions(stack, where.layer, found.get((where.kind, where.layer)))
    norms, along = given.norms, given.shares
    strongest = int(norms[:, query].argmax())
    st.subheader(
        _("To {token} head {head} gives most: a vector of length {length}, {share} of the result.").format(
            token=escape(quote(stack.query_tokens[query])),
            head=strongest + 1,
            length=minus(float(norms[strongest, query])),
            share=percent_of(float(along[strongest, query])),
        ),
        anchor=False,
    )
    across = Axis("heads", tuple(str(i + 1) for i in range(given.number)), _("heads →"))
    rows = boards.side("queries", stack.queries, _("queries ↓"))
    left, right = st.columns([3, 2], gap="large")
    with left:
        boards.show(
            [
                panel("norms", _("how long each head's gift is"), norms.T, rows, across),
                panel("along", _("its share of the result"), along.T, rows, across, scale="signed"),
            ],
            "shares",
            {"queries": query},
            choose_query,
        )
    with right:
        st.plotly_chart(
            bars(
                norms[:, query],
                [_("head {head}").format(head=i + 1) for i in range(given.number)],
                title=_("How much each head gives to {token}").format(token=quote(stack.query_tokens[query])),
                dark=look.dark(),
            ),
            theme=None,
            key="gifts",
            config={"displayModeBar": False},
        )
    boards.show(gifts(given, stack, query), "sum of gifts")
    st.caption(
        _(
            "The gifts of all {count} heads sum to the layer's output; "
            "rounding makes a difference of {error}."
        ).format(count=given.number, error=f"{given.error:.7f}".rstrip("0").rstrip("."))
    )


def gifts(given: Contributions, stack: Stack, query: int) -> list[Panel]:
    """What the heads say side by side, what W_O makes of each, and the sum."""
    features = numbered_axis("features", given.projection.shape[1], _("features →"))
    one = Axis("query", (visible(stack.query_tokens[query]),))
    every = Axis("heads", tuple(str(i + 1) for i in range(given.number)), _("heads ↓"))
    rows = [given.of(i)[query] for i in range(given.number)]
    end = max(largest(*rows), largest(given.output[query]))
    said = given.heads[query].reshape(given.number, -1)
    side = numbered_axis("value features", said.shape[1], _("features →"))
    title = _("the heads' outputs, to be laid end to end")
    return [
        panel("said", title, said, every, side, scale="signed"),
        panel(
            "gifts",
            _("each through its slice of W_O"),
            rows,
            every,
            features,
            scale="signed",
            end=end,
            before="→",
        ),
        *(
            [panel("bias", _("bias"), given.bias, one, features, scale="signed", end=end, before="+")]
            if given.bias.any()
            else []
        ),
        panel(
            "result",
            _("the sum: the layer's output"),
            given.output[query],
            one,
            features,
            scale="signed",
            end=end,
            before="Σ",
        ),
    ]


def percent_of(share: float) -> str:
    """A share that may be below 0, where a head works against the rest, or above 1."""
    return f"{100 * share:.0f} %".replace("-", "−")


def one_against_eight(asked: Asked) -> None:
    """Untrained heads on the sentence: one as wide as the model, and eight that share the width."""
    from model.experiments.matrices import measure_distance, random_heads

    x = experiments.entering(asked.chosen, asked.text).placed
    if not drawable(9 * len(x) ** 2):
        return
    seed = experiments.read_draw()
    one, eight = random_heads(x, 1, seed), random_heads(x, 8, seed)
    st.subheader(
        _(
            "One head gives each token one map. Eight as wide together give eight, and two of them differ in "
            "{apart} of their weight."
        ).format(apart=percent(measure_distance(eight))),
        anchor=False,
    )
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        st.caption(
            _("The weights are drawn at random: these heads have learned nothing, and differ all the same.")
        )
    with right:
        experiments.draw_again(seed)
    tokens = experiments.reading(asked)
    rows, columns = Axis("queries", tokens, _("queries ↓")), Axis("keys", tokens, _("keys →"))
    boards.show(
        [
            panel("only", _("the only head"), one[0], rows, columns, end=1.0),
            *(
                panel(f"head {i}", _("head {head}").format(head=i + 1), eight[i], rows, columns, end=1.0)
                for i in range(8)
            ),
        ],
        "one against eight",
        together=True,
    )


def width(asked: Asked) -> None:
    """Embedding width = heads × head width, as a picture that can be resized."""
    from model.experiments.costs import head_width

    own = asked.checkpoint.model.config
    usual = int(getattr(own, "d_model", None) or getattr(own, "hidden_size", None) or 512)
    number = next(iter(asked.checkpoint.heads.values()))
    left, right = st.columns(2, gap="large")
    with left:
        wide = int(
            st.slider(
                _("Embedding width, d_model"),
                8,
                max(1024, usual),
                usual,
                8,
                key="d_model",
                bind="query-params",
            )
        )
    with right:
        count = int(st.slider(_("Heads, h"), 1, max(32, number), number, key="count", bind="query-params"))
    with refuse(go_on=True):
        each = head_width(wide, count)
        st.subheader(
            _(
                "{wide} = {count} × {each}: every head sees all {wide} features and makes {each} of its own."
            ).format(wide=wide, count=count, each=each),
            anchor=False,
        )
        st.plotly_chart(
            slices(
                count,
                each,
                names=_("head {head}: features {first} to {last}"),
                across=_("features of the concatenated heads"),
                dark=look.dark(),
            ),
            theme=None,
            key="slices",
            config={"displayModeBar": False},
        )
        st.caption(
            _(
                "W_Q, W_K and W_V have {wide} × {count} · {each} = {weights} numbers each, and W_O as many, "
                "however many heads share them."
            ).format(wide=wide, count=count, each=each, weights=wide * count * each)
        )


def notice() -> None:
    """What to notice on this page."""
    idea.notice(
        _("Heads run side by side on the same sentence; none knows what the others look at."),
        _("The width is shared: twice the heads are half as wide, and cost no more multiplications."),
        _("W_O mixes what the heads say; the result is a sum with one term for each head."),
        _("A head with a small gift changes little here, whatever it looks at."),
    )


def formula() -> None:
    """The formula, its letters tied to the parts, and its source."""
    idea.formula(
        r"\small\begin{aligned}"
        r"\mathrm{MultiHead}(Q, K, V) &= \mathrm{Concat}(\mathrm{head}_1, \dots, \mathrm{head}_h)\,W^O \\ "
        r"\mathrm{head}_i &= \mathrm{Attention}(QW_i^Q, KW_i^K, VW_i^V)"
        r"\end{aligned}",
        {
            r"\mathrm{head}_i": _("one map and what it fetches (“each head's map”)"),
            "h": _("how many heads there are"),
            r"\mathrm{Concat}": _("their outputs laid end to end, h · dᵥ wide (“the shared width”)"),
            "W^O": _("mixes them; each head has a slice of it (“shares of the result”)"),
        },
        _("Vaswani et al. 2017, “Attention Is All You Need”, §3.2.2."),
    )
