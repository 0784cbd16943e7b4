"""A module of one's own, watched: what its attention does, in any nn.Module, without a checkpoint.

    with watch(module) as seen:
        module(x)
    seen.trace(["The", "animal", "slept"])

Attention is heard by the same two means as in a checkpoint, `model.attention.listening` and `Taps`; what is
known of a checkpoint beforehand, which module is which attention, is told here from the calls themselves.
"""

from model.capture.own.watched import Watched, watch

__all__ = ["Watched", "watch"]
