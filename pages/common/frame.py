"""The few words that Streamlit writes itself. It has them in English only; here they are put into the
person's language, by style, since nothing else reaches them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.common.language import _, current

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

HINT = "[data-testid=InputInstructions] > span:first-child"
MENU = "[data-testid=stMainMenuItem-{}]"
ENTRY = MENU + " [data-testid=stMainMenuItemLabel]"
UPLOADER = "[data-testid=stFileUploaderDropzone]"
RANGE = "[data-testid=stTooltipErrorContent] p"


def begin() -> None:
    """Have Streamlit's own words in the person's language, on every page."""
    _instead(
        {
            HINT: _("Press Enter to apply"),
            f"[data-testid=stTextArea] {HINT}": _("Press Ctrl+Enter to apply"),
        },
        size=0.75,
    )
    _instead(
        {
            f"{UPLOADER} button p": _("Upload"),
            RANGE: _("This number is out of range."),
            MENU.format("theme-System"): _("System"),
            MENU.format("theme-Light"): _("Light"),
            MENU.format("theme-Dark"): _("Dark"),
            ENTRY.format("print"): _("Print"),
            ENTRY.format("recordScreencast"): _("Record screen"),
        }
    )


def upload(
    label: str, kinds: Sequence[str], key: str, largest: int = 200, **style: Any
) -> UploadedFile | None:
    """A control that takes a file in.

    largest: in megabytes. style: more arguments of st.file_uploader.
    """
    tell_limits(kinds, key, largest)
    given: UploadedFile | None = st.file_uploader(
        label, list(kinds), key=key, max_upload_size=largest, **style
    )
    return given


def upload_several(
    label: str, kinds: Sequence[str], key: str, largest: int = 200, **style: Any
) -> list[UploadedFile]:
    """A control that takes several files in, whatever they are called: corpus.en has the name of no kind.

    kinds: those that are told. largest: in megabytes. style: more arguments of st.file_uploader.
    """
    tell_limits(kinds, key, largest, always=True)
    given: list[UploadedFile] = st.file_uploader(
        label, accept_multiple_files=True, key=key, max_upload_size=largest, **style
    )
    return given


def tell_limits(kinds: Sequence[str], key: str, largest: int, always: bool = False) -> None:
    """Which files a control takes, in the person's language. always: in English too."""
    limits = _("{size} MB per file • {kinds}").format(size=largest, kinds=", ".join(kinds).upper())
    where = f".st-key-{key.replace(' ', '-')} [data-testid=stFileUploaderDropzoneInstructions] span"
    _instead({where: limits}, always=always)


def _instead(words: Mapping[str, str], size: float = 0.875, always: bool = False) -> None:
    """words: selector of the element that holds Streamlit's words: what stands there in their place.

    size: of the type, in rem. always: in English too.
    """
    if current() == "en" and not always:
        return
    st.html(
        "<style>"
        + "".join(
            f"{where} {{ font-size: 0 }} {where}::after {{ content: {json.dumps(text, ensure_ascii=False)}; "
            f"font-size: {size}rem }}"
            for where, text in words.items()
        )
        + "</style>"
    )
