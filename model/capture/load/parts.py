"""Which config of a model of several parts is that of its text."""

from __future__ import annotations

from transformers import PreTrainedConfig


def text_config(config: PreTrainedConfig) -> PreTrainedConfig:
    """The config of what reads text: the config itself or one within."""
    try:
        return config.get_text_config()
    except ValueError:  # MusicGen's decoder, which writes sound, counts as a part for text too
        return config.get_text_config(encoder=True)


def text_configs(config: PreTrainedConfig) -> set[type[PreTrainedConfig]]:
    """The types of a config and of those that it holds for text; an encoder-decoder may have one for each."""
    parts = (
        text_config(config),
        config.get_text_config(decoder=True),
        config.get_text_config(encoder=True),
    )
    return {type(config), *(type(part) for part in parts)}
