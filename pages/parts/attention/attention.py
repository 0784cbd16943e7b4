"""One head, step by step: the controls, the board of each step, and the sentence that says what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from model.trace import Stack
from pages.common import boards, checkpoints, heads, idea, links, steps
from pages.common.ask import Asked
from pages.common.heads import Where
from pages.common.language import _
from pages.common.text import escape
from viz.board import Act, panel

if TYPE_CHECKING:
    from model.analysis.head import Head

KEY = "looked"  # the key whose products are told, in the link from 1
OWNER = "looked from"
STEPS = 7


def record_head(asked: Asked, where: Where) -> tuple[Head, Stack]:
    """The chosen head of the pass over the sentence. Raises ValueError with a plain sentence."""
    from model.analysis.head import head

    ids = None
    if asked.checkpoint.architecture == "encoder-decoder":  # written once, whatever layer is looked at
        ids = checkpoints.write(asked.chosen, asked.text).ids
    trace = checkpoints.trace(
        asked.chosen, asked.text, ids, layers=(where.layer,), record=("scores", "qkv", "output")
    )
    return head(trace[where.kind], where.layer, where.head), trace[where.kind]


def weights_only(asked: Asked) -> Where:
    """Say that there are no steps to see, and show what there is: the chosen head's weights.

    Raises ValueError with a plain sentence.
    """
    trace = checkpoints.trace(asked.chosen, asked.text)
    st.info(
        _(
            "{name} computes attention its own way: its weights can be seen here, "
            "but not the steps that lead to them."
        ).format(name=escape(asked.name))
    )
    where = heads.choose(asked.checkpoint)
    stack = trace[where.kind]
    rows, columns = steps.sides(stack)
    shown = stack.weights[stack.layers.index(where.layer), where.head]
    weights = panel("scores", _("weights"), shown, rows, columns, end=1.0)
    if steps.drawable(weights.values.size):
        boards.show([weights], "steps")
    return where


def names() -> dict[str, str]:
    """The steps, by their number in the link."""
    return {
        "1": _("q and k"),
        "2": _("q · k"),
        "3": _("÷ √dₖ"),
        "4": _("mask"),
        "5": _("softmax"),
        "6": _("× v"),
        "7": _("sum"),
    }


def controls() -> tuple[int, bool]:
    """Which step is shown, from 1, and whether for the whole matrix."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        back = st.container(width="content")
        step = int(links.choice(_("Step"), names(), "step", "1", label_visibility="collapsed"))
        with back:
            turn(_("Back"), -1, "B", step > 1)
        turn(_("On"), 1, "N", step < STEPS)
        st.space("stretch")
        whole = links.choice(
            _("For"),
            {"one": _("one query"), "all": _("every query")},
            "for",
            "one",
            label_visibility="collapsed",
        )
    return step, whole == "all"


def turn(label: str, by: int, shortcut: str, possible: bool) -> None:
    """A button to the next step or to the one before."""
    st.button(
        label,
        icon=":material/arrow_forward:" if by > 0 else ":material/arrow_back:",
        on_click=go,
        args=[by],
        shortcut=shortcut,
        key=f"turn {by}",
        type="primary" if by > 0 else "secondary",
        disabled=not possible,
    )


def go(by: int) -> None:
    """As many steps on, or back."""
    step = int(st.session_state["step"]) + by
    st.session_state["step"] = str(min(max(step, 1), STEPS))


def show(head: Head, where: Where, stack: Stack, query: int, step: int, whole: bool) -> None:
    """The sentence of the step, and its board."""
    key = choose_key(head, (stack.key_tokens, where, query))
    told = steps.Walkthrough(head, stack, query, key)
    st.subheader(told.sentence_of_all(step) if whole else told.sentence(step), anchor=False)
    if step == 3 and not head.is_scaled_only:
        st.caption(
            _(
                "This model puts more into its scores than q·k ÷ √dₖ, a position bias or a bend that keeps "
                "them small; “what the model adds” shows how much."
            )
        )
    if whole and steps.drawable(head.weights.size):
        boards.show(told.panels_of_all(step), "steps", {"queries": query, "keys": key}, take_query)
    elif not whole:
        boards.show(told.panels(step), "steps", {"keys": key}, take_key, together=step == 6)


def choose_key(head: Head, of: tuple[tuple[str, ...], Where, int]) -> int:
    """The key that the sentence speaks of: the link's, else the one that the query looks at most.

    of: what the choice in the link belongs to; it goes when another query or head is chosen.
    """
    if st.session_state.get(OWNER, of) != of:
        links.put(KEY, "")
    st.session_state[OWNER] = of
    asked = st.query_params.get(KEY, "")
    place = int(asked) - 1 if asked.isascii() and asked.isdigit() and len(asked) < 6 else -1
    return place if place in range(len(head.k)) else int(head.weights[of[2]].argmax())


def take_key(act: Act) -> None:
    """Choose the key that was clicked."""
    if act.axis == "keys":
        links.put(KEY, str(act.place + 1))


def take_query(act: Act) -> None:
    """Choose the query or the key that was clicked."""
    if act.axis == "queries":
        heads.take(act.place)
    take_key(act)


def notice() -> None:
    """What to notice on this page."""
    idea.notice(
        _("A large q·k means that query and key agree: large numbers stand at the same features."),
        _("Dividing by √dₖ changes no order. It keeps the softmax from giving everything to one key."),
        _("Whatever the mask crosses out gets the weight 0, and the others share the whole."),
        _("What is fetched is a mixture of values; the keys only decide how much of each."),
    )


def formula() -> None:
    """The formula, its letters tied to the steps, and its source."""
    idea.formula(
        r"\mathrm{Attention}(Q, K, V) = \mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}}\right) V",
        {
            "Q": _("the queries, one row a token that looks (step 1)"),
            "K": _("the keys, one row a token that can be looked at (step 1)"),
            r"QK^\top": _("every query with every key (step 2)"),
            "d_k": _("how many features a query and a key have (step 3)"),
            r"\mathrm{softmax}": _("each row becomes shares that sum to 1 (step 5)"),
            "V": _("the values, what each token has to give (steps 6 and 7)"),
        },
        _("Vaswani et al. 2017, “Attention Is All You Need”, §3.2.1, equation 1; the mask: §3.2.3."),
    )
