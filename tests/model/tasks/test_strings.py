"""Strings of letters: what is read and what is to be written."""

from pathlib import Path

import pytest

from model import load
from model.tasks import find
from model.tasks.strings import StringTask, strings
from model.text.tokenizer import CompactTokenizer

SHIPPED = Path(__file__).parents[3] / "checkpoints"


@pytest.mark.parametrize("name", ["reverse", "copy", "sort"])
@pytest.mark.parametrize("known", [None, "en-fr", "pronouns-ko"])
def test_examples_are_what_the_tokenizer_makes_of_each_text(
    name: str, known: str | None, tmp_path: Path
) -> None:
    """Its own, one that works in pieces, and one that tells unknown letters apart by their order."""
    task = find(name)
    assert isinstance(task, StringTask)
    tokenizer = load(SHIPPED / known).tokenizer if known else task.tokenizer(tmp_path)
    assert isinstance(tokenizer, CompactTokenizer)
    texts = list(strings(60, 4))
    for text, example in zip(texts, task.encode(tokenizer, texts), strict=True):
        assert example["input_ids"] == tokenizer.encode(text)
        assert example["labels"] == tokenizer.encode(task.write_target(text))
    examples = task.validation(tokenizer, 1)
    assert {len(example["input_ids"]) - 1 for example in examples if not known} <= set(range(3, 13))
    assert examples == task.validation(tokenizer, 1) != task.validation(tokenizer, 2)
