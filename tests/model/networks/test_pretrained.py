"""The Hugging Face side: configs, losses, saving and loading, training with the Trainer."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - as everywhere in PyTorch
from torch.utils.data import Dataset
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSeq2SeqLM,
    Trainer,
    TrainingArguments,
)
from transformers.trainer_pt_utils import LabelSmoother

from model.networks.config import NORMS, CompactConfig
from model.networks.positions import SCHEMES
from model.networks.pretrained import (
    IGNORED,
    CompactForCausalLM,
    CompactForConditionalGeneration,
    CompactForMaskedLM,
    CompactModel,
)
from tests.model.compacts import SMALL, VOCAB, inputs, made

EVERYTHING: dict[str, Any] = {
    "d_k": 6,
    "d_v": 3,
    "norm": "before",
    "positions": "rotary",
    "experts": 3,
    "encoder_windows": [2, None],
    "decoder_windows": [3],
    "cross_window": 2,
    "source_labels": 2,
}
KINDS = [
    (CompactForConditionalGeneration, AutoModelForSeq2SeqLM, {}),
    (CompactForConditionalGeneration, AutoModelForSeq2SeqLM, EVERYTHING),
    (
        CompactForConditionalGeneration,
        AutoModelForSeq2SeqLM,
        {"tie_embeddings": False, "positions": "learned"},
    ),
    (CompactForCausalLM, AutoModelForCausalLM, {"encoder_layers": 0, "decoder_layers": 2}),
    (
        CompactForMaskedLM,
        AutoModelForMaskedLM,
        {"encoder_layers": 2, "decoder_layers": 0, "positions": "alibi"},
    ),
]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"num_heads": 3}, "multiple of the number of heads (num_heads): 16 is no multiple of 3."),
        ({"norm": "beside"}, "norm must be one of after, before, not beside"),
        ({"positions": "guessed"}, "positions must be one of sinusoidal, learned, rotary, alibi, none"),
        ({"positions": "rotary", "d_k": 3}, "(d_k) must be even, not 3"),
        ({"encoder_windows": [1]}, "one entry for each encoder layer. Layers: 2, entries: 1."),
        ({"decoder_windows": [1, 2]}, "one entry for each decoder layer. Layers: 1, entries: 2."),
        ({"cross_window": -1}, "must be 0 (the token itself) or more, or None for everything, not -1"),
        ({"experts": 2, "experts_per_token": 3}, "between 1 and the number of experts (experts), 2, not 3"),
        ({"encoder_layers": 0, "decoder_layers": 0}, "A model needs at least one layer"),
        ({"encoder_layers": -1}, "encoder_layers must be 0 or more, not -1"),
        ({"d_ff": 0}, "d_ff must be at least 1, not 0"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1, not 1.0"),
        ({"bos_token_id": None}, "starts from decoder_start_token_id or bos_token_id"),
    ],
)
def test_what_cannot_be_built_is_said_in_a_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]+\.$") as refused:
        CompactConfig(**SMALL | options)
    assert sentence in str(refused.value)


def test_a_class_refuses_the_wrong_halves() -> None:
    with pytest.raises(
        ValueError, match="for encoder models, but with 2 encoder layers and 1 decoder layers"
    ):
        made(CompactForMaskedLM)
    with pytest.raises(ValueError, match="needs decoder_input_ids, or labels"):
        made(CompactForConditionalGeneration)(input_ids=torch.ones(1, 2, dtype=torch.long))
    with pytest.raises(ValueError, match="needs input_ids"):
        made(CompactForConditionalGeneration)(decoder_input_ids=torch.ones(1, 2, dtype=torch.long))
    with pytest.raises(ValueError, match="source_labels need a model whose config has source_labels"):
        made(CompactForConditionalGeneration)(
            input_ids=torch.ones(1, 2, dtype=torch.long),
            labels=torch.ones(1, 2, dtype=torch.long),
            source_labels=torch.ones(1, 2, dtype=torch.long),
        )


def test_every_choice_of_a_config_reaches_its_block() -> None:
    options: dict[str, Any] = {**EVERYTHING, "causal": False, "dropout": 0.3, "experts_per_token": 1}
    model = made(CompactForConditionalGeneration, **options)
    assert model.encoder.windows == [2, None]
    assert (model.decoder.windows, model.decoder.cross_window, model.decoder.causal) == ([3], 2, False)
    for layer in (*model.encoder.layers, *model.decoder.layers):
        assert layer.self_attention.positions == "rotary"
        assert layer.self_attention.W_K.weight.shape == (4 * 6, 16)
        assert layer.self_attention.W_V.weight.shape == (4 * 3, 16)
        assert layer.add_norm_1.before
        assert (len(layer.feed_forward.experts), layer.feed_forward.k) == (3, 1)
        assert layer.feed_forward.experts[0].W_1.out_features == 24
    across = model.decoder.layers[0].cross_attention
    assert (across.positions, across.d_k, across.d_v) == ("none", 6, 3)
    dropouts = {module.p for module in model.modules() if isinstance(module, torch.nn.Dropout)}
    assert dropouts == {0.3}
    learned = made(CompactForMaskedLM, decoder_layers=0, positions="learned").encoder.embedding.positions
    assert learned.vectors.shape == (40, 16)


@pytest.mark.parametrize(("kind", "auto", "options"), KINDS)
@torch.no_grad()
def test_saved_and_loaded_it_is_the_same(
    kind: Any, auto: Any, options: dict[str, Any], tmp_path: Path
) -> None:
    head = {"kind": "encoder", "layer": 1, "head": 3, "query": "it"}
    model = made(kind, **options, task="pronouns", first_head=head)
    model.save_pretrained(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".safetensors"}
    loaded = auto.from_pretrained(tmp_path)
    batch = inputs(model)
    assert type(loaded) is kind
    assert torch.equal(loaded(**batch).logits, model(**batch).logits)
    assert loaded(**batch).loss == model(**batch).loss
    assert (loaded.config.task, loaded.config.first_head) == ("pronouns", head)
    assert AutoConfig.from_pretrained(tmp_path).to_dict() == loaded.config.to_dict()
    assert not loaded.training


@pytest.mark.parametrize("tie", [True, False])
def test_one_table_or_three(tie: bool, tmp_path: Path) -> None:
    model = made(CompactForConditionalGeneration, tie_embeddings=tie)
    model.save_pretrained(tmp_path)
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        tables = [name for name in file.keys() if "embedding" in name or "output" in name]  # noqa: SIM118
    assert len(tables) == (1 if tie else 3)
    loaded = AutoModelForSeq2SeqLM.from_pretrained(tmp_path)
    for each in (model, loaded):
        table = each.encoder.embedding.tokens.weight
        assert (each.decoder.embedding.tokens.weight is table) == tie
        assert (each.output.weight is table) == tie
    assert json.loads((tmp_path / "config.json").read_text())["tie_embeddings"] is tie


def test_automodel_gives_the_vectors_below_the_output(tmp_path: Path) -> None:
    model = made(CompactForConditionalGeneration, source_labels=2)
    model.save_pretrained(tmp_path)
    batch = inputs(model)
    del batch["source_labels"]
    batch["decoder_input_ids"] = batch.pop("labels").clamp(min=0)
    below = AutoModel.from_pretrained(tmp_path)
    assert type(below) is CompactModel
    torch.testing.assert_close(model.output(below(**batch).last_hidden_state), model(**batch).logits)
    last, encoded = below(**batch, use_cache=False, return_dict=False)
    assert torch.equal(last, below(**batch).last_hidden_state)
    assert torch.equal(encoded, below(**batch).encoder_last_hidden_state)


@torch.no_grad()
def test_losses_are_pytorchs_and_transformers() -> None:
    model = made(
        CompactForConditionalGeneration, label_smoothing=0.1, source_labels=2, source_loss_weight=0.3
    )
    batch = inputs(model)
    out = model(**batch)
    labels, source_labels = batch["labels"], batch["source_labels"]
    smoothed = LabelSmoother(epsilon=0.1)(out, labels)
    asked = model.source_output(out.encoder_last_hidden_state)
    beside = F.cross_entropy(asked.flatten(0, 1), source_labels.flatten())
    torch.testing.assert_close(out.loss, smoothed + 0.3 * beside)
    del batch["source_labels"]
    torch.testing.assert_close(model(**batch).loss, smoothed)
    batch["labels"] = torch.full_like(labels, IGNORED)
    assert model(**batch).loss == 0

    writer = made(CompactForCausalLM, encoder_layers=0)
    batch = inputs(writer)
    out = writer(**batch)
    expected = F.cross_entropy(out.logits[:, :-1].flatten(0, 1), batch["labels"][:, 1:].flatten())
    torch.testing.assert_close(out.loss, expected)


@torch.no_grad()
def test_the_decoder_reads_its_labels_one_step_late() -> None:
    model = made(CompactForConditionalGeneration, decoder_start_token_id=5)
    batch = inputs(model)
    read = torch.cat([torch.full((3, 1), 5), batch["labels"][:, :-1]], dim=1)
    read[read == IGNORED] = model.config.pad_token_id
    expected = model(**batch).logits
    batch.pop("labels")
    assert torch.equal(model(**batch, decoder_input_ids=read).logits, expected)


@pytest.mark.parametrize(("kind", "auto", "options"), KINDS)
def test_every_parameter_gets_a_gradient(kind: Any, auto: Any, options: dict[str, Any]) -> None:
    model = made(kind, **options).train()
    model(**inputs(model, batch=16, length=12)).loss.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("positions", SCHEMES)
@pytest.mark.parametrize(
    ("kind", "layers"),
    [(CompactForConditionalGeneration, (1, 1)), (CompactForCausalLM, (0, 2)), (CompactForMaskedLM, (2, 0))],
)
def test_ten_steps_learn_something(kind: Any, layers: tuple[int, int], positions: str, norm: str) -> None:
    model = made(
        kind, positions=positions, norm=norm, encoder_layers=layers[0], decoder_layers=layers[1]
    ).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    batch = inputs(model)
    losses = []
    for _ in range(11):
        loss = model(**batch).loss
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.8 * losses[0]


class Copies(Dataset[dict[str, Tensor]]):
    """Texts to be copied, with the parity of each token as the source's label."""

    def __len__(self) -> int:
        return 24

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        tokens = torch.randint(3, VOCAB, (6,), generator=torch.Generator().manual_seed(i))
        return {"input_ids": tokens, "labels": tokens, "source_labels": tokens % 2}


def test_the_trainer_trains_saves_and_resumes(tmp_path: Path) -> None:
    def trainer() -> tuple[Trainer, CompactForConditionalGeneration]:
        arguments = TrainingArguments(
            output_dir=str(tmp_path),
            max_steps=6,
            per_device_train_batch_size=8,
            learning_rate=5e-3,
            lr_scheduler_type="constant",
            save_steps=3,
            logging_steps=1,
            report_to=[],
            use_cpu=True,
            seed=0,
            disable_tqdm=True,
        )
        model = made(CompactForConditionalGeneration, source_labels=2, dropout=0.0)
        return Trainer(model=model, args=arguments, train_dataset=Copies(), eval_dataset=Copies()), model

    whole, model = trainer()
    whole.train()
    losses = [entry["loss"] for entry in whole.state.log_history if "loss" in entry]
    assert losses[-1] < losses[0]
    assert whole.evaluate()["eval_loss"] < losses[0]
    resumed, again = trainer()
    resumed.train(resume_from_checkpoint=str(tmp_path / "checkpoint-3"))
    for (name, one), other in zip(model.named_parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one, other, msg=name)
    loaded = AutoModelForSeq2SeqLM.from_pretrained(tmp_path / "checkpoint-6")
    assert torch.equal(loaded.output.weight, model.output.weight)
