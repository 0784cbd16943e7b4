"""What a recurrent network is made of: the config that is saved beside its weights."""

from __future__ import annotations

from typing import Any

from transformers import AutoConfig, PreTrainedConfig

from model.errors import Refusal

CELLS = ("rnn", "lstm", "gru")
ACTIVATIONS = ("tanh", "sigmoid", "relu")  # of the Elman network
RESETS = ("after", "before")  # of the GRU: the reset gate and the product with W
ATTENTIONS = ("none", "bahdanau", "luong-dot", "luong-general", "luong-concat")
CONTEXTS = ("start", "every step")  # where a decoder without attention is given the encoder's vector
POOLINGS = ("none", "last", "mean")  # how a network that only reads answers


class RecurrentConfig(PreTrainedConfig):
    """What a recurrent network is made of. Raises ValueError for what cannot be built.

    With decoder_layers it is an encoder-decoder; without, it only reads.

    cell: "rnn" (Elman 1990), "lstm" (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000)
        or "gru" (Cho et al. 2014a).
    activation: of an "rnn". reset: of a "gru", whether the reset gate acts "before" the product with W, as
        the paper has it, or "after" it, which is what PyTorch computes.
    d_model: width of a token's vector; hidden_size: of a state, in each direction.
    bidirectional: the encoder reads backwards as well (Schuster & Paliwal 1997).
    attention: "bahdanau" (2015: additive, asked by the state before a step), "luong-dot", "luong-general",
        "luong-concat" (2015: asked by the state behind it) or "none".
    context: of a decoder without attention: the encoder's vector is what it starts with (Sutskever et al.
        2014), or is read at "every step" (Cho et al. 2014a).
    attention_size: width of the hidden layer that scores a query and a key, of "bahdanau" and "luong-concat";
        None: hidden_size.
    pooling: of a network that only reads: it answers at every token ("none": many to many), or once, from the
        "last" state or the "mean" of all (many to one).
    forget_bias: what an LSTM's forget gates begin with (Gers et al. 2000; Jozefowicz et al. 2015).
    tie_embeddings, label_smoothing, source_labels, source_loss_weight, task, task_settings, first_head: as in
        `model.networks.config.CompactConfig`.
    """

    model_type = "headlight-recurrent"
    keys_to_ignore_at_inference = [  # noqa: RUF012 - transformers adds lists to it
        "encoder_last_hidden_state",
        "past_key_values",
    ]
    attribute_map = {"tie_word_embeddings": "tie_embeddings"}  # noqa: RUF012

    vocab_size: int = 1000
    cell: str = "lstm"
    activation: str = "tanh"
    reset: str = "after"
    d_model: int = 128
    hidden_size: int = 128
    encoder_layers: int = 1
    decoder_layers: int = 1
    bidirectional: bool = False
    attention: str = "none"
    context: str = "start"
    attention_size: int | None = None
    pooling: str = "none"
    dropout: float = 0.1
    forget_bias: float = 1.0
    tie_embeddings: bool = True
    label_smoothing: float = 0.0
    source_labels: int = 0
    source_loss_weight: float = 0.5
    use_cache: bool = True
    pad_token_id: int | None = 0
    bos_token_id: int | None = 1
    eos_token_id: int | None = 2
    decoder_start_token_id: int | None = None
    task: str = ""
    task_settings: dict[str, Any] | None = None
    first_head: dict[str, Any] | None = None

    def __post_init__(self, **kwargs: Any) -> None:
        self.is_encoder_decoder = self.architecture == "encoder-decoder"
        if self.decoder_start_token_id is None:
            self.decoder_start_token_id = self.bos_token_id
        super().__post_init__(**kwargs)
        check(self)
        self.attention_size = self.hidden_size if self.attention_size is None else self.attention_size

    @property
    def architecture(self) -> str:
        """ "encoder-decoder", or "encoder" of a network that only reads."""
        return "encoder-decoder" if self.decoder_layers else "encoder"

    @property
    def num_hidden_layers(self) -> int:
        """Of the stack that writes, or of an encoder alone."""
        return self.decoder_layers or self.encoder_layers

    @num_hidden_layers.setter
    def num_hidden_layers(self, value: int) -> None:  # transformers does, where it takes a half for itself
        self.decoder_layers = value

    @property
    def num_attention_heads(self) -> int:
        return 1

    @property
    def memory_size(self) -> int:
        """Width of what the encoder says of each token."""
        return self.hidden_size * (2 if self.bidirectional else 1)


def check(config: RecurrentConfig) -> None:
    """Raises ValueError, in one plain sentence, for a config that cannot be built."""
    for name in ("vocab_size", "d_model", "hidden_size", "encoder_layers", "attention_size"):
        size = getattr(config, name)
        if size is None and name == "attention_size":
            continue
        if not isinstance(size, int) or size < 1:
            raise Refusal("{name} must be at least 1, not {value}.", name=name, value=size)
    for name in ("decoder_layers", "source_labels"):
        if getattr(config, name) < 0:
            raise Refusal("{name} must be 0 or more, not {value}.", name=name, value=getattr(config, name))
    if config.is_encoder_decoder and config.decoder_start_token_id is None:
        raise ValueError("A decoder starts from decoder_start_token_id or bos_token_id; one must be given.")
    for name, known in (
        ("cell", CELLS),
        ("activation", ACTIVATIONS),
        ("reset", RESETS),
        ("attention", ATTENTIONS),
        ("context", CONTEXTS),
        ("pooling", POOLINGS),
    ):
        if getattr(config, name) not in known:
            raise Refusal(
                "{name} must be one of {names}, not {value}.",
                name=name,
                names=", ".join(known),
                value=getattr(config, name),
            )
    for name in ("dropout", "label_smoothing"):
        if not 0 <= getattr(config, name) < 1:
            raise Refusal(
                "{name} must be at least 0 and below 1, not {value}.", name=name, value=getattr(config, name)
            )
    if config.attention == "luong-dot" and config.decoder_layers and config.memory_size != config.hidden_size:
        raise Refusal(
            "Luong's dot product needs an encoder whose states are as wide as the decoder's; with a "
            "bidirectional encoder (bidirectional) use luong-general."
        )


AutoConfig.register(RecurrentConfig.model_type, RecurrentConfig)
