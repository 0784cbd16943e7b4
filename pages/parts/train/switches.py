"""The switches of a run: each a control on the page and a word in the link. What is as usual is not said."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from model.errors import Refusal
from pages.common import links
from pages.common.language import _
from pages.common.text import refuse

SEED, STEPS, START = "seed", "steps", "start"
USUAL = "usual switches"  # in the session: what they were when they were shown last
NUMBERS: dict[str, tuple[float, float, float]] = {  # the least, the most, a step
    "pieces": (262, 64_000, 1),  # the special ones, the bytes and one more
    "longest": (3, 200, 1),
    "d_model": (8, 512, 8),
    "hidden_size": (8, 512, 8),
    "attention_size": (8, 512, 8),
    "forget_bias": (0.0, 5.0, 0.5),
    "num_heads": (1, 16, 1),
    "d_k": (1, 256, 1),
    "d_v": (1, 256, 1),
    "d_ff": (8, 2048, 8),
    "encoder_layers": (0, 6, 1),
    "decoder_layers": (0, 6, 1),
    "experts": (0, 8, 1),
    "experts_per_token": (1, 8, 1),
    "max_positions": (8, 4096, 8),
    "cross_window": (0, 64, 1),
    "dropout": (0.0, 0.5, 0.05),
    "label_smoothing": (0.0, 0.3, 0.05),
    "batch_size": (4, 256, 4),
    "learning_rate": (0.0001, 0.01, 0.0001),
    "warmup_steps": (0, 4000, 10),
    STEPS: (10, 20_000, 10),
    SEED: (0, 9999, 1),
}
MAYBE = ("d_k", "d_v", "cross_window", "pieces", "attention_size")  # numbers that can be left out
OF_TASKS = ("longest",)  # what a task itself can be told
CUT = ("tokenizer", "pieces", "normalization")  # of a task that learns from a person's texts
WINDOWS = ("encoder_windows", "decoder_windows")
FREE = ("dropout", "label_smoothing")  # also of a model whose weights are there already
TOGGLES = ("causal", "tie_embeddings", "bidirectional")
ADDITIVE = ("bahdanau", "luong-concat")
UNSIZED = ("words", "characters")  # tokenizers that have as many pieces as the texts
EVERYWHERE = "–"
FARTHEST = 9999  # tokens to either side, in how far a layer sees
UNREADABLE = "unreadable"  # instead of the value of a control in which something else stands


def labels() -> dict[str, str]:
    """What the switches are called."""
    return {
        "tokenizer": _("Tokenizer"),
        "pieces": _("Pieces in a vocabulary"),
        "normalization": _("Normalization"),
        "longest": _("Letters of the longest string"),
        "network": _("Network"),
        "attention": _("Attention"),
        "bidirectional": _("The encoder reads in both directions"),
        "hidden_size": _("Width of a state"),
        "attention_size": _("Width of what scores"),
        "context": _("The encoder's vector is read"),
        "activation": _("Activation"),
        "reset": _("The reset gate acts"),
        "forget_bias": _("The forget gates begin with"),
        "pooling": _("A class is read off"),
        "d_model": _("Width (d_model)"),
        "num_heads": _("Heads"),
        "d_k": _("Width of a key (d_k)"),
        "d_v": _("Width of a value (d_v)"),
        "d_ff": _("Feed-forward width"),
        "encoder_layers": _("Encoder layers"),
        "decoder_layers": _("Decoder layers"),
        "experts": _("Experts (0: one network)"),
        "experts_per_token": _("Experts for each token"),
        "norm": _("Norm"),
        "positions": _("Positions"),
        "max_positions": _("Positions that are learned"),
        "encoder_windows": _("How far each encoder layer sees"),
        "decoder_windows": _("How far each decoder layer sees"),
        "cross_window": _("How far cross-attention sees"),
        "causal": _("Causal mask"),
        "tie_embeddings": _("Tied embeddings"),
        "dropout": _("Dropout"),
        "label_smoothing": _("Label smoothing"),
        "optimizer": _("Optimizer"),
        "schedule": _("Schedule"),
        "learning_rate": _("Highest learning rate"),
        "warmup_steps": _("Steps of warm-up"),
        "batch_size": _("Batch size"),
        STEPS: _("Steps"),
        SEED: _("Seed"),
    }


def choices() -> dict[str, dict[str, str]]:
    """The switches that choose one of a few."""
    return {
        "tokenizer": {
            "auto": _("words or unigram, as the texts allow"),
            "words": _("Words"),
            "unigram": _("Unigram"),
            "bpe": _("Byte-pair"),
            "characters": _("Characters"),
        },
        "normalization": {
            "identity": _("none: as it is written"),
            "nfc": _("letters composed (NFC)"),
            "nfkc": "NFKC",
            "nmt_nfkc": _("NFKC, for translation"),
            "nfkc_cf": _("NFKC, lower case"),
            "nmt_nfkc_cf": _("NFKC, for translation, lower case"),
        },
        "network": {"transformer": _("Transformer"), "rnn": "RNN", "lstm": "LSTM", "gru": "GRU"},
        "attention": {
            "none": _("none"),
            "bahdanau": _("Bahdanau"),
            "luong-dot": _("Luong, dot"),
            "luong-general": _("Luong, general"),
            "luong-concat": _("Luong, concat"),
        },
        "context": {"start": _("at the start"), "every step": _("at every step")},
        "activation": {"tanh": "tanh", "sigmoid": _("sigmoid"), "relu": "ReLU"},
        "reset": {"after": _("after the product, as in PyTorch"), "before": _("before it, as in the paper")},
        "pooling": {
            "none": _("every token"),
            "last": _("the last state"),
            "mean": _("the mean of all states"),
        },
        "norm": {"after": _("after"), "before": _("before")},
        "positions": {
            "sinusoidal": _("sinusoidal"),
            "learned": _("learned"),
            "rotary": _("rotary"),
            "alibi": "ALiBi",
            "none": _("none"),
        },
        "optimizer": {"adamw": "AdamW", "muon": _("Muon and AdamW")},
        "schedule": {"cosine": _("cosine"), "paper": _("the paper's"), "constant": _("constant")},
    }


def explain(name: str) -> str | None:
    """What a person may want to know of a switch."""
    return {
        "attention": _(
            "Without attention the decoder begins with the encoder's last state and sees no more of the "
            "text. Bahdanau's (2015) is asked by the state before a step, Luong's (2015) by that behind it."
        ),
        "tokenizer": _(
            "Words where there are few different ones and every text comes back from them as it was; else "
            "pieces of SentencePiece, which write a character they never met as its bytes."
        ),
        "normalization": _(
            "What is done to a text before it is cut. Without it every character comes back as it was. NFC "
            "joins letters and marks that are written apart, as in the names of a Mac’s files. NFKC also "
            "makes ㅋ ᄏ, … three full stops, ！ ! and ① 1, and ’ is read as '."
        ),
    }.get(name)


def groups(usual: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """The names of the switches that a kind of model has: its parts, how they are joined, how it learns."""
    learned = ("optimizer", "schedule", "learning_rate", "warmup_steps", "batch_size", STEPS, SEED)
    of_task = tuple(name for name in OF_TASKS if name in usual)
    if usual[START]:
        return of_task, FREE, learned
    halves = usual["architecture"].split("-")
    layers = [f"{half}_layers" for half in halves]
    cut = (*of_task, *(CUT if CUT[0] in usual else ()))
    if usual["chosen_network"] != "transformer":
        return (*cut, "d_model", "hidden_size", *layers), recurrent_parts(usual), learned
    parts = (*cut, "d_model", "num_heads", "d_k", "d_v", "d_ff", *layers, "experts", "experts_per_token")
    joined = ["norm", "positions", "max_positions", *(f"{half}_windows" for half in halves)]
    joined += ["cross_window"] if len(halves) == 2 else []
    joined += ["causal"] if "decoder" in halves else []
    return parts, (*joined, "tie_embeddings", *FREE), learned


def recurrent_parts(usual: dict[str, Any]) -> tuple[str, ...]:
    """The switches that a recurrent network has beside its sizes."""
    of_cell = {"rnn": "activation", "lstm": "forget_bias", "gru": "reset"}[usual["chosen_network"]]
    reads = ("attention", "attention_size", "context") if "decoder" in usual["architecture"] else ("pooling",)
    return (*reads, "bidirectional", of_cell, "tie_embeddings", *FREE)


def is_idle(name: str, found: dict[str, Any]) -> bool:
    """Whether a switch has nothing to change, as the others are set."""
    if name == "experts_per_token":
        return not found["experts"]
    if name == "attention_size":
        return found["attention"] not in ADDITIVE
    if name == "context":
        return bool(found["attention"] != "none")
    if name in CUT:
        kind = found.get("tokenizer")
        return kind == "words" if name == "normalization" else name == "pieces" and kind in UNSIZED
    return name == "max_positions" and found["positions"] != "learned"


def follow(usual: dict[str, Any]) -> None:
    """Have the controls that stood as was usual for another task stand as is usual for this one."""
    was = st.session_state.get(USUAL, usual)
    st.session_state[USUAL] = usual
    for name in labels().keys() & was.keys() & usual.keys():
        shown = format_value(was[name]) if name in WINDOWS else was[name]
        if was[name] != usual[name] and st.session_state.get(f"set_{name}") == shown:
            del st.session_state[f"set_{name}"]


def read_network(usual: dict[str, Any]) -> str:
    """The network that the link names, where it can learn the task; else the task's own."""
    told = read_switch("network", usual["network"])
    if told not in usual["networks"]:
        links.leave_out("set_network", told)
        told = usual["network"]
    network: str = told
    return network


def choose_network(usual: dict[str, Any]) -> str:
    """The control for the network, where there are several that can learn the task."""
    networks = usual["networks"]
    if len(networks) == 1:
        return read_network(usual)
    named = {network: choices()["network"][network] for network in networks}
    return links.one(labels()["network"], named, "set_network", usual["network"])


def read_link(usual: dict[str, Any]) -> dict[str, Any]:
    """Every switch as the link has it, where the controls are folded away."""
    found: dict[str, Any] = {}
    for name in (name for group in groups(usual) for name in group):
        found[name] = usual[name] if is_idle(name, found) else read_switch(name, usual[name])
    return found


def differing(found: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    """What is other than the task has it."""
    return {name: value for name, value in found.items() if value != usual[name]}


def read_switch(name: str, usual: Any) -> Any:
    """What the link says of a switch, where that can be; else what is usual."""
    told = st.query_params.get(f"set_{name}")
    if told is None:
        return usual
    try:
        if name in NUMBERS:
            return parse_number(name, told, usual)
        if name in WINDOWS:
            return windows(told)
    except (ValueError, OverflowError):
        return usual
    if name in TOGGLES:
        return told == "true" if told in ("true", "false") else usual
    return told if told in choices()[name] else usual


def parse_number(name: str, told: str, usual: float | None) -> float | None:
    """A number of a link. Raises ValueError for what is none, or out of bounds."""
    if name in MAYBE and not told:
        return None
    least, most, step = NUMBERS[name]
    value = float(told) if isinstance(step, float) else int(float(told))
    if not least <= value <= max(most, usual or 0):
        raise ValueError
    return value


def windows(told: str) -> list[int | None] | None:
    """ "4, –" as [4, None], nothing as None. Raises Refusal for anything else."""
    if not told.strip():
        return None
    entries = [entry.strip() for entry in re.split(r"[,、，]", told)]
    if not all(re.fullmatch(r"[0-9]+|[-–—]", entry) for entry in entries):
        raise Refusal("Write a number or – for each layer, with commas between them: 4, –")
    if any(len(entry.lstrip("0")) > len(str(FARTHEST)) for entry in entries):  # of any length: no int yet
        raise Refusal(
            "A layer can see up to {most} tokens to either side; write – where it sees everything.",
            most=f"{FARTHEST:,}",
        )
    return [int(entry) if entry.isdigit() else None for entry in entries]


def format_value(value: Any) -> str:
    """The value of a switch in a link."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(EVERYWHERE if entry is None else str(entry) for entry in value)
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def control(name: str, usual: Any) -> Any:
    """The control of a switch, kept in the link where it is not as usual; its value."""
    key, label = f"set_{name}", labels()[name]
    if name == "norm":
        return links.choice(label, choices()[name], key, usual)
    if key not in st.session_state:
        st.session_state[key] = read_switch(name, usual)
        if name in WINDOWS:
            st.session_state[key] = format_value(st.session_state[key])
    if name in WINDOWS:
        return choose_windows(name, usual)
    if name in TOGGLES:
        value: Any = st.toggle(label, key=key)
    elif name in NUMBERS:
        value = number(name, usual)
    else:
        options, more = choices()[name], explain(name)
        value = st.selectbox(label, list(options), key=key, format_func=options.__getitem__, help=more)
    links.put(key, format_value(value), format_value(usual))
    return value


def number(name: str, usual: float | None) -> float | None:
    """The control of a number."""
    least, most, step = NUMBERS[name]
    form = "%.4f" if name == "learning_rate" else "%.2f" if isinstance(step, float) else "%d"
    left_out = {
        "d_k": _("width ÷ heads"),
        "d_v": _("width ÷ heads"),
        "pieces": _("as many as the texts allow"),
        "attention_size": _("that of a state"),
    }.get(name, _("everything"))
    return st.number_input(
        labels()[name],
        least,
        max(most, usual or least),
        step=step,
        key=f"set_{name}",
        format=form,
        placeholder=left_out if name in MAYBE else None,
    )


def choose_windows(name: str, usual: list[int | None] | None) -> list[int | None] | str | None:
    """The control for how far each layer of a stack sees; UNREADABLE where that is not what it says."""
    key = f"set_{name}"
    told: str = st.text_input(
        labels()[name],
        key=key,
        placeholder=_("everything"),
        help=_(
            "A number of tokens to either side for each layer, or – for everything: “4, –” has two layers."
        ),
    )
    with refuse(go_on=True):
        value = windows(told)
        if value and 0 in value:
            st.caption(_("With 0 a token sees nothing but itself there."))
        links.put(key, format_value(value), format_value(usual))
        return value
    return UNREADABLE
