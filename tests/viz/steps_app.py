"""A page with nothing but the player, for the browser tests, and the films made by hand that it plays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np
import streamlit as st

from model.decodings import Choice, Step, Writing
from model.trace import Tokens, Trace
from tests.viz.traces import MARKUP, pronouns, stack, tokens
from viz.steps import Film, film
from viz.steps.mount import play

Given = Mapping[int, str]
PIECE = {0: "la", 1: "rue", 2: "<odd>", 3: "un", 4: "pas", 5: "elle"}  # what else could be written, by id


def identifier(text: str) -> int:
    return next((i for i, other in PIECE.items() if other == text), crc32(text.encode()))


def step(text: str, place: int, given: str | None = None) -> Step:
    """One step: `text` with 70 %, two others, and one that is never drawn; unless another was given."""
    chances = [(text, 0.7), *[(PIECE[(place + i) % 6], chance) for i, chance in enumerate((0.2, 0.06, 0.0))]]
    logprobs = [np.log(chance) if chance else np.log(0.03) for _, chance in chances]
    best = [
        Choice(identifier(text), text, float(logprob), chance)
        for (text, chance), logprob in zip(chances, logprobs, strict=True)
    ]
    chosen = next(choice for choice in best if choice.text == (text if given is None else given))
    return Step(chosen, tuple(best), given is not None)


def written(source: str, pieces: Sequence[str], text: str, given: Given | None = None) -> Writing:
    """A writing of these pieces, some of them given by a person."""
    given = given or {}
    steps = tuple(step(piece, place, given.get(place)) for place, piece in enumerate(pieces))
    return Writing("greedy", source, tuple(s.chosen.id for s in steps), text, steps)


def made(source: Tokens, target: Tokens, text: str, given: Given | None = None, ends: bool = True) -> Film:
    """A film of random attention. target: with the start token; the end token is added where it ends."""
    trace = Trace(
        encoder=stack("encoder", source, source),
        decoder=stack("decoder", target, target, layers=1, seed=1),
        cross=stack("cross", target, source, layers=1, seed=2),
    )
    pieces = [*target.texts[1:], "</s>"] if ends else target.texts[1:]
    return film(trace, written("", pieces, text, given), head=0)


def tired(given: Given | None = None) -> Film:
    """The pronouns' sentence; a given word takes the place of the one that was written there."""
    trace = pronouns()
    assert trace.decoder
    pieces = trace.decoder.queries.texts[1:]
    texts = [(given or {}).get(place, piece) for place, piece in enumerate(pieces)]
    queries = replace(trace.decoder.queries, texts=(trace.decoder.queries.texts[0], *texts))
    trace = replace(
        trace,
        decoder=replace(trace.decoder, queries=queries),
        cross=trace.cross and replace(trace.cross, queries=queries),
    )
    text = " ".join(texts).replace("' ", "'").replace(" .", ".").capitalize()
    return film(trace, written(trace.source, [*pieces, "</s>"], text, given))


def long(source: int = 60, target: int = 70) -> Film:
    """A text of many pieces, some words of several."""
    rng = np.random.default_rng(5)
    syllables = ["tra", "ver", "ser", "la", "rue", "au", "to", "mo", "bile", "petit", "maison", "le", "a"]

    def side(count: int, special: set[int]) -> Tokens:
        words = np.cumsum(rng.random(count) < 0.75).tolist()
        return tokens(rng.choice(syllables, count).tolist(), words, special=special)

    return made(side(source, {source - 1}), side(target, {0}), "")


def hebrew() -> Film:
    """Hebrew into Arabic: both run from right to left."""
    source = tokens(
        ["החיה", "לא", "חצתה", "את", "הרחוב", "כי", "היא", "היתה", "עייפה", "מדי", ".", "</s>"], special={11}
    )
    return made(
        source, tokens(["<s>", "الحيوان", "لم", "يعبر", "الشارع", "لأنه", "متعب", "."], special={0}), ""
    )


def korean() -> Film:
    texts = ["동물", "은", "너무", "피곤", "해서", "길", "을", "건너", "지", "않았", "다", ".", "</s>"]
    source = tokens(texts, [0, 0, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7], special={12})
    written = ["<s>", "The", "anim", "al", "did", "n't", "cross", "the", "street", "."]
    target = tokens(written, [0, 1, 2, 2, 3, 3, 4, 5, 6, 7], special={0})
    return made(source, target, "The animal didn't cross the street.", ends=False)


def markup() -> Film:
    source = tokens(["see", MARKUP, "<b>", "&amp;", "x" * 90, "</s>"], special={5}, unknown={2})
    return made(source, tokens(["<s>", MARKUP, "<i>&lt;</i>"], special={0}), "")


def empty() -> Film:
    return made(tokens(["Hm", "."]), tokens(["<s>"]), "", ends=False)


FILMS: dict[str, Callable[[], Film]] = {
    "tired": tired,
    "long": long,
    "hebrew": hebrew,
    "korean": korean,
    "markup": markup,
    "empty": empty,
}


def page() -> None:
    st.set_page_config(layout="wide")
    name = st.text_input("Film", "tired", key="film", bind="query-params")
    parts = [part.split("=") for part in st.query_params.get_all("given")]
    given = {int(place): text for place, text in parts}
    shown = tired(given) if name == "tired" else FILMS[name]()
    asked = st.query_params.get("step", "0")
    if st.checkbox("Shown", value=True):
        now = play(shown, key="steps", step=int(asked))
        st.query_params["step"] = str(now.step)
        st.session_state["choices"] = st.session_state.get("choices", 0) + bool(now.choice)
        st.text(f"now {now.step}, chosen {st.session_state.choices}")
        if now.choice:
            place, piece = now.choice
            st.query_params["given"] = [f"{place}={PIECE[piece]}"]
            st.rerun()


if __name__ == "__main__":
    page()
