"""Several heads at work: the two that differ most, what each contributes, and how they share the width."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from model.errors import N_
from model.trace import Kind, Stack
from pages.common import boards, checkpoints, heads, idea, look, stage
from pages.common.ask import Asked
from pages.common.heads import Where
from pages.common.language import _
from pages.common.request import Request
from pages.common.steps import CELLS, drawable, largest, quote
from pages.common.text import escape, refuse
from pages.parts.attention import moved
from viz.bars import bars
from viz.board import Act, Axis, Panel, numbered_axis, panel
from viz.columns import minus, percent
from viz.labels import visible
from viz.slices import slices

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.analysis.contributions import Contributions
    from model.analysis.head import Matrix
    from model.experiments.matrices import Pair

MOST = 16  # maps of one board
ONE_HEAD = N_(
    "{name} is {network}: its attention has one head and no W_O, so there are no shares to be told."
)


def names() -> dict[str, str]:
    """The parts of the page, by their names in the link."""
    return {
        "maps": _("two heads that differ"),
        "shares": _("attention vs. effect"),
        "one": _("one head against eight"),
        "width": _("the shared width"),
        "costs": _("what it costs"),
    }


@dataclass(frozen=True)
class Looked:
    """What the page looks at: a layer, its record, the two heads that differ most there, and a query.

    pair: None where the layer has one head.
    """

    where: Where
    stack: Stack
    pair: Pair | None
    query: int


def find_pair(asked: Asked, kind: Kind | None = None, layer: int | None = None) -> Pair | None:
    """The two heads that look most differently, of all layers or of one."""
    return _find_pair(asked.changed, kind, layer)


@checkpoints.keep(16, st.cache_data)
def _find_pair(request: Request, kind: Kind | None, layer: int | None) -> Pair | None:
    from model.experiments.matrices import most_different

    trace = checkpoints.trace(request)
    return most_different((trace[one] for one in trace.kinds), layer, kind)


def first_place(asked: Asked) -> Where | None:
    """Where the page opens: the layer of the two heads that differ most."""
    found = find_pair(asked)
    return Where(found.kind, found.layer, 0) if found else None


def describe(asked: Asked) -> str:
    """The layer that is looked at, in words."""
    return heads.describe(heads.read(asked.checkpoint, first_place(asked)), asked.checkpoint, head=False)


def choose_layer(asked: Asked, place: DeltaGenerator) -> Looked:
    """What is looked at: first the layer with the two heads that differ most, and the query where they do.

    place: where the controls are folded. Raises ValueError with a plain sentence.
    """
    with place:
        where = heads.choose(asked.checkpoint, head=False, first=first_place(asked))
    pair = find_pair(asked, where.kind, where.layer)
    if asked.checkpoint.tells_vectors:
        trace = checkpoints.trace(asked.changed, layers=(where.layer,), record=("scores", "qkv", "output"))
    else:
        trace = checkpoints.trace(asked.changed)
    stack = trace[where.kind]
    with place:
        query = heads.token(asked.checkpoint, stack.queries, where.kind, usual=pair.query if pair else None)
    return Looked(where, stack, pair, query)


def choose_query(act: Act) -> None:
    """Follow the query that was clicked."""
    if act.axis == "queries":
        heads.take(act.place)


def maps(asked: Asked, place: DeltaGenerator) -> None:
    """The weights of the two heads that differ most, then of every head of the layer."""
    looked = choose_layer(asked, place)
    stack, query = looked.stack, looked.query
    weights = np.nan_to_num(stack.weights[stack.layers.index(looked.where.layer)])
    shown = looked.pair.heads if looked.pair else (0,)
    with stage.picture():
        if drawable(len(shown) * weights[0].size):
            boards.show(
                [draw_map(stack, weights, head, query) for head in shown],
                "maps",
                {"queries": query},
                choose_query,
            )
    stage.answer(sentence(looked, weights))
    rest = [head for head in range(len(weights)) if head not in shown]
    if not rest:
        return
    folded = stage.more(_("The other heads of this layer"), "others")
    with folded:
        if not folded.open:
            return
        drawn = rest[: max(1, min(MOST, CELLS // weights[0].size))]
        if drawable(weights[0].size):
            boards.show(
                [draw_map(stack, weights, head, query) for head in drawn],
                "other maps",
                {"queries": query},
                choose_query,
                together=True,
            )
        if len(drawn) < len(rest):
            st.caption(
                _("The first {count} of {all} heads are drawn.").format(count=len(drawn), all=len(rest))
            )


def draw_map(stack: Stack, weights: Matrix, head: int, query: int) -> Panel:
    """One head's map, and what the query looks at most there."""
    key = int(weights[head, query].argmax())
    return panel(
        f"head {head}",
        _("head {head}").format(head=head + 1),
        weights[head],
        boards.side("queries", stack.queries, _("queries ↓")),
        boards.side("keys", stack.keys, _("keys →")),
        end=1.0,
        note=f"{quote(stack.query_tokens[query])} → {quote(stack.key_tokens[key])} "
        + percent(float(weights[head, query, key])),
    )


def sentence(looked: Looked, weights: Matrix) -> str:
    """How differently the two heads look, from the query and on average, in Markdown."""
    stack, query, pair = looked.stack, looked.query, looked.pair
    token = escape(quote(stack.query_tokens[query]))

    def most(head: int) -> tuple[int, str, str]:
        key = int(weights[head, query].argmax())
        return key, escape(quote(stack.key_tokens[key])), percent(float(weights[head, query, key]))

    if pair is None:
        _key, name, share = most(0)
        return _(
            "Layer {layer} has one head, and so one way of looking: from {token} most at {key}, {share}."
        ).format(layer=looked.where.layer + 1, token=token, key=name, share=share)
    one, other = pair.heads
    (at, key, share), (there, other_key, other_share) = most(one), most(other)
    if at == there:
        said = _(
            "From {token}, heads {one} and {other} both look most at {key} ({share}, {other_share}). Over "
            "all tokens they differ in {apart} of their weight; two heads of a layer differ in {usual} on "
            "average."
        )
    elif pair.distance < pair.usual:
        said = _(
            "From {token}, head {one} looks most at {key} ({share}), head {other} at {other_key} "
            "({other_share}). They differ in {apart} of their weight, less than the {usual} of two heads of "
            "this model on average."
        )
    else:
        said = _(
            "From {token}, head {one} looks most at {key} ({share}), head {other} at {other_key} "
            "({other_share}). They differ in {apart} of their weight; two heads of a layer differ in {usual} "
            "on average."
        )
    return said.format(
        token=token,
        one=one + 1,
        other=other + 1,
        key=key,
        share=share,
        other_key=other_key,
        other_share=other_share,
        apart=percent(pair.distance),
        usual=percent(pair.usual),
    )


def shares(asked: Asked, place: DeltaGenerator) -> None:
    """How much each head contributes to the layer's result, for every token and the one that is followed."""
    from model.analysis.contributions import contributions

    found = moved.projections(asked.name)
    looked = choose_layer(asked, place)
    where, stack, query = looked.where, looked.stack, looked.query
    given = contributions(stack, where.layer, found.get((where.kind, where.layer)))
    norms, along = given.norms, given.shares
    strongest = int(norms[:, query].argmax())
    across = Axis("heads", tuple(str(i + 1) for i in range(given.number)), _("heads →"))
    rows = boards.side("queries", stack.queries, _("queries ↓"))
    with stage.picture():
        left, right = st.columns([3, 2], gap="large")
        with left:
            boards.show(
                [
                    panel("norms", _("length of each contribution"), norms.T, rows, across),
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
                    title=_("What each head contributes to {token}").format(
                        token=quote(stack.query_tokens[query])
                    ),
                    dark=look.dark(),
                ),
                theme=None,
                key="lengths",
                config={"displayModeBar": False},
            )
    stage.answer(
        _(
            "To {token}, head {head} contributes most: a vector of length {length}, {share} of the result."
        ).format(
            token=escape(quote(stack.query_tokens[query])),
            head=strongest + 1,
            length=minus(float(norms[strongest, query])),
            share=percent_of(float(along[strongest, query])),
        )
    )
    folded = stage.more(_("The sum, feature by feature"), "sum_of_heads")
    with folded:
        if folded.open:
            boards.show(summands(given, stack, query), "sum of contributions")
    st.caption(
        _(
            "The contributions of all {count} heads sum to the layer's output; "
            "rounding makes a difference of {error}."
        ).format(count=given.number, error=f"{given.error:.7f}".rstrip("0").rstrip("."))
    )


def summands(given: Contributions, stack: Stack, query: int) -> list[Panel]:
    """The heads' outputs side by side, what W_O makes of each, and the sum."""
    features = numbered_axis("features", given.projection.shape[1], _("features →"))
    one = Axis("query", (visible(stack.query_tokens[query]),))
    every = Axis("heads", tuple(str(i + 1) for i in range(given.number)), _("heads ↓"))
    rows = [given.of(i)[query] for i in range(given.number)]
    end = max(largest(*rows), largest(given.output[query]))
    said = given.heads[query].reshape(given.number, -1)
    side = numbered_axis("value features", said.shape[1], _("features →"))
    title = _("the heads' outputs, to be concatenated")
    return [
        panel("said", title, said, every, side, scale="signed"),
        panel(
            "contributions",
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
        with stage.picture():
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
        stage.answer(
            _(
                "{wide} = {count} × {each}: every head sees all {wide} features and makes {each} of its own."
            ).format(wide=wide, count=count, each=each)
        )
        st.caption(
            _(
                "W_Q, W_K and W_V have {wide} × {count} · {each} = {weights} parameters each, and W_O as "
                "many, however many heads share them."
            ).format(wide=wide, count=count, each=each, weights=f"{wide * count * each:,}")
        )


def notice() -> None:
    """What to notice on this page."""
    idea.notice(
        _("Heads run side by side on the same sentence; none knows what the others look at."),
        _("The width is shared: twice the heads are half as wide, and cost no more multiplications."),
        _("W_O mixes the heads' outputs; the result is a sum with one term for each head."),
        _("Attention is not effect: a head with a short contribution changes little, wherever it looks."),
    )


def formula() -> None:
    """The formula, its letters tied to the parts, and its source."""
    idea.formula(
        r"\small\begin{aligned}"
        r"\mathrm{MultiHead}(Q, K, V) &= \mathrm{Concat}(\mathrm{head}_1, \dots, \mathrm{head}_h)\,W^O \\ "
        r"\mathrm{head}_i &= \mathrm{Attention}(QW_i^Q, KW_i^K, VW_i^V)"
        r"\end{aligned}",
        {
            r"\mathrm{head}_i": _(
                "one map, and the mixture of values that it makes (“two heads that differ”)"
            ),
            "h": _("how many heads there are"),
            r"\mathrm{Concat}": _("their outputs end to end, h · dᵥ wide (“the shared width”)"),
            "W^O": _("mixes them; each head has a slice of it (“attention vs. effect”)"),
        },
        _("Vaswani et al. 2017, “Attention Is All You Need”, §3.2.2."),
    )
