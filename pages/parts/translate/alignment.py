"""Which words of the translation stand for which of the sentence, to look at and to take away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

import streamlit as st

from pages.common import checkpoints, links
from pages.common.ask import Asked
from pages.common.heads import number_from_one
from pages.common.language import _
from pages.common.request import Chosen, Request
from pages.common.text import refuse

if TYPE_CHECKING:
    from model.analysis.alignment import Aligner, Links, MeasuredAligner, Method
    from model.decodings import Writing

LAYER, HEADS, METHOD = "align_layer", "align_heads", "align_method"
FILE = "alignment.txt"


def panel(asked: Asked, changed: Request, written: Writing) -> None:
    """The choice of an aligner, its links beside the diagonal's, and their line in Pharaoh's format.

    changed: what is asked, under the changes. written: what is shown for it.
    """
    from model.analysis.alignment import ended, link_diagonal
    from model.text.words import split_words

    with refuse(go_on=True):
        aligner, measured = choose(asked)
        ids = ended(asked.checkpoint, written.ids)
        trace = checkpoints.trace_with(changed, ids)
        source, target = split_words(trace.source), split_words(trace.output_text or "")
        found, diagonal = aligner.align(trace, source, target), link_diagonal(len(source), len(target))
        tell(aligner, None if changed.wishes else measured, found, diagonal)
        table([word.text for word in source], [word.text for word in target], found, diagonal)
        take_away(found)


def choose(asked: Asked) -> tuple[Aligner, MeasuredAligner | None]:
    """The controls, and what was measured of what they say; first the choice of the checkpoint's card.

    Of any other checkpoint first the mean of all heads in the middle. No head that is chosen stands for all.
    """
    from model.analysis.alignment import Aligner, count_heads, find_layers, middle

    m = asked.checkpoint
    layers = find_layers(m)  # refused where there are none
    measured = measure(asked.chosen)
    usual = measured.aligner if measured else middle(m)
    with st.container(horizontal=True, gap="medium"):
        numbers = {str(layer + 1): str(layer + 1) for layer in layers}
        layer = int(links.choice(_("Layer"), numbers, LAYER, str(usual.layer + 1))) - 1
        count = count_heads(m, layer)
        own = sorted(usual.heads) if layer == usual.layer and len(usual.heads) < count else []
        chosen = links.several(
            _("Heads, of which the mean is taken"),
            number_from_one(count),
            HEADS,
            [str(head + 1) for head in own],
            placeholder=_("all"),
            width=220,
        )
        steps = {"shift": _("that has read the word"), "naive": _("that writes the word")}
        method = cast("Method", links.choice(_("The step"), steps, METHOD, usual.method))
    heads = tuple(sorted(int(head) - 1 for head in chosen)) or tuple(range(count))
    aligner = Aligner(layer, heads, method)
    return aligner, measured if measured and measured.aligner == aligner else None


@checkpoints.keep(8)
def measure(which: Chosen) -> MeasuredAligner | None:
    """The aligner of a checkpoint's card and how good it is, where its task has pairs to tell it by."""
    from model.alignment import find_measured

    return find_measured(checkpoints.load(which))


def tell(aligner: Aligner, measured: MeasuredAligner | None, found: Links, diagonal: Links) -> None:
    """How links are found, how many of these the diagonal has, and how good they are where it is known."""
    told = {
        "shift": _(
            "Each word is linked to the one that cross-attention looks at most in the step after, which has "
            "just read it (SHIFT-ATT, Chen et al. 2020)."
        ),
        "naive": _(
            "Each word is linked to the one that cross-attention looks at most in the step that writes it "
            "(NAIVE-ATT, Chen et al. 2020)."
        ),
    }[aligner.method]
    shared = _(
        "The diagonal, which knows only how long both texts are, has {shared} of these {count} links."
    ).format(shared=len(found & diagonal), count=len(found))
    if measured is None:
        rate = _(
            "It has not been measured how good the links of this layer, these heads and this step are in "
            "this model."
        )
    else:
        rate = _(
            "On {pairs} everyday English-French pairs aligned by hand the alignment error rate of this "
            "layer, these heads and this step is {rate}, that of the diagonal {diagonal}; they were "
            "chosen on other pairs."
        ).format(
            pairs=measured.pairs,
            rate=f"{measured.rates.error:.3f}",
            diagonal=f"{measured.diagonal.error:.3f}",
        )
    st.caption(f"{told} {shared} {rate}")


def table(source: Sequence[str], target: Sequence[str], found: Links, diagonal: Links) -> None:
    """A row for each word of the sentence, with the words that it is linked to; each with its number."""

    def linked(place: int, those: Iterable[tuple[int, int]]) -> str:
        return ", ".join(numbered(j, target[j]) for i, j in sorted(those) if i == place) or "–"

    columns = {
        _("Word"): [numbered(place, word) for place, word in enumerate(source)],
        _("In the translation"): [linked(place, found) for place in range(len(source))],
        _("By the diagonal"): [linked(place, diagonal) for place in range(len(source))],
    }
    st.dataframe(columns, hide_index=True, width="stretch", height="content" if len(source) < 20 else 420)


def numbered(place: int, word: str) -> str:
    """A word with its number in the line, from 0."""
    return f"{place} {word}"


def take_away(found: Links) -> None:
    """The line of links, to copy and to save."""
    from model.analysis.alignment import write_pharaoh

    line = write_pharaoh(found)
    st.code(line, language=None, wrap_lines=True)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            _("Save as {name}").format(name=FILE),
            f"{line}\n",
            FILE,
            "text/plain",
            key="save alignment",
            on_click="ignore",
            icon=":material/download:",
        )
        st.caption(
            _("Pharaoh's format: the number of a word, a hyphen, the number of its translation, from 0."),
            width="content",
        )
