"""The model card: what a checkpoint was trained on, how, and what it can do."""

from __future__ import annotations

from typing import Any

import torch

from model.capture.checkpoint import Checkpoint
from model.networks.recurrent.config import RecurrentConfig
from model.scores import MEANING
from model.tasks import Recipe, Task
from model.text.tokenizer import CompactTokenizer
from model.training.precision import precision
from model.training.start import Start

THEN = {  # after the warm-up, by the schedule
    "cosine": "a cosine to 0",
    "paper": "down with the square root of the step",
    "constant": "constant",
}


def card(
    task: Task,
    recipe: Recipe,
    m: Checkpoint,
    scores: dict[str, Any],
    remake: str,
    credit: str = "",
    begun: Start | None = None,
) -> str:
    """The README.md of a checkpoint folder, in Markdown with the Hub's front matter.

    remake: the command that makes it. credit: where its data come from and their licence. begun: what it
    began with.
    """
    config = m.model.config
    alike = " sentences of like length" if recipe.by_length else ""
    agreed = f"; two passes have to agree (R-Drop, α {recipe.consistency:g})" if recipe.consistency else ""
    computed = "; computed in bfloat16" if precision(recipe, m.model.device.type) == torch.bfloat16 else ""
    computed += "; weights stored in half precision" if recipe.half else ""
    parts = [
        "---\nlicense: apache-2.0\nlibrary_name: transformers\ntags:\n- headlight\n---",
        f"# {task.title}",
        describe_network(m),
        describe_tokenizer(m.tokenizer) if isinstance(m.tokenizer, CompactTokenizer) else "",
        f"To show first: {describe_head(m.first_head)}" if m.first_head else "",
        "## Data",
        credit,
        task.card(m).strip(),
        "## Recipe",
        f"{recipe.max_steps} steps of {optimizer(recipe)}, {recipe.warmup_steps} of them warm-up to "
        f"{recipe.learning_rate:g}, then {THEN[recipe.schedule]}; batches of {recipe.batch_size}{alike}; "
        f"gradients clipped at {recipe.clip:g}; "
        f"dropout {config.dropout:g}; label smoothing {config.label_smoothing:g}{agreed}{computed}. Made by",
        f"    {remake}",
        f"It began with the tokenizer and the weights of `{begun.name}`." if begun else "",
        begun.making() if begun else "",
        "## Measured",
        table(scores),
        explain(scores, task.card(m)),
        "Licence: Apache-2.0." + (" The data have the licence named above." if credit else ""),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def describe_network(m: Checkpoint) -> str:
    """What it is made of, in a sentence."""
    config = m.model.config
    size = f"({m.architecture}, {m.parameters / 1e6:.2f} million parameters)"
    layers = f"{config.encoder_layers} encoder and {config.decoder_layers} decoder layers"
    if isinstance(config, RecurrentConfig):
        return describe_recurrent(config, size, layers)
    return (
        f"A compact Transformer {size}: "
        f"{layers}, {config.num_heads} heads, d_model {config.d_model}, d_ff {config.d_ff}, "
        f"{config.positions} positions, norm {config.norm}."
    )


def describe_recurrent(config: RecurrentConfig, size: str, layers: str) -> str:
    """The same of a recurrent network."""
    cell = {"rnn": f"Elman network with {config.activation}", "lstm": "LSTM", "gru": "GRU"}[config.cell]
    if config.cell == "gru" and config.reset == "before":
        cell += " that resets before the product"
    reads = "read in both directions" if config.bidirectional else "read in one direction"
    attention = {
        "none": "no attention: the decoder starts with the encoder's last state"
        + ("" if config.context == "start" else " and reads it at every step"),
        "bahdanau": "attention by Bahdanau (2015)",
        "luong-dot": "attention by Luong (2015), dot",
        "luong-general": "attention by Luong (2015), general",
        "luong-concat": "attention by Luong (2015), concat",
    }[config.attention]
    answers = {
        "none": "a class for each token",
        "last": "a class read off the last state",
        "mean": "a class read off the mean of all states",
    }[config.pooling]
    told = attention if config.is_encoder_decoder else answers
    return (
        f"A recurrent network {size}: {cell}, {layers}, states of {config.hidden_size}, token vectors of "
        f"{config.d_model}, {reads}; {told}."
    )


def optimizer(recipe: Recipe) -> str:
    """What takes the steps, with its settings."""
    betas, decay = f"betas {recipe.betas[0]}, {recipe.betas[1]}", f"weight decay {recipe.weight_decay:g}"
    if recipe.optimizer == "adamw":
        return f"AdamW ({betas}, {decay})"
    faster = "" if recipe.matrix_rate == 1 else f", {recipe.matrix_rate:.3g} times the learning rate"
    return (
        f"Muon (momentum {recipe.momentum}, {decay}{faster}) for the layers' matrices, "
        f"AdamW ({betas}) for the rest"
    )


def describe_head(head: dict[str, Any]) -> str:
    """A head as people count, from 1."""
    seen_from = f', from "{head["query"]}"' if head["query"] else ""
    return f"{head['kind']} layer {head['layer'] + 1}, head {head['head'] + 1}{seen_from}."


def describe_tokenizer(tokenizer: CompactTokenizer) -> str:
    """What a text is cut into: the kind of tokens, how many there are, and what is done to a text first."""
    size = f"Its tokenizer has {len(tokenizer):,}"
    if tokenizer.words:
        return f"{size} tokens, which are words, looked up in lower case."
    kind = {"char": "characters", "bpe": "BPE"}.get(tokenizer.method, tokenizer.method)
    changed = {
        "identity": "texts come back as they were written",
        "nfc": "letters and their marks are composed, and all else comes back as it was written",
    }.get(tokenizer.normalization, "texts come back as that has them, and ’ as '")
    normalization = tokenizer.normalization or "of its own"
    return f"{size} pieces of SentencePiece ({kind}), normalization {normalization}: {changed}."


def explain(scores: dict[str, Any], told: str) -> str:
    """What the numbers mean that several tasks have, where the task's own part of the card does not tell."""
    meaning = {name: MEANING[name] for name in scores if name in MEANING and f"`{name}`: " not in told}
    return "\n".join(f"- `{name}`: {said}." for name, said in meaning.items())


def table(scores: dict[str, Any]) -> str:
    """The scores as a Markdown table, shares with three digits; – where there is none."""
    rows = ["| measure | value |", "| --- | --- |"]
    for name, value in scores.items():
        if isinstance(value, dict):
            value = describe_head(value).rstrip(".")
        elif isinstance(value, float):
            value = f"{value:.3f}"
        elif value is None:
            value = "–"
        rows.append(f"| `{name}` | {str(value).replace('|', ' ')} |")
    return "\n".join(rows)
