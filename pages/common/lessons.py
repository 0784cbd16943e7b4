"""What can be learned on the Train page, in words: tasks, their measures, and what happens in a step."""

from __future__ import annotations

from pages.common.language import _

TASKS = ("pronouns", "reverse", "copy", "sort", "repeat", "pronouns-ko", "pairs")
FIRST = TASKS[0]


def titles() -> dict[str, str]:
    """The tasks as a person chooses them."""
    return {
        "pronouns": _("What “it” means"),
        "reverse": _("Reverse a string"),
        "copy": _("Copy a string"),
        "sort": _("Sort a string"),
        "repeat": _("A sequence, repeated"),
        "pronouns-ko": _("Who 그 and 그녀 are"),
        "pairs": _("Your own pairs"),
    }


def told(task: str) -> str:
    """What a task asks, and what to watch for."""
    return {
        "pronouns": _(
            "English into French: “it” becomes il or elle, so the model has to know what it means. Watch a "
            "head of layer 2 find the noun."
        ),
        "reverse": _(
            "Letters, written backwards. Watch cross-attention become an antidiagonal within seconds."
        ),
        "copy": _("Letters, written again. Watch cross-attention become a diagonal within seconds."),
        "sort": _("Letters in the order of the alphabet. Watch each written letter find its place."),
        "repeat": _(
            "A decoder alone reads a random sequence twice. To foresee the second time it has to look at "
            "what came after the same syllable before: watch an induction head appear in layer 2."
        ),
        "pronouns-ko": _(
            "Korean: the pronoun is replaced by the name of the person. Watch 그녀 find its name."
        ),
        "pairs": _("A table of yours, with what is read in one column and what is to be written in another."),
    }[task]


def measure(name: str) -> str:
    """A measure as a person reads it; an unknown one by its own name."""
    return {
        "both_members_right": _("pairs both right"),
        "pronoun_accuracy": _("right pronouns"),
        "exact": _("exactly right"),
        "foreseen": _("foreseen"),
        "antecedent_weight": _("weight on what the pronoun means"),
        "place_weight": _("weight on the place that is read"),
        "induction": _("induction score"),
        "bleu": "BLEU",
    }.get(name, name)


def in_a_step() -> str:
    """What happens in one step of training, for people who meet it first."""
    return _(
        "- **Teacher forcing.** The decoder does not read what it wrote but what would have been right, one "
        "piece later. So it learns from all places of a sentence at once: the mask keeps it from seeing "
        "ahead, and one pass through the model makes a guess at every place.\n"
        "- **Step by step only when it writes.** Without the right text there is nothing to read ahead: each "
        "piece needs a pass of its own. That is why training is parallel and writing is not.\n"
        "- **Cross-entropy.** At each place the loss is −log of the probability given to the right piece. "
        "Loss 0 means certain and right; the log of the vocabulary's size means guessing.\n"
        "- **Label smoothing.** The right piece is to get a little less than everything (0.9 at 0.1), and "
        "the rest is spread over all others. The loss then never reaches 0, and the model stays less sure "
        "of itself (§5.4).\n"
        "- **Warm-up.** The first gradients point anywhere, so the learning rate starts at 0 and rises; "
        "then it falls, so that the end is fine work (§5.3)."
    )
