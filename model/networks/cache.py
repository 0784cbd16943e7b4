"""The key-value cache with which a decoder writes: transformers' own, as attention uses it.

Where nobody looks ahead, a token that is written changes nothing of those before it. Their keys and values
are kept, and each step computes those of its own token only; the encoder's are computed once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor
from transformers import Cache, DynamicCache, EncoderDecoderCache, GenerationConfig, GenerationMixin

KeysValues = tuple[Tensor, Tensor]  # (batch, heads, keys, d_k) and (batch, heads, keys, d_v)


class Past:
    """What a cache keeps for one layer: of the tokens so far, and of the memory that they look at."""

    def __init__(self, cache: Cache, layer: int) -> None:
        self.cache, self.layer = cache, layer

    @property
    def length(self) -> int:
        """How many tokens it holds."""
        return self.cache.get_seq_length(self.layer)

    def grow(self, keys: Tensor, values: Tensor) -> KeysValues:
        """Takes in those of the tokens that follow, and gives those of all."""
        own = self.cache
        if isinstance(own, EncoderDecoderCache):
            own = own.self_attention_cache
        return own.update(keys, values, self.layer)

    def once(self, make: Callable[[], KeysValues]) -> KeysValues:
        """Those of the memory, made the first time."""
        assert isinstance(self.cache, EncoderDecoderCache)
        across = self.cache.cross_attention_cache
        if self.cache.is_updated.get(self.layer):
            kept: Any = across.layers[self.layer]
            return kept.keys, kept.values
        made = across.update(*make(), self.layer)
        self.cache.is_updated[self.layer] = True
        return made


class CompactGenerationMixin(GenerationMixin):
    """transformers' `generate`, told where there can be no cache: it then reads the whole text each time."""

    decoder: Any

    def _prepare_cache_for_generation(  # type: ignore[override]
        self, generation_config: GenerationConfig, *others: Any
    ) -> None:
        if not self.decoder.causal:
            generation_config.use_cache = False
        super()._prepare_cache_for_generation(generation_config, *others)  # type: ignore[misc]


def start_cache(across: bool) -> Cache:
    """An empty cache. across: for a decoder that looks at an encoder's output."""
    return EncoderDecoderCache(DynamicCache(), DynamicCache()) if across else DynamicCache()


def check_cache(cache: Cache, across: bool) -> Cache:
    """The same, or a ValueError for one that the decoder cannot use."""
    if isinstance(cache, EncoderDecoderCache) != across:
        kind = "an EncoderDecoderCache" if across else "a cache of one decoder"
        raise ValueError(f"The key-value cache of this model is {kind}, not {type(cache).__name__}.")
    if cache.is_compileable:
        raise ValueError("A compact model's key-value cache grows with the text; it cannot be a static one.")
    return cache
