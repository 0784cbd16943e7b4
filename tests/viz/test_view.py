"""A View survives a link and the browser's report, and bears any nonsense."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.trace import Trace
from tests.viz.traces import paired, pieces, pronouns
from viz.linked import View
from viz.linked.view import Segments, is_paired, texts

PRONOUNS = pronouns()
PIECES = pieces()
PAIRED = paired()


def views(trace: Trace) -> st.SearchStrategy[View]:
    """Any view that a trace can show."""

    def of_kind(kind: Any) -> st.SearchStrategy[View]:
        stack = trace[kind]
        heads = st.tuples(st.sampled_from(stack.layers), st.integers(0, stack.heads - 1))
        count = min(len(stack.queries.groups()), len(stack.keys.groups()))
        return st.builds(
            View,
            kind=st.just(kind),
            heads=st.lists(heads, min_size=1, max_size=5, unique=True).map(tuple),
            combine=st.sampled_from(["mean", "max"]),
            threshold=st.integers(0, 100).map(lambda percent: percent / 100),
            specials=st.booleans(),
            words=st.booleans(),
            held=st.sets(st.integers(0, count - 1), max_size=4).map(lambda held: tuple(sorted(held))),
            side=st.sampled_from(["query", "key"]),
            segments=st.sampled_from(get_args(Segments) if is_paired(stack) else ["all"]),
        )

    return st.sampled_from(trace.kinds).flatmap(of_kind)


@given(views(PRONOUNS))
def test_a_link_brings_the_same_view_back(view: View) -> None:
    assert View.from_query(view.to_query(PRONOUNS), PRONOUNS) == view


@given(views(PIECES))
def test_a_link_holds_a_word_by_its_first_piece(view: View) -> None:
    query = view.to_query(PIECES)
    assert View.from_query(query, PIECES) == view
    stack = PIECES[view.kind]
    tokens = stack.queries if view.side == "query" else stack.keys
    said = [int(number) - 1 for number in query.get("held", "").split(",") if number]
    assert said == [tokens.words.index(place) if view.words else place for place in view.held]


def test_any_piece_of_a_word_holds_it() -> None:
    for piece in ("6", "7", "8"):  # n ' t
        assert View.from_query({"held": piece}, PIECES).held == (4,)
    assert View.from_query({"held": "6,8,9"}, PIECES).held == (4, 5)
    assert View.from_query({"held": "6,8", "words": "0"}, PIECES).held == (5, 7)


@given(views(PAIRED))
def test_a_link_and_a_report_say_which_text_looks_at_which(view: View) -> None:
    assert View.from_query(view.to_query(PAIRED), PAIRED) == view
    assert View.from_json(view.to_json(), PAIRED) == view
    assert ("segments" in view.to_query(PAIRED)) == (view.segments != "all")
    assert view.fit_to(PRONOUNS).segments == "all"
    assert view.carry_over(texts(view, PAIRED), PAIRED) == view


@given(views(PIECES))
def test_a_report_brings_the_same_view_back(view: View) -> None:
    assert View.from_json(view.to_json(), PIECES) == view


def test_layers_heads_and_positions_count_from_one_in_a_link() -> None:
    view = View(heads=((1, 3), (0, 0)), held=(8,))
    assert view.to_query(PRONOUNS) == {"kind": "encoder", "heads": "2.4,1.1", "held": "9"}


def test_what_is_not_the_default_is_in_the_link() -> None:
    view = View("cross", ((0, 2),), "max", 0.05, True, False, (1, 2), "key")
    assert view.to_query(PRONOUNS) == {
        "kind": "cross",
        "heads": "1.3",
        "combine": "max",
        "threshold": "0.05",
        "specials": "1",
        "words": "0",
        "held": "2,3",
        "side": "key",
    }


FIELDS = st.sampled_from(list(View.__dataclass_fields__))


@given(
    st.dictionaries(FIELDS, st.text() | st.lists(st.text(max_size=9), max_size=3) | st.none() | st.integers())
)
def test_nonsense_in_a_link_never_raises(query: dict[str, Any]) -> None:
    view = View.from_query(query, PRONOUNS)
    assert view == view.fit_to(PRONOUNS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=3),
)


@given(JSON | st.dictionaries(FIELDS, JSON))
def test_nonsense_from_the_browser_never_raises(report: Any) -> None:
    view = View.from_json(report, PRONOUNS)
    assert view == view.fit_to(PRONOUNS)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, View()),
        ({"kind": "nothing", "heads": "9.9"}, View()),
        ({"heads": "2.4,2.4,7.1,x,1"}, View(heads=((1, 3),))),
        ({"held": "9,99,0,-1,١"}, View(held=(8,))),
        ({"threshold": "nan"}, View()),
        ({"threshold": "7"}, View(threshold=1.0)),
        ({"kind": ["decoder", "cross"]}, View(kind="cross")),
    ],
)
def test_what_cannot_be_shown_falls_back(query: dict[str, Any], expected: View) -> None:
    assert View.from_query(query, PRONOUNS) == expected


def test_positions_count_words_or_pieces() -> None:
    words, parts = View(held=(9, 13)).fit_to(PIECES), View(words=False, held=(9, 13)).fit_to(PIECES)
    assert words.held == (9,)
    assert parts.held == (9, 13)


def test_a_trace_without_attention_has_the_default_view() -> None:
    assert View.from_query({"heads": "2.4"}, Trace()) == View()


def test_held_words_are_found_again_in_another_sentence() -> None:
    before = View(heads=((1, 3),), held=(6, 8, 11))
    longer = pronouns(cue="very wide")
    texts = PRONOUNS["encoder"].query_tokens
    assert before.carry_over(texts, longer) == View(heads=((1, 3),), held=(6, 8))
    assert longer["encoder"].query_tokens[11] == "very"


def test_heads_that_another_trace_lacks_are_let_go() -> None:
    view = View(kind="cross", heads=((0, 1),), held=(3,))
    assert view.carry_over(PRONOUNS["cross"].query_tokens, PIECES) == View(heads=((0, 1),))
