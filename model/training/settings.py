"""What of a run can be set: the switches of the network, how it is learned, a table's columns."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from math import ceil
from typing import Any

from transformers import TrainingArguments

from model.errors import Refusal
from model.networks.config import CompactConfig
from model.networks.families import OwnConfig
from model.networks.recurrent.config import CELLS, RecurrentConfig
from model.tasks import Recipe, tasks

# The schedules of the learning rate, each after a linear warm-up, and what transformers calls them.
SCHEDULES = {"cosine": "cosine", "paper": "inverse_sqrt", "constant": "constant_with_warmup"}
OPTIMIZERS = ("adamw", "muon")

SWITCHES = (
    *("d_model", "num_heads", "d_k", "d_v", "d_ff", "encoder_layers", "decoder_layers", "norm"),
    *("positions", "max_positions", "experts", "experts_per_token", "dropout", "label_smoothing"),
    *("encoder_windows", "decoder_windows", "cross_window", "causal", "tie_embeddings"),
)
RECURRENT = (  # the switches of a recurrent network alone
    *("activation", "reset", "hidden_size", "bidirectional", "attention", "context", "attention_size"),
    *("forget_bias", "pooling"),
)
BOTH = ("d_model", "encoder_layers", "decoder_layers", "dropout", "label_smoothing", "tie_embeddings")
NETWORKS = ("transformer", *CELLS)  # what `network` may be
LEARNING = tuple(field.name for field in fields(Recipe) if field.name != "max_steps")


def parse(texts: list[str]) -> dict[str, Any]:
    """ "d_model=256" as {"d_model": 256}: values are JSON, or plain text.

    Raises ValueError for what is not NAME=VALUE, and for a name that cannot be set.
    """
    found: dict[str, Any] = {}
    of_tasks = (name for task in tasks().values() for name in task.settings)
    known = ("network", *SWITCHES, *RECURRENT, *LEARNING, *of_tasks)
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in known:
            names = ", ".join(dict.fromkeys(known))
            raise ValueError(f"{text!r} cannot be set; write NAME=VALUE with one of {names}.")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def recipe_with(recipe: Recipe, settings: Mapping[str, Any], max_steps: int | None = None) -> Recipe:
    """The recipe with what is set, and another number of steps, at most half of them warm-up.

    Raises ValueError for values that no run can have.
    """
    if max_steps is not None and max_steps < 1:
        raise Refusal("There must be at least 1 step, not {count}.", count=max_steps)
    if max_steps is not None:
        recipe = replace(recipe, max_steps=max_steps, warmup_steps=min(recipe.warmup_steps, max_steps // 2))
    made = replace(recipe, **{name: value for name, value in settings.items() if name in LEARNING})
    if made.schedule not in SCHEDULES:
        raise Refusal("The schedule must be one of {names}.", names=", ".join(SCHEDULES))
    if made.optimizer not in OPTIMIZERS:
        raise Refusal("The optimizer must be one of {names}.", names=", ".join(OPTIMIZERS))
    try:
        moving = 0 <= made.momentum < 1 and made.weight_decay >= 0
    except TypeError:
        moving = False
    if not moving:
        raise Refusal("Momentum must be a number from 0 to below 1, and weight decay one of 0 or above.")
    try:
        agreeing = 0 <= made.consistency < 1000
    except TypeError:
        agreeing = False
    if not agreeing:
        raise Refusal("Consistency must be a number from 0 to below 1000.")
    try:
        sizes = made.batch_size >= 1 and made.warmup_steps >= 0 and 0 < made.learning_rate < 100
        sizes = sizes and 0 < made.matrix_rate < 1000
    except TypeError:
        sizes = False
    if not sizes:
        raise Refusal("Batch size, warm-up and learning rate must be positive numbers.")
    if not all(isinstance(count, int) for count in (made.batch_size, made.warmup_steps)):
        raise Refusal("Batch size and warm-up must be whole numbers.")
    try:
        first, second = made.betas
        steady = 0 <= first < 1 and 0 <= second < 1 and made.clip >= 0
    except (TypeError, ValueError):
        steady = False
    if not steady:
        raise Refusal("Betas must be two numbers from 0 to below 1, and the clipping one of 0 or above.")
    if not all(isinstance(switch, bool) for switch in (made.by_length, made.bf16, made.half)):
        raise Refusal("The switches by_length, bf16 and half must be true or false.")
    return made


def config_with(config: OwnConfig, settings: Mapping[str, Any]) -> OwnConfig:
    """The config with what is set, of another family of networks where `network` says so.

    Raises ValueError for what cannot be built, or is no longer what the task needs.
    """
    network = settings.get("network", network_of(config))
    if network not in NETWORKS:
        raise Refusal("The network must be one of {names}.", names=", ".join(NETWORKS))
    others = RECURRENT if network == "transformer" else tuple(set(SWITCHES) - set(BOTH))
    for name in others:
        if name in settings:
            raise Refusal("A network of the kind {network} has no {name}.", network=network, name=name)
    if isinstance(config, RecurrentConfig):
        if network == "transformer":
            raise Refusal("This task needs a recurrent network: one of {names}.", names=", ".join(CELLS))
        return recurrent_with(config, {**settings, "cell": network})
    if network != "transformer":
        return recurrent_with(as_recurrent(config), {**settings, "cell": network})
    return transformer_with(config, settings)


def network_of(config: OwnConfig) -> str:
    """Which of NETWORKS a config is of."""
    return config.cell if isinstance(config, RecurrentConfig) else "transformer"


def networks_for(config: OwnConfig) -> tuple[str, ...]:
    """Which of NETWORKS can learn the task whose own config this is."""
    if isinstance(config, RecurrentConfig):
        return CELLS
    return NETWORKS if config.architecture == "encoder-decoder" else ("transformer",)


def as_recurrent(config: CompactConfig) -> RecurrentConfig:
    """A recurrent network for the task of a Transformer: one layer on each side, of the same width."""
    if config.architecture != "encoder-decoder":
        raise Refusal(
            "This task needs a model of the kind {kind}, which is no recurrent network here.",
            kind=config.architecture,
        )
    same = ("vocab_size", "d_model", "dropout", "label_smoothing", "source_loss_weight", "task")
    ids = ("pad_token_id", "bos_token_id", "eos_token_id")
    told = {name: getattr(config, name) for name in (*same, *ids)}
    return RecurrentConfig(**told, hidden_size=config.d_model, source_labels=config.source_labels)


def recurrent_with(config: RecurrentConfig, settings: Mapping[str, Any]) -> RecurrentConfig:
    """See config_with. What the encoder is asked at a word it can know only where it reads both ways."""
    given = {name: value for name, value in settings.items() if name in ("cell", *BOTH, *RECURRENT)}
    told = {**config.to_dict(), **given}
    if "attention_size" not in given and config.attention_size == config.hidden_size:
        told["attention_size"] = None
    if not told["bidirectional"]:
        told["source_labels"] = 0
    try:
        made = RecurrentConfig(**told)
    except TypeError:
        raise Refusal("A switch of the model has a value that is no number.") from None
    check_architecture(config, made)
    return made


def check_architecture(config: OwnConfig, made: OwnConfig) -> None:
    """Raises ValueError where what is made is no longer what the task needs."""
    if made.architecture != config.architecture:
        raise Refusal(
            "This task needs a model of the kind {needed}, not {made}.",
            needed=config.architecture,
            made=made.architecture,
        )


def transformer_with(config: CompactConfig, settings: Mapping[str, Any]) -> CompactConfig:
    """See config_with. Widths that were derived are derived anew."""
    given = {name: value for name, value in settings.items() if name in SWITCHES}
    if not given:
        return config
    told = {**config.to_dict(), **given}
    if "d_k" not in given and config.d_k == config.d_model // config.num_heads:
        told["d_k"] = None
    if "d_v" not in given and config.d_v == config.d_k:
        told["d_v"] = None
    for half in ("encoder", "decoder"):
        windows = told.get(f"{half}_windows")
        if windows and f"{half}_windows" not in given:  # the first layers keep theirs, others see everything
            told[f"{half}_windows"] = [*windows, *[None] * told[f"{half}_layers"]][: told[f"{half}_layers"]]
    try:
        made = CompactConfig(**told)
    except TypeError:
        raise Refusal("A switch of the model has a value that is no number.") from None
    check_architecture(config, made)
    return made


def learning_rates(recipe: Recipe, points: int = 200) -> tuple[list[int], list[float]]:
    """Steps of a run and the learning rate at each, as the Trainer will set it."""
    import torch
    from transformers import get_scheduler

    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=recipe.learning_rate)
    schedule = get_scheduler(SCHEDULES[recipe.schedule], optimizer, recipe.warmup_steps, recipe.max_steps)
    rate = schedule.lr_lambdas[0]
    every = max(1, recipe.max_steps // points)
    steps = [*range(0, recipe.max_steps, every), recipe.max_steps]
    return steps, [recipe.learning_rate * rate(step) for step in steps]


def arguments(
    folder: str, recipe: Recipe, seed: int, reports: int, looks: int, saves: int
) -> TrainingArguments:
    """The recipe in the Trainer's words.

    reports, looks, saves: how often in a run it says how it goes, looks at the validation data and saves.
    """
    import torch

    every = max(1, recipe.max_steps // reports)
    return TrainingArguments(
        output_dir=folder,
        max_steps=recipe.max_steps,
        per_device_train_batch_size=recipe.batch_size,
        per_device_eval_batch_size=max(recipe.batch_size, 64),
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=SCHEDULES[recipe.schedule],
        warmup_steps=recipe.warmup_steps,
        weight_decay=recipe.weight_decay,
        adam_beta1=recipe.betas[0],
        adam_beta2=recipe.betas[1],
        max_grad_norm=recipe.clip,
        train_sampling_strategy="sequential" if recipe.by_length else "random",
        use_cpu=not torch.cuda.is_available(),
        logging_steps=every,
        logging_nan_inf_filter=False,
        eval_strategy="steps",
        eval_steps=max(1, recipe.max_steps // looks),
        prediction_loss_only=True,
        label_names=["labels"],
        save_steps=every * max(1, ceil(recipe.max_steps / saves / every)),  # where a mean of losses ends
        save_total_limit=1,
        seed=seed,
        disable_tqdm=True,
        remove_unused_columns=False,
        use_cache=True,  # what the Trainer notes in the config; where there are labels nothing is kept
        dataloader_pin_memory=False,
        report_to=[],
    )
