"""Quantised weights: which can be read here, and what is missing for the others."""

from __future__ import annotations

import copy
import importlib.util
import inspect
import re
from typing import Any

from transformers import PreTrainedConfig
from transformers.quantizers.auto import AUTO_QUANTIZATION_CONFIG_MAPPING, get_hf_quantizer

from model.capture.load.parts import text_config
from model.errors import Refusal

INSTALL = re.compile(r"pip install (?:-\S+ |--\S+ )*['\"]?([A-Za-z][\w.-]*(?:\[[\w,]+\])?)")
GPU = re.compile(r"\b(GPU|CUDA|XPU)\b")
LONGEST = 40  # characters of a word that a config gave


def check_quantised(config: PreTrainedConfig, name: str) -> None:
    """Raises ValueError where the weights are quantised in a way that cannot be read here.

    What transformers can turn into plain numbers as it loads it (FP8, MXFP4) is set to be turned into them:
    then it is computed alike on every machine, and no kernel is fetched from the Hub.
    """
    said = settings(config)
    if said is None:
        if getattr(config, "quantization", None) is not None:  # MLX writes it so
            raise mlx(name)
        return
    if not isinstance(said, dict):
        raise Refusal("The config.json of {name} cannot be understood.", name=name)
    method = method_of(said)
    if method is None:
        raise mlx(name)
    table = AUTO_QUANTIZATION_CONFIG_MAPPING
    known = table.get(method) or table.get(f"{method}_4bit")
    if known is None:
        raise Refusal(
            "{name} is quantized by {method}, which cannot be read here; get its full weights.",
            name=name,
            method=method[:LONGEST],
        )
    if "dequantize" in inspect.signature(known).parameters:
        said["dequantize"] = True
    try:
        get_hf_quantizer(copy.deepcopy(config), None, None, True, {})
    except Exception as error:
        raise explain_missing(name, method, error) from error


def settings(config: PreTrainedConfig) -> Any:
    """What a config says of its quantisation; a model of several parts may say it of its text alone."""
    said = getattr(config, "quantization_config", None)
    if said is not None:
        return said
    return getattr(text_config(config), "quantization_config", None)


def is_quantised(config: PreTrainedConfig) -> bool:
    return settings(config) is not None


def method_of(said: dict[str, Any]) -> str | None:
    """The method by its name; older bitsandbytes folders do not give it."""
    if said.get("load_in_4bit") or said.get("load_in_8bit"):
        return "bitsandbytes"
    method = said.get("quant_method")
    return None if method is None else str(getattr(method, "value", method))


def mlx(name: str) -> Refusal:
    return Refusal(
        "{name} is quantized for MLX, which cannot be read here; get its full weights.",
        name=name,
    )


def explain_missing(name: str, method: str, error: Exception) -> Refusal:
    """What the library says is missing, in a sentence."""
    package = package_in(error)
    if package and package != "kernels":  # which would fetch code from the Hub
        return Refusal(
            (
                "{name} is quantized by {method}, which needs a package that is not here: pip install "
                "{package}."
            ),
            name=name,
            method=method[:LONGEST],
            package=package,
        )
    if GPU.search(str(error)):
        return Refusal(
            ("{name} is quantized by {method}, which runs on a GPU that is not here; get its full weights."),
            name=name,
            method=method[:LONGEST],
        )
    return Refusal(
        "{name} is quantized by {method}, which cannot be read here; get its full weights.",
        name=name,
        method=method[:LONGEST],
    )


def package_in(error: Exception) -> str | None:
    """The package that an ImportError misses, as the library names it."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return error.name.partition(".")[0]
    if not isinstance(error, ImportError):
        return None
    found = INSTALL.search(str(error))
    if found:
        return found[1]
    first = re.search(r"\b(hqq|quark)\b", str(error), re.IGNORECASE)  # they give an address
    word = first[1].lower() if first else None
    return word if word and importlib.util.find_spec(word) is None else None
