"""Rows of cross-attention are named by what they write: every name moves up by one, the last is the end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model import Trace, load, trace
from model.traces.written import is_named, name_written
from tests.viz.traces import pronouns, stack, tokens


def test_names_move_up_by_one() -> None:
    one = pronouns()
    named = name_written(one)
    assert named["cross"].query_tokens == (*one["cross"].query_tokens[1:], "</s>")
    assert named["cross"].queries.special[0] is False
    assert named["cross"].queries.special[-1] is True
    assert named["decoder"] == one["decoder"]
    assert (named["cross"].weights == one["cross"].weights).all()


def test_it_is_done_once() -> None:
    named = name_written(pronouns())
    assert name_written(named) is named
    assert is_named(named)
    assert not is_named(pronouns())


def test_words_are_those_that_are_written() -> None:
    source = tokens(["a", "b"])
    read = tokens(["<s>", "anim", "al", "dort"], words=[0, 1, 1, 2], special={0})
    one = Trace(cross=stack("cross", read, source), output_tokens=("anim", "al", "dort"))
    assert name_written(one)["cross"].queries.by_words().texts == ("animal", "dort", "</s>")


def test_a_text_that_did_not_come_to_an_end_is_named_to_its_last_token() -> None:
    source, read = tokens(["a"]), tokens(["<s>", "x"], special={0})
    one = Trace(cross=stack("cross", read, source), output_tokens=("x", "y"))
    named = name_written(one)["cross"].queries
    assert (named.texts, named.special) == (("x", "y"), (False, False))


@pytest.mark.parametrize("output", [None, (), ("something", "else")])
def test_what_is_not_known_stays_as_it_is(output: tuple[str, ...] | None) -> None:
    one = replace(pronouns(), output_tokens=output)
    assert name_written(one) is one
    assert not is_named(one)


def test_of_a_model_that_writes_each_row_has_the_name_of_what_it_writes() -> None:
    one = trace(load("checkpoints/pronouns"), "The dog slept because it was tired.")
    named = name_written(one)["cross"].query_tokens
    assert one.output_tokens is not None
    assert named[: len(one.output_tokens)] == one.output_tokens
