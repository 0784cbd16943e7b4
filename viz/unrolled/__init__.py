"""A recurrent network unrolled over a text: a column for each step, and the same matrices at all of them.

A plain record in, SVG out. `viz.unrolled.mount` shows it inside Streamlit, where a step can be chosen.
"""

from viz.unrolled.picture import Answers, Drawn, picture
from viz.unrolled.strings import STRINGS

__all__ = ["STRINGS", "Answers", "Drawn", "picture"]
