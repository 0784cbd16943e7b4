"""Models of several parts: their text alone is shown, the other parts are not even read."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, cast

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from transformers import PreTrainedModel

from model import trace
from model.capture.load import load
from model.capture.load.halves import absent_paths, text_class
from model.errors import Refusal
from tests.model.capture.load.refusals import DECODER, IMAGES, SMALL, kept, refused
from tests.model.families import TEXT

VISION: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 40,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "image_size": 16,
    "patch_size": 8,
}
QWEN_VISION = {
    "depth": 2,
    "embed_dim": 32,
    "hidden_size": 32,
    "num_heads": 4,
    "patch_size": 8,
    "mlp_ratio": 1,
}
ROPE = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [2, 1, 1]}
GEMMA = DECODER | {"head_dim": 8}
AUDIO = {
    "d_model": 32,
    "encoder_layers": 2,
    "encoder_attention_heads": 4,
    "encoder_ffn_dim": 40,
    "num_mel_bins": 8,
    "max_source_positions": 16,
}


def made(family: str, kind: str, **config: Any) -> PreTrainedModel:
    """A random model of several parts; what marks an image lies within the vocabulary."""
    torch.manual_seed(0)
    marks = dict.fromkeys(("image_token_id", "image_token_index", "video_token_id", "audio_token_index"), 300)
    given = getattr(transformers, f"{family}Config")(**marks | config)
    return cast(PreTrainedModel, getattr(transformers, kind)(given).eval())


def llava() -> PreTrainedModel:
    parts = {"vision_config": VISION | {"model_type": "clip_vision_model"}}
    text = DECODER | {"model_type": "llama"}
    return made("Llava", "LlavaForConditionalGeneration", text_config=text, vision_feature_layer=-1, **parts)


def qwen2_vl() -> PreTrainedModel:
    text = DECODER | {"rope_parameters": ROPE}
    return made("Qwen2VL", "Qwen2VLForConditionalGeneration", text_config=text, vision_config=QWEN_VISION)


def gemma3() -> PreTrainedModel:
    text = GEMMA | {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention"]}
    return made(
        "Gemma3",
        "Gemma3ForConditionalGeneration",
        text_config=text,
        vision_config=VISION,
        mm_tokens_per_image=4,
    )


def smolvlm() -> PreTrainedModel:
    text = DECODER | {"model_type": "llama"}
    return made("SmolVLM", "SmolVLMForConditionalGeneration", text_config=text, vision_config=VISION)


def qwen2_audio() -> PreTrainedModel:
    text = DECODER | {"model_type": "qwen2"}
    audio = AUDIO | {"model_type": "qwen2_audio_encoder"}
    return made("Qwen2Audio", "Qwen2AudioForConditionalGeneration", text_config=text, audio_config=audio)


def t5gemma2() -> PreTrainedModel:
    text = GEMMA | {"layer_types": ["sliding_attention", "full_attention"], "sliding_window": 8}
    encoder = {"text_config": text, "vision_config": VISION, "mm_tokens_per_image": 4}
    return made("T5Gemma2", "T5Gemma2ForConditionalGeneration", encoder=encoder, decoder=text)


def clip() -> PreTrainedModel:
    return made("CLIP", "CLIPModel", text_config=SMALL, vision_config=VISION, projection_dim=16)


def siglip() -> PreTrainedModel:
    return made("Siglip", "SiglipModel", text_config=SMALL, vision_config=VISION)


def blip_2() -> PreTrainedModel:
    text = {"model_type": "opt", "ffn_dim": 40, "word_embed_proj_dim": 32} | SMALL
    former = SMALL | {"encoder_hidden_size": 32}
    return made(
        "Blip2",
        "Blip2ForConditionalGeneration",
        text_config=text,
        vision_config=VISION,
        qformer_config=former,
        num_query_tokens=4,
    )


@pytest.mark.parametrize(
    "make", [llava, qwen2_vl, gemma3, smolvlm, qwen2_audio], ids=lambda make: make.__name__
)
def test_what_runs_on_text_alone_is_the_whole_without_its_towers(tmp_path: Path, make: Any) -> None:
    whole = make()
    m = load(kept(whole, tmp_path))
    assert type(m.model).__name__ == type(whole).__name__
    assert m.architecture == "decoder"
    assert m.depth == {"decoder": 2}
    ids = torch.tensor([m.tokenizer(TEXT)["input_ids"]])
    torch.testing.assert_close(m.model(input_ids=ids).logits, whole(input_ids=ids).logits)
    left = absent_paths(m.model)
    assert left
    assert not [key for key in m.model.state_dict() if key.startswith(left)]
    assert m.parameters < sum(weight.numel() for weight in whole.parameters())
    assert trace(m, TEXT)["decoder"].weights.shape[:2] == (2, 4)


def test_weights_of_a_tower_are_not_read(tmp_path: Path) -> None:
    path = kept(llava(), tmp_path) / "model.safetensors"
    weights = {key: value for key, value in load_file(path).items() if "vision_tower" not in key}
    weights["vision_tower.vision_model.encoder.layers.7.x"] = torch.zeros(3)
    save_file(weights, path, {"format": "pt"})
    assert load(tmp_path).depth == {"decoder": 2}
    del weights[next(key for key in weights if key.endswith("layers.1.mlp.up_proj.weight"))]
    save_file(weights, path, {"format": "pt"})
    refused(tmp_path, "layers.1.mlp.up_proj.weight is missing")


@pytest.mark.parametrize(
    ("make", "half"),
    [(clip, "CLIPTextModel"), (siglip, "SiglipTextModel"), (blip_2, "OPTForCausalLM")],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_asks_for_an_image_shows_its_text_model(tmp_path: Path, make: Any, half: str) -> None:
    whole = make()
    m = load(kept(whole, tmp_path))
    assert type(m.model).__name__ == half
    original = next(one for one in whole.modules() if type(one).__name__ == half)
    torch.testing.assert_close(m.model.state_dict(), original.state_dict())
    shown = trace(m, TEXT)
    assert shown[shown.kinds[0]].weights.shape[:2] == (2, 4)


def test_an_encoder_decoder_whose_encoder_also_sees(tmp_path: Path) -> None:
    m = load(kept(t5gemma2(), tmp_path))
    assert m.architecture == "encoder-decoder"
    assert absent_paths(m.model) == ("model.encoder.vision_tower",)


@pytest.mark.parametrize("kind", ["DPRQuestionEncoder", "DPRContextEncoder"])
def test_an_encoder_that_is_listed_nowhere(tmp_path: Path, kind: str) -> None:
    torch.manual_seed(0)
    whole = getattr(transformers, kind)(transformers.DPRConfig(**SMALL))
    m = load(kept(whole, tmp_path))
    assert type(m.model).__name__ == "DPREncoder"  # the wrapper gives no tokens' vectors
    assert trace(m, TEXT).kinds == ("encoder",)


def test_what_writes_about_images_is_refused(tmp_path: Path) -> None:
    encoder = transformers.ViTConfig(**{**IMAGES, "num_channels": 3})
    decoder = transformers.BertConfig(**SMALL)
    config = transformers.VisionEncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    config.decoder_start_token_id, config.pad_token_id = 2, 0
    refused(kept(transformers.VisionEncoderDecoderModel(config), tmp_path), "needs an image or a sound")


def test_what_does_something_else_under_its_head_is_refused(tmp_path: Path) -> None:
    model = made("Blip", "BlipForConditionalGeneration", text_config=SMALL, vision_config=VISION)
    refused(kept(model, tmp_path), "cannot be run on text alone")  # it looks ahead without its head only


def test_what_reads_no_text(tmp_path: Path) -> None:
    model = transformers.ViTModel(transformers.ViTConfig(**IMAGES))
    refused(kept(model, tmp_path), "does not read text")


@pytest.mark.skipif(importlib.util.find_spec("timm") is not None, reason="it is here")
def test_a_package_that_a_part_needs_is_named() -> None:
    with pytest.raises(Refusal, match="mine needs a package that is not here: pip install timm"):
        text_class(transformers.Gemma3nConfig(), "mine")


def test_a_model_of_text_keeps_its_class() -> None:
    config = transformers.BertConfig(**SMALL, architectures=["BertForMaskedLM"])
    assert text_class(config, "mine") == (transformers.BertForMaskedLM, config)


def test_the_part_that_reads_of_a_model_that_only_calls_its_parts() -> None:
    config = transformers.Qwen2_5OmniConfig()
    kind, part = text_class(config, "mine")
    assert kind.__name__ == "Qwen2_5OmniThinkerForConditionalGeneration"
    assert part is config.thinker_config
