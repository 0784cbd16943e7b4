"""Recurrent networks as Hugging Face models: config, save and load, `generate`, `Trainer`.

The networks are in `model.networks.recurrent.stacks`; here they are only given the names and outputs that the
ecosystem expects. Importing this module registers them with the Auto classes.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import (
    AutoModel,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    GenerationMixin,
    PreTrainedModel,
)
from transformers import initialization as init
from transformers.modeling_outputs import (
    BaseModelOutput,
    Seq2SeqLMOutput,
    Seq2SeqModelOutput,
    SequenceClassifierOutput,
    TokenClassifierOutput,
)
from transformers.utils import can_return_tuple

from model.listening import keeping_weights
from model.networks.loss import cross_entropy
from model.networks.pretrained import add_source_loss, read_before, tell
from model.networks.recurrent.cells import make_cell
from model.networks.recurrent.config import RecurrentConfig
from model.networks.recurrent.stacks import (
    RecurrentDecoder,
    RecurrentEncoder,
    RecurrentEncoderOutput,
    summarise,
)
from model.networks.recurrent.state import find_states


class RecurrentModel(PreTrainedModel):
    """Tokens in, one vector for each token out: an encoder, or encoder and decoder, as the config says."""

    config_class = RecurrentConfig
    config: RecurrentConfig
    base_model_prefix = ""
    main_input_name = "input_ids"
    accepts_loss_kwargs = False  # the loss is a mean over the batch's own tokens
    _keys_to_ignore_on_load_unexpected = [r"^(source_)?output\."]  # noqa: RUF012 - AutoModel leaves the outputs behind
    _skip_keys_device_placement = ["past_key_values"]  # noqa: RUF012
    architecture = "any"  # what a subclass needs, as RecurrentConfig.architecture

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__(config)
        if self.architecture not in ("any", config.architecture):
            raise ValueError(
                f"{type(self).__name__} is for {self.architecture} models, but with {config.encoder_layers} "
                f"encoder layers and {config.decoder_layers} decoder layers this is an {config.architecture}."
            )
        self.encoder = RecurrentEncoder(config)
        if config.decoder_layers:
            self.decoder = RecurrentDecoder(config)
        self.add_outputs(config)
        self.post_init()

    def add_outputs(self, config: RecurrentConfig) -> None:
        """What a subclass computes from the vectors; and which tables are one and the same."""
        tied = ["decoder.embedding.tokens"] if config.decoder_layers else []
        self._tied_weights_keys = {f"{name}.weight": "encoder.embedding.tokens.weight" for name in tied}

    def _init_weights(self, module: nn.Module) -> None:
        if isinstance(module, nn.Linear):
            init.xavier_uniform_(module.weight)
            if module.bias is not None:
                init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            init.normal_(module.weight, std=module.embedding_dim**-0.5)
        elif isinstance(module, nn.RNNBase):
            self.init_recurrence(module)

    def init_recurrence(self, module: nn.RNNBase) -> None:
        """Glorot for U, orthogonal for W (Saxe et al. 2014), gate by gate; biases 0, an LSTM's forget gates
        open.
        """
        gates = make_cell(self.config.cell).gates
        parts = max(1, len(gates))
        for name, weight in module.named_parameters():
            begun = torch.zeros_like(weight)
            for part in begun.chunk(parts):
                if name.startswith("weight_ih"):
                    nn.init.xavier_uniform_(part)
                elif name.startswith("weight_hh"):
                    nn.init.orthogonal_(part)
            if name.startswith("bias_ih") and "forget" in gates:  # both biases count as their sum
                begun.chunk(parts)[gates.index("forget")].fill_(self.config.forget_bias)
            init.copy_(weight, begun)  # which leaves alone what was loaded

    def get_input_embeddings(self) -> nn.Module:
        return self.encoder.embedding.tokens

    def set_input_embeddings(self, value: nn.Module) -> None:
        self.encoder.embedding.tokens = cast(nn.Embedding, value)

    def get_encoder(self, modality: str | None = None) -> nn.Module:
        return self.encoder

    def run(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        encoder_outputs: BaseModelOutput | tuple[Tensor, ...] | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        past_key_values: Any = None,
        use_cache: bool | None = None,
    ) -> RecurrentEncoderOutput | Seq2SeqModelOutput:
        """The last layer's vectors, of an encoder-decoder the encoder's too, and what else is asked for.

        input_ids and attention_mask (1 = token): (batch, length), padding behind the texts;
        decoder_input_ids: (batch, target length). encoder_outputs: what the encoder said before.
        past_key_values: the states of the text so far, where only the tokens that follow are given;
        use_cache: they are told, for the next time. output_attentions: cross_attentions, where there is
        attention: one of (batch, 1, target length, length). output_hidden_states: those of the encoder.
        Raises ValueError where an input is missing, and for a cache of another kind.
        """
        if input_ids is None and encoder_outputs is None:
            raise ValueError("The model needs input_ids to read.")
        attentions = self.config.output_attentions if output_attentions is None else output_attentions
        states = self.config.output_hidden_states if output_hidden_states is None else output_hidden_states
        encoded = encoder_outputs
        if encoded is None:
            encoded = self.encoder(input_ids, attention_mask, output_hidden_states=states)
        if not isinstance(encoded, RecurrentEncoderOutput):
            raise ValueError(
                "A recurrent decoder starts from its encoder's last states, which are not given."
            )
        if not self.config.decoder_layers:
            return encoded
        if decoder_input_ids is None:
            raise ValueError("An encoder-decoder model needs decoder_input_ids, or labels to make them from.")
        past = find_states(past_key_values)
        weights: dict[nn.Module, Tensor] = {}
        if attentions and self.decoder.alignment is not None:
            with keeping_weights() as weights:
                y, after = self.decoder(decoder_input_ids, encoded, attention_mask, past)
        else:
            y, after = self.decoder(decoder_input_ids, encoded, attention_mask, past)
        keeps = self.config.use_cache if use_cache is None else use_cache
        return Seq2SeqModelOutput(
            last_hidden_state=y,
            past_key_values=after if keeps else None,
            cross_attentions=tuple(given.to(y.dtype) for given in weights.values()) or None,
            encoder_last_hidden_state=encoded.last_hidden_state,
            encoder_hidden_states=encoded.hidden_states,
        )

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        past_key_values: Any = None,
        use_cache: bool | None = None,
    ) -> RecurrentEncoderOutput | Seq2SeqModelOutput:
        """See run."""
        return self.run(
            input_ids,
            attention_mask,
            decoder_input_ids,
            None,
            output_attentions,
            output_hidden_states,
            past_key_values,
            use_cache,
        )


class RecurrentForConditionalGeneration(RecurrentModel, GenerationMixin):
    """Encoder-decoder: reads one text, writes another."""

    architecture = "encoder-decoder"

    def add_outputs(self, config: RecurrentConfig) -> None:
        super().add_outputs(config)
        self.output = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self._tied_weights_keys |= {"output.weight": "encoder.embedding.tokens.weight"}
        self.source_output = None
        if config.source_labels:
            self.source_output = nn.Linear(config.memory_size, config.source_labels)

    def get_output_embeddings(self) -> nn.Module:
        return self.output

    def set_output_embeddings(self, value: nn.Module) -> None:
        self.output = cast(nn.Linear, value)

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        encoder_outputs: BaseModelOutput | None = None,
        labels: Tensor | None = None,
        source_labels: Tensor | None = None,
        consistency: float = 0.0,
        logits_to_keep: int = 0,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        past_key_values: Any = None,
        use_cache: bool | None = None,
        **_: Any,
    ) -> Seq2SeqLMOutput:
        """As `model.networks.pretrained.CompactForConditionalGeneration`, but that padding stands behind.

        source_labels count only where the config has some: a task tells them to every network that learns it,
        and an encoder that reads one way cannot know at a word what comes later.
        """
        if decoder_input_ids is None and labels is not None:
            decoder_input_ids = self.prepare_decoder_input_ids_from_labels(labels)
        found = self.run(
            input_ids,
            attention_mask,
            decoder_input_ids,
            encoder_outputs,
            output_attentions,
            output_hidden_states,
            past_key_values,
            use_cache if labels is None else bool(use_cache),
        )
        loss, logits = tell(self, found[0], labels, consistency, logits_to_keep)
        if source_labels is not None and self.source_output is not None:
            memory = found["encoder_last_hidden_state"]
            loss = add_source_loss(loss, self.source_output, memory, source_labels, self.config)
        beside = {name: value for name, value in found.items() if name != "last_hidden_state"}
        return Seq2SeqLMOutput(loss=loss, logits=logits, **beside)

    def prepare_decoder_input_ids_from_labels(self, labels: Tensor) -> Tensor:
        """The start token, then the labels without the last: what the decoder reads to predict them."""
        return read_before(labels, self.config)


class RecurrentReader(RecurrentModel):
    """A network that only reads, with a linear map from its states to classes."""

    architecture = "encoder"

    def add_outputs(self, config: RecurrentConfig) -> None:
        super().add_outputs(config)
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(config.memory_size, cast(int, config.num_labels))


class RecurrentForTokenClassification(RecurrentReader):
    """Many to many: a class for each token."""

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        output_hidden_states: bool | None = None,
        **_: Any,
    ) -> TokenClassifierOutput:
        """Logits (batch, length, classes); labels (batch, length), -100 where none is asked."""
        found = self.run(input_ids, attention_mask, output_hidden_states=output_hidden_states)
        logits = self.output(self.dropout(found.last_hidden_state))
        loss = None if labels is None else cross_entropy(logits, labels, self.config.label_smoothing)
        return TokenClassifierOutput(loss=loss, logits=logits, hidden_states=found.hidden_states)  # type: ignore[union-attr]


class RecurrentForSequenceClassification(RecurrentReader):
    """Many to one: a class for the text, read off its last state or the mean of all."""

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        output_hidden_states: bool | None = None,
        **_: Any,
    ) -> SequenceClassifierOutput:
        """Logits (batch, classes); labels (batch,) or (batch, 1)."""
        found = cast(
            RecurrentEncoderOutput,
            self.run(input_ids, attention_mask, output_hidden_states=output_hidden_states),
        )
        logits = self.output(self.dropout(self.pool(found, attention_mask)))
        loss = None
        if labels is not None:
            loss = cross_entropy(logits, labels.flatten(), self.config.label_smoothing)
        return SequenceClassifierOutput(loss=loss, logits=logits, hidden_states=found.hidden_states)

    def pool(self, encoded: RecurrentEncoderOutput, mask: Tensor | None) -> Tensor:
        """The one vector that is asked, (batch, directions · hidden)."""
        if self.config.pooling == "last":
            return summarise(encoded)
        states = cast(Tensor, encoded.last_hidden_state)
        if mask is None:
            return states.mean(1)
        counts = mask[..., None].to(states.dtype)
        return torch.sum(states * counts, 1) / counts.sum(1).clamp(min=1)


AutoModel.register(RecurrentConfig, RecurrentModel)
AutoModelForSeq2SeqLM.register(RecurrentConfig, RecurrentForConditionalGeneration)
AutoModelForTokenClassification.register(RecurrentConfig, RecurrentForTokenClassification)
AutoModelForSequenceClassification.register(RecurrentConfig, RecurrentForSequenceClassification)
