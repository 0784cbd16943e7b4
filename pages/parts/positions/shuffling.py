"""Experiments with a model whose positions are taken away: its words shuffled, and its translation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages.common import boards, checkpoints, effects, examples, links
from pages.common.ask import Asked
from pages.common.checkpoints import Chosen
from pages.common.language import _
from pages.common.text import escape
from viz.board import Axis, panel
from viz.columns import minus
from viz.labels import visible

if TYPE_CHECKING:
    from model.analysis.ablation import Effect
    from model.capture.checkpoint import Checkpoint
    from model.decodings import Writing
    from model.experiments.order_invariance import Shuffle

SEED = "seed"
MOST = 32  # tokens that are shuffled


def bare(which: Chosen) -> Checkpoint:
    """The checkpoint without its positions. Raises ValueError with a plain sentence."""
    return _bare(which.name).translating(*which[1:])


@checkpoints.keep(2)
def _bare(name: str) -> Checkpoint:
    from model.experiments.order_invariance import without_positions

    return without_positions(checkpoints.load(name))


@checkpoints.keep(16)
def shuffle_words(which: Chosen, text: str, seed: int, positions: bool) -> Shuffle:
    from model.experiments.order_invariance import shuffle

    return shuffle(checkpoints.load(which) if positions else bare(which), text, seed, MOST)


def show(asked: Asked) -> None:
    """The shuffle, with positions and without. Raises ValueError with a plain sentence."""
    asked_for = st.query_params.get(SEED, "")
    seed = int(asked_for) if asked_for.isascii() and asked_for.isdigit() and len(asked_for) < 6 else 0
    told = shuffle_words(asked.chosen, asked.text, seed, True)
    silent = shuffle_words(asked.chosen, asked.text, seed, False)
    words = [visible(told.tokens.texts[i]) for i in told.order if not told.tokens.special[i]]
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.button(
            _("Shuffle again"),
            key="shuffle",
            icon=":material/shuffle:",
            on_click=links.put,
            args=[SEED, str(seed + 1)],
        )
        st.markdown(escape(" ".join(words)))
    if silent.largest < 1e-3 * max(told.largest, 1e-9):
        said = _(
            "Without positions the order makes no difference: the vectors are the same, in another order."
        )
    else:
        said = _("Even without positions the order makes a difference here.")
    st.subheader(said, anchor=False)
    for column, found, label in zip(
        st.columns(2),
        (told, silent),
        (_("Largest difference with positions"), _("Largest difference without positions")),
        strict=True,
    ):
        with column:
            st.metric(label, plain(found.largest))
    rows = boards.side("tokens", told.tokens, _("the sentence"))
    columns = Axis("shuffled", tuple(visible(told.tokens.texts[i]) for i in told.order), _("shuffled"))
    boards.show(
        [
            panel(name, title, found.similarity, rows, columns, scale="signed", end=1.0)
            for name, title, found in (
                ("with", _("Likeness with positions"), told),
                ("without", _("Likeness without positions"), silent),
            )
        ],
        "shuffled",
        together=True,
    )
    st.caption(
        _(
            "Likeness is the cosine between the last vector of a word (down) and of a word of the shuffled "
            "sentence (across). Without positions a word that stands there twice has one vector. Masks that "
            "tell an order, such as a window or the causal mask, are taken off in both."
        )
    )


def plain(number: float) -> str:
    """A difference in as many digits as it takes to see it: 4.08, 0.0000020, 0."""
    if number == 0:
        return "0"
    return f"{number:.2f}" if number >= 0.01 else f"{number:.7f}"


@checkpoints.keep(16)
def write_bare(which: Chosen, text: str) -> Writing:
    """What the model writes without its positions."""
    from model.decode.decoding import write

    return write(bare(which), text)


@checkpoints.keep(16)
def compare_bare(which: Chosen, text: str, ids: tuple[int, ...]) -> Effect:
    """How likely each word still is without positions, or how far each vector moved."""
    from model.analysis.ablation import compare, read

    passage = effects.passage(which, text, ids)
    return compare(passage, read(checkpoints.load(which), passage), read(bare(which), passage))


def fall(asked: Asked) -> None:
    """A translation with positions and without. Raises ValueError with a plain sentence."""
    translates = asked.checkpoint.architecture == "encoder-decoder"
    ids: tuple[int, ...] = ()
    if translates:
        whole, broken = checkpoints.write(asked.chosen, asked.text), write_bare(asked.chosen, asked.text)
        ids = whole.ids
        same = whole.text == broken.text
        st.subheader(
            _("The translation stays as it was.")
            if same
            else _("Without positions the translation falls apart."),
            anchor=False,
        )
        left, right = st.columns(2, gap="large")
        before, after = effects.mark_differences(whole.text, broken.text)
        for column, label, text in (
            (left, _("With positions"), before),
            (right, _("Without positions"), after),
        ):
            with column:
                st.caption(label)
                st.markdown(text or "–")
    effects.show_movement(compare_bare(asked.chosen, asked.text, ids))
    if not translates:
        return
    st.caption(_("How likely the words of its own translation still are, when its positions are taken away."))
    more = st.expander(_("More sentences"), key="more", bind="query-params")
    if more.open:
        with more:
            table(asked)


def table(asked: Asked) -> None:
    """The examples, translated with positions and without, and how likely the first still is without."""
    rows, same = [], 0
    for example in examples.of(asked.name):
        whole, broken = checkpoints.write(asked.chosen, example.text), write_bare(asked.chosen, example.text)
        found = compare_bare(asked.chosen, example.text, whole.ids)
        same += whole.text == broken.text
        sums = (minus(float(found.before.sum())), minus(float(found.after.sum())))
        rows.append((escape(whole.text), escape(broken.text), *sums))
    heads = (
        _("With positions"),
        _("Without positions"),
        _("Log-probability of the first, with"),
        _("and without"),
    )
    st.table(dict(zip(heads, zip(*rows, strict=True), strict=True)), hide_index=True)
    st.caption(
        _("Without positions {same} of {all} translations are still the same.").format(
            same=same, all=len(rows)
        )
    )
