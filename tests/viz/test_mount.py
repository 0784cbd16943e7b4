"""Who decides what is shown: the page where it asks for something new, else the person."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from tests.viz.traces import pieces, pronouns, random
from viz.linked.mount import Turn, linked_view, next_turn
from viz.linked.pack import digest_of
from viz.linked.view import View, texts

TIRED, WIDE = pronouns(), pronouns("wide")
ASKED = View(heads=((1, 3),), held=(8,))
WALKED = View(heads=((0, 2),), held=(8,))


def turn(last: Turn | None, asked: View, report: Any = None, trace: Any = TIRED) -> Turn:
    return next_turn(last, trace, digest_of(trace), asked, report)


def report(last: Turn, view: View) -> dict[str, Any]:
    return {"trace": last.digest, "revision": last.revision, "view": view.to_json(), "wanted": []}


def test_the_first_turn_is_the_page_s() -> None:
    first = turn(None, ASKED)
    assert first.told == first.now == ASKED
    assert first.revision == 1


def test_then_the_person_decides_and_the_browser_is_told_nothing_new() -> None:
    first = turn(None, ASKED)
    second = turn(first, ASKED, report(first, WALKED))
    assert second.now == WALKED
    assert (second.revision, second.told) == (1, ASKED)


def test_the_page_may_ask_again_for_what_it_got_back() -> None:
    first = turn(None, ASKED)
    second = turn(first, ASKED, report(first, WALKED))
    third = turn(second, second.now, report(first, WALKED))
    assert third.now == WALKED
    assert third.revision == 1
    further = View(heads=((0, 0),))
    assert turn(third, WALKED, report(first, further)).now == further


def test_another_link_is_a_new_request() -> None:
    first = turn(None, ASKED)
    second = turn(first, ASKED, report(first, WALKED))
    other = View(kind="cross", heads=((0, 1),))
    third = turn(second, other, report(first, WALKED))
    assert third.now == third.told == other
    assert third.revision == 2
    late = turn(third, other, report(first, WALKED))
    assert late.now == other


def test_a_new_sentence_keeps_what_the_person_chose() -> None:
    first = turn(None, ASKED)
    second = turn(first, ASKED, report(first, WALKED))
    third = turn(second, ASKED, report(first, WALKED), trace=WIDE)
    assert third.told == WALKED
    assert third.revision == 2


def test_what_a_person_did_while_a_new_trace_came_is_kept() -> None:
    first = turn(None, ASKED)
    walked = View(heads=((0, 2),), held=(1,))
    other = next_turn(first, WIDE, digest_of(WIDE), ASKED, report(first, walked), TIRED)
    assert other.now.heads == walked.heads
    assert texts(other.now, WIDE)[other.now.held[0]] == texts(walked, TIRED)[1]
    assert other.revision == 2
    late = next_turn(other, TIRED, digest_of(TIRED), ASKED, report(first, ASKED), WIDE)
    assert late.now.heads == walked.heads  # it was about an older one


def test_a_view_that_is_mounted_anew_shows_what_was_seen_last() -> None:
    first = turn(None, ASKED)
    second = turn(first, ASKED, report(first, WALKED))
    third = turn(second, ASKED, None)
    assert third.told == third.now == WALKED
    assert third.revision == 2
    assert turn(third, ASKED, None).revision == 2


def test_nonsense_from_the_browser_is_left_alone() -> None:
    first = turn(None, ASKED)
    nonsenses: list[Any] = ["x", 7, [], {"trace": "other"}, {"revision": 0, "view": {}}]
    for nonsense in nonsenses:
        assert turn(first, ASKED, nonsense).now == ASKED
    assert turn(first, ASKED, {"view": {"heads": "x"}}).now == View()


def page(length: int) -> None:
    import streamlit as st

    from tests.viz.traces import pronouns, random
    from viz.linked import View
    from viz.linked.mount import linked_view

    trace = random(length) if length else pronouns()
    now = linked_view(trace, View(heads=((1, 3),), held=(8,)), key="here")
    st.write(now.to_query(trace)["heads"])
    kept = st.session_state["here (linked view)"]
    st.write(f"{len(kept.blob)} {kept.turn.revision} {[layer for _, layer in kept.layers]}")


def written(app: AppTest) -> list[str]:
    assert not app.exception
    return [element.value for element in app.markdown]


def test_a_page_gets_the_person_s_view_back_and_sends_nothing_again() -> None:
    app = AppTest.from_function(page, args=(0,)).run()
    heads, sent = written(app)
    assert heads == "2.4"
    app.session_state["here"] = {"view": {"view": WALKED.to_json()}}
    assert written(app.run()) == ["1.3", sent]


def test_a_long_text_sends_the_layers_that_are_wanted() -> None:
    app = AppTest.from_function(page, args=(320,), default_timeout=30).run()
    first = written(app)[1]
    assert first.endswith("1 [0, 1, 2]")
    app.session_state["here"] = {
        "view": {"view": View(heads=((5, 0),)).to_json(), "wanted": [["encoder", 5]]}
    }
    heads, second = written(app.run())
    assert heads == "6.1"
    assert second.endswith("1 [5]")
    app.session_state["here"] = {"view": {"view": View(heads=((5, 1),)).to_json(), "wanted": []}}
    assert written(app.run()) == ["6.2", second]


def test_traces_of_every_shape_can_be_mounted() -> None:
    for trace in (pieces(), random(1, layers=1, heads=1)):
        assert linked_view(trace, ASKED, key="bare") == ASKED.fit_to(trace)
