"""Tiny random encoders of families that read pairs, with the tokenizers that transformers has for them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import pre_tokenizers
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from tests.model.families import build

FIRST, SECOND = "The dog sleeps on the old sofa.", "An animal is resting, isn't it?"
SAID = "the dog sleeps on old sofa an animal is resting isn t it he she slept was tired"
WORDS = [*SAID.split(), *".,?'"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"

_PIECES = [*WORDS, *LETTERS, *(f"##{letter}" for letter in LETTERS)]
_WORDPIECE = {piece: i for i, piece in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_PIECES])}
_MPNET = {piece: i for i, piece in enumerate(["<s>", "<pad>", "</s>", "[UNK]", "<mask>", *_PIECES])}
_BYTES = {
    piece: i
    for i, piece in enumerate(
        ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    )
}


def _scored(*marks: str) -> list[tuple[str, float]]:
    """Pieces of SentencePiece with their scores, whole words likelier than letters."""
    words = [(f"▁{word}", -2.0) for word in dict.fromkeys(WORDS)]
    return [*((mark, 0.0) for mark in marks), *words, *((one, -9.0) for one in f"▁{LETTERS}.,?'")]


TOKENIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "bert": ("BertTokenizer", {"vocab": _WORDPIECE}),
    "electra": ("ElectraTokenizer", {"vocab": _WORDPIECE}),
    "distilbert": ("DistilBertTokenizer", {"vocab": _WORDPIECE}),
    "albert": ("AlbertTokenizer", {"vocab": _scored("<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]")}),
    "xlnet": ("XLNetTokenizer", {"vocab": _scored("<unk>", "<pad>", "<cls>", "<sep>", "<mask>", "<s>")}),
    "deberta_v2": ("DebertaV2Tokenizer", {"vocab": _scored("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")}),
    "mpnet": ("MPNetTokenizer", {"vocab": _MPNET}),
    "roberta": ("RobertaTokenizer", {"vocab": _BYTES, "merges": []}),
}  # fmt: skip

# Beside the sizes of tests.model.families: how many segments each has where it is not two.
SEGMENTS: dict[str, dict[str, Any]] = {
    "roberta": {"type_vocab_size": 1},
    "deberta_v2": {"type_vocab_size": 2},
}
READ_SEGMENTS = {"bert", "electra", "albert", "xlnet", "deberta_v2"}  # the others have separators alone


def make_tokenizer(name: str) -> PreTrainedTokenizerBase:
    kind, options = TOKENIZERS[name]
    made: PreTrainedTokenizerBase = getattr(transformers, kind)(**options)
    return made


def make_model(name: str, **sizes: Any) -> PreTrainedModel:
    """One whose segments, which XLNet has in its layers, are as far from one another as its words are."""
    model = build(name, **{**SEGMENTS.get(name, {}), **sizes})
    torch.manual_seed(1)
    with torch.no_grad():
        for path, parameter in model.named_parameters():
            if path.endswith(("seg_embed", "r_s_bias")):
                parameter.normal_()
    return model


@cache
def paired(name: str) -> Checkpoint:
    """The same model each time, ready to be watched."""
    return prepare(make_model(name), make_tokenizer(name), name)


def save_paired(name: str, folder: Path, **sizes: Any) -> Path:
    """The same as a folder, as people have them."""
    make_model(name, **sizes).save_pretrained(folder)
    make_tokenizer(name).save_pretrained(folder)
    return folder
