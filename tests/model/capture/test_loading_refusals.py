"""Folders that cannot be loaded: each gets one plain sentence, and none runs code."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BertConfig, BertForMaskedLM, ViTConfig, ViTModel

from model import load, trace
from model.errors import Refusal
from tests.model.families import TEXT, build, tokenizer
from tests.model.saved import edited, refused, saved


@pytest.mark.parametrize(
    "name", ["", "  ", "no/such/folder", "checkpoints/none", "a b", "../x", "\0", "x" * 5000]
)
def test_no_such_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checkpoints").mkdir()
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []
    monkeypatch.setattr("model.capture.load.folders.snapshot_download", lambda name, **_: asked.append(name))
    with pytest.raises(Refusal, match="There is no folder"):
        load(name)
    assert not asked  # this is no name on the Hub


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    refused(saved(tmp_path) / "model.safetensors", "is a file")


def test_no_config(tmp_path: Path) -> None:
    refused(tmp_path, "has no config.json")


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'"bert"', b"\xff\xfe\x00", b"[" * 100_000])
def test_a_config_that_is_not_json(tmp_path: Path, content: bytes) -> None:
    (saved(tmp_path) / "config.json").write_bytes(content)
    refused(tmp_path, "is not JSON")


def test_a_config_too_large_to_be_one(tmp_path: Path) -> None:
    (saved(tmp_path) / "config.json").write_bytes(b"[" + b"0," * 6_000_000 + b"0]")
    refused(tmp_path, "too large")


def test_no_or_unknown_model_type(tmp_path: Path) -> None:
    refused(edited(saved(tmp_path), model_type=None), "does not say its model_type")
    refused(edited(tmp_path, model_type=["bert"]), "does not say its model_type")
    refused(edited(tmp_path, model_type="berd"), "berd", "not built in")


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_size": 31},
        {"hidden_size": "much"},
        {"num_attention_heads": 0},
        {"hidden_act": "nothing known"},
        {"vocab_size": -1},
        {"hidden_size": 10**9},
        {"num_hidden_layers": 10**9},
        {"num_hidden_layers": 3},
        {"num_hidden_layers": 1},
        {"intermediate_size": 41},
        {"vocab_size": 321},
        {"max_position_embeddings": 10**9},
        {"architectures": [7]},
        {"architectures": "BertForMaskedLM"},
        {"layer_norm_eps": None, "torch_dtype": "nonsense"},
    ],
    ids=str,
)
def test_a_config_that_lies(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = edited(saved(tmp_path), **changes)
    harmless = {"architectures", "torch_dtype"} & changes.keys()
    if harmless:
        assert load(folder).depth == {"encoder": 2}
    else:
        refused(folder, "config.json")


def test_a_model_that_cannot_run(tmp_path: Path) -> None:
    refused(edited(saved(tmp_path), num_attention_heads=-4), "cannot be run")


def test_code_that_comes_along_is_not_run(tmp_path: Path) -> None:
    code = "raise SystemExit('This code must never run.')"
    maps = {"AutoConfig": "evil.Config", "AutoModelForMaskedLM": "evil.Model", "AutoModel": "evil.Model"}
    folder = edited(saved(tmp_path), auto_map=maps)
    (folder / "evil.py").write_text(code)
    settings = folder / "tokenizer_config.json"
    settings.write_text(
        json.dumps(
            json.loads(settings.read_text()) | {"auto_map": {"AutoTokenizer": ["evil.Tokenizer", None]}}
        )
    )
    assert type(load(folder).model) is BertForMaskedLM  # a type that is built in
    refused(edited(folder, model_type="evil"), "not run")


def test_pickled_weights_are_not_opened(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "sprung",))

    (saved(tmp_path) / "model.safetensors").unlink()
    refused(tmp_path, "no weights")
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(Trap()))
    refused(tmp_path, "pickled", "safetensors")
    assert not (tmp_path / "sprung").exists()


def test_damaged_weights(tmp_path: Path) -> None:
    path = saved(tmp_path) / "model.safetensors"
    content = path.read_bytes()
    for damaged in (b"", content[:7], content[:100], content[:-1], b"\xff" * 100, b"\0" * 8 + content[8:]):
        path.write_bytes(damaged)
        refused(tmp_path, "weights", "damaged")


def test_weights_are_never_made_up(tmp_path: Path) -> None:
    path = saved(tmp_path) / "model.safetensors"
    weights = load_file(path)
    query = "bert.encoder.layer.1.attention.self.query.weight"
    save_file({key: value for key, value in weights.items() if key != query}, path, {"format": "pt"})
    refused(tmp_path, "do not fit")
    save_file({**weights, query: weights[query][:-1]}, path, {"format": "pt"})
    refused(tmp_path, "do not fit")
    save_file({"nothing": torch.zeros(1)}, path, {"format": "pt"})
    refused(tmp_path, "do not fit")


def test_an_encoder_decoder_needs_its_head(tmp_path: Path) -> None:
    folder = saved(tmp_path / "tied", "bart")
    cast(Any, build("bart").base_model).save_pretrained(
        folder
    )  # without the head, but its table is the tokens'
    assert trace(load(folder), TEXT).output_text is not None
    build("bart", tie_word_embeddings=False).save_pretrained(saved(tmp_path, "bart"))
    path = tmp_path / "model.safetensors"
    weights = load_file(path)
    assert load(tmp_path).architecture == "encoder-decoder"
    del weights["lm_head.weight"]
    save_file(weights, path, {"format": "pt"})
    refused(tmp_path, "do not fit")


def test_a_tokenizer_is_needed(tmp_path: Path) -> None:
    for name in ("bert", "gpt2", "t5", "llama", "marian"):
        build(name).save_pretrained(tmp_path / name)
        refused(tmp_path / name, "tokenizer", "missing")
    (saved(tmp_path / "broken") / "tokenizer.json").write_text("{}")
    refused(tmp_path / "broken", "tokenizer")


def test_a_model_that_does_not_read_text(tmp_path: Path) -> None:
    config = ViTConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
    ViTModel(config).save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    refused(tmp_path, "does not read text")


def test_a_large_config_takes_no_memory(tmp_path: Path) -> None:
    config = BertConfig(hidden_size=16384, num_hidden_layers=24, num_attention_heads=16)
    saved(tmp_path)
    config.save_pretrained(tmp_path)
    refused(tmp_path, "do not fit")
