"""The two halves of a compact Transformer, put together from its config, answering in transformers' form."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any, cast

from torch import Tensor, nn
from transformers import Cache
from transformers.modeling_outputs import BaseModelOutput, BaseModelOutputWithPastAndCrossAttentions

from model.listening import keeping_weights
from model.networks.config import CompactConfig
from model.networks.feed_forward import FeedForward, MixtureOfExperts
from model.networks.transformer import (
    Decoder,
    DecoderLayer,
    Embedding,
    Encoder,
    EncoderLayer,
    MultiHeadAttention,
    Norm,
    last,
)


def embedding(config: CompactConfig) -> Embedding:
    positions = cast(Any, config.positions)
    return Embedding(config.vocab_size, config.d_model, positions, config.max_positions, config.dropout)


def self_attention(config: CompactConfig) -> MultiHeadAttention:
    positions = cast(Any, config.positions)
    return MultiHeadAttention(config.d_model, config.num_heads, config.d_k, config.d_v, positions)


def cross_attention(config: CompactConfig) -> MultiHeadAttention | None:
    if not config.encoder_layers:
        return None
    return MultiHeadAttention(config.d_model, config.num_heads, config.d_k, config.d_v)


def feed_forward(config: CompactConfig) -> nn.Module:
    if config.experts:
        return MixtureOfExperts(config.d_model, config.d_ff, config.experts, config.experts_per_token)
    return FeedForward(config.d_model, config.d_ff)


class CompactEncoder(Encoder):
    """The encoder of a config, answering in the form that `generate` asks for."""

    main_input_name = "input_ids"

    def __init__(self, config: CompactConfig) -> None:
        norm = cast(Norm, config.norm)
        layers = [
            EncoderLayer(self_attention(config), feed_forward(config), config.d_model, norm, config.dropout)
            for _ in range(config.encoder_layers)
        ]
        super().__init__(embedding(config), layers, config.d_model, norm, config.encoder_windows)

    def forward(  # type: ignore[override]
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        **_: Any,
    ) -> BaseModelOutput:
        """See `CompactModel.run`."""
        states = self.states(input_ids, attention_mask)
        return BaseModelOutput(
            **collect_outputs(self.layers, states, output_attentions, output_hidden_states)
        )


class CompactDecoder(Decoder):
    """The decoder of a config, with cross-attention where there is an encoder."""

    def __init__(self, config: CompactConfig) -> None:
        norm = cast(Norm, config.norm)
        layers = [
            DecoderLayer(
                self_attention(config),
                cross_attention(config),
                feed_forward(config),
                config.d_model,
                norm,
                config.dropout,
            )
            for _ in range(config.decoder_layers)
        ]
        super().__init__(
            embedding(config),
            layers,
            config.d_model,
            norm,
            config.decoder_windows,
            config.cross_window,
            config.causal,
        )

    def forward(  # type: ignore[override]
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        past_key_values: Cache | None = None,
    ) -> BaseModelOutputWithPastAndCrossAttentions:
        """See `CompactModel.run`. memory, memory_mask: the encoder's last vectors, and its padding."""
        states = self.states(input_ids, attention_mask, memory, memory_mask, past_key_values)
        return BaseModelOutputWithPastAndCrossAttentions(
            past_key_values=past_key_values,
            **collect_outputs(self.layers, states, output_attentions, output_hidden_states),
        )


def collect_outputs(
    layers: nn.ModuleList,
    states: Iterator[Tensor],
    output_attentions: bool | None,
    output_hidden_states: bool | None,
) -> dict[str, Any]:
    """What a stack tells, by transformers' names for it: its last vectors, and what else is asked for."""
    with keeping_weights() if output_attentions else nullcontext() as weights:
        hidden = tuple(states) if output_hidden_states else (last(states),)
    found: dict[str, Any] = {"last_hidden_state": hidden[-1]}
    if output_hidden_states:
        found["hidden_states"] = hidden
    if weights is not None:
        for name, kind in (("attentions", "self_attention"), ("cross_attentions", "cross_attention")):
            modules = [getattr(layer, kind, None) for layer in layers]
            if None not in modules:
                found[name] = tuple(
                    weights[cast(nn.Module, module)].to(hidden[-1].dtype) for module in modules
                )
    return found
