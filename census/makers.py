"""A tiny random checkpoint of every text model type that the installed transformers has.

Sizes are shrunk by what the attributes of a config are called; `census.sizes` has what remains.
Run as a program it makes, loads and runs each type, or those named.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from torch import nn
from transformers import (
    CONFIG_MAPPING,
    AutoTokenizer,
    CanineTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
    PreTrainedTokenizerFast,
)
from transformers.pytorch_utils import Conv1D

from census.sizes import (
    BYTES,
    FILLED,
    LAYERS,
    NOT_ALONE,
    NOT_SMALL,
    NOT_TEXT,
    OWN,
    SIZES,
    TOKENS,
    VOCABULARY,
)

SPECIAL = ("<pad>", "<unk>", "<s>", "</s>", "[MASK]")
SENTENCE = (
    "The animal did not cross the street because it was too tired and wide then a dog slept on an old red "
    "car while she saw him run to his house in cold rain with two big green birds that sing under trees . ,"
)
WORDS = tuple(SENTENCE.split())
TEXT = " ".join(WORDS[:29])

# In this order a type's checkpoint is looked for; an encoder-decoder's begins with the third.
AUTO = (
    transformers.AutoModelForMaskedLM,
    transformers.AutoModelForCausalLM,
    transformers.AutoModelForSeq2SeqLM,
    transformers.AutoModelForPreTraining,
    transformers.AutoModelForTextEncoding,
    transformers.AutoModelForImageTextToText,  # these two for what the others list only a half of
    transformers.AutoModelForTextToWaveform,
    transformers.AutoModelForSequenceClassification,
    transformers.AutoModelForTokenClassification,
    transformers.AutoModelForQuestionAnswering,
)
WHOLE = (transformers.AutoModelForImageTextToText, transformers.AutoModelForTextToWaveform)

PER_LAYER = ("layer_types", "num_attention_heads_per_layer")
COUNTS = ("num_hidden_layers", "n_layers", "n_layer", "num_layers", "depth")

# Decays, step sizes and the like: another value has another meaning, or none.
KEPT = re.compile(
    r"(^|\.)(A_log|dt_bias|dt_proj_bias|D|inv_freq|time_decay|time_first|time_mix_\w+|recurrent_param)$"
)


class CannotBeSmall(ValueError):  # noqa: N818 - it says what is the matter
    """A model type of which no small model can be made here, and why."""

    def __init__(self, model_type: str, reason: str) -> None:
        super().__init__(f"{model_type}: {reason}")
        self.model_type, self.reason = model_type, reason


def text_types() -> tuple[str, ...]:
    """Every model type that transformers lists among models of text."""
    listed = {kind for auto in AUTO if auto not in WHOLE for kind in auto._model_mapping}
    return tuple(
        sorted(name for name in CONFIG_MAPPING if CONFIG_MAPPING[name] in listed and name not in NOT_TEXT)
    )


def make(model_type: str, folder: Path, seed: int = 0, **sizes: Any) -> None:
    """Writes config, weights and tokenizer of a tiny random model. sizes: attributes of its config.

    Raises CannotBeSmall where there can be none.
    """
    if model_type in NOT_SMALL:
        raise CannotBeSmall(model_type, NOT_SMALL[model_type])
    config = shrink(CONFIG_MAPPING[model_type], model_type, sizes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = class_of(auto_of(config), config)(config)
    spread(model, seed)
    model.eval().save_pretrained(folder)
    if config.model_type != model_type:  # types that are another's under a name of their own
        path = folder / "config.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"model_type": model_type}, indent=2))
    tokenizer_of(model_type, bool(config.is_encoder_decoder)).save_pretrained(folder)


def auto_of(config: PreTrainedConfig) -> Any:
    """The Auto class that loads what people's checkpoints of this config hold."""
    first = 2 if config.is_encoder_decoder else int(getattr(config, "is_decoder", False))
    order = AUTO[first:] + AUTO[:first]
    for auto in order:
        if type(config) in auto._model_mapping and class_of(auto, config).config_class is type(config):
            return auto
    return next(auto for auto in order if type(config) in auto._model_mapping)


def class_of(auto: Any, config: PreTrainedConfig) -> type[PreTrainedModel]:
    """The class that this Auto class has for a config: an entry is a class or a tuple of them."""
    entry = auto._model_mapping[type(config)]
    found: type[PreTrainedModel] = entry[0] if isinstance(entry, tuple) else entry
    return found


def shrink(kind: type[PreTrainedConfig], name: str, sizes: Mapping[str, Any]) -> PreTrainedConfig:
    """A config of small sizes. sizes: what is set beside; a mapping is for the config within of that name."""
    own = dict(OWN.get(name, {}))
    rounds = {key: own.pop(key) for key in PER_LAYER if key in own}
    usual = kind(**own.pop("usual", {}))
    for key, value in sizes.items():
        place(own, usual, key, value)
    given: dict[str, Any] = {}
    for key, value in vars(usual).items():
        if isinstance(value, PreTrainedConfig):
            given[key] = shrink(type(value), value.model_type, own.pop(key, {}))
        elif key in SIZES and (is_number(value) or (value is None and key in FILLED)):
            given[key] = SIZES[key]
    given |= latent(usual) | tokens(usual)
    given |= per_layer(usual, given, own, rounds)
    return kind(**{**given, **own})


def place(own: dict[str, Any], usual: PreTrainedConfig, key: str, value: Any) -> None:
    """Puts a size where the config has it: here, under the name it has here, or in the text's config."""
    key = getattr(usual, "attribute_map", {}).get(key, key)
    inner = next((name for name in ("text_config", "decoder", "vlm_config") if hasattr(usual, name)), None)
    if hasattr(usual, key) or inner is None:
        own[key] = own[key] | value if isinstance(own.get(key), dict) else value
    else:
        own[inner] = {**own.get(inner, {}), key: value}


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def latent(usual: PreTrainedConfig) -> dict[str, int]:
    """What attention with keys and values from a latent has otherwise: no groups, and heads in two parts."""
    if "kv_lora_rank" not in vars(usual):
        return {}
    plain, turned = SIZES["qk_nope_head_dim"], SIZES["qk_rope_head_dim"]
    given = {"num_key_value_heads": SIZES["num_attention_heads"], "head_dim": plain + turned}
    if getattr(usual, "head_dim", None) == usual.qk_rope_head_dim:
        given["head_dim"] = turned
    return {key: value for key, value in given.items() if key in vars(usual)}


def tokens(usual: PreTrainedConfig) -> dict[str, int]:
    """Ids that fit the tokenizer: those that have a word of it, and from the end those that have none."""
    given = {key: TOKENS[key] for key in vars(usual) if key in TOKENS}
    same = {vars(usual)[key]: TOKENS[key] for key in given if is_number(vars(usual)[key])}
    others = iter(range(VOCABULARY - 1, 0, -1))
    for key, value in vars(usual).items():
        if key.endswith(("_token_id", "_token_index")) and key not in given and is_number(value):
            given[key] = same[value] if value in same else next(others)
    return given


def per_layer(
    usual: PreTrainedConfig, given: Mapping[str, Any], own: Mapping[str, Any], rounds: Mapping[str, list[Any]]
) -> dict[str, Any]:
    """Lists of one entry a layer, with every kind of layer twice, and how many layers that makes.

    rounds: such lists with each kind once, for configs that have another or none.
    """
    count = next((name for name in COUNTS if name in given), None)
    if count is None:
        return {}
    depth = getattr(usual, count)
    lists = {
        key: list(value)
        for key, value in {**vars(usual), **rounds}.items()
        if isinstance(value, list | tuple) and (key in rounds or len(value) == depth) and key not in own
    }
    kinds = max((len(set(value)) for value in lists.values() if isinstance(value[0], str)), default=1)
    told = next((len(own[key]) for key in PER_LAYER if key in own), LAYERS * kinds)
    layers = own.get(count, told)
    return {count: layers} | {
        key: [SIZES[key]] * layers if key in SIZES else turns(value, layers) for key, value in lists.items()
    }


def turns(values: list[Any], length: int) -> list[Any]:
    """The different entries of a list in turn."""
    different = [value for i, value in enumerate(values) if value not in values[:i]]
    return (different * length)[:length]


def spread(model: nn.Module, seed: int) -> None:
    """Random weights with which attention is uneven; gains and biases stay near what they begin as."""
    chance = torch.Generator().manual_seed(seed)
    done: set[int] = set()  # tied weights are met twice
    for name, module, parameter in own_parameters(model):
        fixed = not parameter.requires_grad or not parameter.is_floating_point()
        if fixed or id(parameter) in done or KEPT.search(name):
            continue
        done.add(id(parameter))
        noise = torch.randn(parameter.shape, generator=chance)
        with torch.no_grad():
            if parameter.dim() < 2 or name.endswith("bias"):
                parameter.add_(0.1 * noise)
            else:
                parameter.copy_(noise * scale(module, parameter))
            if name.endswith(".temp"):  # keys times this, which begins as 0: attention to all alike
                parameter.add_(1)
            if isinstance(module, nn.Embedding) and module.padding_idx is not None:
                parameter[module.padding_idx] = 0


def own_parameters(model: nn.Module) -> Iterator[tuple[str, nn.Module, nn.Parameter]]:
    for name, module in model.named_modules():
        for last, parameter in module.named_parameters(name, recurse=False):
            yield last, module, parameter


def scale(module: nn.Module, parameter: nn.Parameter) -> float:
    """A spread under which a matrix keeps the size of what it is given."""
    if isinstance(module, nn.Embedding):
        return 0.5
    if isinstance(module, Conv1D):  # stored the other way about
        return float(parameter.shape[0] ** -0.5)
    if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
        return float(parameter[0].numel() ** -0.5)
    return float(max(parameter.shape) ** -0.5)  # experts, heads apart: the side that is summed over is long


def tokenizer_of(model_type: str, ends: bool) -> PreTrainedTokenizerBase:
    """A tokenizer of words, or of characters where the model reads those. ends: a text ends with </s>."""
    if model_type == "canine":
        return CanineTokenizer()
    built = bytes_of_words() if model_type in BYTES else whole_words()
    if ends:
        built.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 3)])
    names = dict(zip(("pad", "unk", "bos", "eos", "mask"), SPECIAL, strict=True))
    return PreTrainedTokenizerFast(
        tokenizer_object=built, **{f"{name}_token": token for name, token in names.items()}
    )


def whole_words() -> Tokenizer:
    words = {word: i for i, word in enumerate((*SPECIAL, *WORDS))}
    built = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    built.pre_tokenizer = pre_tokenizers.Whitespace()
    return built


def bytes_of_words() -> Tokenizer:
    """The words of TEXT as pairs that are joined from their first letter on."""
    words = [TEXT.split()[0], *(f"Ġ{word}" for word in TEXT.split())]
    parts = dict.fromkeys(word[:end] for word in words for end in range(2, len(word) + 1))
    known = {piece: i for i, piece in enumerate((*SPECIAL, *sorted(set("".join(words))), *parts))}
    built = Tokenizer(models.BPE(known, [(part[:-1], part[-1]) for part in parts]))
    built.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    built.decoder = decoders.ByteLevel()
    return built


def check(model_type: str) -> str:
    """Makes a type, loads it again as people do and runs a text: what it is and which attention it gives."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        make(model_type, folder)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        config = transformers.AutoConfig.from_pretrained(folder)
        auto = auto_of(config)
        model = auto.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    inputs = dict(tokenizer(TEXT[:27] if model_type == "canine" else TEXT, return_tensors="pt"))
    count = sum(parameter.numel() for parameter in model.parameters())
    known = f"{type(model).__name__} {count} {len(inputs['input_ids'][0])} tokens"
    if model_type in NOT_ALONE:
        return f"{known} not run: {NOT_ALONE[model_type]}"
    if tokenizer.tokenize(TEXT) != tokenizer_of(model_type, False).tokenize(TEXT):
        raise ValueError("The tokenizer that is loaded is not the one that was written.")
    wanted = inspect.signature(model.forward).parameters
    inputs = {key: value for key, value in inputs.items() if key in wanted}
    if config.is_encoder_decoder:
        inputs["decoder_input_ids"] = inputs["input_ids"]
    options = {"use_cache": False} if "use_cache" in wanted else {}
    with torch.no_grad():
        out = model(**inputs, output_attentions=True, **options)
    return f"{known} {shapes(out)}"


def shapes(out: Any) -> str:
    """The shapes of the attention weights among what a model gives, and whether its numbers are finite."""
    found = [f"{key}: {shape(value)}" for key, value in out.items() if "attentions" in key]
    first = next(value for value in out.values() if isinstance(value, torch.Tensor) and value.dim() > 1)
    finite = "" if bool(torch.isfinite(first).all()) else " NOT FINITE"
    return (", ".join(found) or "no attentions") + finite


def shape(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return "×".join(map(str, value.shape[1:]))
    if isinstance(value, Mapping):
        value = value.values()
    return "None" if value is None else "(" + " ".join(map(shape, value)) + ")"


def main(names: list[str]) -> int:
    """Prints a line for each type; the number of those that fail otherwise than by CannotBeSmall."""
    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    failed = 0
    for name in names or text_types():
        begun = time.perf_counter()
        try:
            line = check(name)
        except CannotBeSmall as why:
            line = f"cannot be small: {why.reason}"
        except Exception as error:
            failed += 1
            line = f"FAILED {type(error).__name__}: {' '.join(str(error).split())[:200]}"
        print(f"{name:26} {time.perf_counter() - begun:5.1f}s {line}", flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
