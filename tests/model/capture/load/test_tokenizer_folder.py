"""Folders whose tokenizer is missing, alone in an older form, or damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sentencepiece

from model import trace
from model.capture.load import load
from tests.model.capture.load.refusals import refused
from tests.model.families import TEXT, build
from tests.model.saved import edited, saved


@pytest.fixture
def pieces(tmp_path: Path) -> Path:
    text = tmp_path / "text.txt"
    text.write_text("\n".join([TEXT, "Das Tier ging nicht."] * 20))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(tmp_path / "sp"),
        vocab_size=70,
        hard_vocab_limit=False,
        model_type="bpe",
        pad_id=0,
        eos_id=1,
        bos_id=2,
        unk_id=3,
        minloglevel=2,
        num_threads=1,
    )
    return tmp_path / "sp.model"


@pytest.mark.parametrize("name", ["llama", "gemma2", "gemma3"])
def test_a_tokenizer_model_alone(tmp_path: Path, pieces: Path, name: str) -> None:
    folder = tmp_path / name
    build(name).save_pretrained(folder)
    shutil.copy(pieces, folder / "tokenizer.model")
    assert "animal" in "".join(trace(load(folder), TEXT)["decoder"].query_tokens)
    (folder / "tokenizer.model").write_bytes(b"\xff" * 50)
    refused(folder, "tokenizer", "damaged")


@pytest.mark.parametrize("name", ["bert", "gpt2", "t5", "llama", "marian", "gemma3", "roberta"])
def test_no_tokenizer_at_all(tmp_path: Path, name: str) -> None:
    build(name).save_pretrained(tmp_path)
    refused(tmp_path, "is missing: copy tokenizer.json and tokenizer_config.json")
    refused(edited(tmp_path, _name_or_path="org/the-original"), "from org/the-original")


def test_a_package_that_a_tokenizer_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(*_: object, **__: object) -> None:
        raise ImportError(
            "`tiktoken` is required to read a `tiktoken` file. Install it with `pip install tiktoken`."
        )

    monkeypatch.setattr("model.capture.load.tokenizer.AutoTokenizer.from_pretrained", lacking)
    refused(saved(tmp_path), "needs a package", "pip install tiktoken")
