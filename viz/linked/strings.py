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
    "pair": N_("Which sentence looks at which"),
    "everything": N_("All"),
    "between": N_("From {query} to {key}"),
    "within": N_("Within {query}"),
    "sentence_a": N_("sentence A"),
    "sentence_b": N_("sentence B"),
    "options": N_("Options"),
    "threshold": N_("Hide weights below"),
    "specials": N_("Show special tokens"),
    # The panels.
    "all_heads": N_("All heads"),
    "head_name": N_("Layer {layer}, head {head}"),
    "head": N_("layer {layer} · head {head}"),
    "heads": N_("{count} heads"),
    "choose_heads": N_("Click to choose a head, Shift-click for several; the arrow keys walk."),
    "several": N_("+ more"),
    "several_told": N_("Choose several heads: each click adds one or takes it away."),
    "looks_from": N_("looks from"),
    "to_write": N_("to write"),
    "looks_at": N_("at"),
    "queries_keys": N_("queries ↓ keys →"),
    "sentence": N_("The sentence"),
    "written": N_("The written text"),
    "source": N_("The source"),
    "lines_name": N_("Lines from each query to the keys it looks at, {heads}"),
    "matrix_name": N_("Matrix of weights, queries down, keys across, {heads}"),
    "unknown": N_("not in the vocabulary"),
    "token_unknown": N_("{token}, not in the vocabulary"),
    "sink": N_("the attention sink"),
    # Where the words come from, where spaces do not tell it.
    "segmented": N_(
        "Chinese, Japanese, Thai, Lao, Khmer and Burmese have no spaces between words: "
        "here ICU's dictionary says where a word ends."
    ),
    "across_1": N_("One piece reaches from one such word into the next; they are shown as one."),
    "across": N_("{count} pieces reach from one such word into the next; such words are shown as one."),
    # What a row says.
    "hint": N_("Point at a word: the light falls on what this head looks at. Click to hold it."),
    "quote": N_("“{token}”"),
    "quote_part": N_("“{token}” ({part})"),
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
    "column_0_part": N_("Nothing in {part} looks at {key}."),
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
    # The same of cross-attention, whose rows are named by what they write.
    "write_0": N_("To write {query} it looks at nothing."),
    "write_1": N_("To write {query} it looks {share} at {key}, {rest} elsewhere."),
    "write_2": N_("To write {query} it looks {share} at {key}, {share_2} at {key_2}, {rest} elsewhere."),
    "write_3": N_(
        "To write {query} it looks {share} at {key}, {share_2} at {key_2}, {share_3} at {key_3}, "
        "{rest} elsewhere."
    ),
    "writes_1": N_("To write {query} it looks, on average, {share} at {key}, {rest} elsewhere."),
    "writes_2": N_(
        "To write {query} it looks, on average, {share} at {key}, {share_2} at {key_2}, {rest} elsewhere."
    ),
    "writes_3": N_(
        "To write {query} it looks, on average, {share} at {key}, {share_2} at {key_2}, "
        "{share_3} at {key_3}, {rest} elsewhere."
    ),
    "write_most_1": N_("In one of these heads, to write {query}, it looks {share} at {key}."),
    "write_most_2": N_(
        "In one of these heads, to write {query}, it looks {share} at {key}, in one {share_2} at {key_2}."
    ),
    "write_most_3": N_(
        "In one of these heads, to write {query}, it looks {share} at {key}, in one {share_2} at {key_2}, "
        "in one {share_3} at {key_3}."
    ),
    "write_cell": N_("To write {query} it looks {share} at {key}."),
    "write_column_1": N_("It looks at {key} to write {query} ({share})."),
    "write_column_2": N_("It looks at {key} to write {query} ({share}) and {query_2} ({share_2})."),
    "write_column_3": N_(
        "It looks at {key} to write {query} ({share}), {query_2} ({share_2}) and {query_3} ({share_3})."
    ),
    "write_most_column_1": N_("In one of these heads it looks at {key} to write {query} ({share})."),
    "write_most_column_2": N_(
        "In one of these heads it looks at {key} to write {query} ({share}), in one to write {query_2} "
        "({share_2})."
    ),
    "write_most_column_3": N_(
        "In one of these heads it looks at {key} to write {query} ({share}), in one to write {query_2} "
        "({share_2}), in one to write {query_3} ({share_3})."
    ),
    # Scissors.
    "cut": N_("Cut {query} → {key} {where} (X)"),
    "cut_written": N_("Cut {key} from what writes {query} {where} (X)"),
    "mend": N_("Take the cut {query} → {key} back"),
    "undo": N_("Take this back"),
    "undo_all": N_("Take all back"),
    # While something is fetched, or cannot be.
    "fetching": N_("Fetching layer {layer} …"),
    "broken": N_("This view cannot be shown: {reason}"),
    "title": N_("What each attention head looks at"),
}


def merge_strings(strings: Mapping[str, str] | None) -> dict[str, str]:
    """All strings, those given in place of the English ones."""
    return {**STRINGS, **{name: text for name, text in (strings or {}).items() if name in STRINGS}}
