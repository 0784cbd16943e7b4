"""Loading: every kind of folder that works, and a plain sentence for every one that does not."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path
from typing import Any, cast

import huggingface_hub
import pytest
import sentencepiece
import torch
from huggingface_hub import DryRunFileInfo
from huggingface_hub.errors import LocalEntryNotFoundError
from safetensors.torch import load_file, save_file
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    MarianTokenizer,
    T5EncoderModel,
    T5Tokenizer,
    ViTConfig,
    ViTModel,
)

from model import load, trace
from model.config import CompactConfig
from model.errors import Refusal
from model.pretrained import CompactForCausalLM, CompactForConditionalGeneration, CompactForMaskedLM
from model.tokenizer import train_tokenizer
from tests.model.families import FAMILIES, OTHERS, TEXT, build, tokenizer

TEMPLATES = {"encoder": "<s> $A </s>", "decoder": "$A", "encoder-decoder": "$A </s>"}
ARCHITECTURES = {
    "bert": "encoder",
    "roberta": "encoder",
    "albert": "encoder",
    "modernbert": "encoder",
    "deberta_v2": "encoder",
    "xlnet": "encoder",
    "gpt2": "decoder",
    "llama": "decoder",
    "gemma2": "decoder",
    "gpt_oss": "decoder",
    "bloom": "decoder",
    "gpt_neo": "decoder",
    "t5": "encoder-decoder",
    "bart": "encoder-decoder",
    "marian": "encoder-decoder",
}


def saved(folder: Path, name: str = "bert") -> Path:
    """A checkpoint as save_pretrained leaves it."""
    build(name).save_pretrained(folder)
    tokenizer(TEMPLATES[ARCHITECTURES[name]]).save_pretrained(folder)
    return folder


def edited(folder: Path, **changes: Any) -> Path:
    """The same with other values in its config.json; None takes one away."""
    path = folder / "config.json"
    config = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in config.items() if value is not None}))
    return folder


def refused(folder: Path | str, *words: str) -> None:
    """Loading fails with one plain sentence that holds these words and nothing of the libraries'."""
    with pytest.raises(ValueError, match=r"^[^\n]{10,200}\.$") as caught:
        load(folder)
    assert isinstance(caught.value, Refusal)
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_saved_folder(tmp_path: Path, name: str) -> None:
    m = load(saved(tmp_path / name, name))
    original = build(name)
    assert m.name == name
    assert m.architecture == ARCHITECTURES[name]
    assert m.weights_only == (name in OTHERS)
    assert not m.model.training
    assert type(m.model) is type(original)
    for key, weight in original.state_dict().items():
        torch.testing.assert_close(m.model.state_dict()[key], weight)
    t = trace(m, TEXT)
    assert t.kinds == tuple(m.layers)
    for kind in t.kinds:
        assert t[kind].weights.shape[:2] == (m.layers[kind], m.heads[kind])


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
    assert m.layers == {kind: n for kind, n in counts.items() if n}
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


@pytest.mark.parametrize(
    "name", ["", "  ", "no/such/folder", "checkpoints/none", "a b", "../x", "\0", "x" * 5000]
)
def test_no_such_folder(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "checkpoints").mkdir()
    monkeypatch.chdir(tmp_path)
    asked: list[str] = []
    monkeypatch.setattr("model.loading.snapshot_download", lambda name, **_: asked.append(name))
    with pytest.raises(Refusal, match="There is no folder"):
        load(name)
    assert not asked  # this is no name on the Hub


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

    monkeypatch.setattr("model.loading.snapshot_download", fetch)
    assert load("somebody/some-bert").name == "somebody/some-bert"
    assert asked == ["somebody/some-bert"]

    size = 14_200_000_000
    refused("somebody/some-bert", "somebody/some-bert is a download of 14.2 GB, and at most 5 GB are fetched")
    assert asked == ["somebody/some-bert"]

    def unreachable(*_: Any, **__: Any) -> None:
        raise LocalEntryNotFoundError("offline")

    monkeypatch.setattr("model.loading.snapshot_download", unreachable)
    refused("somebody/some-bert", "somebody/some-bert", "Hub cannot be reached")

    monkeypatch.undo()
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    refused("somebody/some-bert-that-is-nowhere", "Hub cannot be reached")


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
        assert load(folder).layers == {"encoder": 2}
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
