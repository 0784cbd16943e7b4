"""Every word that the player says, in English. Whole sentences with named places."""

from __future__ import annotations

from collections.abc import Mapping

from viz.linked.strings import N_

STRINGS: dict[str, str] = {
    # The controls.
    "play": N_("Play"),
    "pause": N_("Pause"),
    "first": N_("To the start"),
    "back": N_("Step back"),
    "on": N_("Step on"),
    "last": N_("To the end"),
    "step": N_("Step"),
    "speed": N_("Speed"),
    "times": N_("{number} ×"),
    "keys": N_("Space plays, the arrow keys step"),
    # The rows.
    "source": N_("The source"),
    "written": N_("The written text"),
    "start_token": N_("the start token"),
    "go_to": N_("Step {step}: {piece}"),
    "look_from": N_("What {piece} looks at"),
    "encoder_lines": N_("Encoder self-attention: every piece looks at every piece"),
    "cross_lines": N_("Cross-attention: queries from the decoder, keys and values from the encoder"),
    "decoder_lines": N_("Masked self-attention: only at what is written so far"),
    # What could be written.
    "next": N_("The next piece"),
    "likeliest": N_("{count} likeliest of the vocabulary"),
    "waits": N_("Nothing is written yet. Each step writes one piece."),
    "others": N_("all other pieces"),
    "given": N_("given by you"),
    "logprob": N_("Log-probability {number}"),
    "never": N_("Log-probability {number}; it is not among those that are drawn from"),
    "choice": N_("{piece}, {share}"),
    "choice_given": N_("{piece}, {share}, given by you"),
    # What happens, in words.
    "quote": N_("“{token}”"),
    "percent": N_("{number} %"),
    "reads": N_("The encoder reads all {count} pieces at once."),
    "hint": N_("Point at one to see what it looks at."),
    "cell": N_("{query} looks {share} at {key}."),
    "cell_2": N_("{query} looks {share} at {key} and {share_2} at {key_2}."),
    "begins": N_("Step {step} of {steps}: the decoder has written nothing yet."),
    "goes_on": N_("Step {step} of {steps}: the decoder has written {text}."),
    "looks": N_("It looks {share} at {key} in the source."),
    "looks_2": N_("It looks {share} at {key} and {share_2} at {key_2} in the source."),
    "looks_back": N_("In its own text it looks {share} at {key}."),
    "writes": N_("It writes {piece} ({share})."),
    "ends": N_("It ends the text with {piece} ({share})."),
    "was_given": N_("You gave it {piece} ({share})."),
    "broken": N_("This view cannot be shown: {reason}"),
}


def merge_strings(strings: Mapping[str, str] | None) -> dict[str, str]:
    """All strings, those given in place of the English ones."""
    return {**STRINGS, **{name: text for name, text in (strings or {}).items() if name in STRINGS}}
