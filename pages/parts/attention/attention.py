"""One head, step by step: the controls, the picture of each step, and the sentence that goes with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.errors import N_
from model.trace import Kind, Stack
from pages.common import additive as adding
from pages.common import boards, checkpoints, fits, heads, idea, links, look, stage, steps
from pages.common.ask import Asked
from pages.common.heads import Where
from pages.common.language import _, current, translate
from pages.common.request import Request
from pages.common.text import escape
from pages.parts.attention import moved
from viz.board import Act, panel
from viz.columns import fit
from viz.plane import around_query
from viz.softmax import STRINGS, Tried
from viz.softmax.mount import show as show_softmax

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.analysis.head import Head
    from model.capture.checkpoint import Checkpoint

KEY = "looked"  # the key whose products are told, in the link from 1
TRIED = "tried"  # what a person set in the softmax, in the link
OWNER = "looked from"
STEP = "calculation"  # of the formula, in the link from 1
SOFTMAX = 5  # the step on which the page opens: here a score becomes what the head looks at
STEPS = 7
NAMED = 9  # em of a token at an arrow


def record_head(asked: Asked, where: Where) -> tuple[Head, Stack]:
    """The chosen head of the pass over the sentence. Raises ValueError with a plain sentence."""
    from model.analysis.head import head

    if is_additive(asked.checkpoint, where):
        return record_additive(asked.changed, where.kind, where.layer), checkpoints.trace(asked.changed)[
            where.kind
        ]

    trace = checkpoints.trace(asked.changed, layers=(where.layer,), record=("scores", "qkv", "output"))
    return head(trace[where.kind], where.layer, where.head), trace[where.kind]


def is_additive(checkpoint: Checkpoint, where: Where) -> bool:
    """Whether the head's scores are vᵀ tanh(W s + U h), and no products."""
    from model.analysis import additive

    return additive.is_additive(checkpoint, where.kind, where.layer)


@checkpoints.keep(8)
def record_additive(request: Request, kind: Kind, layer: int) -> Head:
    """The head of such a layer in the pass over what is asked."""
    from model.analysis.additive import additive_head

    ids = checkpoints.write_ids(request) or ()
    changes = checkpoints.keep_reached(request, ids)
    return additive_head(checkpoints.load(request), request.text, ids, kind, layer, changes)


def weights_only(asked: Asked) -> Where:
    """Say that there are no steps to see, and show what there is: the chosen head's weights.

    Raises ValueError with a plain sentence.
    """
    trace = checkpoints.trace(asked.changed)
    where = heads.choose(asked.checkpoint)
    stack = trace[where.kind]
    rows, columns = steps.sides(stack)
    shown = stack.weights[stack.layers.index(where.layer), where.head]
    weights = panel("scores", _("weights"), shown, rows, columns, end=1.0)
    with stage.picture():
        if steps.drawable(weights.values.size):
            boards.show([weights], "steps")
    stage.answer(
        _(
            "{name} computes attention its own way: its weights can be seen here, "
            "but not the steps that lead to them."
        ).format(name=escape(asked.name))
    )
    return where


def names(checkpoint: Checkpoint, where: Where) -> dict[str, str]:
    """The steps, by their number in the link."""
    if is_additive(checkpoint, where):
        return adding.names()
    return {
        "1": _("q and k"),
        "2": _("q · k"),
        "3": _("÷ √dₖ"),
        "4": _("mask"),
        "5": _("softmax"),
        "6": _("× v"),
        "7": _("sum"),
    }


def controls(asked: Asked) -> tuple[int, DeltaGenerator]:
    """Which step is shown, from 1; and where the head and the token are chosen."""
    first = heads.read(asked.checkpoint)
    with stage.choices():
        steps_here = names(asked.checkpoint, first)
        step = int(links.choice(_("Step"), steps_here, STEP, str(SOFTMAX), label_visibility="collapsed"))
        turn(_("Back"), -1, "B", step > 1)
        turn(_("Next"), 1, "N", step < STEPS)
        where = st.popover(heads.describe(first, asked.checkpoint))
    return step, where


def choose_scope() -> bool:
    """Whether the steps are shown for the whole matrix, and not for one query."""
    scopes = {"one": _("one query"), "all": _("every query")}
    return links.choice(_("For"), scopes, "for", "one") == "all"


def turn(label: str, by: int, shortcut: str, possible: bool) -> None:
    """A button to the next step or to the one before."""
    st.button(
        label,
        on_click=go,
        args=[by],
        shortcut=shortcut,
        key=f"turn {by}",
        type="primary" if by > 0 else "secondary",
        disabled=not possible,
    )


def go(by: int) -> None:
    """As many steps on, or back."""
    step = int(st.session_state[STEP]) + by
    st.session_state[STEP] = str(min(max(step, 1), STEPS))


def show(asked: Asked, head: Head, where: Where, stack: Stack, query: int, step: int, whole: bool) -> None:
    """The picture of the step, and its sentence."""
    of = (stack.key_tokens, where, query)
    if st.session_state.get(OWNER, of) != of:  # another query or head was chosen
        links.put(KEY, "")
        links.put(TRIED, "")
    st.session_state[OWNER] = of
    adds = is_additive(asked.checkpoint, where)
    walk = adding.AdditiveWalkthrough if adds else steps.Walkthrough
    told = walk(head, stack, query, choose_key(head, query))
    if whole:
        with stage.picture():
            if steps.drawable(head.weights.size):
                boards.show(
                    told.panels_of_all(step), "steps", {"queries": query, "keys": told.key}, take_query
                )
        stage.answer(told.sentence_of_all(step))
        tell_asking(asked, where)
        return
    tried, turned = Tried(), None
    with stage.picture():
        if step in (1, 2) and not adds:
            plane, board = st.columns([5, 6], gap="medium")
            with plane:
                show_plane(told)
            with board:
                boards.show(told.panels(step), "steps", {"keys": told.key}, take_key, together=step == 2)
        elif step == SOFTMAX and told.is_softmax_only:
            tried = show_bars(told)
        elif step == STEPS:
            turned = moved.find(asked, where, query, told.key)
            columns = st.columns([6, 5], gap="medium") if turned else [st.container()]
            with columns[0]:
                boards.show(told.panels(step), "steps", {"keys": told.key}, take_key, together=True)
            if turned:
                with columns[-1]:
                    moved.show(turned, told)
        else:
            boards.show(told.panels(step), "steps", {"keys": told.key}, take_key, together=step == 6)
    stage.answer(moved.sentence(turned, told) if turned else told.sentence(step, tried))
    tell_asking(asked, where)
    if step == 3 and not head.is_scaled_only:
        st.caption(
            _(
                "This model's scores are more than q·k ÷ √dₖ: a position bias, or a soft cap "
                "that keeps them small; “what the model adds” shows how much."
            )
        )


def tell_asking(asked: Asked, where: Where) -> None:
    """What queries, keys and values are in a recurrent network, which makes them of its states."""
    m = asked.checkpoint
    if not m.recurrences:
        return
    said = {
        "bahdanau": N_(
            "{name} is {network}: at each token the decoder's state before it reads the token asks, and what "
            "is looked at are the encoder's states h, which are keys (by U) and values in one."
        ),
        "luong-dot": N_(
            "{name} is {network}: q is the decoder's state behind the token, and what is looked at are the "
            "encoder's states, which are keys and values in one."
        ),
        "luong-general": N_(
            "{name} is {network}: q is W times the decoder's state behind the token, and what is looked at "
            "are the encoder's states, which are keys and values in one."
        ),
        "luong-concat": N_(
            "{name} is {network}: at each token the decoder's state behind it asks, and what is looked at "
            "are the encoder's states h, which are keys (by U) and values in one."
        ),
    }[m.model.config.attention]
    fits.caption(asked, said)


def show_plane(told: steps.Walkthrough) -> None:
    """q and every key as arrows."""
    q, k = told.head.q[told.query], told.head.k
    st.plotly_chart(
        around_query(
            q,
            k,
            _("q of {token}").format(token=told.q),
            [fit(text, NAMED) for text in told.stack.key_tokens],
            told.key,
            across=_("q · k (how far k reaches along q, times |q|)"),
            dark=look.dark(),
        ),
        theme=None,
        key="directions",
        config={"displayModeBar": False},
    )
    st.caption(
        _(
            "Each key is turned around q into this plane: its length, its angle with q and q·k are exact; "
            "the angle between two keys is not."
        )
    )


def show_bars(told: steps.Walkthrough) -> Tried:
    """The softmax of the query's row; what a person has set there."""
    row = told.row
    tried = show_softmax(
        row,
        key="softmax",
        chosen=told.key,
        tried=Tried.from_text(st.query_params.get(TRIED, ""), row),
        strings=translate(STRINGS),
        language=current(),
    )
    links.put(TRIED, tried.to_text())
    return tried


def choose_key(head: Head, query: int) -> int:
    """The key that the sentence speaks of: the link's, else the one that the query looks at most."""
    asked = st.query_params.get(KEY, "")
    place = int(asked) - 1 if asked.isascii() and asked.isdigit() and len(asked) < 6 else -1
    return place if place in range(len(head.k)) else int(head.weights[query].argmax())


def take_key(act: Act) -> None:
    """Choose the key that was clicked."""
    if act.axis == "keys":
        links.put(KEY, str(act.place + 1))


def take_query(act: Act) -> None:
    """Choose the query or the key that was clicked."""
    if act.axis == "queries":
        heads.take(act.place)
    take_key(act)


def notice(adds: bool) -> None:
    """What to notice on this page. adds: the head adds what asks and what is asked."""
    if adds:
        idea.notice(
            _("Nothing is multiplied: the two are added, and only tanh makes the sum more than its parts."),
            _("v has one weight for each feature, the same for all queries and keys."),
            _("Softmax and the weighted sum are those of every attention; what is mixed are states."),
        )
        return
    idea.notice(
        _("A large q·k means that query and key agree: they are long, and point the same way."),
        _("Dividing by √dₖ changes no order. It keeps the softmax from giving everything to one key."),
        _("Whatever the mask crosses out gets the weight 0, and the others share the whole."),
        _("The output is a mixture of values; the keys only decide how much of each."),
    )


def formula(adds: bool) -> None:
    """The formula, its letters tied to the steps, and its source. adds: as for `notice`."""
    if adds:
        idea.formula(
            r"c_i = \sum_j \alpha_{ij} h_j, \quad \alpha_{ij} = \mathrm{softmax}_j(e_{ij}), \quad "
            r"e_{ij} = v^\top \tanh(W s_i + U h_j)",
            {
                "s_i": _("the decoder's state that asks, by W (step 1)"),
                "h_j": _("the encoder's state at token j, by U (step 1)"),
                r"\tanh": _("bends each feature of the sum to −1 to 1 (step 2)"),
                "v": _("weighs the features and sums them: the score (step 3)"),
                r"\alpha_{ij}": _("each row becomes weights that sum to 1 (step 5)"),
                "c_i": _("the context: the encoder's states, weighted and summed (steps 6 and 7)"),
            },
            _(
                "Bahdanau, Cho and Bengio 2015, “Neural Machine Translation by Jointly Learning to Align and "
                "Translate”, §3.1 and A.1.2; with the state behind the token: Luong et al. 2015, eq. 8."
            ),
        )
        return
    idea.formula(
        r"\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right) V",
        {
            "Q": _("the queries, one row a token that looks (step 1)"),
            "K": _("the keys, one row a token that can be looked at (step 1)"),
            r"QK^\top": _("every query with every key (step 2)"),
            "d_k": _("how many features a query and a key have (step 3)"),
            r"\mathrm{softmax}": _("each row becomes weights that sum to 1 (step 5)"),
            "V": _("the values, what each token has to give (steps 6 and 7)"),
        },
        _("Vaswani et al. 2017, “Attention Is All You Need”, §3.2.1, equation 1; the mask: §3.2.3."),
    )
