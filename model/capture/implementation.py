"""Which of its ways of computing attention a transformers model uses: "eager", "sdpa", ours."""

from __future__ import annotations

from transformers import PreTrainedModel

from model.attention import NAME


def implementation_of(model: PreTrainedModel) -> str:
    return str(getattr(model.config, "_attn_implementation", None) or "eager")


def set_implementation(model: PreTrainedModel, name: str) -> bool:
    """Have the model compute attention another way; whether it can."""
    if implementation_of(model) == name:
        return True
    try:
        if model._can_set_attn_implementation():
            model.set_attn_implementation(name)
        elif name != NAME:
            model.config._attn_implementation = name
    except (ValueError, ImportError):
        return False
    return implementation_of(model) == name
