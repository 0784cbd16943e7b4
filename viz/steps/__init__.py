"""A translation played as it is written: the encoder reads, the decoder looks and writes piece by piece."""

from viz.steps.film import Film, film
from viz.steps.strings import STRINGS

__all__ = ["STRINGS", "Film", "film"]
