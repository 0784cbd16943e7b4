"""Words as the first editions told them apart: what their numbers in old links meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from model.text.former_words import former_words
from model.text.tokens import tokens_of
from tests.model.text.tongues import MAKERS

CHECKPOINTS = Path(__file__).parents[3] / "checkpoints"


def spaced() -> PreTrainedTokenizerBase:
    vocabulary = [("<unk>", -9.0), ("▁", -2.0), ("ue", -2.0), ("stion", -2.0), ("▁a", -2.0)]
    engine = Tokenizer(models.Unigram(vocabulary, 0))
    engine.pre_tokenizer, engine.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    return PreTrainedTokenizerFast(tokenizer_object=engine, unk_token="<unk>")


# The former numbers are those that the code of that edition gave.
@pytest.mark.parametrize(
    ("tokenizer", "text", "former", "now"),
    [
        (spaced(), "a question", (0, 1, 2, 3, 3), (0, 1, 1, 1, 1)),
        (MAKERS["code_points"](), "我们 it", (0, 1, 1, 2, 3, 3, 4), (0, 1, 1, 2, 2, 2, 3)),
        (
            MAKERS["word_piece"](),
            "The animal didn't cross",
            (0, 1, 2, 3, 4, 5, 6),
            (0, 1, 2, 2, 2, 3, 4),
        ),
        (
            AutoTokenizer.from_pretrained(CHECKPOINTS / "pronouns"),
            "The animal didn't cross; it's wide.",
            (0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8),
            (0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8),
        ),
    ],
    ids=["space and unknown", "Chinese", "marks apart", "words"],
)
def test_numbers_of_words_then_and_now(
    tokenizer: PreTrainedTokenizerBase, text: str, former: tuple[int, ...], now: tuple[int, ...]
) -> None:
    ids = tokenizer(text)["input_ids"]
    assert former_words(tokenizer, ids, text) == former
    assert tokens_of(tokenizer, ids, text).words == now
