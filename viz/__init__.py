"""NumPy in, figures out: the pictures of attention. Knows no torch."""

from plotly.graph_objects import Figure

from viz import linked
from viz.beam import beam
from viz.difference import difference
from viz.effect import effect, movement
from viz.heatmap import heatmap
from viz.labels import save_config
from viz.shrinking import shrinking

__all__ = [
    "Figure",
    "beam",
    "difference",
    "effect",
    "heatmap",
    "linked",
    "movement",
    "save_config",
    "shrinking",
]
