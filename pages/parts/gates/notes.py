"""What to notice of gates, and the formulas."""

from __future__ import annotations

from typing import Any

from pages.common import idea
from pages.common.language import _
from pages.parts.unrolled import notes


def notice() -> None:
    """What to notice on this page."""
    idea.notice(
        _("A gate is a number from 0 to 1 for each unit: 0 lets nothing through, 1 all."),
        _(
            "The cell state is only multiplied by the forget gate and added to: it can stay the same for "
            "many steps."
        ),
        _("Each gate looks at the word and at the state before it; none of them is told what it is for."),
        _(
            "A GRU has no cell state: its update gate keeps and lets in with one number, and its matrices "
            "are three, not four."
        ),
        _("The mean over the units hides that they do not agree; look at them one by one."),
    )


def formula(config: Any) -> None:
    """The formula of the chosen cell. config: any model's; an LSTM's for one that has no gates."""
    if getattr(config, "cell", "") == "gru":
        notes.gru(config.reset)
    else:
        notes.lstm()
