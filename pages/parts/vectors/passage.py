"""The text that word vectors are learned from, the sentence that is looked at, and the word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from model.errors import Refusal
from pages.common import ahead, frame, language, links
from pages.common.language import _
from pages.common.text import escape
from viz.labels import tell_apart

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from model.experiments.skip_gram import Vectors
    from model.experiments.word_contexts import Text

CORPUS, WORD, WINDOW, SENTENCE, PLACE = "corpus", "word", "window", "sentence", "token"
OWN, FILE = "own text", "text file"  # in the session
SENTENCES, SEED = 5_000, 7  # of a text that is made here
DRAWN = 9_000  # Korean texts, of which those with invented words are left out
WIDEST, USUAL_WINDOW = 5, 2
LARGEST = 5  # megabytes of a file
READ = 1_000_000  # characters of a text
MOST = 24  # words of a sentence
FIRST_WORD = {"en": "dog", "ko": "김치"}
FIRST_SENTENCE = {
    "en": "The animal didn't cross the street because it was too tired.",
    "ko": "철수는 영희를 공원에서 만났다. 그는 영화를 좋아한다.",
}
FIRST_HELD = {"en": "it", "ko": "그"}


@dataclass(frozen=True, eq=False)
class Sentence:
    """A sentence in words of the vocabulary.

    words: as they are looked up. ids, number: int64 (tokens,), their places in the vocabulary, and which
    sentence each is of where there are several. unknown: words that the text does not have.
    """

    words: tuple[str, ...]
    ids: NDArray[np.int64]
    number: NDArray[np.int64]
    unknown: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Asked:
    """corpus: its name. own: a person's own text. text: what it holds. window: how far a context reaches."""

    corpus: str
    own: str
    text: Text
    window: int


def names() -> dict[str, str]:
    """The texts, by their names in the link."""
    return {
        "en": _("5,000 English sentences"),
        "ko": _("5,000 Korean sentences"),
        "own": _("Your own text"),
    }


def begin_in_language() -> None:
    """Who comes with nothing in the link learns from sentences in the language of the page."""
    if not set(st.query_params) - {language.KEY} and CORPUS not in st.session_state:
        st.session_state[CORPUS] = "ko" if language.current() == "ko" else "en"


def choose_corpus() -> str:
    """The control of the text. Another one has other words: what was chosen of the last is forgotten."""
    begin_in_language()
    return links.one(
        _("Learned from"), names(), CORPUS, "en", label_visibility="collapsed", width=250, on_change=forget
    )


def forget() -> None:
    """Have word and sentence begin anew."""
    for name in (WORD, SENTENCE, PLACE):
        links.put(name, "")
        st.session_state.pop(name, None)


def choose_window() -> int:
    """The control of the window."""
    return int(
        st.slider(
            _("Window: words to either side"),
            1,
            WIDEST,
            USUAL_WINDOW,
            key=WINDOW,
            bind="query-params",
            width=230,
        )
    )


def read(corpus: str, window: int, place: DeltaGenerator) -> Asked:
    """The text, asked for in `place` where it is a person's own. Raises ValueError with a plain sentence."""
    own = ""
    if corpus == "own":
        with place:
            own = write_text()
    with st.spinner(_("Reading the text …")):
        return Asked(corpus, own, read_text(corpus, own), window)


def write_text() -> str:
    """Where a person's own text is written or opened; a file stands in the place of what is written."""
    with st.popover(_("Write or open the text")):
        text: str = st.text_area(
            _("Your own text"),
            key=OWN,
            persist_state="session",
            height=240,
            width=480,
            label_visibility="collapsed",
            placeholder=_("Write or paste a text of at least 100 words, in any language"),
        )
        file = frame.upload(_("Or open a text file"), ["txt"], FILE, LARGEST)
    return (decode(file.getvalue(), file.name) if file is not None else text or "")[:READ]


@st.cache_data(max_entries=8, show_spinner=False)
def decode(data: bytes, name: str) -> str:
    """The text of a file, whatever its encoding. Raises ValueError with a plain sentence."""
    from model.data.encodings import find_encoding

    with TemporaryDirectory() as folder:
        path = Path(folder) / "text"
        path.write_bytes(data)
        encoding = find_encoding(path, name)
    return data.decode(encoding.name, errors="replace")


@st.cache_resource(max_entries=16, show_spinner=False)
def read_text(corpus: str, own: str) -> Text:
    from model.experiments.word_contexts import read_text

    return read_text(own.splitlines() if corpus == "own" else make_sentences(corpus))


def make_sentences(corpus: str) -> list[str]:
    """Sentences of this app's own grammars, always the same."""
    if corpus == "en":
        from model.tasks.pronouns.sampling import sentences

        return [sentence.english for sentence in sentences(SENTENCES, SEED, unknown=0)]
    from model.experiments.word_contexts import split_sentence
    from model.tasks.korean.grammar import ordinary_words, texts
    from model.tasks.korean.names import GENDER, PRONOUNS

    # The titles of films are made up in that grammar, and mean nothing to a reader.
    known = {*ordinary_words(), *GENDER, *PRONOUNS.values()}
    found = (text.source for text in texts(DRAWN, SEED, unknown=0))
    real = [
        text
        for text in found
        if all(word.text in known or word.text[0].isdigit() for word in split_sentence(text))
    ]
    return real[:SENTENCES]


def learn(asked: Asked) -> Vectors:
    """The vectors, learned once for everybody."""
    with st.spinner(_("Training …")):
        learned = train(asked.corpus, asked.own, asked.window)
    work_ahead("vectors", train, asked)
    return learned


def work_ahead(name: str, job: Callable[[str, str, int], object], asked: Asked) -> None:
    """Have this done of the text with the other windows, the nearest first, for whoever moves the slider."""
    others = sorted(range(1, WIDEST + 1), key=lambda window: abs(window - asked.window))
    jobs = [partial(job, asked.corpus, asked.own, window) for window in others]
    ahead.work(name, jobs, asked.corpus, asked.own)


@st.cache_resource(max_entries=24, show_spinner=False)
def train(corpus: str, own: str, window: int) -> Vectors:
    from model.experiments.skip_gram import train_vectors

    return train_vectors(read_text(corpus, own), window)


def choose_word(asked: Asked) -> int:
    """The control of the word: one of the vocabulary, or typed. Returns its place.

    Raises ValueError with a plain sentence for a word that the text does not have.
    """
    words = asked.text.words
    usual = FIRST_WORD.get(asked.corpus, "")
    usual = usual if usual in asked.text.places else words[min(20, len(words) // 2)]
    if not st.session_state.get(WORD):
        st.session_state[WORD] = st.query_params.get(WORD, "") or usual
    chosen = st.selectbox(
        _("Word"),
        words,
        key=WORD,
        accept_new_options=True,
        label_visibility="collapsed",
        placeholder=_("Choose a word, or write one"),
    )
    word = (chosen or usual).strip()
    links.put(WORD, word, usual)
    return find_word(word, asked.text)


def find_word(word: str, text: Text) -> int:
    """The place of a word, however it is written. Raises ValueError with a plain sentence."""
    from model.experiments.word_contexts import split_sentence

    if word in text.places:
        return text.places[word]
    found = [one.text for one in split_sentence(word)]
    if len(found) == 1 and found[0] in text.places:
        return text.places[found[0]]
    raise Refusal("The text that is learned from does not have the word “{word}”.", word=word[:40])


def choose_sentence(asked: Asked) -> Sentence:
    """The control of the sentence. Raises ValueError with a plain sentence where no word of it is known."""
    usual = FIRST_SENTENCE.get(asked.corpus) or find_sentence(asked.own)
    if st.session_state.get(SENTENCE) is None:
        st.session_state[SENTENCE] = st.query_params.get(SENTENCE, usual)
    written: str = st.text_input(
        _("Sentence"),
        key=SENTENCE,
        persist_state="session",
        label_visibility="collapsed",
        placeholder=_("Write a sentence"),
    )
    links.put(SENTENCE, written, usual)
    return look_up(written, asked.text)


def find_sentence(text: str) -> str:
    """The first sentence of a text that has some words."""
    from model.experiments.word_contexts import split_lines

    return next(
        (one.strip()[:200] for one in split_lines(text.splitlines()) if len(one.split()) > 3), text[:80]
    )


def look_up(written: str, text: Text) -> Sentence:
    """A sentence in the words of a text. Raises ValueError with a plain sentence."""
    from model.experiments.word_contexts import split_sentences

    found = [(word, number) for number, words in enumerate(split_sentences([written])) for word in words][
        :MOST
    ]
    known = [(word, number) for word, number in found if word in text.places]
    unknown = tuple(dict.fromkeys(word for word, _number in found if word not in text.places))
    if not found:
        raise Refusal("The sentence has no words; write one.")
    if not known:
        raise Refusal(
            "The text that is learned from has no word of this sentence: {words}.",
            words=", ".join(word[:20] for word in unknown[:5]),
        )
    ids, number = np.array([(text.places[word], number) for word, number in known], dtype=np.int64).T
    return Sentence(tuple(word for word, _number in known), ids, number, unknown)


def find_held(asked: Asked, sentence: Sentence) -> int:
    """The place of the word that a text's own sentence is about; one in the middle of any other."""
    held = FIRST_HELD.get(asked.corpus)
    return sentence.words.index(held) if held in sentence.words else len(sentence.words) // 2


def choose_place(sentence: Sentence, usual: int) -> int:
    """The control of one word of the sentence: its words themselves. In the link counted from 1."""
    labels = tell_apart(escape(word) for word in sentence.words)
    options = {str(place + 1): label for place, label in enumerate(labels)}
    links.follow(PLACE, str(usual + 1))
    chosen = links.choice(_("Word"), options, PLACE, str(usual + 1), label_visibility="collapsed")
    return int(chosen) - 1


def tell_unknown(sentence: Sentence) -> None:
    """Says which words of the sentence the text does not have."""
    if sentence.unknown:
        listed = ", ".join(f"“{escape(word[:30])}”" for word in sentence.unknown[:8])
        st.caption(_("Left out, since the text does not have them: {words}").format(words=listed))
