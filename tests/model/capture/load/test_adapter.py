"""LoRA adapters: with their base, wherever it lies, or a sentence that says what is missing."""

from __future__ import annotations

import importlib.util
import json
import pickle
import shutil
from pathlib import Path
from typing import Any, cast

import peft
import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM

import model.capture.load.adapter as adapter_room
from model import trace
from model.capture.load import load
from model.errors import Refusal
from tests.model.capture.load.refusals import refused
from tests.model.families import TEXT, tokenizer
from tests.model.saved import edited, saved


def adapter(
    folder: Path,
    base: Path,
    targets: Any = ("q_proj", "v_proj"),
    auto: Any = AutoModelForCausalLM,
    **more: Any,
) -> torch.nn.Module:
    """Writes an adapter with weights that change something; gives the model with it."""
    torch.manual_seed(1)
    config = peft.LoraConfig(r=4, lora_alpha=16, target_modules=targets, **more)
    model = peft.get_peft_model(auto.from_pretrained(base, dtype=torch.float32), config)
    for name, weight in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight, std=0.5)
    model.save_pretrained(str(folder))
    return cast(torch.nn.Module, model.eval())


def said(folder: Path, **changes: Any) -> Path:
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return folder


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    base, mine = saved(tmp_path / "base", "llama"), tmp_path / "mine"
    adapter(mine, base)
    return base, mine


def logits(m: Any) -> torch.Tensor:
    return cast(torch.Tensor, m.model(input_ids=torch.tensor([m.tokenizer(TEXT)["input_ids"]])).logits)


def test_an_adapter_is_shown_with_its_base(tmp_path: Path) -> None:
    base, mine = saved(tmp_path / "base", "llama"), tmp_path / "mine"
    model = adapter(mine, base)
    m = load(mine)
    assert m.name == "mine"
    assert type(m.model).__name__ == "LlamaForCausalLM"
    with torch.no_grad():
        wanted = model(input_ids=torch.tensor([m.tokenizer(TEXT)["input_ids"]])).logits
    torch.testing.assert_close(logits(m), wanted, atol=1e-4, rtol=1e-4)
    plain = load(base)
    assert not torch.allclose(logits(m), logits(plain), atol=1e-3)
    assert m.parameters == plain.parameters
    assert m.can_edit
    maps = [torch.as_tensor(trace(one, TEXT)["decoder"].weights) for one in (m, plain)]
    assert not torch.allclose(maps[0], maps[1], atol=1e-3)


@pytest.mark.parametrize("named", ["../base", "base", "somewhere/else/base", "C:\\models\\base", "org/base"])
def test_a_base_that_lies_beside(pair: tuple[Path, Path], named: str) -> None:
    assert load(said(pair[1], base_model_name_or_path=named)).name == "mine"


def test_a_base_of_the_hub(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    base, mine = pair
    base.rename(base.parent / "snapshot")
    monkeypatch.setattr("model.capture.load.folders.fetch", lambda name: base.parent / "snapshot")
    assert load(said(mine, base_model_name_or_path="org/some-llama")).name == "mine"

    def nothing(name: str) -> Path:
        raise OSError("offline")

    monkeypatch.setattr("model.capture.load.folders.fetch", nothing)
    refused(
        mine, "is an adapter of org/some-llama, which is not found", "put the folder some-llama beside it"
    )


def test_a_base_that_is_nowhere(pair: tuple[Path, Path]) -> None:
    base, mine = pair
    shutil.rmtree(base)
    refused(mine, "which is not found", "put the folder base beside it")
    refused(said(mine, base_model_name_or_path=None), "does not say its base_model_name_or_path")


def test_where_the_tokenizer_comes_from(pair: tuple[Path, Path]) -> None:
    _, mine = pair
    m = load(mine)
    assert "</s>" not in m.tokenizer.convert_ids_to_tokens(m.tokenizer(TEXT)["input_ids"])
    tokenizer("$A </s>").save_pretrained(mine)
    m = load(mine)
    assert m.tokenizer.convert_ids_to_tokens(m.tokenizer(TEXT)["input_ids"])[-1] == "</s>"


def test_beside_full_weights(pair: tuple[Path, Path], tmp_path: Path) -> None:
    base, mine = pair
    both = tmp_path / "both"
    shutil.copytree(base, both)
    for file in ("adapter_config.json", "adapter_model.safetensors"):
        shutil.copy(mine / file, both / file)
    refused(both, "full weights and an adapter of", "base")
    for named in (".", str(both), "org/both", ""):
        torch.testing.assert_close(
            logits(load(said(both, base_model_name_or_path=named))), logits(load(mine))
        )


def test_an_adapter_of_another_depth(pair: tuple[Path, Path]) -> None:
    _, mine = pair
    path = mine / "adapter_model.safetensors"
    weights = load_file(path)
    second = {key: value for key, value in weights.items() if ".layers.1." in key}
    save_file({key: value for key, value in weights.items() if key not in second}, path)
    refused(mine, "does not fit its base model base: it has nothing for", "layers.1.self_attn")
    more = {key.replace(".layers.1.", ".layers.2."): value.clone() for key, value in second.items()}
    save_file({**weights, **more}, path)
    refused(mine, "does not fit its base model base, which has no", "layers.2.self_attn")


def test_an_adapter_of_another_width(pair: tuple[Path, Path]) -> None:
    _, mine = pair
    path = mine / "adapter_model.safetensors"
    weights = load_file(path)
    key = next(key for key in weights if key.endswith("q_proj.lora_A.weight"))
    save_file({**weights, key: torch.zeros(4, 33)}, path)
    refused(mine, "q_proj.lora_A.weight is 4 × 33, not 4 × 32")
    said(mine, r=8)
    save_file(weights, path)
    refused(mine, "is 4 × 32, not 8 × 32")


def test_an_adapter_of_another_family(pair: tuple[Path, Path]) -> None:
    base, mine = pair
    shutil.rmtree(base)
    saved(base, "gpt2")
    refused(mine, "does not fit its base model")


def test_an_encoders_adapter_and_a_head_that_is_not_shown(tmp_path: Path) -> None:
    base = saved(tmp_path / "base")
    model = adapter(
        tmp_path / "mine", base, ("query", "value"), AutoModelForMaskedLM, modules_to_save=["cls"]
    )
    m = load(tmp_path / "mine")
    with torch.no_grad():
        wanted = model(input_ids=torch.tensor([m.tokenizer(TEXT)["input_ids"]])).logits
    torch.testing.assert_close(logits(m), wanted, atol=1e-4, rtol=1e-4)
    said(tmp_path / "mine", modules_to_save=["classifier"])
    weights = load_file(tmp_path / "mine" / "adapter_model.safetensors")
    heads = {key: value for key, value in weights.items() if ".cls." not in key}
    heads["base_model.model.classifier.weight"] = torch.zeros(2, 32)
    save_file(heads, tmp_path / "mine" / "adapter_model.safetensors")
    assert load(tmp_path / "mine").depth == {"encoder": 2}


def test_an_adapter_of_the_bare_model(tmp_path: Path) -> None:
    base = saved(tmp_path / "base", "llama")
    model = adapter(tmp_path / "mine", base, auto=AutoModel)
    m = load(tmp_path / "mine")
    ids = torch.tensor([m.tokenizer(TEXT)["input_ids"]])
    with torch.no_grad():
        wanted = model(input_ids=ids).last_hidden_state
        found = cast(Any, m.model.base_model)(input_ids=ids).last_hidden_state
    torch.testing.assert_close(found, wanted, atol=1e-4, rtol=1e-4)


def test_words_that_were_added(tmp_path: Path) -> None:
    base = saved(tmp_path / "base", "llama")
    model = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    model.resize_token_embeddings(330)
    wrapped = peft.get_peft_model(model, peft.LoraConfig(r=4, target_modules=["q_proj"]))
    wrapped.save_pretrained(str(tmp_path / "mine"), save_embedding_layers=True)
    m = load(tmp_path / "mine")
    assert cast(Any, m.model.get_input_embeddings()).num_embeddings == 330
    torch.testing.assert_close(
        cast(Any, m.model.get_input_embeddings()).weight, model.model.embed_tokens.weight
    )


def test_adapters_that_cannot_be_used(pair: tuple[Path, Path]) -> None:
    _, mine = pair
    refused(said(mine, peft_type="PROMPT_TUNING"), "PROMPT_TUNING", "cannot be merged")
    refused(said(mine, peft_type="LORA", megatron_config={"a": 1}, megatron_core="evil"), "cannot be merged")
    (said(mine, megatron_config=None) / "adapter_model.safetensors").write_bytes(b"\xff" * 30)
    refused(mine, "adapter", "damaged")

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (mine / "sprung",))

    (mine / "adapter_model.safetensors").unlink()
    refused(mine, "adapter without its weights")
    (mine / "adapter_model.bin").write_bytes(pickle.dumps(Trap()))
    refused(mine, "pickled", "safetensors")
    assert not (mine / "sprung").exists()
    (mine / "adapter_config.json").write_text("[]")
    refused(mine, "not that of an adapter")


def test_a_pickled_adapter_beside_full_weights(pair: tuple[Path, Path]) -> None:
    base, mine = pair
    shutil.copy(said(mine, base_model_name_or_path=".") / "adapter_config.json", base)

    class Trap:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (mine / "sprung",))

    (base / "adapter_model.bin").write_bytes(pickle.dumps(Trap()))
    refused(base, "pickled")
    assert not (mine / "sprung").exists()


def test_an_adapter_of_an_adapter(pair: tuple[Path, Path]) -> None:
    _, mine = pair
    refused(said(shutil.copytree(mine, mine.parent / "second"), base_model_name_or_path=str(mine)), "itself")


def test_without_peft(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    here = importlib.util.find_spec
    monkeypatch.setattr(
        adapter_room.importlib.util, "find_spec", lambda name: None if name == "peft" else here(name)
    )
    refused(pair[1], "pip install peft")


def test_a_base_that_cannot_be_used_is_named(pair: tuple[Path, Path]) -> None:
    base, mine = pair
    edited(base, quantization_config={"quant_method": "of-my-own"})
    with pytest.raises(Refusal, match="base is quantized by of-my-own"):
        load(mine)
