"""Explore says what its numbers say, for any sentence and model; a cut is seen beside the picture."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import model
from model import Cut, Trace, load
from model.decode.decoding import write
from pages.common import checkpoints, cutting, edits, effects, examples, opening, views
from pages.common.ask import Asked
from pages.common.edits import Wish
from pages.common.request import Chosen, Request
from pages.parts.explore import outcome, reading
from pages.parts.explore.answer import answer, blind, find_replaced, say_rewritten
from tests.pages.running import run
from viz.linked import View
from viz.linked.cutting import Snip

SENTENCES = (
    *(example.text for example in examples.EXAMPLES),
    "The cat chased the mouse because it was hungry.",
    "The dog didn't enter the house because it was too old.",
    "The boy put the ball into the box because it was small.",
    "The teacher explained that the table was broken.",
    "I read the book and it was very good.",
    "She likes tea more than coffee.",
    "Where is the station?",
    "He gave her the letter that he had written.",
    "It is raining.",
    "The woman saw the car before it stopped.",
    "My brother has a new bicycle and I have an old one.",
    "The chair is in the garden because it is wet.",
    "We don't know what to say.",
    "Yes.",
    "The king sold the horse because it was ill.",
    "They were late, so they took the train.",
)


def ask(text: str, name: str = "en-fr", wishes: tuple[Wish, ...] = ()) -> Request:
    return Request(Chosen(name), text, wishes=wishes)


@cache
def asked(text: str, name: str = "en-fr") -> Asked:
    return Asked(ask(text, name), checkpoints.load(name), None, examples.TIRED)  # type: ignore[arg-type]


def cut_strongest(text: str, name: str = "en-fr") -> tuple[reading.Reading, View, tuple[Wish, ...]]:
    """A sentence, its first view, and a cut of what the held word (or the first one) looks at most there."""
    plain = reading.read(ask(text, name))
    view = views.first(checkpoints.load(name), plain.trace)
    stack = plain.named[view.kind]
    spans = edits.spans(stack.queries, words=True)
    query = spans[view.held[0] if view.held else 0]
    layer, head = view.heads[0]
    row = stack[layer, head][query[0] : query[1] + 1].sum(axis=0)
    keys = edits.spans(stack.keys, words=True)
    key = max(keys, key=lambda span: float(row[span[0] : span[1] + 1].sum()))
    return plain, view, (Wish("cut", view.kind, query, key),)


@pytest.mark.parametrize("text", SENTENCES)
def test_the_answer_is_what_the_model_does(text: str) -> None:
    plain, view, wishes = cut_strongest(text)
    seen = reading.read(ask(text, "en-fr", wishes))
    said = answer(asked(text), plain, seen, view)
    # By itself, from the model alone.
    m = load("checkpoints/en-fr")
    changes = [
        Cut("encoder", q, k)
        for one in wishes
        for q in range(one.query[0], one.query[1] + 1)  # type: ignore[index]
        for k in range(one.key[0], one.key[1] + 1)  # type: ignore[index]
    ]
    before, after = write(m, text).text, write(m, text, edits=changes).text
    assert ("stays the same" in said.text) == (before == after)
    if before == after:
        query = wishes[0].query
        assert query is not None
        alone = write(m, text, edits=edits.grant(blind(plain.named, "encoder", query))).text
        assert ("no other word" in said.text) == (alone == before)
        assert ("Other words tell it too" in said.text) == (alone != before)
    else:
        replaced = find_replaced(before, after)
        assert said.text.count("becomes") in (0, len(replaced))
        for pair in replaced if "becomes" in said.text else ():
            assert "*{}* becomes *{}*".format(*pair) in said.text
        assert said.offered is None


@pytest.mark.parametrize("text", SENTENCES)
def test_the_first_answer_tells_the_row_that_is_held(text: str) -> None:
    plain, view, _ = cut_strongest(text)
    said = answer(asked(text), plain, plain, view).text
    if not view.held:
        assert "Click a word" in said
        return
    stack = plain.trace.by_words()["encoder"]
    (layer, head), (row,) = view.heads[0], view.held
    shares = np.where(stack.keys.special, 0, stack[layer, head][row])
    found = re.search(r"\*\*(\d+)\s% at “(.+?)”\*\*", said)
    if found is None:
        assert shares.max() < outcome.SEEN
        return
    assert float(found[1]) == pytest.approx(100 * shares.max(), abs=0.51)
    assert found[2].replace("\\", "") == stack.key_tokens[int(shares.argmax())]


def test_it_cut_from_street_turns_elle_into_il_and_back() -> None:
    plain, view, wishes = cut_strongest(examples.WIDE)
    seen = reading.read(ask(examples.WIDE, "en-fr", wishes))
    said = answer(asked(examples.WIDE), plain, seen, view).text
    assert said == "“it” no longer looks at “street”: ***elle* becomes *il*.**"
    shown = outcome.panel(plain, seen)
    assert shown is not None
    assert shown.after is not None
    assert [word for word, differs in shown.before if differs] == ["elle"]
    assert [word for word, differs in shown.after if differs] == ["il"]
    assert shown.moved[0][0] == "elle"


def test_where_nothing_changes_it_says_why_and_offers_where_it_matters() -> None:
    plain, view, wishes = cut_strongest(examples.TIRED)
    seen = reading.read(ask(examples.TIRED, "en-fr", wishes))
    said = answer(asked(examples.TIRED), plain, seen, view)
    assert "by default" in said.text
    assert said.offered is not None
    there, _view, cuts = cut_strongest(said.offered.text)
    assert there.written is not None
    again = reading.read(ask(said.offered.text, "en-fr", cuts)).written
    assert again is not None
    assert again.text != there.written.text


@pytest.mark.parametrize("name", ["pronouns-ko", "en-fr"])
def test_no_writing_is_called_a_translation(name: str) -> None:
    """A model that writes the same text with names does not translate."""
    said = [say_rewritten("a b c d e f g h i", after) for after in ("A B C D e f g h i", "A b C d E f G h I")]
    assert ["changes in one place" in said[0], "changes in 5 places" in said[1]] == [True, True]
    for example in examples.of(name):
        plain, view, wishes = cut_strongest(example.text, name)
        both = (plain, reading.read(ask(example.text, name, wishes)))
        said += [answer(asked(example.text, name), plain, seen, view).text for seen in both]
    assert any("Does what the model writes need that?" in one for one in said)
    assert not any("translat" in one for one in said)


@pytest.mark.parametrize("name", ["repeat"])
def test_a_model_that_only_reads_or_goes_on_is_told_of_by_its_numbers(name: str) -> None:
    text = examples.of(name)[0].text
    plain, view, wishes = cut_strongest(text, name)
    seen = reading.read(ask(text, name, wishes))
    said = answer(asked(text, name), plain, seen, view).text
    effect = effects.effect(seen.request)
    most = outcome.rank(effect)[0]
    assert ("no word" in said) == (abs(most.change) < outcome.SEEN)


def test_a_written_word_has_one_row_with_its_own_count() -> None:
    m = load("checkpoints/pronouns-ko")
    text = "아이유는 1993년에 태어났다. 그녀는 최근에 드라마에 출연했다"
    app = run("explore.py", "en", checkpoint="pronouns-ko", text=text, pieces="true")
    frame = app.dataframe[0].value
    assert list(frame["Word"]) == text.replace(".", " .").split()
    assert list(frame["Pieces"])[:2] == ["아이유 · 는", "1993년 · 에"]
    assert m.word_counts
    assert list(frame["Times in training"]) == [m.word_counts.get(word, 0) for word in frame["Word"]]
    assert any(caption.value == "8 words, 13 tokens" for caption in app.caption)


ENDLESS = "나는 cat을 좋아해요 ฉันชอบแมวมาก because 재미있다"


def test_a_text_that_was_stopped_at_the_limit_is_said_to_be() -> None:
    m = load("checkpoints/en-fr")
    count = len(write(m, ENDLESS).ids)
    told = f"The model was stopped at the limit of {count} tokens before it ended its text."
    plain, _view, wishes = cut_strongest(ENDLESS)
    whole = outcome.panel(plain, plain)
    assert whole
    assert whole.notes == (told, "")
    seen = reading.read(ask(ENDLESS, wishes=wishes))
    assert seen.written
    compared = outcome.panel(plain, seen)
    assert compared
    assert compared.notes == (told, told if seen.written.stopped else "")
    ended = reading.read(ask("Where is the station?"))
    card = outcome.panel(ended, ended)
    assert card
    assert card.notes == ("", "")


@pytest.mark.parametrize("page", ["translate.py", "positions.py"])
def test_other_pages_say_it_too(page: str) -> None:
    def stopped(app: AppTest) -> list[str]:
        return [one.value for one in app.caption if "was stopped at the limit of" in one.value]

    query = {"part": "without"} if page == "positions.py" else {}
    app = run(page, "en", checkpoint="en-fr", text=ENDLESS, **query)
    assert not app.exception
    assert stopped(app)
    assert page != "translate.py" or not stopped(run(page, "en", checkpoint="en-fr", text="I know."))


LONG = "ab" * 600
UNWRITTEN = "Nothing is written for this text, so only the encoder's attention is shown: The text has "


def test_what_a_long_text_lacks_is_said_with_the_reason() -> None:
    def told(app: AppTest) -> list[str]:
        captions = [one.value.replace("\\", "") for one in app.caption]
        return [one for one in captions if one.startswith(UNWRITTEN)]

    refused = run("translate.py", "en", checkpoint="en-fr", text=LONG).error[0].value.replace("\\", "")
    app = run("explore.py", "en", checkpoint="en-fr", text=LONG)
    assert not app.exception
    assert not app.error
    assert told(app) == [f"{UNWRITTEN}{refused.removeprefix('The text has ')}"]
    beside = run("explore.py", "en", checkpoint="en-fr", text="I know.", kind="cross", beside=LONG)
    assert not beside.exception
    assert len(told(beside)) == 1
    assert told(run("explore.py", "en", checkpoint="en-fr", text="I know.")) == []


def said(app: AppTest) -> str:
    assert not app.exception
    return " ".join(element.value for element in app.markdown)


def test_a_cut_in_the_link_is_answered_and_let_go_with_its_sentence() -> None:
    app = run("explore.py", "en", text=examples.WIDE, edits="cut-encoder-12-9")
    assert "*elle* becomes *il*" in said(app)
    app.text_input(key="text").set_value("The dog sleeps.").run()
    assert "edits" not in app.query_params
    assert "Cut the beam" in said(app) or "Click a word" in said(app)


def test_what_the_scissors_did_is_put_into_the_link(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, str] = {}
    monkeypatch.setattr(edits, "wish", lambda wishes: told.update(edits=",".join(map(str, wishes))))
    monkeypatch.setattr(cutting, "read_scope", lambda: "every")
    old = (Wish("silence", "encoder", layer=0, head=1), Wish("cut", "encoder", (8, 8), (1, 1)))
    cutting.apply_snip(Snip("encoder", ((8, 8), (9, 9)), (6, 7), ((1, 3),)), old)
    assert told["edits"] == "cut-encoder-9-2,silence-encoder@1.2,cut-encoder-9-7~8,cut-encoder-10-7~8"
    cutting.apply_snip(Snip(undo=(0,)), old)
    assert told["edits"] == "silence-encoder@1.2"
    monkeypatch.setattr(cutting, "read_scope", lambda: "head")
    cutting.apply_snip(Snip("encoder", ((8, 8),), (6, 6), ((1, 3),)), ())
    assert told["edits"] == "cut-encoder-9-7@2.4"


def test_the_record_that_the_page_opens_on_is_what_the_model_computes() -> None:
    path = Path("checkpoints") / checkpoints.DEFAULT / opening.FILE
    record = Trace.load(path)
    assert record.source == examples.start(examples.of(checkpoints.DEFAULT), examples.WIDE).text
    m = load(path.parent)
    now = model.trace(m, record.source, write(m, record.source).ids)
    assert (now.output_text, now.output_tokens) == (record.output_text, record.output_tokens)
    for kind in record.kinds:
        assert now[kind].queries == record[kind].queries
        np.testing.assert_allclose(now[kind].weights, record[kind].weights, atol=1e-4)
