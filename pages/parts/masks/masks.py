"""Masks by rule: which are on, what they leave of a head's scores, and what the head would do without."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.trace import Kind
from pages.common import boards, checkpoints, examples, heads, idea, links, stage
from pages.common.ask import Asked
from pages.common.heads import Where
from pages.common.language import _
from pages.common.request import Request
from viz.board import Axis, Panel, panel
from viz.columns import percent

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.experiments.mask_rules import Rule
    from model.experiments.padding import Batch

SECOND = "The dog ate the cake because it was hungry."
MOST = 32  # tokens of each sentence: more cells could neither be read nor painted
RULES, SECOND_KEY = "masks", "second"
FARTHEST = 16  # of a window, and of a prefix
LITTLE = 0.02  # a share of the weight that hardly counts


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

    mask: bool (texts, queries, keys). looked: which of the sentences are looked at. on: the rules.
    picture, answer, rest: where these stand on the page.
    """

    batch: Batch
    where: Where
    mask: NDArray[np.bool_]
    looked: tuple[int, ...]
    on: tuple[Rule, ...]
    picture: DeltaGenerator
    answer: DeltaGenerator
    rest: DeltaGenerator

    def real(self, text: int) -> NDArray[np.bool_]:
        """Which queries are no padding."""
        found: NDArray[np.bool_] = self.batch.real_queries[text]
        return found

    def scores(self, text: int) -> NDArray[np.float32]:
        return self.batch.scores[text, self.where.head]

    def sides(self, text: int) -> tuple[Axis, Axis]:
        """What stands along the matrices of a text."""
        return (
            boards.side("queries", self.batch.queries[text], _("queries")),
            boards.side("keys", self.batch.keys[text], _("keys")),
        )


def choose(asked: Asked, part: str, row: DeltaGenerator) -> Shown:
    """The controls, and what they leave: the masks stand in a row above the picture, their sizes under it.

    Raises ValueError with a plain sentence.
    """
    picture, answer, rest, under = stage.picture(), stage.answers(), st.container(), st.container()
    with under:
        where = choose_head(asked)
    with row:
        on = choose_rules(asked, where)
    texts: tuple[str, ...] = (asked.text,)
    looked: tuple[int, ...] = (0,)
    with under:
        if "padding" in on:
            texts, looked = second(asked, both=part == "rules")
        width, begins = sizes(asked, where, on)
        found = batch(asked, texts, where)
        boards.tell_limit(max(len(side) for side in (*found.queries, *found.keys)), MOST)
    from model.experiments.mask_rules import build_mask

    queries = found.mask.shape[2] if where.kind == "cross" else None
    mask = build_mask(on, found.real_keys, queries, width, begins)
    return Shown(found, where, mask, looked, on, picture, answer, rest)


def choose_head(asked: Asked) -> Where:
    """Whose scores these are, folded away: at first the head that would look ahead most."""
    first = looks_ahead(asked)
    more = stage.more(_("Another head"), key="another")
    if not more.open:
        return heads.read(asked.checkpoint, first)
    with more:
        return heads.choose(asked.checkpoint, first=first)


def looks_ahead(asked: Asked) -> Where | None:
    """The head that would give most of its weight to later words if nothing kept it from it.

    Of a decoder where there is one; None where that is not known, as for an empty text.
    """
    kind: Kind = "decoder" if "decoder" in asked.checkpoint.layers else "encoder"
    try:
        found = ahead(asked.request, kind)
    except (ValueError, KeyError):
        return None
    layer = max(found, key=lambda layer: float(found[layer].max()))
    return Where(kind, layer, int(found[layer].argmax()))


@checkpoints.keep(16)
def ahead(request: Request, kind: Kind) -> dict[int, NDArray[np.float32]]:
    from model.experiments.padding import share_ahead

    return share_ahead(checkpoints.load(request), request.text, kind, written(request, kind), MOST)


def written(request: Request, kind: Kind) -> tuple[int, ...]:
    """What an encoder-decoder writes; nothing for the encoder, which hangs on nothing that is written."""
    return () if kind == "encoder" else checkpoints.write_ids(request) or ()


def second(asked: Asked, both: bool) -> tuple[tuple[str, str], tuple[int, ...]]:
    """The controls: the other sentence of the batch, and which of the two are looked at.

    both: whether both can be looked at at once.
    """
    usual = SECOND if examples.of(asked.name) == examples.EXAMPLES else asked.beside
    left, right = st.columns([5, 2])
    with left:
        other = st.text_input(
            _("Another sentence, of another length"),
            usual,
            key=SECOND_KEY,
            bind="query-params",
            persist_state="session",
        )
    with right:
        options = {"both": _("both")} if both else {}
        options |= {"1": _("the first"), "2": _("the second")}
        looked = links.choice(_("Look at"), options, "of", "2")
    return (asked.text, other), (0, 1) if looked == "both" else (int(looked) - 1,)


def batch(asked: Asked, texts: tuple[str, ...], where: Where) -> Batch:
    """The sentences through the model. Raises ValueError with a plain sentence."""
    return _batch(asked.request, texts, where.kind, where.layer)


@checkpoints.keep(16)
def _batch(request: Request, texts: tuple[str, ...], kind: Kind, layer: int) -> Batch:
    from model.experiments.padding import batch

    wrote: tuple[tuple[int, ...], ...] = ()
    if checkpoints.translates(request):
        wrote = tuple(written(request.of_text(text), kind) for text in texts)
    return batch(checkpoints.load(request), texts, kind, layer, wrote, MOST)


def choose_rules(asked: Asked, where: Where) -> tuple[Rule, ...]:
    """The control of the masks. Returns those that are on.

    At first the model's own for one sentence; where it has none, the causal one shows what a mask does.
    """
    from model.experiments.mask_rules import own

    across = where.kind == "cross"
    usual: tuple[Rule, ...] = tuple(
        rule for rule in own(asked.checkpoint, where.kind, where.layer)[0] if rule != "padding"
    )
    if not usual and not across:
        usual = ("causal",)
    if not usual and asked.checkpoint.recurrences:  # whose only mask it is
        usual = ("padding",)
    words: dict[Rule, str] = {
        "causal": _("Causal"),
        "window": _("Window"),
        "prefix": _("Prefix"),
        "padding": _("Padding"),
    }
    return several(
        {rule: words[rule] for rule in words if not across or rule in ("padding", "window")}, usual
    )


def sizes(asked: Asked, where: Where, on: tuple[Rule, ...]) -> tuple[int, int]:
    """The controls for how far the window reaches and how long the prefix is, where they are on."""
    from model.experiments.mask_rules import own

    far = begins = 0
    width = own(asked.checkpoint, where.kind, where.layer)[1]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="large"):
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
                _("How long the prefix is"),
                0,
                FARTHEST,
                4,
                key="prefix_length",
                bind="query-params",
                width=220,
            )
    return far, begins


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
        label_visibility="collapsed",
    )
    return on


def show(asked: Asked, shown: Shown) -> None:
    """Scores and mask, the weights without the mask and with it; what the mask closes, in a sentence."""
    from model.experiments.mask_rules import weights

    with shown.picture:
        for text in shown.looked:
            mask = shown.mask[text]
            panels = [
                cross_out(shown, text, mask),
                without(shown, text),
                weigh(shown, text, mask, weights(shown.scores(text), mask)),
            ]
            boards.show(panels, f"ruled {text}", together=True)
    with shown.answer:
        st.markdown(tell(shown))
    with shown.rest:
        tell_own(shown)


def tell_own(shown: Shown) -> None:
    """Whether this is the model's own mask."""
    if all(same(shown, text) for text in shown.looked):
        st.caption(_("The model itself uses this mask here."))
    elif all(shown.batch.mask[text, shown.where.head][shown.real(text)].all() for text in shown.looked):
        st.caption(_("The model itself uses no mask here: each token may look at all of them."))
    else:
        st.caption(_("The model itself uses another mask here."))


def tell(shown: Shown) -> str:
    """How many pairs the mask closes, and what they would get without it, in Markdown."""
    from model.experiments.mask_rules import weights

    masks = [shown.mask[text] for text in shown.looked]
    closed = sum(int((~mask).sum()) for mask in masks)
    if not closed:
        return _("Nothing is closed: each of the {all} pairs is open.").format(
            all=sum(mask.size for mask in masks)
        )
    if not all(mask.any(-1).all() for mask in masks):
        return tell_counts(masks)
    # Rows of padding are nobody's look.
    lost = rows = 0.0
    for text in shown.looked:
        free = weights(shown.scores(text), np.ones_like(shown.mask[text]))
        real = shown.real(text)
        lost += float((free * ~shown.mask[text])[real].sum())
        rows += float(real.sum())
    share = lost / max(rows, 1.0)
    values = {"closed": closed, "all": sum(mask.size for mask in masks), "share": percent(share)}
    if share < LITTLE:
        said = _(
            "The mask closes {closed} of {all} pairs. Without it they would get {share} of this head's "
            "weight, "
            "so it changes little here."
        )
    elif shown.on == ("causal",):
        said = _(
            "Nobody may look at a later word: without the mask these {closed} of {all} pairs would get "
            "{share} "
            "of this head's weight, with it they get none."
        )
    else:
        said = _(
            "The mask closes {closed} of {all} pairs: without it they would get {share} of this head's "
            "weight, "
            "with it they get none."
        )
    return said.format(**values)


def tell_counts(masks: list[NDArray[np.bool_]]) -> str:
    """How many pairs are open, and whether some row is empty."""
    opened, every = sum(int(mask.sum()) for mask in masks), sum(mask.size for mask in masks)
    empty = sum(int((~mask.any(-1)).sum()) for mask in masks)
    if empty:
        said = _(
            "{open} of {all} pairs are open. Rows that are closed altogether, and look at nothing: {rows}."
        )
    else:
        said = _("{open} of {all} pairs are open, and each row of weights still sums to 1.")
    return said.format(open=opened, all=every, rows=empty)


def same(shown: Shown, text: int) -> bool:
    """Whether this is the model's own mask, for all that is no padding."""
    real = shown.real(text)
    return bool((shown.mask[text][real] == shown.batch.mask[text, shown.where.head][real]).all())


def cross_out(shown: Shown, text: int, mask: NDArray[np.bool_], paint: bool = False) -> Panel:
    """The scores, with what the mask closes crossed out."""
    rows, columns = shown.sides(text)
    more = {"scale": "signed", "digits": 1, "allowed": mask, "paint": paint}
    return panel("crossed", _("Scores + mask"), shown.scores(text), rows, columns, **more)


def without(shown: Shown, text: int) -> Panel:
    """The weights that all scores would give."""
    from model.experiments.mask_rules import weights

    rows, columns = shown.sides(text)
    scores = shown.scores(text)
    free = weights(scores, np.ones(scores.shape, dtype=bool))
    return panel("free", _("Weights without the mask"), free, rows, columns, end=1.0)


def weigh(shown: Shown, text: int, mask: NDArray[np.bool_], after: NDArray[np.float32]) -> Panel:
    """The weights that are left."""
    rows, columns = shown.sides(text)
    return panel("weights", _("Weights with the mask"), after, rows, columns, allowed=mask, end=1.0)


def compare(asked: Asked, shown: Shown) -> None:
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
    with shown.picture:
        boards.show(panels, "compared", together=True)
    with shown.answer:
        st.markdown(said.format(least=f"{least:.2f}", most=f"{most:.2f}"))


def notice() -> None:
    """What to notice on this page."""
    idea.notice(
        _("The causal mask is a triangle: nobody looks ahead, so every word can be learned at once."),
        _("A crossed-out pair gets the weight 0, and the open ones of its row share the whole."),
        _(
            "A batch is one block of numbers, so the shorter sentence is filled up with padding, "
            "and nobody may look there."
        ),
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
            "Vaswani et al. 2017, “Attention Is All You Need”, §3.2.3. Prefix: Raffel et al. 2020 "
            "(T5), figure 3. Window: Beltagy et al. 2020, “Longformer”."
        ),
    )
