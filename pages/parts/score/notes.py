"""What to notice about scores, and the formulas."""

from __future__ import annotations

from pages.common import idea
from pages.common.language import _


def notice() -> None:
    """What to notice."""
    idea.notice(
        _("Only the same word counts: “didn’t” and “did not” mean the same and share little."),
        _(
            "A reference is one good translation of many. Another good one can have a low score; scores are "
            "for comparing systems on the same texts."
        ),
        _(
            "BLEU counts whole tokens, so it depends on what cuts them. Korean cut at spaces alone shares "
            "hardly a token, since particles are part of the word; chrF counts letters and needs no tokens."
        ),
        _(
            "BLEU of one sentence is rough; it was made for whole test sets. A difference of two systems is "
            "told from chance by drawing the test set anew, 1,000 times."
        ),
    )


def formula() -> None:
    """The formulas, their letters and their sources."""
    idea.formula(
        r"\begin{aligned} \text{BLEU} &= 100 \cdot \text{BP} \cdot "
        r"\exp \Big( \tfrac{1}{4} \textstyle\sum_{n=1}^{4} \log p_n \Big) \\ "
        r"\text{BP} &= \min(1,\ e^{1 - r/c}) \\ "
        r"\text{chrF} &= 100 \cdot \frac{(1 + 2^2)\, P R}{2^2 P + R} \end{aligned}",
        {
            "p_n": _("the share of the translation’s groups of n tokens that the reference has"),
            "c, r": _("how many tokens the translation and the reference have"),
            "P, R": _(
                "the mean shares of groups of 1 to 6 letters: of the translation’s, of the reference’s"
            ),
        },
        _(
            "Papineni et al. 2002, §2; Popović 2015; computed by sacreBLEU (Post 2018). Paired bootstrap: "
            "Koehn 2004."
        ),
    )
