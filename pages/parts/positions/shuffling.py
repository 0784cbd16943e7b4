"""Experiments with a model whose positions are taken away: its words shuffled, and its translation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from pages.common import boards, checkpoints, effects, examples, links, stage, writings
from pages.common.ask import Asked
from pages.common.language import _
from pages.common.request import Chosen, Request
from pages.common.text import escape
from viz.board import Axis, panel
from viz.columns import minus
from viz.labels import visible

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.analysis.ablation import Effect
    from model.capture.checkpoint import Checkpoint
    from model.decodings import Writing
    from model.experiments.order_invariance import Shuffle

SEED = "shuffle"
MOST = 32  # tokens that are shuffled


def bare(which: Chosen) -> Checkpoint:
    """The checkpoint without its positions. Raises ValueError with a plain sentence."""
    return _bare(which.name).translating(*which[1:])


@checkpoints.keep(2)
def _bare(name: str) -> Checkpoint:
    from model.experiments.order_invariance import without_positions

    return without_positions(checkpoints.load(name))


@checkpoints.keep(16)
def shuffle_words(request: Request, seed: int, positions: bool) -> Shuffle:
    from model.experiments.order_invariance import shuffle

    m = checkpoints.load(request) if positions else bare(request.chosen)
    return shuffle(m, request.text, seed, MOST)


def show(asked: Asked, row: DeltaGenerator) -> None:
    """The shuffle, with positions and without; its button stands in the row.

    Raises ValueError with a plain sentence.
    """
    asked_for = st.query_params.get(SEED, "")
    seed = int(asked_for) if asked_for.isascii() and asked_for.isdigit() and len(asked_for) < 6 else 0
    with row:
        st.button(
            _("Shuffle again"),
            key="shuffle again",
            icon=":material/shuffle:",
            on_click=links.put,
            args=[SEED, str(seed + 1)],
        )
    told = shuffle_words(asked.request, seed, True)
    silent = shuffle_words(asked.request, seed, False)
    rows = boards.side("tokens", told.tokens, _("the sentence"))
    columns = Axis("shuffled", tuple(visible(told.tokens.texts[i]) for i in told.order), _("shuffled"))
    with stage.picture():
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
    if silent.largest < 1e-3 * max(told.largest, 1e-9):
        said = _(
            "Without positions the order makes no difference: the vectors are the same, in another order "
            "(they "
            "differ by {without} at most; with positions by {with_positions})."
        )
    else:
        said = _(
            "Even without positions the order makes a difference here: up to {without}; with positions "
            "{with_positions}."
        )
    stage.answer(said.format(without=plain(silent.largest), with_positions=plain(told.largest)))
    words = [visible(told.tokens.texts[i]) for i in told.order if not told.tokens.special[i]]
    st.markdown(_("Shuffled: {words}").format(words=escape(" ".join(words))))
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
def write_bare(request: Request) -> Writing:
    """What the model writes without its positions."""
    from model.decode.decoding import write

    return write(bare(request.chosen), request.text)


@checkpoints.keep(16)
def compare_bare(request: Request) -> Effect:
    """How likely each word still is without positions, or how far each vector moved."""
    from model.analysis.ablation import compare, read

    passage = effects.passage(request)
    return compare(passage, read(checkpoints.load(request), passage), read(bare(request.chosen), passage))


def fall(asked: Asked) -> None:
    """A translation with positions and without. Raises ValueError with a plain sentence."""
    translates = asked.checkpoint.architecture == "encoder-decoder"
    picture = stage.picture()
    if translates:
        whole, broken = checkpoints.write(asked.request), write_bare(asked.request)
        before, after = effects.mark_differences(whole.text, broken.text)
        with picture:
            left, right = st.columns(2, gap="large")
            for column, label, text, writing in (
                (left, _("With positions"), before, whole),
                (right, _("Without positions"), after, broken),
            ):
                with column:
                    st.caption(label)
                    st.markdown(text or "–")
                    writings.tell_stopped(writing)
    found = compare_bare(asked.request)
    with picture:
        effects.show_movement(found)
    if not translates:
        stage.answer(tell_effect(found))
        return
    values = {
        "before": minus(float(found.before.sum())),
        "after": minus(float(found.after.sum())),
    }
    if whole.text == broken.text:
        said = _(
            "Without positions the translation stays as it was; its log-probability goes from {before} to "
            "{after}."
        )
    else:
        said = _(
            "Without positions another translation is written, and the log-probability of the first one "
            "goes from {before} to {after}."
        )
    stage.answer(said.format(**values))
    st.caption(_("How likely the words of its own translation still are, when its positions are taken away."))
    more = stage.more(_("More sentences"), key="more")
    if more.open:
        with more:
            table(asked)


def tell_effect(found: Effect) -> str:
    """What becomes of a text that is read and not translated, in Markdown."""
    if found.unit == "logprob":
        return _("Without positions the log-probability of this text goes from {before} to {after}.").format(
            before=minus(float(np.nansum(found.before))), after=minus(float(np.nansum(found.after)))
        )
    most = int(np.nanargmax(found.after))
    return _(
        "Without positions the vectors of the tokens move, by {share} of their length on average, that of "
        "“{token}” most."
    ).format(share=percent_moved(found), token=escape(visible(found.tokens.texts[most])))


def percent_moved(found: Effect) -> str:
    """How far vectors move on average; it can be farther than they are long."""
    return f"{100 * float(np.nanmean(found.after)):.0f} %"


def table(asked: Asked) -> None:
    """The examples, translated with positions and without, and how likely the first still is without."""
    rows, same = [], 0
    for example in examples.of(asked.name):
        request = asked.request.of_text(example.text)
        whole, broken, found = checkpoints.write(request), write_bare(request), compare_bare(request)
        same += whole.text == broken.text
        sums = (minus(float(found.before.sum())), minus(float(found.after.sum())))
        rows.append((escape(whole.text), escape(broken.text), *sums))
    heads = (
        _("With positions"),
        _("Without positions"),
        _("Log-probability of the first, with positions"),
        _("and without positions"),
    )
    st.table(dict(zip(heads, zip(*rows, strict=True), strict=True)), hide_index=True)
    st.caption(
        _("Without positions {same} of {all} translations are still the same.").format(
            same=same, all=len(rows)
        )
    )
