"""The picture: what is read, the vector or the alignment, what is written, and how well over the length."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model import Trace
from pages.common import boards, checkpoints, look, stage
from pages.common.language import _
from pages.parts.seq2seq import asking, telling
from pages.parts.seq2seq.asking import Asked
from viz.board import Panel, numbered_axis, panel
from viz.curves import curves
from viz.labels import visible
from viz.letters import Line, lines

LENGTHS = tuple(range(asking.SHORTEST, asking.LONGEST + 1, 5))
STRINGS = 32  # of each length, on which the curves are measured


@dataclass(frozen=True, eq=False)
class Written:
    """What one network made of the string. weights: (written, read) of the head that is shown, or None.

    vector: the encoder's last state, and of an LSTM its cell state (1 or 2, hidden), where the decoder has
    nothing else; else None.
    context: (written, width), what each step fetched; None without attention.
    """

    name: str
    letters: tuple[str, ...]
    right: tuple[bool, ...]
    trace: Trace
    weights: NDArray[np.float32] | None
    vector: NDArray[np.float32] | None
    context: NDArray[np.float32] | None


def show(asked: Asked) -> None:
    """Everything that belongs to one string."""
    found = [write(asked, name) for name in asked.names]
    shares = measure_all()
    with stage.picture():
        st.html(lines(written_lines(asked, found), dark=look.dark()))
        left, right = st.columns([5, 4], gap="large")
        with left:
            boards.show(panels(asked, found), "seq2seq", together=True)
        with right:
            st.plotly_chart(
                draw_shares(asked, shares),
                theme=None,
                key="by length",
                config={"displayModeBar": False},
            )
    stage.answer(telling.sentence(asked, found, shares))
    contexts = [one for one in found if one.context is not None]
    if contexts:
        with stage.more(_("What each step fetched: its context vector"), "contexts") as folded:
            if folded.open:
                boards.show(context_panels(asked, contexts), "context vectors", together=True)


def draw_shares(asked: Asked, shares: dict[str, list[float]]) -> Any:
    """How well each network does over the length, from none to all, on a type that a projector shows."""
    figure = curves(
        LENGTHS,
        {asking.network_names()[name]: share for name, share in shares.items()},
        across=_("letters"),
        up=_("strings written right"),
        mark=len(asked.letters),
        dark=look.dark(),
        height=320,
    )
    figure.update_xaxes(title_font_size=18)
    figure.update_yaxes(range=[-0.04, 1.04], title_font_size=18)
    return figure


def write(asked: Asked, name: str) -> Written:
    """What a network writes for the string, and what it looked at."""
    m = checkpoints.load(name)
    trace = checkpoints.trace(asked.request(name), record=("weights", "output"))
    letters = tuple((trace.output_text or "").lower().split())
    wanted = tuple(reversed(asked.letters))
    right = tuple(one == other for one, other in zip(letters, wanted, strict=False))
    weights = context = vector = None
    if trace.cross is not None:
        place = (0, (m.first_head or {}).get("head", 0))
        rows = min(len(letters), trace.cross.weights.shape[2])
        weights = trace.cross.weights[place][:rows]
        context = None if trace.cross.output is None else trace.cross.output[place][:rows]
    else:
        vector = last_state(asked.request(name))
    return Written(name, letters, right, trace, weights, vector, context)


@checkpoints.keep(32, st.cache_data)
def last_state(request: Any) -> NDArray[np.float32]:
    """All that a decoder without attention is given of the text: the encoder's last state, and of an LSTM
    its cell state as well (1 or 2, hidden).
    """
    from model.analysis.recurrence import hand_over

    return hand_over(checkpoints.load(request), request.text)


def measure_all() -> dict[str, list[float]]:
    """For each network that is here, the share of strings of each of LENGTHS that it writes right."""
    there = checkpoints.find_shipped()
    return {name: measure(name) for name in asking.COMPARED if name in there}


@checkpoints.keep(16, st.cache_data)
def measure(name: str) -> list[float]:
    from model.experiments.by_length import share_exact
    from model.tasks.strings import strings

    m = checkpoints.load(name)
    found = []
    for length in LENGTHS:
        texts = strings(STRINGS, length, length, length)
        found.append(share_exact(m, [(text, " ".join(reversed(text.split()))) for text in texts]))
    return found


def written_lines(asked: Asked, found: list[Written]) -> list[Line]:
    """What is read, and what each network wrote: wrong letters are marked, and those too many are counted."""
    wanted = tuple(reversed(asked.letters))
    told = [_("should be {letter}").format(letter=letter) for letter in wanted]
    shown = [Line(_("Read"), asked.letters)]
    for one in found:
        letters = one.letters[: len(wanted)]
        missing, over = len(wanted) - len(letters), len(one.letters) - len(letters)
        more = _("{count} missing").format(count=missing) if missing else ""
        more = _("and {count} too many").format(count=over) if over else more
        name = _("Written") if len(found) == 1 else asking.names()[choice_of(one.name)]
        wrong = [not right for right in one.right]
        shown.append(Line(name, letters, wrong, told, more, f"{sum(one.right)} / {len(wanted)}"))
    return shown


def choice_of(name: str) -> str:
    """The choice that shows a checkpoint alone."""
    return next(choice for choice, names in asking.SHOWN.items() if names == (name,))


def panels(asked: Asked, found: list[Written]) -> list[Panel]:
    """The one vector, or who looks at whom."""
    made = []
    for one in found:
        if one.vector is not None:
            said = _("All that the decoder is given: {count} numbers").format(count=one.vector.size)
            for name, title, row in zip("hc", (said, _("the cell state")), one.vector, strict=False):
                made.append(
                    panel(
                        f"{name} {one.name}",
                        title,
                        row,
                        letters_axis(name, (name,)),
                        numbered_axis("units", len(row), _("units →")),
                        scale="signed",
                        end=max(1.0, float(np.abs(row).max())),
                    )
                )
        elif one.weights is not None:
            made.append(alignment_panel(asked, one, len(found) > 1))
    return made


def alignment_panel(asked: Asked, one: Written, named: bool) -> Panel:
    assert one.weights is not None
    assert one.trace.cross is not None
    title = asking.names()[choice_of(one.name)] if named else _("Which state each step looks at")
    return panel(
        f"weights {one.name}",
        title,
        one.weights,
        letters_axis(f"written {one.name}", one.letters[: len(one.weights)], _("written ↓")),
        letters_axis("read", tuple(map(visible, one.trace.cross.key_tokens)), _("read →")),
        end=1.0,
    )


def context_panels(asked: Asked, found: list[Written]) -> list[Panel]:
    """Weights times states = context, for each network."""
    made = []
    for one in found:
        assert one.context is not None
        made.append(alignment_panel(asked, one, len(found) > 1))
        made.append(
            panel(
                f"context {one.name}",
                _("context vectors"),
                one.context,
                letters_axis(f"written {one.name}", one.letters[: len(one.context)]),
                numbered_axis(f"width {one.name}", one.context.shape[1], _("width →")),
                scale="signed",
                before="→",
            )
        )
    return made


def letters_axis(name: str, letters: tuple[str, ...], said: str = "") -> Any:
    from viz.board import Axis

    return Axis(name, letters, said)
