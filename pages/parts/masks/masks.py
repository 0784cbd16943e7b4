"""Masks by rule: the two sentences, the rules that are on, and what they leave of a head's scores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.trace import Kind
from pages.common import boards, checkpoints, heads, idea, links
from pages.common.ask import Asked
from pages.common.checkpoints import Chosen
from pages.common.heads import Where
from pages.common.language import _
from viz.board import Axis, Panel, panel

if TYPE_CHECKING:
    from model.experiments.mask_rules import Rule
    from model.experiments.padding import Batch

SECOND = "The dog ate the cake because it was hungry."
MOST = 32  # tokens of each sentence: more cells could neither be read nor painted
RULES, SECOND_KEY = "masks", "second"
FARTHEST = 16  # of a window, and of a prefix


def names() -> dict[str, str]:
    """The parts of the page, by their names in the link."""
    return {
        "rules": _("Choose masks"),
        "paint": _("Paint a mask"),
        "after": _("−∞ before or 0 after"),
        "leak": _("The leak"),
    }


@dataclass(frozen=True, eq=False)
class Shown:
    """What the parts of the page work on: a head of the padded batch, and the mask that the rules make.

    mask: bool (2, queries, keys). looked: which of the two sentences are looked at.
    """

    batch: Batch
    where: Where
    mask: NDArray[np.bool_]
    looked: tuple[int, ...]

    def scores(self, text: int) -> NDArray[np.float32]:
        return self.batch.scores[text, self.where.head]

    def sides(self, text: int) -> tuple[Axis, Axis]:
        """What stands along the matrices of a text."""
        return (
            boards.side("queries", self.batch.queries[text], _("queries")),
            boards.side("keys", self.batch.keys[text], _("keys")),
        )


def second(both: bool) -> tuple[str, tuple[int, ...]]:
    """The controls: the other sentence of the batch, and which of the two are looked at.

    both: whether both can be looked at at once.
    """
    left, right = st.columns([5, 2])
    with left:
        text = st.text_input(
            _("Another sentence, of another length"),
            SECOND,
            key=SECOND_KEY,
            bind="query-params",
            persist_state="session",
        )
    with right:
        options = {"both": _("both")} if both else {}
        options |= {"1": _("the first"), "2": _("the second")}
        looked = links.choice(_("Look at"), options, "of", "both" if both else "2")
    return text, (0, 1) if looked == "both" else (int(looked) - 1,)


def batch(asked: Asked, other: str, where: Where) -> Batch:
    """The two sentences through the model. Raises ValueError with a plain sentence."""
    texts = (asked.text, other)
    written: tuple[tuple[int, ...], ...] = ()
    if asked.checkpoint.architecture == "encoder-decoder":
        # What the encoder does hangs on nothing that is written.
        reads = where.kind == "encoder"
        written = tuple(() if reads else checkpoints.write(asked.chosen, text).ids for text in texts)
    return _batch(asked.chosen, texts, where.kind, where.layer, written)


@checkpoints.keep(16)
def _batch(
    which: Chosen, texts: tuple[str, ...], kind: Kind, layer: int, written: tuple[tuple[int, ...], ...]
) -> Batch:
    from model.experiments.padding import batch

    return batch(checkpoints.load(which), texts, kind, layer, written, MOST)


def rules(asked: Asked, where: Where, found: Batch) -> NDArray[np.bool_]:
    """The controls of the masks, and who may look at whom under those that are on: (2, queries, keys)."""
    from model.experiments.mask_rules import build_mask, own

    usual, width = own(asked.checkpoint, where.kind, where.layer)
    across = where.kind == "cross"
    words: dict[Rule, str] = {
        "padding": _("Padding"),
        "causal": _("Causal"),
        "window": _("Window"),
        "prefix": _("Prefix"),
    }
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
        on = several(
            {rule: words[rule] for rule in words if not across or rule in ("padding", "window")}, usual
        )
        far = begins = 0
        if "window" in on:
            far = st.slider(
                _("How far the window reaches"),
                0,
                FARTHEST,
                min(2 if width is None else width, FARTHEST),
                key="width",
                bind="query-params",
                width=220,
            )
        if "prefix" in on:
            begins = st.slider(
                _("How long the prefix is"), 0, FARTHEST, 4, key="prefix", bind="query-params", width=220
            )
    queries = found.mask.shape[2] if across else None
    return build_mask(on, found.real_keys, queries, far, begins)


def several(options: dict[Rule, str], usual: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """The masks that are on: those of the link, where it names some, else the usual ones."""
    said = st.query_params.get(RULES)
    on = usual if said is None else tuple(rule for rule in options if rule in said.split(","))
    st.session_state[RULES] = list(on)

    def put_rules() -> None:
        now = [rule for rule in options if rule in st.session_state[RULES]]
        links.put(RULES, ",".join(now) or "none", ",".join(usual))

    st.pills(
        _("Masks; a pair is open where all of them open it"),
        list(options),
        selection_mode="multi",
        format_func=options.__getitem__,
        key=RULES,
        on_change=put_rules,
    )
    return on


def show(shown: Shown) -> None:
    """What the masks close, in a sentence; scores, mask and weights."""
    from model.experiments.mask_rules import weights

    masks = [shown.mask[text] for text in shown.looked]
    tell_counts(masks)
    uses = all(same(shown, text) for text in shown.looked)
    st.caption(
        _("The model itself uses this mask here.") if uses else _("The model itself uses another mask here.")
    )
    for text in shown.looked:
        mask = shown.mask[text]
        after = weigh(shown, text, mask, weights(shown.scores(text), mask))
        if len(shown.looked) > 1:
            panels = [cross_out(shown, text, mask), after]
        else:
            panels = [*before(shown, text, mask), after]
        boards.show(panels, f"ruled {text}", together=True)


def tell_counts(masks: list[NDArray[np.bool_]]) -> None:
    """How many pairs are open, and whether some row is empty."""
    opened, every = sum(int(mask.sum()) for mask in masks), sum(mask.size for mask in masks)
    empty = sum(int((~mask.any(-1)).sum()) for mask in masks)
    if empty:
        said = _(
            "{open} of {all} pairs are open. Rows that are closed altogether, and look at nothing: {rows}."
        )
    else:
        said = _("{open} of {all} pairs are open, and each row of weights still sums to 1.")
    st.subheader(said.format(open=opened, all=every, rows=empty), anchor=False)


def same(shown: Shown, text: int) -> bool:
    """Whether this is the model's own mask, for all that is no padding."""
    real = shown.batch.real_queries[text]
    return bool((shown.mask[text][real] == shown.batch.mask[text, shown.where.head][real]).all())


def before(shown: Shown, text: int, mask: NDArray[np.bool_]) -> list[Panel]:
    """The scores, and the mask that is added to them."""
    rows, columns = shown.sides(text)
    added = np.where(mask, 0.0, -np.inf)
    return [
        panel("scores", _("Scores"), shown.scores(text), rows, columns, scale="signed", digits=1),
        panel("mask", _("+ mask"), added, rows, columns, allowed=mask, digits=0),
    ]


def cross_out(shown: Shown, text: int, mask: NDArray[np.bool_], paint: bool = False) -> Panel:
    """The same in one: the scores, with what the mask closes crossed out."""
    rows, columns = shown.sides(text)
    more = {"scale": "signed", "digits": 1, "allowed": mask, "paint": paint}
    return panel("crossed", _("Scores + mask"), shown.scores(text), rows, columns, **more)


def weigh(shown: Shown, text: int, mask: NDArray[np.bool_], after: NDArray[np.float32]) -> Panel:
    """The weights that are left."""
    rows, columns = shown.sides(text)
    return panel("weights", _("→ weights"), after, rows, columns, allowed=mask, end=1.0)


def compare(shown: Shown) -> None:
    """−∞ before the softmax beside 0 after it, with the sums of the rows."""
    from model.experiments.mask_rules import weights, zero_after_softmax

    text = shown.looked[-1]
    rows, columns = shown.sides(text)
    mask, total = shown.mask[text], Axis("sums", ("Σ",))
    panels, sums = [], []
    for name, title, of in (
        ("before", _("−∞ before the softmax"), weights),
        ("after", _("0 after the softmax"), zero_after_softmax),
    ):
        found = of(shown.scores(text), mask)
        sums.append(found.sum(-1))
        panels += [
            panel(name, title, found, rows, columns, allowed=mask, end=1.0),
            panel(f"sums {name}", _("sum"), sums[-1][:, None], rows, total, end=1.0),
        ]
    least, most = float(sums[-1].min()), float(sums[-1].max())
    said = _("With 0 put in after the softmax the rows sum to {least} to {most}; with −∞ before it, to 1.")
    if not sums[0].all():
        said = _(
            "With 0 put in after the softmax the rows sum to {least} to {most}; with −∞ before it, to 1, or "
            "to 0 where no pair of a row is open."
        )
    st.subheader(said.format(least=f"{least:.2f}", most=f"{most:.2f}"), anchor=False)
    boards.show(panels, "compared")


def head(asked: Asked) -> Where:
    """Whose scores these are, folded away."""
    with st.expander(_("Another head"), key="another", bind="query-params"):
        return heads.choose(asked.checkpoint)


def notice() -> None:
    """What to notice on this page."""
    idea.notice(
        _(
            "A batch is one block of numbers, so the shorter sentence is filled up with padding, "
            "and nobody may look there."
        ),
        _("A crossed-out pair gets the weight 0, and the open ones of its row share the whole."),
        _("The causal mask is a triangle: nobody looks ahead, so every word can be learned at once."),
        _(
            "A window keeps words near; a prefix lets everyone see the beginning. "
            "Two masks together close what either closes."
        ),
    )


def formula() -> None:
    """The formula, its letters tied to the page, and its sources."""
    idea.formula(
        r"\mathrm{softmax}\!\left(\frac{QK^\top}{\sqrt{d_k}} + M\right) V, \quad M_{ij} \in \{0, -\infty\}",
        {
            r"\frac{QK^\top}{\sqrt{d_k}}": _("the scores"),
            "M": _("the mask: 0 where query i may look at key j, −∞ where it is crossed out"),
            r"\mathrm{softmax}": _("each row becomes weights; e to the −∞ is 0"),
        },
        _(
            "Vaswani et al. 2017, “Attention Is All You Need”, §3.2.3. Prefix: Raffel et al. 2020 (T5), "
            "figure 4. Window: Beltagy et al. 2020, “Longformer”."
        ),
    )
