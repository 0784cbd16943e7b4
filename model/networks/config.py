"""What a compact Transformer is made of: the config that is saved beside its weights."""

from __future__ import annotations

from typing import Any

from transformers import AutoConfig, PreTrainedConfig

from model.errors import Refusal
from model.networks.feed_forward import check_experts
from model.networks.positions import SCHEMES, check_rotary

NORMS = ("after", "before")


class CompactConfig(PreTrainedConfig):
    """What a compact Transformer is made of. Raises ValueError for what cannot be built.

    d_k, d_v: width of a head's keys and values; None: d_model / num_heads, and d_k.
    encoder_layers, decoder_layers: with one of them 0 the other stands alone.
    norm: "after" each sublayer as in the paper, or "before".
    positions: "sinusoidal", "learned" (up to max_positions), "rotary", "alibi" or "none".
    experts: 0 for one feed-forward network; otherwise each token uses experts_per_token of them.
    encoder_windows, decoder_windows: one entry a layer, how far a token sees; None = everywhere.
    cross_window: how far from its own place a target step sees in the source; None = everywhere.
    causal: False takes the decoder's mask off.
    use_cache: whether a decoder keeps keys and values where it is not told; see `model.networks.cache`.
    tie_embeddings: source, target and output share one table (§3.4).
    label_smoothing: in the loss of `labels`, also while evaluating, as the Trainer's own would be.
    source_labels: classes of an auxiliary output read at each source position; 0 = none. Its loss is
        added source_loss_weight times.
    task, task_settings, first_head: what the model was trained for, with what that was set to, and which head
        to show first ({"kind", "layer", "head", "query"}, counted from 0).
    """

    model_type = "headlight"
    keys_to_ignore_at_inference = [  # noqa: RUF012 - transformers adds lists to it
        "encoder_last_hidden_state",
        "past_key_values",
    ]
    attribute_map = {  # noqa: RUF012
        "hidden_size": "d_model",
        "num_attention_heads": "num_heads",
        "tie_word_embeddings": "tie_embeddings",
    }

    vocab_size: int = 1000
    d_model: int = 128
    num_heads: int = 4
    d_k: int | None = None
    d_v: int | None = None
    d_ff: int = 256
    encoder_layers: int = 2
    decoder_layers: int = 1
    norm: str = "after"
    positions: str = "sinusoidal"
    max_positions: int = 512
    experts: int = 0
    experts_per_token: int = 2
    dropout: float = 0.1
    encoder_windows: list[int | None] | None = None
    decoder_windows: list[int | None] | None = None
    cross_window: int | None = None
    causal: bool = True
    use_cache: bool = True
    tie_embeddings: bool = True
    label_smoothing: float = 0.0
    source_labels: int = 0
    source_loss_weight: float = 0.5
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
        self.d_k = self.d_model // self.num_heads if self.d_k is None else self.d_k
        self.d_v = self.d_k if self.d_v is None else self.d_v

    @property
    def architecture(self) -> str:
        """ "encoder-decoder", "encoder" or "decoder": which halves of the paper's figure 1 there are."""
        return "-".join(half for half in ("encoder", "decoder") if getattr(self, f"{half}_layers"))

    @property
    def num_hidden_layers(self) -> int:
        """Of the stack that writes, or of an encoder alone."""
        return self.decoder_layers or self.encoder_layers

    @num_hidden_layers.setter
    def num_hidden_layers(self, value: int) -> None:  # transformers does, where it takes a half for itself
        self.decoder_layers = value

    @property
    def max_position_embeddings(self) -> int | None:
        """The longest text, in tokens, that the positions allow; None = any length."""
        return self.max_positions if self.positions == "learned" else None


def check(config: CompactConfig) -> None:
    """Raises ValueError, in one plain sentence, for a config that cannot be built.

    What a person can set is refused in the words of the Train page, with the name that a command has for it.
    """
    for name in ("vocab_size", "d_model", "num_heads", "d_k", "d_v", "d_ff", "max_positions"):
        size = getattr(config, name)
        if size is None and name in ("d_k", "d_v"):
            continue
        if size is None or size < 1:
            raise Refusal("{name} must be at least 1, not {value}.", name=name, value=size)
    for name in ("encoder_layers", "decoder_layers", "experts", "source_labels"):
        if getattr(config, name) < 0:
            raise Refusal("{name} must be 0 or more, not {value}.", name=name, value=getattr(config, name))
    if config.encoder_layers == config.decoder_layers == 0:
        raise Refusal(
            "A model needs at least one layer: encoder layers (encoder_layers) and decoder layers "
            "(decoder_layers) are both 0."
        )
    if config.is_encoder_decoder and config.decoder_start_token_id is None:
        raise ValueError("A decoder starts from decoder_start_token_id or bos_token_id; one must be given.")
    if config.d_k is None and config.d_model % config.num_heads:
        raise Refusal(
            "The width (d_model) must be a multiple of the number of heads (num_heads): {width} is no "
            "multiple of {heads}. Change one of them, or set the width of a key (d_k).",
            width=config.d_model,
            heads=config.num_heads,
        )
    for name, known in (("norm", NORMS), ("positions", SCHEMES)):
        if getattr(config, name) not in known:
            raise Refusal(
                "{name} must be one of {names}, not {value}.",
                name=name,
                names=", ".join(known),
                value=getattr(config, name),
            )
    d_k = config.d_model // config.num_heads if config.d_k is None else config.d_k
    if config.positions == "rotary":
        check_rotary(d_k)
    if config.experts:
        check_experts(config.experts, config.experts_per_token)
    for name in ("dropout", "label_smoothing"):
        if not 0 <= getattr(config, name) < 1:
            raise Refusal(
                "{name} must be at least 0 and below 1, not {value}.", name=name, value=getattr(config, name)
            )
    windows = config.encoder_windows
    if windows is not None and len(windows) != config.encoder_layers:
        raise Refusal(
            "How far each encoder layer sees (encoder_windows) needs one entry for each encoder layer. "
            "Layers: {layers}, entries: {count}.",
            layers=config.encoder_layers,
            count=len(windows),
        )
    windows = config.decoder_windows
    if windows is not None and len(windows) != config.decoder_layers:
        raise Refusal(
            "How far each decoder layer sees (decoder_windows) needs one entry for each decoder layer. "
            "Layers: {layers}, entries: {count}.",
            layers=config.decoder_layers,
            count=len(windows),
        )
    for window in [*(config.encoder_windows or []), *(config.decoder_windows or []), config.cross_window]:
        if window is not None and window < 0:
            raise Refusal(
                "How far a layer sees must be 0 (the token itself) or more, or None for everything, not "
                "{value}.",
                value=window,
            )


AutoConfig.register(CompactConfig.model_type, CompactConfig)
