"""The compact Transformer as a Hugging Face model: config, save and load, `generate`, `Trainer`.

The network itself is in `model.networks.transformer`, and `model.networks.stacks` puts it together from a
config; here it is only given the names and outputs that the ecosystem expects. Importing this module
registers it with the Auto classes.
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
    Cache,
    PreTrainedModel,
)
from transformers.modeling_outputs import (
    BaseModelOutput,
    CausalLMOutputWithPast,
    MaskedLMOutput,
    Seq2SeqLMOutput,
    Seq2SeqModelOutput,
)
from transformers.utils import can_return_tuple

from model.networks.cache import CompactGenerationMixin, check_cache, start_cache
from model.networks.config import CompactConfig
from model.networks.loss import IGNORED, cross_entropy, output_loss
from model.networks.stacks import CompactDecoder, CompactEncoder
from model.networks.transformer import init_weights


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
    _skip_keys_device_placement = ["past_key_values"]  # noqa: RUF012
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

    def run(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        encoder_outputs: BaseModelOutput | tuple[Tensor, ...] | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        past_key_values: Cache | None = None,
        use_cache: bool | None = None,
    ) -> BaseModelOutput | Seq2SeqModelOutput:
        """The last layer's vectors, of an encoder-decoder the encoder's too, and what else is asked for.

        input_ids and attention_mask (1 = token): (batch, length); decoder_…: (batch, target length).
        encoder_outputs: what the encoder said before, in place of input_ids.
        past_key_values: the keys and values of the text so far, where only the tokens that follow are given;
        the mask is that of the whole text. use_cache: told as past_key_values, for the next time; None = as
        the config says. Where the decoder's mask is off there is no cache.
        output_attentions, output_hidden_states: whether attentions and hidden_states are told, of an
        encoder-decoder encoder_attentions, decoder_attentions, cross_attentions and encoder_hidden_states,
        decoder_hidden_states; None = as the config says. Attentions are the weights before dropout, a tuple
        of (batch, heads, queries, keys), one for each layer, under any attn_implementation. Hidden states are
        a tuple of (batch, length, d_model): what enters the first layer, and what leaves each. The last one
        is last_hidden_state: with the norm "before" it lies behind the final norm, and what the last layer
        leaves before that is not among them, as with GPT-2 and Llama.
        Raises ValueError where an input is missing, and for a cache of another kind.
        """
        if input_ids is None and encoder_outputs is None:
            raise ValueError("The model needs input_ids to read.")
        cache = self.find_cache(past_key_values, use_cache)
        asked = {"output_attentions": output_attentions, "output_hidden_states": output_hidden_states}
        asked = {
            name: getattr(self.config, name) if value is None else value for name, value in asked.items()
        }
        if not self.config.encoder_layers:
            written = self.decoder(input_ids, attention_mask, past_key_values=cache, **asked)
            return cast(BaseModelOutput, written)
        encoded = encoder_outputs or self.encoder(input_ids, attention_mask, **asked)
        if not isinstance(encoded, BaseModelOutput):
            encoded = BaseModelOutput(*encoded)
        if not self.config.decoder_layers:
            return encoded
        if decoder_input_ids is None:
            raise ValueError("An encoder-decoder model needs decoder_input_ids, or labels to make them from.")
        memory = encoded.last_hidden_state  # (batch, length, d_model)
        written = self.decoder(
            decoder_input_ids,
            decoder_attention_mask,
            memory,
            attention_mask,
            past_key_values=cache,
            **asked,
        )
        return Seq2SeqModelOutput(
            last_hidden_state=written.last_hidden_state,
            past_key_values=written.past_key_values,
            decoder_hidden_states=written.hidden_states,
            decoder_attentions=written.attentions,
            cross_attentions=written.cross_attentions,
            encoder_last_hidden_state=memory,
            encoder_hidden_states=encoded.hidden_states,
            encoder_attentions=encoded.attentions,
        )

    def find_cache(self, given: Cache | None, use_cache: bool | None) -> Cache | None:
        """The key-value cache of a pass: the given one, an empty one, or None; see `run`."""
        across = self.config.is_encoder_decoder
        if given is not None and not self.config.decoder_layers:
            raise ValueError("An encoder has no key-value cache: it reads its text once, and whole.")
        if given is not None:
            return check_cache(given, across)
        wanted = self.config.use_cache if use_cache is None else use_cache
        return start_cache(across) if wanted and self.config.decoder_layers and self.decoder.causal else None

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        past_key_values: Cache | None = None,
        use_cache: bool | None = None,
    ) -> BaseModelOutput | Seq2SeqModelOutput:
        """See run."""
        return self.run(
            input_ids,
            attention_mask,
            decoder_input_ids,
            decoder_attention_mask,
            None,
            output_attentions,
            output_hidden_states,
            past_key_values,
            use_cache,
        )


class CompactForConditionalGeneration(CompactModel, CompactGenerationMixin):
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
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        past_key_values: Cache | None = None,
        use_cache: bool | None = None,
        consistency: float = 0.0,
    ) -> Seq2SeqLMOutput:
        """See `run`; labels (batch, target length), source_labels (batch, source length), -100 = none.

        Without decoder_input_ids they are the labels, one step later. Logits: (batch, target length, vocab),
        or only of the last logits_to_keep steps, which is what `generate` asks for.
        What the encoder is asked at labelled source tokens only counts in the loss; see source_output.
        With labels there is no cache unless use_cache asks for it: the whole text is there. In training
        there are then no logits either; they are computed piece by piece for the loss, and never stand whole.
        consistency: how much the two halves of a batch have to agree while it learns; see `output_loss`.
        """
        if decoder_input_ids is None and labels is not None:
            decoder_input_ids = self.prepare_decoder_input_ids_from_labels(labels)
        found = self.run(
            input_ids,
            attention_mask,
            decoder_input_ids,
            decoder_attention_mask,
            encoder_outputs,
            output_attentions,
            output_hidden_states,
            past_key_values,
            use_cache if labels is None else bool(use_cache),
        )
        loss, logits = tell(self, found[0], labels, consistency, logits_to_keep)
        if source_labels is not None:
            memory = found["encoder_last_hidden_state"]
            loss = add_source_loss(loss, self.source_output, memory, source_labels, self.config)
        return Seq2SeqLMOutput(loss=loss, logits=logits, **beside(found))

    def prepare_decoder_input_ids_from_labels(self, labels: Tensor) -> Tensor:
        """The start token, then the labels without the last: what the decoder reads to predict them."""
        return read_before(labels, self.config)


def tell(
    model: PreTrainedModel, x: Tensor, labels: Tensor | None, consistency: float, keep: int = 0
) -> tuple[Tensor | None, Tensor | None]:
    """The loss, where there are labels (batch, length), and the logits of the last keep places; 0: all.

    model: one with an `output` layer over its vocabulary. x: (batch, length, d_model). While it learns from
    labels there are no logits; see `output_loss`.
    """
    output: Any = model.output
    smoothing = model.config.label_smoothing
    plain = type(output) is nn.Linear  # and not what an adapter has put around it
    if labels is not None and model.training and plain:
        return output_loss(x, output.weight, labels, smoothing, consistency), None
    logits = output(x[:, -keep:])  # -0: of all
    return None if labels is None else cross_entropy(logits, labels, smoothing), logits


def add_source_loss(
    loss: Tensor | None, output: nn.Linear | None, memory: Tensor, labels: Tensor, config: Any
) -> Tensor:
    """The loss with what the encoder is asked at labelled source tokens; see CompactConfig.source_labels.

    memory: (batch, length, width), the encoder's; labels: (batch, length), -100 = not asked.
    """
    if output is None:
        raise ValueError("source_labels need a model whose config has source_labels.")
    asked = labels != IGNORED  # few tokens are asked, and classes may be many
    found: Tensor = config.source_loss_weight * cross_entropy(output(memory[asked]), labels[asked])
    return found if loss is None else loss + found


def read_before(labels: Tensor, config: Any) -> Tensor:
    """The start token, then the labels without the last: what a decoder reads to predict them."""
    start = labels.new_full((len(labels), 1), cast(int, config.decoder_start_token_id))
    read = torch.cat([start, labels[:, :-1]], dim=1)
    return read.masked_fill(read == IGNORED, cast(int, config.pad_token_id))


def beside(found: BaseModelOutput | Seq2SeqModelOutput) -> dict[str, Any]:
    """What is told beside the last vectors."""
    return {name: value for name, value in found.items() if name != "last_hidden_state"}


def following(labels: Tensor) -> Tensor:
    """For each token of a text (batch, length) the next one, which it is to predict."""
    return nn.functional.pad(labels[:, 1:], (0, 1), value=IGNORED)


class CompactForCausalLM(CompactModel, CompactGenerationMixin):
    """Decoder-only: goes on writing a text. Pad on the left to generate in batches."""

    architecture = "decoder"

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        logits_to_keep: int = 0,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        past_key_values: Cache | None = None,
        use_cache: bool | None = None,
        consistency: float = 0.0,
    ) -> CausalLMOutputWithPast:
        """See `run`; labels (batch, length) are the text itself and are shifted here.

        logits_to_keep, consistency, and what labels mean for cache and logits: as in
        CompactForConditionalGeneration.
        """
        found = self.run(
            input_ids,
            attention_mask,
            output_attentions=output_attentions,
            output_hidden_states=output_hidden_states,
            past_key_values=past_key_values,
            use_cache=use_cache if labels is None else bool(use_cache),
        )
        labels = None if labels is None else following(labels)
        loss, logits = tell(self, found[0], labels, consistency, logits_to_keep)
        return CausalLMOutputWithPast(loss=loss, logits=logits, **beside(found))


class CompactForMaskedLM(CompactModel):
    """Encoder-only: fills in the tokens that were hidden in a text."""

    architecture = "encoder"

    @can_return_tuple
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        output_attentions: bool | None = None,
        output_hidden_states: bool | None = None,
        consistency: float = 0.0,
    ) -> MaskedLMOutput:
        """See `run`; labels (batch, length), -100 where nothing was hidden.

        consistency, and what labels mean for the logits: as in CompactForConditionalGeneration.
        """
        found = self.run(
            input_ids,
            attention_mask,
            output_attentions=output_attentions,
            output_hidden_states=output_hidden_states,
        )
        loss, logits = tell(self, found[0], labels, consistency)
        return MaskedLMOutput(loss=loss, logits=logits, **beside(found))


AutoModel.register(CompactConfig, CompactModel)
AutoModelForSeq2SeqLM.register(CompactConfig, CompactForConditionalGeneration)
AutoModelForCausalLM.register(CompactConfig, CompactForCausalLM)
AutoModelForMaskedLM.register(CompactConfig, CompactForMaskedLM)
