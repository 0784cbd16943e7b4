"""What a step of a recurrent network does, in a sentence that is chosen from its numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pages.common.language import _
from pages.common.text import escape
from viz.columns import percent
from viz.labels import visible

if TYPE_CHECKING:
    from model.trace import Kind
    from pages.parts.unrolled.steps import Shown

LITTLE = 0.05  # of a probability that moves


def quote(shown: Shown, kind: Kind, place: int) -> str:
    """A token as it stands in a sentence."""
    return f"“{escape(visible(shown.record.side(kind).texts[place]))}”"


def tell(shown: Shown) -> str:
    """What happens at the step, in Markdown."""
    record, place = shown.record, shown.place
    if shown.kind == "decoder":
        return tell_writing(shown)
    if record.writing is not None:
        return tell_reading(shown)
    if record.probabilities is None:
        said = _("{word} and the state before make the next state, of {units} numbers.")
        return said.format(word=quote(shown, "encoder", place), units=record.runs[0].units)
    return tell_once(shown) if record.answers_once else tell_tag(shown)


def tell_once(shown: Shown) -> str:
    """How a word moves the answer that would be given if the text ended behind it."""
    found, place = shown.record.probabilities, shown.place
    assert found is not None
    labels, word = shown.record.labels, quote(shown, "encoder", place)
    now = int(found[place].argmax())
    values = {"word": word, "answer": escape(labels[now]), "share": percent(float(found[place, now]))}
    if place == 0:
        return _("After {word} alone the answer would be {answer} ({share}).").format(**values)
    before = int(found[place - 1].argmax())
    values |= {
        "before": escape(labels[before]),
        "had": percent(float(found[place - 1, before])),
        "was": percent(float(found[place - 1, now])),
    }
    moved = abs(float(found[place, now] - found[place - 1, now]))
    ends = place == len(found) - 1
    if before != now:
        said = _("{word} turns the answer: before it {before} ({had}), after it {answer} ({share}).")
    elif moved < LITTLE:
        said = _("{word} changes little: the answer stays {answer} ({share}).")
    else:
        said = _("{word} moves {answer} from {was} to {share}.")
    also = _("This is the answer to the whole text.") if ends else ""
    return f"{said.format(**values)} {also}".strip()


def tell_tag(shown: Shown) -> str:
    """The tag of a word, and what it was made from."""
    record, place = shown.record, shown.place
    found = record.probabilities
    assert found is not None
    runs = shown.drawn.runs("encoder")
    word = quote(shown, "encoder", place)
    if len(runs) > 1 and not all(shown.drawn.state(run, place) != "later" for run in runs):
        other = quote(shown, "encoder", runs[0].steps - 1 - place)
        said = _(
            "Forwards it has come to {word}, backwards to {other}: a word gets its tag from both states."
        )
        return said.format(word=word, other=other)
    if record.tokens.special[place]:
        return _("{word} ends the text: no tag is asked for here.").format(word=word)
    best = int(found[place].argmax())
    if len(runs) > 1:
        said = _("{word} is tagged {tag} ({share}), from what stands before it and what stands behind it.")
    elif place == 0:
        said = _("{word} is tagged {tag} ({share}); nothing has been read before it.")
    else:
        said = _(
            "{word} is tagged {tag} ({share}), from itself and the state that the {count} tokens before it "
            "have left."
        )
    return said.format(
        word=word, tag=escape(record.labels[best]), share=percent(float(found[place, best])), count=place
    )


def tell_reading(shown: Shown) -> str:
    """A step of an encoder, whose state the decoder starts from."""
    last = len(shown.record.tokens) - 1
    runs = shown.drawn.runs("encoder")
    numbers = sum(run.units * (1 if run.c is None else 2) for run in runs)
    said = _("{word} goes into a state of {units} numbers; nothing is written before the text is read.")
    if shown.place == last and shown.record.attends:
        said = _(
            "{word} is the last token: the decoder starts from what is left in {units} numbers, and looks at "
            "the states of all tokens besides."
        )
    elif shown.place == last:
        said = _("{word} is the last token: all that the decoder has of the text is left in {units} numbers.")
    return said.format(word=quote(shown, "encoder", shown.place), units=numbers)


def tell_writing(shown: Shown) -> str:
    """A step of a decoder: what it reads, and what it writes."""
    writing, place = shown.record.writing, shown.place
    assert writing is not None
    chosen = writing.steps[place].chosen
    said = _("It reads {word}, what was written last, and writes “{text}” ({share}).")
    if place == 0:
        said = _("It reads {word}, where every text begins, and writes “{text}” ({share}).")
    return said.format(
        word=quote(shown, "decoder", place),
        text=escape(visible(chosen.text)),
        share=percent(float(np.exp(chosen.logprob))),
    )


def tell_size(shown: Shown) -> str:
    """How large the matrices are, whatever the length of the text."""
    runs = shown.drawn.runs(shown.kind)
    run = runs[0]
    said = _(
        "U ({rows} × {inputs}) and W ({rows} × {units}) are the same at every step: with their biases "
        "{count} numbers, however long the text is."
    )
    if len(runs) > 1:
        said = _(
            "U ({rows} × {inputs}) and W ({rows} × {units}) are the same at every step, and so are U′ and W′ "
            "of the way back: with their biases {count} numbers, however long the text is."
        )
    said += " " + _("Drawn are the first numbers of each matrix and of each vector.")
    return said.format(
        rows=len(run.W),
        inputs=run.x.shape[1],
        units=run.units,
        count=f"{sum(one.parameters for one in runs):,}",
    )
