"""The compact Transformer as a Hugging Face model: config, save and load, `generate`, `Trainer`.

The network itself is in `model.networks.transformer`; here it is only put together from a config and given
the names and outputs that the ecosystem expects. Importing this module registers it with the Auto classes.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    GenerationMixin,
    PreTrainedModel,
)
from transformers.modeling_outputs import (
    BaseModelOutput,
    CausalLMOutput,
    MaskedLMOutput,
    Seq2SeqLMOutput,
    Seq2SeqModelOutput,
)
from transformers.utils import can_return_tuple

from model.networks.config import CompactConfig
from model.networks.feed_forward import FeedForward, MixtureOfExperts
from model.networks.loss import IGNORED, cross_entropy
from model.networks.transformer import (
    Decoder,
    DecoderLayer,
    Embedding,
    Encoder,
    EncoderLayer,
    MultiHeadAttention,
    Norm,
    init_weights,
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
        self, input_ids: Tensor, attention_mask: Tensor | None = None, **_: Any
    ) -> BaseModelOutput:
        return BaseModelOutput(last_hidden_state=super().forward(input_ids, attention_mask))


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


class CompactModel(PreTrainedModel):
    """Tokens in, one vector (d_model) for each token out: encoder, decoder or both, as the config says."""

    config_class = CompactConfig
    config: CompactConfig
    base_model_prefix = ""
    main_input_name = "input_ids"
    accepts_loss_kwargs = False  # the loss is a mean over the batch's own tokens
    _keys_to_ignore_on_load_unexpected = [r"^(source_)?output\."]  # noqa: RUF012 - AutoModel leaves the outputs behind
    _supports_sdpa = True
    _supports_attention_backend = True
    architecture = "any"  # what a subclass needs, as CompactConfig.architecture

    def __init__(self, config: CompactConfig) -> None:
        super().__init__(config)
        if self.architecture not in ("any", config.architecture):
            raise ValueError(
                f"{type(self).__name__} is for {self.architecture} models, but with {config.encoder_layers} "
                f"encoder layers and {config.decoder_layers} decoder layers this is an {config.architecture}."
            )
        if config.encoder_layers:
            self.encoder = CompactEncoder(config)
        if config.decoder_layers:
            self.decoder = CompactDecoder(config)
        self.add_outputs(config)
        self.post_init()

    def add_outputs(self, config: CompactConfig) -> None:
        """What a subclass computes from the vectors; and which tables are one and the same."""
        source = "encoder" if config.encoder_layers else "decoder"
        tied = ["decoder.embedding.tokens"] if config.is_encoder_decoder else []
        if self.architecture != "any":
            self.output = nn.Linear(config.d_model, config.vocab_size, bias=False)
            tied.append("output")
        self._tied_weights_keys = {f"{name}.weight": f"{source}.embedding.tokens.weight" for name in tied}
        self.source_output = None
        if self.architecture == "encoder-decoder" and config.source_labels:
            self.source_output = nn.Linear(config.d_model, config.source_labels)

    def _init_weights(self, module: nn.Module) -> None:
        init_weights(module)

    @classmethod
    def _supports_default_dynamic_cache(cls) -> bool:
        """`generate` runs over the whole text at each step: compact steps are short, a cache is not."""
        return False

    def get_input_embeddings(self) -> nn.Module:
        return (self.encoder if self.config.encoder_layers else self.decoder).embedding.tokens

    def set_input_embeddings(self, value: nn.Module) -> None:
        (self.encoder if self.config.encoder_layers else self.decoder).embedding.tokens = cast(
            nn.Embedding, value
        )

    def get_output_embeddings(self) -> nn.Module | None:
        return getattr(self, "output", None)

    def set_output_embeddings(self, value: nn.Module) -> None:
        self.output = cast(nn.Linear, value)

    def states(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        encoder_outputs: BaseModelOutput | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """The last layer's vectors, and before them the encoder's where both halves are there.

        input_ids and attention_mask (1 = token): (batch, length); decoder_…: (batch, target length).
        encoder_outputs: what the encoder said before, in place of input_ids.
        Raises ValueError where an input is missing.
        """
        if input_ids is None and encoder_outputs is None:
            raise ValueError("The model needs input_ids to read.")
        if not self.config.encoder_layers:
            return self.decoder(input_ids, attention_mask), None
        memory = (encoder_outputs or self.encoder(input_ids, attention_mask))[0]  # (batch, length, d_model)
        if not self.config.decoder_layers:
            return memory, None
        if decoder_input_ids is None:
            raise ValueError("An encoder-decoder model needs decoder_input_ids, or labels to make them from.")
        return self.decoder(decoder_input_ids, decoder_attention_mask, memory, attention_mask), memory

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
    ) -> Seq2SeqModelOutput:
        """See states; encoder_last_hidden_state is None where only one half is there."""
        last, memory = self.states(input_ids, attention_mask, decoder_input_ids, decoder_attention_mask)
        return Seq2SeqModelOutput(last_hidden_state=last, encoder_last_hidden_state=memory)


class CompactForConditionalGeneration(CompactModel, GenerationMixin):
    """Encoder-decoder: reads one text, writes another."""

    architecture = "encoder-decoder"

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        encoder_outputs: BaseModelOutput | None = None,
        labels: Tensor | None = None,
        source_labels: Tensor | None = None,
        logits_to_keep: int = 0,
    ) -> Seq2SeqLMOutput:
        """As CompactModel; labels (batch, target length), source_labels (batch, source length), -100 = none.

        Without decoder_input_ids they are the labels, one step later. Logits: (batch, target length, vocab),
        or only of the last logits_to_keep steps, which is what `generate` asks for.
        What the encoder is asked at labelled source tokens only counts in the loss; see source_output.
        """
        if decoder_input_ids is None and labels is not None:
            decoder_input_ids = self.prepare_decoder_input_ids_from_labels(labels)
        last, memory = self.states(
            input_ids, attention_mask, decoder_input_ids, decoder_attention_mask, encoder_outputs
        )
        logits = self.output(last[:, -logits_to_keep:])  # -0: of all
        loss = None if labels is None else cross_entropy(logits, labels, self.config.label_smoothing)
        if source_labels is not None:
            if self.source_output is None:
                raise ValueError("source_labels need a model whose config has source_labels.")
            asked = source_labels != IGNORED  # few tokens are asked, and classes may be many
            source_loss = cross_entropy(self.source_output(cast(Tensor, memory)[asked]), source_labels[asked])
            loss = self.config.source_loss_weight * source_loss + (0 if loss is None else loss)
        return Seq2SeqLMOutput(loss=loss, logits=logits, encoder_last_hidden_state=memory)

    def prepare_decoder_input_ids_from_labels(self, labels: Tensor) -> Tensor:
        """The start token, then the labels without the last: what the decoder reads to predict them."""
        start = labels.new_full((len(labels), 1), cast(int, self.config.decoder_start_token_id))
        read = torch.cat([start, labels[:, :-1]], dim=1)
        return read.masked_fill(read == IGNORED, cast(int, self.config.pad_token_id))

    def prepare_inputs_for_generation(  # type: ignore[override]
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        encoder_outputs: BaseModelOutput | None = None,
        logits_to_keep: int = 0,
        **_: Any,
    ) -> dict[str, Any]:
        return {
            "decoder_input_ids": input_ids,
            "decoder_attention_mask": decoder_attention_mask,
            "attention_mask": attention_mask,
            "encoder_outputs": encoder_outputs,
            "logits_to_keep": logits_to_keep,
        }


def following(labels: Tensor) -> Tensor:
    """For each token of a text (batch, length) the next one, which it is to predict."""
    return nn.functional.pad(labels[:, 1:], (0, 1), value=IGNORED)


class CompactForCausalLM(CompactModel, GenerationMixin):
    """Decoder-only: goes on writing a text. Pad on the left to generate in batches."""

    architecture = "decoder"

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        logits_to_keep: int = 0,
    ) -> CausalLMOutput:
        """input_ids, labels: (batch, length); labels are the text itself and are shifted here.

        logits_to_keep: as in CompactForConditionalGeneration.
        """
        logits = self.output(self.states(input_ids, attention_mask)[0][:, -logits_to_keep:])
        loss = None
        if labels is not None:
            loss = cross_entropy(logits, following(labels), self.config.label_smoothing)
        return CausalLMOutput(loss=loss, logits=logits)

    def prepare_inputs_for_generation(  # type: ignore[override]
        self, input_ids: Tensor, attention_mask: Tensor | None = None, logits_to_keep: int = 0, **_: Any
    ) -> dict[str, Any]:
        return {"input_ids": input_ids, "attention_mask": attention_mask, "logits_to_keep": logits_to_keep}


class CompactForMaskedLM(CompactModel):
    """Encoder-only: fills in the tokens that were hidden in a text."""

    architecture = "encoder"

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
    ) -> MaskedLMOutput:
        """input_ids, labels: (batch, length); labels -100 where nothing was hidden."""
        logits = self.output(self.states(input_ids, attention_mask)[0])
        loss = None if labels is None else cross_entropy(logits, labels, self.config.label_smoothing)
        return MaskedLMOutput(loss=loss, logits=logits)


AutoModel.register(CompactConfig, CompactModel)
AutoModelForSeq2SeqLM.register(CompactConfig, CompactForConditionalGeneration)
AutoModelForCausalLM.register(CompactConfig, CompactForCausalLM)
AutoModelForMaskedLM.register(CompactConfig, CompactForMaskedLM)
