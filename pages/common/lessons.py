"""What can be learned on the Train page, in words: tasks, their measures, and what happens in a step."""

from __future__ import annotations

from pages.common.language import _


def titles() -> dict[str, str]:
    """The tasks that are offered, name: as a person chooses them; the first is where the page opens."""
    from model.tasks import tasks

    offered = {name: (task.lesson, task.title) for name, task in tasks().items() if task.lesson}
    found = sorted((lesson.order, name, lesson.title or title) for name, (lesson, title) in offered.items())
    return {name: _(title) for _order, name, title in found}


def describe(task: str, is_filmed: bool) -> str:
    """What a task asks, and what to watch for where its attention is filmed; "" where it does not say."""
    from model.tasks import find

    lesson = find(task).lesson
    if lesson is None:
        return ""
    return " ".join(_(said) for said in (lesson.told, lesson.watch if is_filmed else "") if said)


def measure(name: str) -> str:
    """A measure as the tasks that have it call it; one that none of them names by its own name."""
    from model.tasks import tasks

    return next((_(task.measures[name]) for task in tasks().values() if name in task.measures), name)


def in_a_step() -> str:
    """What happens in one step of training, for people who meet it first."""
    return _(
        "- **Teacher forcing.** The decoder does not read what it wrote but the correct text, "
        "shifted by one token. So it learns from all positions of a sentence at once: the mask keeps "
        "it from seeing ahead, and one pass through the model makes a prediction at every position.\n"
        "- **Step by step only when it writes.** Without the correct text there is nothing to read "
        "in advance: each token needs a pass of its own. That is why training is parallel and "
        "writing is not.\n"
        "- **Cross-entropy.** At each position the loss is −log of the probability given to the "
        "correct token. Loss 0 means certain and right; the log of the vocabulary size means "
        "guessing.\n"
        "- **Label smoothing.** The target for the correct token is a little below 1 (0.9 at 0.1), "
        "and the rest is spread over all others. The loss then never reaches 0, and the model stays "
        "less sure of itself (§5.4).\n"
        "- **Warm-up.** The first gradients point anywhere, so the learning rate starts at 0 and "
        "rises. What follows depends on the schedule: most let it fall, so that the last steps are "
        "small (§5.3)."
    )
