"""The merges of byte-pair encoding, played one by one on the person's text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import streamlit as st

import viz
from pages.common import figures, idea, links, look, stage
from pages.common.language import _
from pages.common.text import escape, refuse
from pages.parts.tokens import passage
from viz.pieces import Box, boxes

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.text.subwords import Film, Learned

STEP, PLAYING, TICKED = "merge", "merges playing", "merges ticked"
EVERYTHING = 20_000  # merges that are learned at most
PACE = 0.8  # seconds a merge


def part(text: str, name: str, row: DeltaGenerator) -> None:
    """The player: a step, the text at this step, and how the number of pieces falls."""
    text = text[: passage.READ]  # also of what is learned from: a long word takes a merge for each sign
    picture, under = st.container(), st.container()
    with under:
        learned_from = passage.source(text)
        passage.tell_size(text)
    with picture, refuse():
        tokenizer, film, counts = _film(learned_from, text)
    with picture:
        if not film.text:
            st.info(_("The text is empty; write a sentence."))
        elif not film.merges:
            st.info(_("No merge that was learned changes this text: no pair of its characters was met."))
        else:
            playing = bool(st.session_state.get(PLAYING))
            st.fragment(_player, run_every=PACE if playing else None)(film, counts, len(tokenizer.merges))
    st.divider()
    noticed, formula = st.columns(2, gap="large")
    with noticed:
        idea.notice(
            _("It begins with characters. The pair that is most frequent becomes one piece, then the next."),
            _("Nobody tells it about prefixes or endings: “un” and “able” are frequent, and that is enough."),
            _("To cut a new text, the same merges are made in the same order."),
            _("No pair reaches across a space; the space belongs to the word before it."),
        )
    with formula:
        idea.formula(
            r"(a, b) = \operatorname*{arg\,max}_{(x, y)} \mathrm{count}(xy), \; V \leftarrow V \cup \{ab\}",
            {
                "(a, b)": _("the pair that is merged in this step"),
                r"\mathrm{count}": _("how often two pieces stand side by side in what is learned from"),
                "V": _("the vocabulary; it grows by one piece a merge"),
            },
            _("Sennrich et al. 2016, algorithm 1"),
        )


@st.cache_resource(max_entries=16, show_spinner=False)
def _film(learned_from: str, text: str) -> tuple[Learned, Film, tuple[int, ...]]:
    from model.text.subwords import film
    from model.text.subwords.merges import counts

    tokenizer = passage.learn_tokenizer(learned_from, "bpe", EVERYTHING, False)
    return tokenizer, film(tokenizer, text), counts(tokenizer, learned_from)


def _player(film: Film, counts: tuple[int, ...], learned: int) -> None:
    step = _step(len(film.merges))
    with stage.picture():
        _controls(step, len(film.merges))
        _draw(film, step)
    stage.answer(_tell_step(film, step))
    _tell_rank(film, step, counts, learned)
    at = [film.start, *(film.start + merge.rank for merge in film.merges)]
    numbers, curve = st.columns([1, 3], gap="large", vertical_alignment="center")
    with numbers:
        st.metric(_("Pieces of this text"), f"{film.pieces[step]:,}")
        st.metric(_("Pieces in the vocabulary"), f"{at[step]:,}")
    with curve:
        figure = viz.shrinking(
            at,
            film.pieces,
            step,
            dark=look.dark(),
            across=_("pieces in the vocabulary"),
            down=_("pieces of the text"),
        )
        figures.growing(figure, "shrinking")
    if st.session_state.get(PLAYING) and step == len(film.merges):
        st.session_state[PLAYING] = False
        st.rerun()


def _controls(step: int, last: int) -> None:
    """Back, next, play, and all steps as a slider."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button(
            _("Back"),
            key="merge back",
            icon=":material/chevron_left:",
            on_click=_go,
            args=[step - 1],
            disabled=step == 0,
        )
        st.button(
            _("Next"),
            key="merge on",
            icon=":material/chevron_right:",
            on_click=_go,
            args=[step + 1],
            disabled=step == last,
            type="primary",
        )
        playing = bool(st.session_state.get(PLAYING))
        if st.button(
            _("Pause") if playing else _("Play"),
            key="merge play",
            icon=":material/pause:" if playing else ":material/play_arrow:",
            on_click=_play,
            args=[step == last],
        ):
            st.rerun()
        st.session_state[STEP] = step
        st.slider(
            _("Merges that change this text"),
            0,
            last,
            key=STEP,
            on_change=lambda: _go(st.session_state[STEP]),
        )


def _draw(film: Film, step: int) -> None:
    """The text in the pieces of a step, those made now filled."""
    words, fresh = film.at(step), film.fresh(step)
    shown = [
        Box(
            text=piece[:-1] if _ends(piece) else piece,
            after="␣" if _ends(piece) else "",
            joined=i > 0,
            fresh=is_fresh,
        )
        for word, flags in zip(words, fresh, strict=True)
        for i, (piece, is_fresh) in enumerate(zip(word, flags, strict=True))
    ]
    # A piece made now is never left out because it stands far back.
    first = next((i for i, box in enumerate(shown) if box.fresh), 0)
    begin = max(first - 20, 0) if first >= passage.DRAWN else 0
    drawn = shown[begin : begin + passage.DRAWN]
    left_out = len(shown) - len(drawn)
    st.html(
        boxes(
            drawn,
            dark=look.dark(),
            label=_("The text in pieces"),
            more=_("and {count} more").format(count=f"{left_out:,}") if left_out else "",
        )
    )


def _ends(piece: str) -> bool:
    return len(piece) > 1 and piece.endswith(" ")


def _step(last: int) -> int:
    """The step of the link, or the next one where the film plays and it is time."""
    asked = st.query_params.get(STEP, "")
    step = min(int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0, last)
    if st.session_state.get(PLAYING) and time.monotonic() - st.session_state.get(TICKED, 0) > 0.8 * PACE:
        st.session_state[TICKED] = time.monotonic()
        step = min(step + 1, last)
    links.put(STEP, str(step), "0")
    return step


def _go(step: int) -> None:
    links.put(STEP, str(step), "0")
    st.session_state[TICKED] = time.monotonic()


def _play(ended: bool) -> None:
    st.session_state[PLAYING] = not st.session_state.get(PLAYING)
    st.session_state[TICKED] = time.monotonic()
    if ended and st.session_state[PLAYING]:
        _go(0)


def _tell_step(film: Film, step: int) -> str:
    """What this step does, in Markdown."""
    if not step:
        return _("Before the first merge, every character is a piece: {count} of them.").format(
            count=f"{film.pieces[0]:,}"
        )
    merge = film.merges[step - 1]
    left, right = (escape(_visible(part)) for part in (merge.left, merge.right))
    return _("**{left} + {right} → {both}**: {before} pieces become {after}.").format(
        left=left,
        right=right,
        both=escape(_visible(merge.left + merge.right)),
        before=f"{film.pieces[step - 1]:,}",
        after=f"{film.pieces[step]:,}",
    )


def _tell_rank(film: Film, step: int, counts: tuple[int, ...], learned: int) -> None:
    """Which of the merges this is, and how often its pair was met."""
    if not step:
        st.caption(
            _("{all} merges were learned; {count} of them change this text.").format(
                all=f"{learned:,}", count=f"{len(film.merges):,}"
            )
        )
        return
    merge = film.merges[step - 1]
    st.caption(
        _(
            "Merge {rank} of {all}. The pair stood here {here} ×, and {there} × in what was learned from "
            "when it was chosen."
        ).format(
            rank=f"{merge.rank:,}", all=f"{learned:,}", here=merge.count, there=f"{counts[merge.rank - 1]:,}"
        )
    )


def _visible(piece: str) -> str:
    return piece.replace(" ", "␣")
