"""A person's own pairs: the file, its columns, and what of it can be used."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.common.language import _


def table() -> tuple[tuple[str, ...], dict[str, Any]] | None:
    """The file and its columns as the person chose them; None while there is no file."""
    st.file_uploader(_("A table with pairs"), ["tsv", "csv", "xlsx"], key="own table")
    return None
