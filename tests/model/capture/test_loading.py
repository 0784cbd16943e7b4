"""Loading: every kind of folder that works, and models from the Hub."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, cast

import huggingface_hub
import pytest
import sentencepiece
import torch
from huggingface_hub import DryRunFileInfo
from huggingface_hub.errors import LocalEntryNotFoundError
from transformers import BertForMaskedLM, BertModel, MarianTokenizer, T5EncoderModel, T5Tokenizer

from model import load, trace
from model.networks.config import CompactConfig
from model.networks.pretrained import CompactForCausalLM, CompactForConditionalGeneration, CompactForMaskedLM
from model.text.tokenizer import train_tokenizer
from tests.model.families import FAMILIES, TEXT, build, tokenizer
from tests.model.saved import ARCHITECTURES, edited, refused, saved


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_saved_folder(tmp_path: Path, name: str) -> None:
    m = load(saved(tmp_path / name, name))
    original = build(name)
    assert m.name == name
    assert m.architecture == ARCHITECTURES[name]
    assert m.tells_vectors == (name in FAMILIES)
    assert not m.model.training
    assert type(m.model) is type(original)
    for key, weight in original.state_dict().items():
        torch.testing.assert_close(m.model.state_dict()[key], weight)
    t = trace(m, TEXT)
    assert t.kinds == tuple(m.layers)
    for kind in t.kinds:
        assert t[kind].weights.shape[:2] == (len(m.layers[kind]), m.heads[kind])


def test_families_are_all_loadable(tmp_path: Path) -> None:
    for name in FAMILIES.keys() - ARCHITECTURES.keys():
        build(name).save_pretrained(tmp_path / name)
        tokenizer().save_pretrained(tmp_path / name)
        assert trace(load(tmp_path / name), TEXT, layers=[1]).kinds


@pytest.mark.parametrize(
    ("layers", "model_class", "architecture"),
    [
        ((2, 1), CompactForConditionalGeneration, "encoder-decoder"),
        ((2, 0), CompactForMaskedLM, "encoder"),
        ((0, 2), CompactForCausalLM, "decoder"),
    ],
)
def test_a_compact_checkpoint(
    tmp_path: Path, layers: tuple[int, int], model_class: Any, architecture: str
) -> None:
    words = train_tokenizer([TEXT, "il était trop fatigué"], tmp_path)
    head = {"kind": architecture.split("-")[0], "layer": 0, "head": 1, "query": "it"}
    config = CompactConfig(
        vocab_size=len(words),
        d_model=16,
        num_heads=2,
        d_ff=16,
        encoder_layers=layers[0],
        decoder_layers=layers[1],
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
        first_head=head,
    )
    model_class(config).save_pretrained(tmp_path)
    words.save_pretrained(tmp_path)
    m = load(tmp_path)
    assert isinstance(m.model, model_class)
    assert m.architecture == architecture
    counts = {"encoder": layers[0], "decoder": layers[1], "cross": min(layers)}
    assert m.depth == {kind: n for kind, n in counts.items() if n}
    assert m.first_head == head
    assert m.max_tokens is None
    t = trace(m, TEXT)
    first = t[t.kinds[0]]
    assert first.weights.shape[:2] == (max(layers), 2)
    assert first.query_tokens[:2] == ("The", "animal")


@pytest.mark.parametrize(
    "head",
    [
        {"kind": "encoder", "layer": 2, "head": 0, "query": "it"},
        {"kind": "encoder", "layer": 0, "head": -1},
        {"kind": "cross", "layer": 0, "head": 0},
        {"kind": "encoder", "layer": "0", "head": 0},
        {"kind": []},
        {},
        7,
    ],
)
def test_a_first_head_that_does_not_exist_is_not_shown(tmp_path: Path, head: Any) -> None:
    assert load(edited(saved(tmp_path), first_head=head)).first_head is None


@pytest.mark.filterwarnings("ignore:Recommended. pip install sacremoses")
def test_sentencepiece_tokenizers(tmp_path: Path) -> None:
    text = tmp_path / "text.txt"
    text.write_text("\n".join([TEXT, "Das Tier ging nicht.", "Die Straße war zu breit."] * 20))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(tmp_path / "sp"),
        vocab_size=70,
        hard_vocab_limit=False,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
        num_threads=1,
    )
    t5 = tmp_path / "t5"
    build("t5", eos_token_id=1).save_pretrained(t5)
    shutil.copy(tmp_path / "sp.model", t5 / "spiece.model")
    T5Tokenizer.from_pretrained(t5, extra_ids=0).save_pretrained(t5)
    t = trace(load(t5), TEXT, target="Das Tier.")
    assert t.cross is not None
    assert "".join(t.cross.key_tokens[:-1]).replace("␣", "") == TEXT.replace(" ", "")
    assert "".join(t.cross.query_tokens[1:]).replace("␣", "") == "DasTier."

    marian = tmp_path / "marian"
    build("marian", eos_token_id=1).save_pretrained(marian)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "sp.model"))
    for side in ("source", "target"):
        shutil.copy(tmp_path / "sp.model", marian / f"{side}.spm")
    vocabulary = {pieces.id_to_piece(i): i for i in range(pieces.get_piece_size())}
    (marian / "vocab.json").write_text(json.dumps(vocabulary))
    MarianTokenizer.from_pretrained(marian).save_pretrained(marian)
    t = trace(load(marian), TEXT, target="Das Tier.")
    assert t.cross is not None
    assert len(t.cross.key_tokens) == len(pieces.encode(TEXT)) + 1
    assert t.cross.key_tokens[-1] == "</s>"


def test_an_encoder_saved_with_any_head_or_none(tmp_path: Path) -> None:
    original = cast(Any, build("bert"))
    bare = edited(saved(tmp_path / "bare"), architectures=None)
    headed = saved(tmp_path / "headed")
    original.base_model.save_pretrained(headed)  # architectures: BertModel
    for folder, wanted in ((bare, BertModel), (headed, BertModel), (saved(tmp_path / "lm"), BertForMaskedLM)):
        m = load(folder)
        assert type(m.model) is wanted
        torch.testing.assert_close(
            dict(cast(Any, m.model.base_model).encoder.state_dict()), original.base_model.encoder.state_dict()
        )


def test_the_encoder_of_an_encoder_decoder(tmp_path: Path) -> None:
    T5EncoderModel(cast(Any, build("t5").config)).save_pretrained(tmp_path)
    tokenizer("$A </s>").save_pretrained(tmp_path)
    m = load(tmp_path)
    assert m.architecture == "encoder"
    assert trace(m, TEXT).kinds == ("encoder",)


def test_a_half_precision_checkpoint_is_computed_in_full(tmp_path: Path) -> None:
    build("llama").bfloat16().save_pretrained(saved(tmp_path, "llama"))
    assert load(tmp_path).model.dtype == torch.float32


def in_the_hub(name: str, size: int | None) -> DryRunFileInfo:
    return DryRunFileInfo("0" * 40, size, name, f"/cache/{name}", is_cached=False, will_download=True)


def test_hub_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    saved(tmp_path / "snapshot")
    asked: list[str] = []
    size = 4_000_000_000

    def fetch(name: str, dry_run: bool = False, **options: Any) -> str | list[DryRunFileInfo]:
        if dry_run:
            return [in_the_hub("model.safetensors", size), in_the_hub("config.json", None)]
        asked.append(name)
        assert not any(pattern in options["allow_patterns"] for pattern in ("*.bin", "*.py", "*"))
        return str(tmp_path / "snapshot")

    monkeypatch.setattr("model.capture.load.folders.snapshot_download", fetch)
    assert load("somebody/some-bert").name == "somebody/some-bert"
    assert asked == ["somebody/some-bert"]

    size = 14_200_000_000
    refused("somebody/some-bert", "somebody/some-bert is a download of 14.2 GB, and at most 5 GB are fetched")
    assert asked == ["somebody/some-bert"]

    def unreachable(*_: Any, **__: Any) -> None:
        raise LocalEntryNotFoundError("offline")

    monkeypatch.setattr("model.capture.load.folders.snapshot_download", unreachable)
    refused("somebody/some-bert", "somebody/some-bert", "Hub cannot be reached")

    monkeypatch.undo()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    refused("somebody/some-bert-that-is-nowhere", "Hub cannot be reached")
