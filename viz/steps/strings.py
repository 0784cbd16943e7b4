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
    "on": N_("Next step"),
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
    "encoder_lines": N_("Encoder self-attention: every token looks at every token"),
    "cross_lines": N_("Cross-attention: queries from the decoder, keys and values from the encoder"),
    "decoder_lines": N_("Masked self-attention: only at what is written so far"),
    "hop_lines": N_(
        "Encoder self-attention: what the token it looks at most, special tokens aside, had looked at itself"
    ),
    # What could be written.
    "next": N_("The next token"),
    "likeliest": N_("{count} likeliest of the vocabulary"),
    "waits": N_("Nothing is written yet. Each step writes one token."),
    "others": N_("all other tokens"),
    "given": N_("chosen by you"),
    "logprob": N_("Log-probability {number}"),
    "never": N_("Log-probability {number}; it is not among those that are sampled from"),
    "choice": N_("{piece}, {share}"),
    "choice_given": N_("{piece}, {share}, chosen by you"),
    # What happens, in words.
    "quote": N_("“{token}”"),
    "percent": N_("{number} %"),
    "reads": N_("The encoder reads all {count} tokens at once."),
    "reads_unseen": N_("The encoder reads the {count} tokens."),
    "hint": N_("Point at one to see what it looks at."),
    "cell": N_("{query} looks {share} at {key}."),
    "cell_2": N_("{query} looks {share} at {key} and {share_2} at {key_2}."),
    "begins": N_("Step {step} of {steps}: the decoder has written nothing yet."),
    "goes_on": N_("Step {step} of {steps}: the decoder has written {text}."),
    "writes": N_("To write {piece} ({chance}) the decoder looks {share} at {key}."),
    "writes_2": N_(
        "To write {piece} ({chance}) the decoder looks {share} at {key} and {share_2} at {key_2}."
    ),
    "ends": N_("To end the text ({chance}) the decoder looks {share} at {key}."),
    "ends_2": N_("To end the text ({chance}) the decoder looks {share} at {key} and {share_2} at {key_2}."),
    "was_given": N_("You chose {piece} ({chance}); the decoder looks {share} at {key}."),
    "was_given_2": N_(
        "You chose {piece} ({chance}); the decoder looks {share} at {key} and {share_2} at {key_2}."
    ),
    "writes_alone": N_("No attention: {piece} is written ({chance}) from the decoder's state."),
    "ends_alone": N_("No attention: the text ends here ({chance}), from the decoder's state."),
    "was_given_alone": N_("You chose {piece} ({chance})."),
    "hop": N_("In the encoder {query} looks {share} at {key}."),
    "hop_self": N_("In the encoder {query} looks most at itself ({share})."),
    "looks_back": N_("In its own text it looks {share} at {key}."),
    "broken": N_("This view cannot be shown: {reason}"),
}


def merge_strings(strings: Mapping[str, str] | None) -> dict[str, str]:
    """All strings, those given in place of the English ones."""
    return {**STRINGS, **{name: text for name, text in (strings or {}).items() if name in STRINGS}}
