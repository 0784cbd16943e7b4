"""Training speed: tokens a second of the compact Transformer against torch.nn.Transformer, and of an LSTM
sequence to sequence against a bare loop around nn.LSTM.

Both train on the same batches with the same embedding, tied output, loss and optimizer; only the layers
differ. Steps are taken in turn, and each pair of turns gives one ratio, so that a busy machine slows both.
The compact Transformer drops out where the paper does (§5.4); torch.nn.Transformer also drops attention
weights and the feed-forward network's hidden features. The rows without dropout compare bare layers.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence

from model.networks import masks
from model.networks.config import CompactConfig
from model.networks.loss import IGNORED
from model.networks.pretrained import CompactForConditionalGeneration
from model.networks.recurrent.config import RecurrentConfig
from model.networks.recurrent.pretrained import RecurrentForConditionalGeneration
from model.networks.stacks import embedding
from model.networks.transformer import init_weights


@dataclass(frozen=True)
class Size:
    """One row of the table: a model and its batches. num_heads: 0 for an LSTM."""

    name: str
    d_model: int
    num_heads: int
    d_ff: int
    encoder_layers: int
    decoder_layers: int
    vocab_size: int
    batch: int
    length: int


SIZES = (
    Size("pronouns", 128, 4, 256, 2, 1, 1000, 96, 20),
    Size("small", 256, 4, 1024, 3, 3, 4000, 32, 64),
    Size("paper's base", 512, 8, 2048, 6, 6, 4000, 4, 64),
    Size("LSTM", 128, 0, 0, 1, 1, 1000, 64, 40),
    Size("LSTM, wider", 256, 0, 0, 1, 1, 4000, 32, 40),
)


class Reference(nn.Module):
    """torch.nn.Transformer with the compact model's embedding, tied output and loss."""

    def __init__(self, config: CompactConfig) -> None:
        super().__init__()
        self.embedding = embedding(config)
        self.transformer = nn.Transformer(
            config.d_model,
            config.num_heads,
            config.encoder_layers,
            config.decoder_layers,
            config.d_ff,
            config.dropout,
            batch_first=True,
        )
        self.output = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.apply(init_weights)
        self.output.weight = self.embedding.tokens.weight

    def forward(self, source: Tensor, padding: Tensor, target: Tensor, labels: Tensor) -> Tensor:
        y = self.transformer(
            self.embedding(source, padding),
            self.embedding(target),
            src_key_padding_mask=~padding,
            tgt_mask=~masks.causal(target.shape[1]),
            memory_key_padding_mask=~padding,
            tgt_is_causal=True,
        )
        return nn.functional.cross_entropy(
            self.output(y).flatten(0, 1), labels.flatten(), ignore_index=IGNORED
        )


class BareLSTM(nn.Module):
    """Sequence to sequence with nothing but nn.LSTM, the compact network's embedding and its tied output."""

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.vocab_size, config.d_model)
        self.encoder = nn.LSTM(config.d_model, config.hidden_size, batch_first=True)
        self.decoder = nn.LSTM(config.d_model, config.hidden_size, batch_first=True)
        self.output = nn.Linear(config.d_model, config.vocab_size, bias=False)
        self.output.weight = self.embedding.weight

    def forward(self, source: Tensor, padding: Tensor, target: Tensor, labels: Tensor) -> Tensor:
        lengths = padding.sum(1)
        packed = pack_padded_sequence(self.embedding(source), lengths, batch_first=True, enforce_sorted=False)
        _, state = self.encoder(packed)
        y, _ = self.decoder(self.embedding(target), state)
        return nn.functional.cross_entropy(
            self.output(y).flatten(0, 1), labels.flatten(), ignore_index=IGNORED
        )


def batches(size: Size, count: int) -> list[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Random batches of texts half to fully as long as the size says: source, padding, target, labels."""
    generator = torch.Generator().manual_seed(0)
    made = []
    for _ in range(count):
        shape = (size.batch, size.length)
        source = torch.randint(3, size.vocab_size, shape, generator=generator)
        labels = torch.randint(3, size.vocab_size, shape, generator=generator)
        lengths = torch.randint(size.length // 2, size.length + 1, (2, size.batch, 1), generator=generator)
        lengths[:, 0] = size.length
        padding, written = torch.arange(size.length) < lengths
        target = torch.cat([torch.ones(size.batch, 1, dtype=torch.long), labels[:, :-1]], dim=1)
        made.append((source * padding, padding, target * written, labels.masked_fill(~written, IGNORED)))
    return made


def trainer(model: nn.Module, loss_of: Callable[..., Tensor]) -> Callable[..., float]:
    """A function that takes one training step on a batch and says how many seconds it took."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    model.train()

    def step(*batch: Tensor) -> float:
        begin = time.perf_counter()
        loss = loss_of(*batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return time.perf_counter() - begin

    return step


def build(size: Size, dropout: float) -> tuple[nn.Module, nn.Module]:
    """The compact network, and what it is measured against."""
    if not size.num_heads:
        told = RecurrentConfig(
            vocab_size=size.vocab_size, d_model=size.d_model, hidden_size=size.d_model, dropout=dropout
        )
        return RecurrentForConditionalGeneration(told), BareLSTM(told)
    config = CompactConfig(
        vocab_size=size.vocab_size,
        d_model=size.d_model,
        num_heads=size.num_heads,
        d_ff=size.d_ff,
        encoder_layers=size.encoder_layers,
        decoder_layers=size.decoder_layers,
        dropout=dropout,
    )
    return CompactForConditionalGeneration(config), Reference(config)


def measure(size: Size, dropout: float, steps: int, repeats: int) -> tuple[float, float, float]:
    """Median tokens a second of the compact model and of torch's, and the median of their ratios."""
    torch.manual_seed(0)
    ours, theirs = build(size, dropout)
    ours_step = trainer(
        ours,
        lambda source, padding, target, labels: (
            ours(input_ids=source, attention_mask=padding, decoder_input_ids=target, labels=labels).loss
        ),
    )
    theirs_step = trainer(theirs, theirs)
    made = batches(size, steps)
    tokens = sum(int(padding.sum() + (labels != IGNORED).sum()) for _, padding, _, labels in made)
    for step in (ours_step, theirs_step):
        step(*made[0])  # the first step also allocates
    rates, ratios = [], []
    for repeat in range(repeats):
        seconds = {ours_step: 0.0, theirs_step: 0.0}
        for i, batch in enumerate(made):
            turn = (ours_step, theirs_step) if (i + repeat) % 2 else (theirs_step, ours_step)
            for step in turn:
                seconds[step] += step(*batch)
        rates.append((tokens / seconds[ours_step], tokens / seconds[theirs_step]))
        ratios.append(seconds[theirs_step] / seconds[ours_step])
    return (
        statistics.median(ours for ours, _ in rates),
        statistics.median(theirs for _, theirs in rates),
        statistics.median(ratios),
    )


def main() -> None:
    """Prints the Markdown table that the README quotes, each row when it is ready."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3, help="batches in one repeat")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    print(f"Training, tokens a second on {torch.get_num_threads()} CPU threads (torch {torch.__version__})\n")
    print("| model | dropout | compact | bare torch | ratio |\n|---|---|---|---|---|")
    for size in SIZES:
        for dropout in (0.1, 0.0) if size.num_heads else (0.0,):
            ours, theirs, ratio = measure(size, dropout, arguments.steps, arguments.repeats)
            name = (
                f"{size.name} ({size.encoder_layers}+{size.decoder_layers} layers, d_model {size.d_model}, "
                f"{size.batch} × {size.length} tokens)"
            )
            print(f"| {name} | {dropout} | {ours:,.0f} | {theirs:,.0f} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main()
