"""What only one thread may do at a time. Who needs both takes the turn to draw first."""

from __future__ import annotations

from threading import RLock

# Draws come from torch's one generator, which a second visitor would disturb.
drawing = RLock()

# While transformers loads a model, its classes are changed for every thread: no weight is initialised, none
# is tied. Two threads that load at once leave them so for good, and a model made meanwhile is spoilt.
making = RLock()
