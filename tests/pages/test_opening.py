"""Where Translate opens, and what it says there: always from the numbers shown."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import numpy as np
import pytest

from model import load, trace
from model.capture.checkpoint import Checkpoint
from model.decode.decoding import write
from model.text.words import is_word
from pages.parts.translate import told
from pages.parts.translate.opening import Opening, find_opening
from viz.steps import Film, film

SENTENCES = (
    "The animal didn't cross the street because it was too tired.",
    "The animal didn't cross the street because it was too wide.",
    "The trophy doesn't fit in the suitcase because it is too big.",
    "The trophy doesn't fit in the suitcase because it is too small.",
    "The dog ate the cake because it was hungry.",
    "The dog ate the cake because it was sweet.",
    "I don't drink black coffee in the evening.",
    "She gave her brother the book that he had lost.",
    "Hello.",
    "Where is the station?",
    "We will leave tomorrow morning if the weather is good.",
    "It is raining.",
    "The old man and the sea.",
    "My sister sings better than anyone I know.",
    "The truck couldn't pass under the bridge because it was too low.",
    "He closed the window because it was cold.",
    "They have never been to France.",
    "1984",
    "The cat drank the milk because it was thirsty!",
    "Nobody knows what it means.",
)


@pytest.fixture(scope="module", params=["en-fr", "pronouns"])
def m(request: pytest.FixtureRequest) -> Checkpoint:
    return load(f"checkpoints/{request.param}")


@cache
def opened(m: Checkpoint, text: str) -> tuple[Any, Any, Opening, Film]:
    """Trace, writing, opening and film of a sentence, made once."""
    written = write(m, text)
    seen = trace(m, text, target=written.ids)
    found = find_opening(seen, written, m.first_head)
    return seen, written, found, film(seen, written, *found.cross, None, found.encoder)


@pytest.mark.parametrize("text", SENTENCES)
def test_it_opens_where_the_named_word_is_looked_at_most_or_the_model_is_least_sure(
    m: Checkpoint, text: str
) -> None:
    seen, written, found, _film = opened(m, text)
    words = seen.encoder.queries.by_words().texts
    its = [place for place, word in enumerate(words) if is_word(word, "it")]
    pieces = seen.encoder.queries.groups()[its[-1]] if its else []
    content = [i for i in range(len(written.steps)) if i + 1 < len(seen.decoder.queries)]
    content = [i for i in content if not seen.decoder.queries.special[i + 1]]
    assert found.step - 1 in content
    leading = {}
    if pieces:
        others = [i for i, extra in enumerate(seen.encoder.queries.special) if not extra and i not in pieces]
        leading = {
            (layer, head, i): float(row[pieces].sum())
            for i in content
            for layer in seen.cross.layers
            for head in range(seen.cross.heads)
            for row in [seen.cross.weights[seen.cross.layers.index(layer), head, i]]
            if row[pieces].sum() > row[others].max()
        }
    if leading:
        assert leading[(*found.cross, found.step - 1)] == max(leading.values())
        assert found.encoder == (m.first_head["layer"], m.first_head["head"])  # type: ignore[index]
    else:
        least = min(content, key=lambda i: written.steps[i].best[0].logprob)
        assert found.step == least + 1
        plain = ~np.array(seen.encoder.queries.special)
        chosen = seen.cross.weights[seen.cross.layers.index(found.cross[0]), found.cross[1], least, plain]
        assert chosen.max() == pytest.approx(seen.cross.weights[:, :, least, plain].max())


@pytest.mark.parametrize("text", SENTENCES)
def test_every_step_says_what_the_picture_shows(m: Checkpoint, text: str) -> None:
    _seen, written, _found, shown = opened(m, text)
    for step in range(1, len(written.steps) + 1):
        said = told.say(shown, step).replace("\\", "").replace("\u00a0", " ")
        numbers = [int(number) / 100 for number in re.findall(r"(\d+) %", said)]
        row = shown.cross[step - 1]
        via = shown.passed[step - 1]
        assert f"**{shown.written.texts[step - 1]}**" in said
        if via is None:
            assert max(np.delete(row, np.flatnonzero(shown.source.special)), default=0) < 0.1
            assert numbers == [round(float(row.max()), 2)]
        else:
            onward = shown.encoder[via]
            first = [] if int(row.argmax()) == via else [round(float(row.max()), 2)]
            assert numbers == [*first, round(float(row[via]), 2), round(float(onward.max()), 2)]
            assert f"**{shown.source.texts[via]}**" in said
            assert ("itself" in said) == (int(onward.argmax()) == via)
    assert "Nothing is written yet" in told.say(shown, 0)


@pytest.mark.parametrize("text", [*SENTENCES, "مرحبا بالعالم שלום"])
def test_it_is_said_where_a_special_token_is_looked_at_most(m: Checkpoint, text: str) -> None:
    seen, written, _found, _film = opened(m, text)
    layers = seen.cross.layers
    for layer, head in ((layer, head) for layer in layers for head in (None, *range(seen.cross.heads))):
        shown = film(seen, written, layer, head)
        for step, row in enumerate(shown.cross, 1):
            most, via = int(row.argmax()), shown.passed[step - 1]
            said = told.say(shown, step).replace("\\", "")
            assert ("special token **" in said) == shown.source.special[most]
            if shown.source.special[most]:
                assert f"special token **{shown.source.texts[most]}**" in said
                assert ("With special tokens left out" in said) == (via is not None)
            elif via is not None:
                assert via == most


@pytest.mark.parametrize("text", SENTENCES[:2])
def test_the_pronoun_is_the_piece_and_its_noun_the_end_of_the_two_looks(m: Checkpoint, text: str) -> None:
    _seen, written, found, shown = opened(m, text)
    assert written.steps[found.step - 1].chosen.text.removeprefix("-") in ("il", "elle")
    via = shown.passed[found.step - 1]
    assert via is not None
    assert shown.source.texts[via] == "it"
    end = shown.source.texts[int(shown.encoder[via].argmax())]
    assert end == ("animal" if "tired" in text else "street")


def test_a_trace_without_an_encoder_is_refused() -> None:
    repeat = load("checkpoints/repeat")
    with pytest.raises((ValueError, KeyError)):
        find_opening(trace(repeat, "ka lo mi ka lo mi"), write(load("checkpoints/pronouns"), "Hello."), None)
