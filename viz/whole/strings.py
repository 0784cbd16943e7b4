"""Every word that the picture says, in English. Whole sentences with named places."""

from __future__ import annotations

from collections.abc import Mapping

from viz.linked.strings import N_

STRINGS: dict[str, str] = {
    # What it is, and how it is used.
    "picture": N_("The whole model, from the sentence at the bottom to the next token at the top"),
    "hint": N_("Click or scroll to zoom in, point at anything to read it. Click a word to follow it."),
    "hint_touch": N_("Tap to zoom in, pinch to zoom, tap a word to follow it."),
    "keys": N_(
        "Left and right arrow: the way of a token, step by step. Space: play. Enter: zoom into what is "
        "chosen. Tab: choose a part. Escape: out. Home: the whole model."
    ),
    "where": N_("Where you are"),
    "inside": N_("What is inside: {part}"),
    "back": N_("Back"),
    "next": N_("Next"),
    "play": N_("Play"),
    "pause": N_("Pause"),
    "out": N_("Zoom out"),
    "closer": N_("Zoom in"),
    "station": N_("{number} of {count}"),
    "table": N_("The same as a table"),
    "table_short": N_("Table"),
    "part": N_("Part of the model"),
    "shape": N_("Shape"),
    "what": N_("What happens"),
    "broken": N_("This view cannot be shown: {reason}"),
    # Parts.
    "whole": N_("Whole model"),
    "encoder": N_("Encoder"),
    "decoder": N_("Decoder"),
    "tokens": N_("Tokens"),
    "embedding": N_("Embedding and position"),
    "embedding_short": N_("vectors"),
    "encoder_layer": N_("Encoder layer {layer}"),
    "decoder_layer": N_("Decoder layer {layer}"),
    "layer_short": N_("Layer {layer}"),
    "self_attention": N_("self-attention"),
    "masked_attention": N_("masked self-attention"),
    "cross_attention": N_("cross-attention"),
    "head_name": N_("Head {head}"),
    "pair_name": N_("“{query}” → “{key}”"),
    "feed_forward": N_("feed-forward"),
    "norm": N_("norm"),
    "last_norm": N_("The last norm"),
    "across": N_("K and V for the decoder"),
    "handed": N_("K, V"),
    "output": N_("Next token"),
    "output_here": N_("Token at this place"),
    "other": N_("no attention"),
    "silenced": N_("silenced"),
    "uniform": N_("uniform"),
    "no_output": N_("This model ends with its vectors: it has no output over a vocabulary."),
    # Shapes.
    "shape_tokens": N_("{count} tokens"),
    "shape_vectors": N_("{count} vectors of {width} numbers"),
    "shape_layer": N_("{count} × {width} in, {count} × {width} out"),
    "shape_attention": N_("{heads} heads, each {queries} × {keys} weights"),
    "shape_head": N_("{queries} × {keys} weights"),
    "shape_head_apart": N_(
        "q: {queries} × {dk}, k: {keys} × {dk}, v: {keys} × {dv}; {queries} × {keys} weights"
    ),
    "shape_pair": N_("two vectors of {dk} numbers, one weight"),
    "shape_feeding": N_("{width} → {units} → {width}, for each token"),
    "shape_output": N_("{width} numbers → {vocabulary} probabilities"),
    # What happens there, with its numbers.
    "quote": N_("“{token}”"),
    "percent": N_("{number} %"),
    "said_whole": N_("{count} layers. Followed: {tokens}."),
    "said_side": N_("{count} layers, {tokens} tokens."),
    "said_tokens": N_("“{token}” is token {place} of {count}, number {id} in the vocabulary."),
    "said_tokens_plain": N_("“{token}” is token {place} of {count}."),
    "said_written": N_("The decoder has read {count} tokens of what it writes; the last is “{token}”."),
    "said_window": N_("Tokens {first} to {last} of {total} are drawn."),
    "said_plain": N_("Row {id} of the table, × {scale}, plus the vector of position {place}."),
    "said_plain_one": N_("Row {id} of the table plus the vector of position {place}."),
    "said_row": N_("Row {id} of the table; positions come in inside attention."),
    "said_other_embedding": N_("Row {id} of the table; this model does more to it before its first layer."),
    "said_length": N_("The vector of “{token}” has the length {length}."),
    "said_no_vectors": N_("The vectors of this model are not known here."),
    "said_layer": N_("“{token}” enters with length {before}; {parts}; it leaves with length {after}."),
    "said_adds": N_("{part} adds {length}"),
    "said_layer_plain": N_("“{token}” enters with length {before} and leaves with length {after}."),
    "said_attention": N_("“{query}” looks most at “{key}”: head {head}, {share}."),
    "said_write": N_("To write what follows “{query}”, it looks most at “{key}”: head {head}, {share}."),
    "said_head": N_("“{query}” looks at {keys}."),
    "said_nothing": N_("“{query}” looks at nothing."),
    "said_key": N_("“{key}” {share}"),
    "said_weight": N_("“{query}” looks {share} at “{key}”."),
    "said_cut": N_("This is cut: “{query}” may not look at “{key}”."),
    "said_silenced": N_("This head is silenced: its output is 0."),
    "said_uniform": N_("This head is made uniform: every token gets the same weight."),
    "said_pair": N_(
        "q · k = {dot}, scaled: {score}. Softmax over the row: weight {weight}, by which v is multiplied."
    ),
    "said_masked": N_("q · k = {dot}, but this key is masked: weight {weight}."),
    "said_feature": N_("Feature {place}: q {q} × k {k} = {product}."),
    "said_value": N_("Feature {place}: {weight} × v {v} = {product}."),
    "said_share": N_("“{key}”: score {score}, weight {weight}."),
    "said_feeding": N_("{count} of {units} units fire for “{token}”; it adds {length}."),
    "said_feeding_plain": N_("Each token by itself; “{token}” gets {length} added."),
    "said_experts": N_("Experts {numbers} run for “{token}”."),
    "said_norm": N_("Each vector is rescaled, token by token."),
    "said_across": N_("Every decoder layer makes its K and V from the encoder’s {count} output vectors."),
    "said_output": N_("“{first}” {share}, then “{second}” {share_2}. Highest logit: {logit}."),
    "said_output_one": N_("“{first}” {share}. Highest logit: {logit}."),
    "said_mixer": N_("This layer has {mixer} in place of attention."),
    # Inside the calculation.
    "line_q": N_("q of “{token}”"),
    "line_k": N_("k of “{token}”"),
    "line_product": N_("q × k, feature by feature"),
    "line_score": N_("scaled: the score"),
    "line_softmax": N_("softmax of the row"),
    "line_value": N_("{weight} × v of “{token}”"),
    "masked": N_("masked"),
    "fetching": N_("Fetching q, k and v …"),
    "not_apart": N_("The q, k and v of this model are not known here."),
}


def merge_strings(strings: Mapping[str, str] | None) -> dict[str, str]:
    """All strings, those given in place of the English ones."""
    return {**STRINGS, **{name: text for name, text in (strings or {}).items() if name in STRINGS}}
