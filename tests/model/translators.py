"""Encoder-decoders that write: the shipped one, and tiny random ones whose texts vary and come to ends."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import PreTrainedModel

from model import load
from model.capture.checkpoint import Checkpoint
from model.capture.prepare import prepare
from model.networks.config import CompactConfig
from model.networks.pretrained import CompactForConditionalGeneration
from model.text.tokenizer import CompactTokenizer, train_tokenizer
from tests.model.families import TEXT, build, tokenizer

NAMES = ["pronouns", "compact", "t5", "bart", "marian"]
SOURCE = "it"  # short, since a translation may be about twice as long, and 16
STORY = TEXT  # what checkpoints/pronouns was trained to translate


@cache
def words() -> CompactTokenizer:
    with TemporaryDirectory() as folder:
        return train_tokenizer([TEXT, "il était trop fatigué, elle dort"], folder)


@cache
def translator(name: str, seed: int = 0, ends: tuple[int, ...] = (3,)) -> Checkpoint:
    """The same model each time. ends: the ids that end a text; more of them make shorter texts."""
    if name == "pronouns":
        return load(Path(__file__).parents[2] / "checkpoints" / "pronouns")
    if name == "compact":
        config = CompactConfig(
            vocab_size=len(words()),
            d_model=32,
            d_ff=32,
            decoder_layers=2,
            tie_embeddings=False,
            pad_token_id=0,
            bos_token_id=2,
            eos_token_id=3,
        )
        model: PreTrainedModel = CompactForConditionalGeneration(config)
        known: Any = words()
    else:
        model = build(name, tie_word_embeddings=False)
        known = tokenizer({"bart": "<s> $A </s>"}.get(name, "$A </s>"))
    enliven(model, seed)
    cast(Any, model).generation_config.eos_token_id = list(ends) if len(ends) > 1 else ends[0]
    return prepare(model, known, name)


@torch.no_grad()
def enliven(model: PreTrainedModel, seed: int) -> None:
    """Lets the last piece decide more of the next than all else does: random models repeat one otherwise."""
    torch.manual_seed(seed)
    table = cast(Any, model).config.vocab_size
    output = cast(torch.nn.Linear, model.get_output_embeddings())
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            module.weight.normal_(std=0.1)
        elif isinstance(module, torch.nn.Embedding) and module.num_embeddings == table:
            module.weight.normal_()
    output.weight = torch.nn.Parameter(torch.randn_like(output.weight) * 0.3)


def source_of(name: str) -> str:
    """A text that this translator knows the words of."""
    return STORY if name == "pronouns" else SOURCE


def whole(m: Checkpoint) -> int:
    """How many pieces there are."""
    return int(m.model.config.vocab_size)


def ends_of(m: Checkpoint) -> list[int]:
    ends: Any = cast(Any, m.model).generation_config.eos_token_id
    return list(ends) if isinstance(ends, list) else [ends]


def start_of(m: Checkpoint) -> int:
    return int(cast(Any, m.model).generation_config.decoder_start_token_id)


def room(m: Checkpoint, source: str) -> int:
    """How many pieces a translation may have."""
    return min(2 * len(m.tokenizer(source)["input_ids"]) + 16, 512, (m.max_tokens or 513) - 1)


def until_the_end(m: Checkpoint, ids: Sequence[int]) -> list[int]:
    """The ids up to the first that ends a text."""
    kept: list[int] = []
    for i in ids:
        kept.append(int(i))
        if i in ends_of(m):
            break
    return kept


def generated(m: Checkpoint, source: str, prefix: Sequence[int] = (), **how: Any) -> Any:
    """What transformers' generate does by itself. With return_dict_in_generate its whole output.

    Without its cache, which it makes too small for a T5 whose decoder is the deeper half.
    """
    if prefix:
        how["decoder_input_ids"] = torch.tensor([[start_of(m), *prefix]])
    ids = torch.tensor([m.tokenizer(source)["input_ids"]])
    most = room(m, source) - len(prefix)
    done = cast(Any, m.model).generate(
        ids, max_new_tokens=most, **({"do_sample": False, "use_cache": False} | how)
    )
    return done if how.get("return_dict_in_generate") else until_the_end(m, done[0, 1:].tolist())


def forced(m: Checkpoint, source: str, ids: Sequence[int]) -> NDArray[np.float64]:
    """The logits before each of the ids, float64 (ids, vocabulary), in one pass."""
    read = torch.tensor([[start_of(m), *ids][: len(ids)]])
    with torch.no_grad():
        logits = cast(Any, m.model)(
            input_ids=torch.tensor([m.tokenizer(source)["input_ids"]]), decoder_input_ids=read
        ).logits
    found: NDArray[np.float64] = logits[0].double().numpy()
    return found


def log_softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """As the textbook has it."""
    lowered = logits - logits.max(-1, keepdims=True)
    found: NDArray[np.float64] = lowered - np.log(np.exp(lowered).sum(-1, keepdims=True))
    return found
