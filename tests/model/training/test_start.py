"""Runs that begin with what another checkpoint has learned."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from model import load
from model.errors import Refusal
from model.networks import families
from model.tasks import find
from model.text import word_counts
from model.text.tokenizer import CompactTokenizer
from model.training.folder import Run
from model.training.run import train
from model.training.start import start
from tests.model.families import build
from tests.model.families import tokenizer as words

SHIPPED = Path(__file__).parents[3] / "checkpoints"
STILL = {"learning_rate": 1e-12}  # a step of this size moves nothing


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run from nothing."""
    folder = tmp_path_factory.mktemp("runs") / "first"
    assert train(Run("reverse", 4, settings={"d_model": 32, "dropout": 0.3}), folder, threads=1)
    return folder


def test_it_begins_with_the_weights_the_tokenizer_and_the_words(first: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    assert train(Run("reverse", 1, seed=5, settings=STILL, start=str(first)), more, threads=1)
    weights, begun = (load_file(folder / "model.safetensors") for folder in (more, first))
    assert weights.keys() == begun.keys()
    for name, weight in weights.items():
        torch.testing.assert_close(weight, begun[name], rtol=0, atol=1e-9)
    name = "sentencepiece.model"
    assert (more / name).read_bytes() == (first / name).read_bytes()
    config = load(more).model.config
    assert (config.d_model, config.dropout, config.task) == (32, 0.3, "reverse")
    met, before = word_counts.read(more), word_counts.read(first)
    assert met
    assert before
    now = word_counts.count(find("reverse").sources(5))
    assert met == {word: max(before.get(word, 0), now[word]) for word in {*before, *now}}


@pytest.mark.parametrize("told", [{"tokenizer": "bpe"}, {"pieces": 300, "normalization": "nfc"}])
def test_its_tokenizer_cannot_be_another(first: Path, tmp_path: Path, told: dict[str, object]) -> None:
    names = ", ".join(told)
    with pytest.raises(Refusal, match=f"begins with first keeps its tokenizer; {names} cannot be set"):
        train(Run("reverse", 1, settings=told, start=str(first)), tmp_path / "more", threads=1)
    assert not (tmp_path / "more").exists()


def test_it_learns_on_from_there(first: Path, tmp_path: Path) -> None:
    more, anew = tmp_path / "more", tmp_path / "anew"
    longer = tmp_path / "longer"
    assert train(Run("reverse", 150, settings={"d_model": 32}), longer, threads=1)
    assert train(Run("reverse", 10, 1, start=str(longer)), more, threads=1)
    assert train(Run("reverse", 10, 1, settings={"d_model": 32}), anew, threads=1)
    begun, nothing = (
        json.loads((folder / "metrics.jsonl").read_text().splitlines()[0])["loss"] for folder in (more, anew)
    )
    assert begun < 0.9 * nothing


def test_the_card_says_what_it_began_with_and_how_that_was_made(first: Path, tmp_path: Path) -> None:
    more = tmp_path / "more"
    assert train(Run("reverse", 1, settings=STILL, start=str(first)), more, threads=1)
    card = (more / "README.md").read_text(encoding="utf-8")
    assert "It began with the tokenizer and the weights of `first`." in card
    assert "--seed 0 --from runs/first --max-steps 1 " in card
    assert card.index("## Data\n") < card.index("## Recipe\n") < card.index("## Data of `first`")
    recipe = card[card.index("## Recipe of `first`") : card.index("## Measured")]
    assert "4 steps of Muon" in recipe
    assert "    python -m model.training reverse --output runs/reverse --seed 0 --max-steps 4 " in recipe
    again = tmp_path / "again"
    assert train(Run("reverse", 1, settings=STILL, start=str(more)), again, threads=1)
    card = (again / "README.md").read_text(encoding="utf-8")
    assert re.findall("^## .*", card, re.MULTILINE) == [
        "## Data", "## Recipe", "## Data of `more`", "## Recipe of `more`",
        "## Data of `first`", "## Recipe of `first`", "## Measured",
    ]  # fmt: skip
    assert card.count("- `exact`: ") == 1


def test_without_a_card_it_says_what_it_knows(first: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(first, bare)
    (bare / "README.md").unlink()
    (bare / "words.tsv").unlink()
    found = start(str(bare), find("reverse"))
    assert found.making() == ""
    assert found.words() == Counter()


def test_what_the_encoder_is_asked_is_handed_on_only_where_it_is_the_same() -> None:
    found = start(str(SHIPPED / "pronouns"), find("pronouns"))
    tokenizer = found.m.tokenizer
    assert isinstance(tokenizer, CompactTokenizer)
    alike, other = (found.config(find(name).config(tokenizer)) for name in ("pronouns", "pronouns-shortcut"))
    assert alike.source_labels
    assert not other.source_labels
    for config in (alike, other):
        assert config.use_cache
        network = families.build(config)
        found.hand_on(network)
        network.eval()
        ids = torch.tensor([tokenizer.encode("The dog was tired.")])
        read = torch.tensor([[2, 5, 7]])
        ours, theirs = (net(input_ids=ids, decoder_input_ids=read).logits for net in (network, found.m.model))
        torch.testing.assert_close(ours, theirs)


def test_other_sizes_are_refused(first: Path, tmp_path: Path) -> None:
    for sizes in ({"d_ff": 40}, {"encoder_layers": 3}, {"norm": "before"}):
        with pytest.raises(ValueError, match="A model that begins with first must have its layers and sizes"):
            train(Run("reverse", 1, settings=sizes, start=str(first)), tmp_path / "run", threads=1)
        assert not (tmp_path / "run").exists()


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a model of the kind encoder-decoder, not decoder"):
        train(Run("reverse", 1, start=str(SHIPPED / "repeat")), tmp_path / "run", threads=1)
    assert not (tmp_path / "run").exists()


def test_what_is_no_compact_transformer_is_refused(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    build("t5").save_pretrained(foreign)
    words().save_pretrained(foreign)
    with pytest.raises(ValueError, match="network of this app's own, and foreign is not one"):
        train(Run("reverse", 1, start=str(foreign)), tmp_path / "run", threads=1)
    assert not (tmp_path / "run").exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="There is no folder"):
        train(Run("reverse", 1, start=str(tmp_path / "gone")), tmp_path / "run", threads=1)
    assert not (tmp_path / "run").exists()
