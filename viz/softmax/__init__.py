"""The softmax of one query's row as bars: score, e^score, ÷ sum, and what a person makes of the scores.

`viz.softmax.mount` shows it inside Streamlit.
"""

from viz.softmax.row import ROUND, Row, Tried
from viz.softmax.strings import STRINGS

__all__ = ["ROUND", "STRINGS", "Row", "Tried"]
