"""The text that the Tokens page cuts: where it is typed, examples, its length, what is learned from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import ask, checkpoints, links, stage
from pages.common.language import _
from pages.common.text import escape
from viz.pieces import Box

if TYPE_CHECKING:
    from model.text.subwords import Kind, Learned, Piece

KEY, MENU = "passage", "passages"
LEARN = "learn"
DEFAULT = "It was unaffordable, and I was tired."
# The sample has every part of 학생들에게는, and never the word.
KOREAN = "선생님께서 학생들에게는 책을 읽어 주셨습니다."
IN_LINK = 2000  # characters of a text that a link can carry everywhere
READ = 5_000  # characters of a text that are cut
DRAWN = 160  # boxes of one text


def examples() -> list[str]:
    """Texts to start from: English, Korean, emoji, Arabic, digits, and words that share their parts."""
    return [
        DEFAULT,
        KOREAN,
        "할머니와 함께 학교에서 읽을 책을 샀습니다.",
        "A family 👩‍👩‍👧‍👦 in 🇰🇷 waves 👋🏽",
        "القطة لم تعبر الشارع لأنها كانت متعبة.",
        "In 2024 the price was 1,234,567.89 coins.",
        "low lower lowest new newer newest wide wider widest slow slower slowest",
    ]


def choose() -> tuple[str, str]:
    """The bar: the text, with examples, and the checkpoint's name.

    A text that is not too long is in the link. Who came to a Korean checkpoint begins with a Korean text.
    """
    ask.begin_in_language()
    ask.keep(checkpoints.KEY, checkpoints.DEFAULT)
    if KEY not in st.session_state:
        at_home = st.session_state.get(checkpoints.KEY) == ask.AT_HOME.get("ko", "")
        st.session_state[KEY] = st.query_params.get(KEY, KOREAN if at_home else DEFAULT)
    offered = examples()
    with stage.bar():
        field, menu, which = st.container(), st.container(width="content"), st.container(width="content")
    with which:
        name = checkpoints.choose()
    with field:
        text: str = st.text_input(
            _("Text"),
            key=KEY,
            persist_state="session",
            label_visibility="collapsed",
            placeholder=_("Write a sentence"),
        )
    with menu:
        st.menu_button(
            _("Examples"),
            range(len(offered)),
            key=MENU,
            type="tertiary",
            format_func=lambda number: escape(offered[number]),
            on_click=lambda: _take(offered[st.session_state[MENU]]),
        )
    if len(text) <= IN_LINK:
        links.put(KEY, text, DEFAULT)
    elif KEY in st.query_params:
        del st.query_params[KEY]
    return text, name


def _take(example: str) -> None:
    st.session_state[KEY] = example


def tell_size(text: str) -> None:
    """Says how long the text is in words, signs, characters and bytes."""
    from model.text.subwords import measure

    size = measure(text[:READ])
    said = _("{words} words · {signs} visible characters · {characters} code points · {bytes} bytes in UTF-8")
    parts = [said.format(**{name: f"{count:,}" for name, count in size._asdict().items()})]
    if size.jamo:
        parts.append(_("its Korean syllables are made of {jamo} letters").format(jamo=f"{size.jamo:,}"))
    if len(text) > READ:
        parts.append(_("only the first {count} characters are read").format(count=f"{READ:,}"))
    if len(text) > IN_LINK:
        parts.append(_("too long to be in the link"))
    st.caption(" · ".join(parts))


def source(text: str) -> str:
    """The control for what the tokenizers learn from, and that text."""
    from model.text.subwords import sample

    chosen = links.choice(
        _("Learned from"),
        {"sample": _("a small sample"), "text": _("this text")},
        LEARN,
        "sample",
        help=_("The sample is a text of 327 English and Korean sentences, made for this page."),
    )
    return text if chosen == "text" else sample()


def learn_tokenizer(text: str, kind: Kind, size: int, fallback: bool, exactly: bool = False) -> Learned:
    """A tokenizer learned from a text, shared by everyone. Raises ValueError with a plain sentence."""
    if kind in ("words", "characters"):
        size = 0  # they keep all that occurs, so they need not be learned again for another size
    with st.spinner(_("Training …")):
        return _learn(text, kind, size, fallback, exactly)


@st.cache_resource(max_entries=32, show_spinner=False)
def _learn(text: str, kind: Kind, size: int, fallback: bool, exactly: bool) -> Learned:
    from model.text.subwords import learn, learn_at_most

    return (learn if exactly else learn_at_most)(text, kind, size, fallback)


def boxes(pieces: Sequence[Piece], held: Sequence[bool] | None = None) -> list[Box]:
    """The first pieces of a text as boxes, with their identifiers under them."""
    shown = []
    for piece, is_held in zip(pieces[:DRAWN], held or [False] * len(pieces), strict=False):
        said = _("{written} is number {number} of the vocabulary")
        if piece.unknown:
            said = _("{written} is not in the vocabulary; number {number} stands for all such")
        written = piece.text if piece.unknown else piece.written
        shown.append(
            Box(
                text=piece.text,
                before=piece.before,
                after=piece.after,
                under=str(piece.id),
                told=said.format(written=f"“{written}”", number=piece.id),
                joined=piece.joined,
                unknown=piece.unknown,
                special=piece.special,
                held=is_held,
            )
        )
    return shown


def more(pieces: Sequence[object]) -> str:
    """What is said after the last box where not all are drawn."""
    return _("and {count} more").format(count=f"{len(pieces) - DRAWN:,}") if len(pieces) > DRAWN else ""
