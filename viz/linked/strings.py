"""Every word that the linked view says, in English. Whole sentences with named places."""

from __future__ import annotations

from collections.abc import Mapping


def N_(text: str) -> str:  # noqa: N802  # gettext's own name for "to be translated"
    """Mark a text for translation; it is translated where it is used."""
    return text


STRINGS: dict[str, str] = {
    # The switches.
    "kind": N_("Attention"),
    "encoder": N_("Encoder"),
    "decoder": N_("Decoder"),
    "cross": N_("Cross"),
    "units": N_("Tokens"),
    "words": N_("Words"),
    "pieces": N_("Pieces"),
    "combine": N_("Several heads as one"),
    "mean": N_("Mean"),
    "max": N_("Maximum"),
    "options": N_("Options"),
    "threshold": N_("Hide weights below"),
    "specials": N_("Show special tokens"),
    # The panels.
    "all_heads": N_("All heads"),
    "head_name": N_("Layer {layer}, head {head}"),
    "head": N_("layer {layer} · head {head}"),
    "heads": N_("{count} heads"),
    "choose_heads": N_("Click to choose a head, Shift-click for several; the arrow keys walk."),
    "looks_from": N_("looks from"),
    "looks_at": N_("at"),
    "queries_keys": N_("queries ↓ keys →"),
    "sentence": N_("The sentence"),
    "written": N_("The written text"),
    "source": N_("The source"),
    "lines_name": N_("Lines from each query to the keys it looks at, {heads}"),
    "matrix_name": N_("Matrix of weights, queries down, keys across, {heads}"),
    "unknown": N_("not in the vocabulary"),
    "token_unknown": N_("{token}, not in the vocabulary"),
    "sink": N_("the sink"),
    # What a row says.
    "hint": N_("Point at a word: the light falls on what this head looks at. Click to hold it."),
    "quote": N_("“{token}”"),
    "percent": N_("{number} %"),
    "row_0": N_("{query} looks at nothing."),
    "row_1": N_("{query} looks {share} at {key}, {rest} elsewhere."),
    "row_2": N_("{query} looks {share} at {key}, {share_2} at {key_2}, {rest} elsewhere."),
    "row_3": N_(
        "{query} looks {share} at {key}, {share_2} at {key_2}, {share_3} at {key_3}, {rest} elsewhere."
    ),
    "rows_1": N_("{query} together look {share} at {key}, {rest} elsewhere."),
    "rows_2": N_("{query} together look {share} at {key}, {share_2} at {key_2}, {rest} elsewhere."),
    "rows_3": N_(
        "{query} together look {share} at {key}, {share_2} at {key_2}, {share_3} at {key_3}, "
        "{rest} elsewhere."
    ),
    "most_1": N_("In one of these heads {query} looks {share} at {key}."),
    "most_2": N_("In one of these heads {query} looks {share} at {key}, in one {share_2} at {key_2}."),
    "most_3": N_(
        "In one of these heads {query} looks {share} at {key}, in one {share_2} at {key_2}, "
        "in one {share_3} at {key_3}."
    ),
    "mosts_1": N_("In one of these heads {query} together look {share} at {key}."),
    "mosts_2": N_(
        "In one of these heads {query} together look {share} at {key}, in one {share_2} at {key_2}."
    ),
    "mosts_3": N_(
        "In one of these heads {query} together look {share} at {key}, in one {share_2} at {key_2}, "
        "in one {share_3} at {key_3}."
    ),
    "most_went": N_("In one of these heads {share} went to {key}."),
    "cell": N_("{query} looks {share} at {key}."),
    "column_0": N_("Nothing looks at {key}."),
    "column_1": N_("{query} looks at {key} with {share}."),
    "column_2": N_("{query} looks at {key} with {share}, {query_2} with {share_2}."),
    "column_3": N_(
        "{query} looks at {key} with {share}, {query_2} with {share_2}, {query_3} with {share_3}."
    ),
    "most_column_1": N_("In one of these heads {query} looks at {key} with {share}."),
    "most_column_2": N_(
        "In one of these heads {query} looks at {key} with {share}, in one {query_2} with {share_2}."
    ),
    "most_column_3": N_(
        "In one of these heads {query} looks at {key} with {share}, in one {query_2} with {share_2}, "
        "in one {query_3} with {share_3}."
    ),
    "went": N_("{share} went to {key}."),
    # While something is fetched, or cannot be.
    "fetching": N_("Fetching layer {layer} …"),
    "broken": N_("This view cannot be shown: {reason}"),
    "title": N_("What each attention head looks at"),
}


def merge_strings(strings: Mapping[str, str] | None) -> dict[str, str]:
    """All strings, those given in place of the English ones."""
    return {**STRINGS, **{name: text for name, text in (strings or {}).items() if name in STRINGS}}
