"""The film of a run, played: what its heads look at in every snapshot, beside its loss and how they form."""

from viz.forming.pack import Losses
from viz.forming.strings import STRINGS

__all__ = ["STRINGS", "Losses"]
