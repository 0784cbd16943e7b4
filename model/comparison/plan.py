"""What is compared: the networks, and the tasks that they all learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SEEDS = (0, 1, 2)
GOAL = 0.95  # of the score that counts: how many tokens it takes to get there is compared


@dataclass(frozen=True)
class Contest:
    """One task that every network learns.

    task, settings: as `python -m model.training` has them; max_steps: of each run. score: the one that is to
    reach GOAL while it learns. along: what the measures `…_at_N` grow with, in words.
    networks: for each network what is set, its sizes chosen so that all have about as many parameters.
    """

    task: str
    settings: Mapping[str, Any]
    max_steps: int
    score: str
    along: str
    networks: Mapping[str, Mapping[str, Any]]


def recurrent(cell: str, hidden: int, attention: str = "none", **more: Any) -> dict[str, Any]:
    """What is set for a recurrent network."""
    return {"network": cell, "hidden_size": hidden, "attention": attention, **more}


CONTESTS = (
    Contest(
        task="reverse",
        settings={"longest": 60},
        max_steps=3000,
        score="exact",
        along="letters",
        networks={
            "RNN": recurrent("rnn", 160),
            "LSTM": recurrent("lstm", 72),
            "GRU": recurrent("gru", 84),
            "RNN + attention": recurrent("rnn", 104, "bahdanau"),
            "LSTM + attention": recurrent("lstm", 56, "bahdanau"),
            "GRU + attention": recurrent("gru", 64, "bahdanau"),
            "Transformer": {},
        },
    ),
    Contest(
        task="pronouns",
        settings={"distance": 40},
        max_steps=2600,
        score="pronoun_accuracy",
        along="words between noun and pronoun",
        networks={
            "RNN": recurrent("rnn", 152, bidirectional=True),
            "LSTM": recurrent("lstm", 104, bidirectional=True),
            "GRU": recurrent("gru", 120, bidirectional=True),
            "RNN + attention": recurrent("rnn", 128, "bahdanau", bidirectional=True),
            "LSTM + attention": recurrent("lstm", 88, "bahdanau", bidirectional=True),
            "GRU + attention": recurrent("gru", 96, "bahdanau", bidirectional=True),
            "Transformer": {},
        },
    ),
)
