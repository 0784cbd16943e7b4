"""What the page asks: how long the string is, which network writes it backwards, and the string itself."""

from __future__ import annotations

import random
from dataclasses import dataclass

import streamlit as st

from model.errors import Refusal
from pages.common import checkpoints, links, stage
from pages.common.language import _
from pages.common.request import Chosen, Request

LETTERS = "abcdefghijklmnopqrst"
SHORTEST, LONGEST, USUAL = 5, 60, 20
TEXT, LENGTH, NETWORK = "letters", "length", "network"
# Of the choices in the link, the shipped checkpoints that are shown.
SHOWN = {
    "vector": ("reverse-lstm",),
    "bahdanau": ("reverse-attention",),
    "luong": ("reverse-luong",),
    "both": ("reverse-attention", "reverse-luong"),
    "transformer": ("reverse-transformer",),
    "rnn": ("reverse-rnn",),
}
COMPARED = ("reverse-rnn", "reverse-lstm", "reverse-attention", "reverse-luong", "reverse-transformer")


@dataclass(frozen=True)
class Asked:
    """letters: what is read, the first of the string. choice: of the networks; names: their checkpoints."""

    letters: tuple[str, ...]
    choice: str
    names: tuple[str, ...]

    @property
    def text(self) -> str:
        """The letters as the networks read them, which is with spaces between."""
        return " ".join(self.letters)

    def request(self, name: str) -> Request:
        """The same asked of a checkpoint."""
        return Request(Chosen(name), self.text)


def names() -> dict[str, str]:
    """The networks to choose from, by their names in the link."""
    told = {
        "vector": _("LSTM"),
        "rnn": _("RNN"),
        "bahdanau": _("Bahdanau"),
        "luong": _("Luong"),
        "both": _("Both"),
        "transformer": _("Transformer"),
    }
    there = set(checkpoints.find_shipped())
    return {choice: name for choice, name in told.items() if there.issuperset(SHOWN[choice])}


def network_names() -> dict[str, str]:
    """What each checkpoint that is compared is called in the picture."""
    return {
        "reverse-rnn": _("RNN, one vector"),
        "reverse-lstm": _("LSTM, one vector"),
        "reverse-attention": _("LSTM, attention (Bahdanau)"),
        "reverse-luong": _("LSTM, attention (Luong)"),
        "reverse-transformer": _("Transformer"),
    }


def ask() -> Asked:
    """The controls. Raises ValueError with a plain sentence for what the networks cannot read."""
    offered = names()
    if not offered:
        raise Refusal("None of the networks of this page is here: {names}.", names=", ".join(COMPARED))
    with stage.bar():
        typed = st.text_input(
            _("String"),
            usual_string(),
            key=TEXT,
            bind="query-params",
            persist_state="session",
            label_visibility="collapsed",
            placeholder=_("Write letters from a to t"),
        )
    letters = read_letters(typed)
    with stage.choices():
        choice = links.choice(
            _("Network"), offered, NETWORK, next(iter(offered)), label_visibility="collapsed"
        )
        length = choose_length(len(letters))
    return Asked(letters[:length], choice, SHOWN[choice])


def choose_length(most: int) -> int:
    """How many of the letters are read."""
    if most <= SHORTEST:
        return most
    usual = min(USUAL, most)
    kept = links.read_place(LENGTH, most, usual - 1) + 1 if LENGTH in st.query_params else usual
    if LENGTH in st.session_state:
        kept = st.session_state[LENGTH]
    st.session_state[LENGTH] = min(max(kept, SHORTEST), most)
    length = int(st.slider(_("Letters that are read"), SHORTEST, most, key=LENGTH, width=320))
    links.put(LENGTH, str(length), str(usual))
    return length


def usual_string() -> str:
    """A string as long as the networks have learned to reverse."""
    return " ".join(random.Random(4).choices(LETTERS, k=LONGEST))


def read_letters(typed: str) -> tuple[str, ...]:
    """The letters of what somebody typed, with spaces and commas or without.

    Raises ValueError for what the networks have not learned.
    """
    letters = tuple(typed.lower().replace(",", " ").split())
    letters = tuple("".join(letters)) if any(len(one) > 1 for one in letters) else letters
    strange = next((one for one in letters if one not in LETTERS), None)
    if strange is not None:
        raise Refusal(
            "These networks have learned the letters from a to t, and not {letter}.", letter=strange
        )
    if not letters:
        raise Refusal("Write some letters from a to t.")
    if len(letters) > LONGEST:
        raise Refusal(
            "These networks have learned strings of up to {most} letters; this one has {count}.",
            most=LONGEST,
            count=len(letters),
        )
    return letters
