"""NumPy in, figures out: the pictures of attention. Knows no torch."""

from viz import linked
from viz.difference import difference
from viz.heatmap import heatmap
from viz.labels import save_config

__all__ = ["difference", "heatmap", "linked", "save_config"]
