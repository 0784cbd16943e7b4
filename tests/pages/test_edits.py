"""Edits in the link: read back as written, whatever a person puts there."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.attention import Cut, Silence, Uniform
from pages.common.edits import Wish, grant, parse

places = st.integers(0, 9998)
spans = st.tuples(places, places).map(lambda pair: (min(pair), max(pair)))
kinds = st.sampled_from(["encoder", "decoder", "cross"])
heads: Any = st.one_of(st.just((None, None)), st.tuples(places, st.none()), st.tuples(places, places))


@st.composite
def wishes(draw: Any) -> Wish:
    layer, head = draw(heads)
    what = draw(st.sampled_from(["cut", "silence", "uniform"]))
    if what == "cut":
        return Wish(what, draw(kinds), draw(spans), draw(spans), layer, head)
    return Wish(what, draw(kinds), layer=layer, head=head)


@given(st.lists(wishes(), max_size=5))
def test_a_link_is_read_as_it_was_written(every: list[Wish]) -> None:
    assert list(parse(",".join(map(str, every)))) == every


@given(st.text(max_size=60))
def test_nothing_in_a_link_is_an_error(text: str) -> None:
    for wish in parse(text):
        assert list(parse(str(wish))) == [wish]


@pytest.mark.parametrize(
    ("link", "edits"),
    [
        ("cut-encoder-9-2", (Cut("encoder", 8, 1),)),
        ("cut-cross-3-4~5@1", (Cut("cross", 2, 3, 0), Cut("cross", 2, 4, 0))),
        ("silence-decoder@2.4", (Silence("decoder", 1, 3),)),
        ("uniform-encoder,silence-encoder", (Uniform("encoder"), Silence("encoder"))),
    ],
)
def test_what_the_model_is_told(link: str, edits: tuple[Any, ...]) -> None:
    assert grant(parse(link)) == edits
