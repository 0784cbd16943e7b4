"""The sentence that says what to notice now, chosen from the numbers, for any text and any model.

Before anything is cut it says what the held word looks at; after a cut, what that changed. Where it changed
nothing, the word is kept from looking at any other word: what happens then says why.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from model.text.words import split_words
from pages.common import checkpoints, edits, effects, examples
from pages.common.ask import Asked
from pages.common.edits import Span, Wish
from pages.common.examples import Example
from pages.common.language import _
from pages.common.request import Request
from pages.common.text import escape
from pages.parts.explore import reading
from pages.parts.explore.outcome import SEEN, Moved, rank
from pages.parts.explore.reading import Reading
from viz.columns import percent
from viz.labels import visible
from viz.linked import View
from viz.picture import picture

if TYPE_CHECKING:
    from model import Trace
    from model.trace import Kind

LONGEST = 3  # words of a change that are told; what is longer is counted


@dataclass(frozen=True)
class Answer:
    """text: the sentence, in Markdown. offered: an example in which such a cut changes what is written."""

    text: str
    offered: Example | None = None


def answer(asked: Asked, plain: Reading, seen: Reading, view: View) -> Answer:
    """What to notice now. Raises ValueError with a plain sentence."""
    found = find_answer(asked, plain, seen, view)
    return replace(found, text=found.text.replace(" %", "\u00a0%"))  # no number ends a line without its sign


def find_answer(asked: Asked, plain: Reading, seen: Reading, view: View) -> Answer:
    """The same, as it is written."""
    wishes = seen.request.wishes
    if not wishes:
        can = view.kind in asked.checkpoint.editable
        return Answer(say_look(seen.trace, view, writes=seen.written is not None, can=can))
    done = say_changes(seen.named, wishes)
    if plain.written and seen.written:
        if plain.written.ids != seen.written.ids:
            return Answer(f"{done} {say_rewritten(plain.written.text, seen.written.text)}")
        return say_same(asked, plain, seen, done)
    return Answer(f"{done} {say_moved(seen)}")


def say_look(trace: Trace, view: View, writes: bool, can: bool = True) -> str:
    """What the held words look at, and what can be tried.

    writes: whether a text was written. can: whether beams can be cut.
    """
    shown = picture(trace, view)
    if view.side != "query" or not shown.held:
        if not can:
            return _("Click a word to hold it: its beams show what it looks at in this head.")
        return _("Click a word to hold it: its beams show what it looks at, and the scissors cut them.")
    tokens = shown.queries
    query = " + ".join(f"“{visible(tokens[row])}”" for row in shown.held)
    place = int(shown.together.argmax())
    share = float(shown.together[place])
    if share < SEEN:
        return _("In this head {query} looks at none of these words.").format(query=escape(query))
    places = {
        "query": escape(query),
        "key": escape(f"“{visible(shown.keys[place])}”"),
        "share": f"{100 * share:.0f} %",
    }
    if view.kind == "cross" and writes:
        told = _("To write {query}, the decoder looks **{share} at {key}** here.")
    elif len(view.heads) > 1:
        told = _("In these heads {query} looks **{share} at {key}**.")
    else:
        told = _("In this head {query} looks **{share} at {key}**.")
    told = told.format(**places)
    if not can:
        return told
    if writes:
        asks = _("Does what the model writes need that? Cut the beam with its scissors and see.")
    else:
        asks = _("Does the model need that? Cut the beam with its scissors and see.")
    return f"{told} {asks}"


def say_changes(trace: Trace, wishes: tuple[Wish, ...]) -> str:
    """What is changed, as a sentence: “it” no longer looks at “street”."""
    cuts = [one for one in wishes if one.what == "cut"]
    scopes = {(one.layer, one.head) for one in cuts}
    whose = {(one.kind, one.query) for one in cuts}
    if len(cuts) < len(wishes) or len(scopes) != 1 or len(whose) != 1:
        return _("With {count} changes in the model:").format(count=len(wishes))
    (kind, query), (layer, head) = whose.pop(), scopes.pop()
    assert query is not None
    keys = [f"“{edits.spell(trace[kind].keys, one.key)}”" for one in cuts if one.key]
    named = ", ".join(map(escape, keys[:LONGEST])) + (" …" if len(keys) > LONGEST else "")
    looks = escape(edits.looking(trace, kind, query))
    if kind == "encoder" or trace.cross is None:
        if layer is None:
            told = _("{query} no longer looks at {keys}:")
        elif head is None:
            told = _("In layer {layer} {query} no longer looks at {keys}:")
        else:
            told = _("In layer {layer}, head {head}, {query} no longer looks at {keys}:")
    elif layer is None:
        told = _("The decoder no longer looks at {keys} {query}:")
    else:
        told = _("In some heads the decoder no longer looks at {keys} {query}:")
    return told.format(query=looks, keys=named, layer=(layer or 0) + 1, head=(head or 0) + 1)


def find_replaced(before: str, after: str) -> list[tuple[str, str]]:
    """What stands in the place of what, in words."""
    one, two = ([word.text for word in split_words(text)] for text in (before, after))
    matcher = difflib.SequenceMatcher(None, one, two, autojunk=False)
    return [
        (" ".join(one[a:b]), " ".join(two[c:d]))
        for tag, a, b, c, d in matcher.get_opcodes()
        if tag != "equal"
    ]


def say_rewritten(before: str, after: str) -> str:
    """How a text differs from the one before."""
    replaced = find_replaced(before, after)
    first = replaced[0] if replaced else ("", "")
    short = all(text and len(split_words(text)) <= LONGEST for pair in replaced for text in pair)
    if len(replaced) == 2 and short:
        second = replaced[1]
        return _("**{before} becomes {after}, and {before_2} becomes {after_2}.**").format(
            before=f"*{escape(first[0])}*",
            after=f"*{escape(first[1])}*",
            before_2=f"*{escape(second[0])}*",
            after_2=f"*{escape(second[1])}*",
        )
    if len(replaced) == 1 and short:
        return _("**{before} becomes {after}.**").format(
            before=f"*{escape(first[0])}*", after=f"*{escape(first[1])}*"
        )
    if not replaced:
        return _("**it is written in other pieces, and reads the same.**")
    if len(replaced) == 1:
        return _("**what is written changes in one place.**")
    return _("**what is written changes in {count} places.**").format(count=len(replaced))


def say_moved(seen: Reading) -> str:
    """What became of a text that is only read: of its probability, or of its vectors."""
    effect = effects.effect(seen.request)
    moved = rank(effect)
    most = moved[0] if moved else Moved("", 0.0, 0.0)
    if effect.unit == "logprob":
        if abs(most.change) < SEEN:
            return _("**no word's probability changes by half a percentage point.**")
        told = _("**{word} goes from {before} to {after}**, the largest change of any word's probability.")
    else:
        if abs(most.change) < SEEN:
            return _("**no word's vector moves by half a percent of its length.**")
        told = _("**the vector of {word} moves by {after} of its length**, more than any other.")
    return told.format(word=quote(most.word), before=percent(most.before), after=percent(most.after))


def say_same(asked: Asked, plain: Reading, seen: Reading, done: str) -> Answer:
    """Why nothing changed: what is written if the word may look at no other, and where such a cut matters."""
    assert plain.written
    moved = rank(effects.effect(seen.request))
    told = [done, _("**what is written stays the same.**")]
    blind = keep_from_all(plain.named, seen.request.wishes)
    offered = None
    if blind:
        query = escape(edits.looking(plain.named, blind[0].kind, blind[0].query or (0, 0)))
        alone = reading.read(seen.request.under(blind))
        assert alone.written
        if alone.written.ids == plain.written.ids:
            told.append(say_default(alone, moved, query))
            offered = find_where_it_matters(asked, plain.named, blind[0])
        else:
            told.append(
                _("Other words tell it too: if {query} can look at none of them, {change}").format(
                    query=query,
                    change=say_rewritten(plain.written.text, alone.written.text).replace("**", ""),
                )
            )
    elif moved and abs(moved[0].change) >= SEEN:
        told.append(
            _("What changes most is how likely {word} is: {before} → {after}.").format(
                word=f"*{escape(moved[0].word)}*",
                before=percent(moved[0].before),
                after=percent(moved[0].after),
            )
        )
    return Answer(" ".join(told), offered)


def say_default(blind: Reading, moved: list[Moved], query: str) -> str:
    """That the text is the same even where a word sees no other, told of the word that the cut moved most."""
    before = moved[0] if moved and abs(moved[0].change) >= SEEN else None
    alone = next(
        (one for one in rank(effects.effect(blind.request)) if before and one.word == before.word), None
    )
    if alone is None:
        return _(
            "So it does even if {query} can look at no other word: this is what the model writes by default, "
            "and no beam decides it here."
        ).format(query=query)
    return _(
        "Even if {query} can look at no other word, *{word}* is written ({before} → {after}): it is what the "
        "model writes by default, and no beam decides it here."
    ).format(query=query, word=escape(alone.word), before=percent(alone.before), after=percent(alone.after))


def keep_from_all(trace: Trace, wishes: tuple[Wish, ...]) -> tuple[Wish, ...]:
    """Cuts that leave the word that was cut from others none to look at; () where it is not one word.

    It may still look at itself, so that its row is not empty.
    """
    cuts = {(one.kind, one.query) for one in wishes if one.what == "cut"}
    if len(cuts) != 1 or any(one.what != "cut" for one in wishes):
        return ()
    kind, query = cuts.pop()
    if kind != "encoder" or query is None:
        return ()
    return blind(trace, kind, query)


def blind(trace: Trace, kind: Kind, query: Span) -> tuple[Wish, ...]:
    """A word of an encoder kept from looking at anything but itself, in every head."""
    others = ((0, query[0] - 1), (query[1] + 1, len(trace[kind].keys) - 1))
    return tuple(Wish("cut", kind, query, span) for span in others if span[0] <= span[1])


def find_where_it_matters(asked: Asked, trace: Trace, cut: Wish) -> Example | None:
    """An example in which the same word, cut from what it looks at most, changes what is written."""
    word = edits.spell(trace[cut.kind].queries, cut.query or (0, -1))
    head = asked.checkpoint.first_head
    if not head or head["kind"] != cut.kind:
        return None
    for example in sorted(examples.of(asked.name), key=lambda one: one.text != asked.beside):
        there = asked.request.of_text(example.text)
        if example.text != asked.text and decides(there, word, head["layer"], head["head"]):
            return example
    return None


@checkpoints.keep(32)
def decides(request: Request, word: str, layer: int, head: int) -> bool:
    """Whether an encoder's word, cut in every head from what it looks at most in this one, is missed."""
    try:
        before = reading.read(request)
        stack = before.trace["encoder"]
        spans = edits.spans(stack.queries, words=True)
        query = next((span for span in spans if edits.spell(stack.queries, span) == word), None)
        if query is None or before.written is None:
            return False
        row = stack[layer, head][query[0] : query[1] + 1].sum(axis=0)
        key = max(spans, key=lambda span: float(row[span[0] : span[1] + 1].sum()))
        after = reading.read(request.under((Wish("cut", "encoder", query, key),)))
    except ValueError:  # an example that this model cannot read
        return False
    return after.written is not None and after.written.text != before.written.text


def quote(word: str) -> str:
    return escape(f"“{word}”")
