"""What cannot be written about is refused in one sentence, and any text is one or the other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model import trace
from model.attention import Silence
from model.capture.prepare import prepare
from model.decode.decoding import Beam, Greedy, Sampling, write
from model.errors import Refusal
from tests.model.families import build, tokenizer
from tests.model.translators import NAMES, SOURCE, translator, whole


@pytest.mark.parametrize("name", NAMES)
def test_ids_that_the_model_does_not_have(name: str) -> None:
    m = translator(name)
    for wrong in (-1, whole(m), 10**9):
        with pytest.raises(Refusal, match=r"^The chosen words do not belong to [^\n]*\.$"):
            write(m, SOURCE, prefix=[5, wrong])
    assert write(m, SOURCE, prefix=[whole(m) - 1]).ids[0] == whole(m) - 1
    with pytest.raises(Refusal, match="takes at most"):
        write(m, SOURCE, prefix=[5] * 513)


@pytest.mark.parametrize(("name", "template"), [("bert", "<s> $A </s>"), ("gpt2", "$A"), ("xlnet", "$A")])
def test_models_that_do_not_translate(name: str, template: str) -> None:
    m = prepare(build(name), tokenizer(template), name)
    with pytest.raises(Refusal, match=rf"^{name} does not translate; choose an encoder-decoder\.$"):
        write(m, SOURCE)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u2003"])
def test_an_empty_text(text: str) -> None:
    with pytest.raises(Refusal, match="empty"):
        write(translator("compact"), text)


@pytest.mark.parametrize("name", ["bart", "marian"])
def test_a_long_text(name: str) -> None:
    m = translator(name)
    with pytest.raises(Refusal, match=r"tokens, but .* takes at most 256; shorten it\.$"):
        write(m, "tired " * 1000)
    longest = "it " * 127  # nearly as long as it can be read; what is written has to fit too
    count = len(m.tokenizer(longest)["input_ids"])
    assert 120 < count <= 256
    writing = write(m, longest, prefix=[5] * 250)
    assert 250 < len(writing.ids) <= 255


def test_a_long_text_for_a_model_that_counts_no_positions() -> None:
    m = translator("compact")
    assert m.max_tokens is None
    with pytest.raises(Refusal, match=r"has 513 tokens, but compact takes at most 512; shorten it\.$"):
        write(m, "it " * 512)
    assert len(write(m, "it " * 511, prefix=[5, 3]).ids) == 2


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Beam(0), "At least one beam is needed, not 0."),
        (lambda: Beam(-2), "At least one beam is needed, not -2."),
        (lambda: Sampling(temperature=0), "The temperature must be a number above 0, not 0."),
        (lambda: Sampling(temperature=float("nan")), "The temperature must be a number above 0, not nan."),
        (lambda: Sampling(temperature=float("inf")), "The temperature must be a number above 0, not inf."),
        (lambda: Sampling(top_k=-1), "top_k must be 0 or above, not -1."),
        (lambda: Sampling(top_p=1.5), "top_p must be a number from 0 to 1, not 1.5."),
        (lambda: Sampling(top_p=-0.1), "top_p must be a number from 0 to 1, not -0.1."),
    ],
)
def test_ways_to_write_that_there_are_not(make: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=r"must|needed") as error:
        make()
    assert str(error.value) == sentence


def test_edits_of_what_is_not_there() -> None:
    with pytest.raises(ValueError, match="there is no layer 9"):
        write(translator("compact"), SOURCE, edits=[Silence("cross", layer=9)])


anything = st.text(st.characters(exclude_categories=()), min_size=1, max_size=10)


@settings(max_examples=15)
@given(anything, st.sampled_from(["compact", "marian"]), st.sampled_from([Greedy(), Beam(2), Sampling()]))
@example("🐈‍⬛ 한국어 ‏עברית‏ e\u0301", "compact", Beam(2))
@example("\ud83d alone", "marian", Greedy())
@example("</s><pad> <unk1>", "compact", Sampling())
@example("<b>x</b> \0 \u202e", "marian", Sampling())
def test_any_text_is_written_about_or_refused(text: str, name: str, how: Any) -> None:
    m = translator(name)
    try:
        writing = write(m, text, how)
    except Refusal:
        assert not text.strip()
        return
    assert [step.chosen.id for step in writing.steps] == list(writing.ids)
    assert all(choice.text for step in writing.steps for choice in step.best)
    assert len(trace(m, text, writing.ids, layers=[0])["cross"].queries) == len(writing.ids)
