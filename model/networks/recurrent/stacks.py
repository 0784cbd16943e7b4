"""The two halves of a recurrent network, put together from its config.

The encoder reads a text into states; the decoder writes another from its last ones (Sutskever et al. 2014,
"Sequence to Sequence Learning with Neural Networks"; Cho et al. 2014, "Learning Phrase Representations using
RNN Encoder-Decoder"), or looks at all of them (Bahdanau et al. 2015; Luong et al. 2015). They share no
weights but the table of token vectors, where the config ties it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers.modeling_outputs import BaseModelOutput

from model.listening import RecurrentCall, hear_recurrence
from model.networks import masks
from model.networks.dropout import Dropout
from model.networks.recurrent.alignment import Alignment, AlignmentSteps
from model.networks.recurrent.cells import State
from model.networks.recurrent.config import RecurrentConfig
from model.networks.recurrent.layers import Recurrence, Steps
from model.networks.recurrent.state import StateCache
from model.networks.transformer import Embedding


@dataclass
class RecurrentEncoderOutput(BaseModelOutput):
    """final_h and, of an LSTM, final_c: (batch, layers, directions · hidden), the states behind the last
    token of each direction. Tensors with the batch first, so that `generate` repeats them for its beams.
    """

    final_h: Tensor | None = None
    final_c: Tensor | None = None


def recurrence(config: RecurrentConfig, input_size: int, bidirectional: bool = False) -> Recurrence:
    return Recurrence(
        config.cell, input_size, config.hidden_size, bidirectional, config.activation, config.reset
    )


def embedding(config: RecurrentConfig) -> Embedding:
    """Token vectors; order needs no positions where words come one after another."""
    return Embedding(config.vocab_size, config.d_model, "none", dropout=config.dropout)


class RecurrentEncoder(nn.Module):
    """A text in, a state for each token out; in one direction or, layer by layer, in both."""

    main_input_name = "input_ids"

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.embedding = embedding(config)
        sizes = [config.d_model, *[config.memory_size] * (config.encoder_layers - 1)]
        self.layers = nn.ModuleList(recurrence(config, size, config.bidirectional) for size in sizes)
        self.dropout = Dropout(config.dropout)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        output_hidden_states: bool | None = None,
        **_: Any,
    ) -> RecurrentEncoderOutput:
        """input_ids, attention_mask (batch, length), 1 = token -> (batch, length, directions · hidden).

        Padding stands behind the text. hidden_states: what enters the first layer, and what leaves each.
        Raises ValueError for padding elsewhere.
        """
        lengths = None if attention_mask is None else count_tokens(attention_mask)
        x = self.embedding(input_ids)
        hidden, last = [x], []
        for place, layer in enumerate(self.layers):
            x, state = layer(x if place == 0 else self.dropout(x), lengths)
            hidden.append(x)
            last.append(state)
        return RecurrentEncoderOutput(
            last_hidden_state=x,
            hidden_states=tuple(hidden) if output_hidden_states else None,
            final_h=torch.stack([side_by_side(state.h) for state in last], 1),
            final_c=None if last[0].c is None else torch.stack([side_by_side(state.c) for state in last], 1),
        )


def count_tokens(attention_mask: Tensor) -> Tensor:
    """How many tokens each text has, (batch,), at least 1: an empty one is read as its first padding."""
    lengths = attention_mask.sum(-1)
    places = torch.arange(attention_mask.shape[1], device=attention_mask.device)
    if not bool((attention_mask.bool() == (places < lengths[:, None])).all()):
        raise ValueError("A recurrent network needs its padding behind the texts.")
    return lengths.clamp(min=1)


def side_by_side(state: Tensor | None) -> Tensor:
    """(directions, batch, hidden) -> (batch, directions · hidden)"""
    assert state is not None
    return state.transpose(0, 1).flatten(1)


class RecurrentDecoder(nn.Module):
    """Writes from the encoder's last states, and looks at all of them where it has attention.

    Each layer starts with the last state of the encoder's layer that is as far below the top; where the
    encoder reads in both directions, or with other sizes, with the tanh of a linear map of both
    (Bahdanau et al. 2015, A.2.2, take the backward one alone).
    """

    def __init__(self, config: RecurrentConfig) -> None:
        super().__init__()
        self.kind = config.attention
        self.reads_context = config.attention == "bahdanau" or (
            config.attention == "none" and config.context == "every step"
        )
        self.embedding = embedding(config)
        first = config.d_model + (config.memory_size if self.reads_context else 0)
        sizes = [first, *[config.hidden_size] * (config.decoder_layers - 1)]
        self.layers: Any = nn.ModuleList(recurrence(config, size) for size in sizes)
        self.bridge: nn.Linear | None = None
        if config.memory_size != config.hidden_size:
            self.bridge = nn.Linear(config.memory_size, config.hidden_size)
        self.alignment: Alignment | None = None
        if config.attention != "none":
            assert config.attention_size is not None
            self.alignment = Alignment(
                config.attention, config.hidden_size, config.memory_size, config.attention_size
            )
        told = config.hidden_size
        if self.alignment is not None or self.reads_context:
            told += config.memory_size
        if self.reads_context:
            told += config.d_model
        self.readout: nn.Linear | None = None
        if told != config.hidden_size or config.hidden_size != config.d_model:
            self.readout = nn.Linear(told, config.d_model)
        self.dropout = Dropout(config.dropout)

    def forward(
        self,
        input_ids: Tensor,
        encoded: RecurrentEncoderOutput,
        memory_padding: Tensor | None = None,
        past: StateCache | None = None,
    ) -> tuple[Tensor, StateCache]:
        """input_ids (batch, steps) -> vectors (batch, steps, d_model) for the output layer, and the states.

        memory_padding: (batch, source length), 1 = token. past: the states so far, if input_ids are the
        tokens that follow.
        """
        x = self.embedding(input_ids)
        states = self.start(encoded) if past is None else past.states
        memory = encoded.last_hidden_state
        assert memory is not None
        mask = None if memory_padding is None else masks.padding(memory_padding)
        if self.kind == "bahdanau":
            told, states = self.align_and_step(x, states, memory, mask)
        else:
            read = [x]
            if self.reads_context:
                summary = summarise(encoded)[:, None].expand(-1, x.shape[1], -1)
                read.append(summary)
            y = torch.cat(read, -1)
            after = []
            for place, layer in enumerate(self.layers):
                y, state = layer(y if place == 0 else self.dropout(y), None, states[place])
                after.append(state)
            states, told = after, [y]
            if self.alignment is not None:
                told = [self.alignment(y, memory, mask), y]
            elif self.reads_context:
                told = [y, *reversed(read)]
        length = input_ids.shape[1] + (0 if past is None else past.length)
        return self.read_out(told), StateCache(states, length)

    def align_and_step(
        self, x: Tensor, states: list[State], memory: Tensor, mask: Tensor | None
    ) -> tuple[list[Tensor], list[State]]:
        """Bahdanau's decoder: the state before each step looks, and what it finds is read with the word."""
        assert self.alignment is not None
        looking = AlignmentSteps(self.alignment, memory, mask, x.shape[1])
        layers = [
            Steps(layer, hear_recurrence(layer) or RecurrentCall(), len(x), state, 0, x)
            for layer, state in zip(self.layers, states, strict=True)
        ]
        contexts = []
        for t in range(x.shape[1]):
            contexts.append(looking.look(layers[-1].state.h))
            y = torch.cat([x[:, t], contexts[-1]], -1)
            for place, (layer, steps) in enumerate(zip(self.layers, layers, strict=True)):
                y = y if place == 0 else self.dropout(y)
                y = steps.take(layer.project(y), t, y)
        looking.finish()
        found = [steps.finish() for steps in layers]
        after = [
            State(steps.state.h[None], None if steps.state.c is None else steps.state.c[None])
            for steps in layers
        ]
        return [found[-1], torch.stack(contexts, 1), x], after

    def start(self, encoded: RecurrentEncoderOutput) -> list[State]:
        """The states before the first step, a layer each: (1, batch, hidden)."""
        h, c = encoded.final_h, encoded.final_c
        assert h is not None
        if self.bridge is not None:
            h = torch.tanh(self.bridge(h))
            c = None if c is None else self.bridge(c)
        under = h.shape[1] - len(self.layers)
        places = [max(0, under + place) for place in range(len(self.layers))]
        return [State(h[None, :, place], None if c is None else c[None, :, place]) for place in places]

    def read_out(self, told: list[Tensor]) -> Tensor:
        """What the output layer reads: tanh(W [state; context; word]), or the state as it is.

        Luong et al. 2015, eq. 5; Bahdanau et al. 2015, A.2.2 and Cho et al. 2014, A.1.1 take the largest of
        pairs (maxout) in the tanh's place.
        """
        y = torch.cat(told, -1)
        if self.readout is not None:
            y = torch.tanh(self.readout(y))
        y = self.dropout(y)
        return y


def summarise(encoded: RecurrentEncoderOutput) -> Tensor:
    """The one vector of a text: the last state of the encoder's top layer, (batch, directions · hidden)."""
    assert encoded.final_h is not None
    return encoded.final_h[:, -1]
