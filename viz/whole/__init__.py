"""The picture of a whole model: its stacks side by side, the words at the bottom, the next word at the top.

`viz.whole.whole` is what is drawn, `viz.whole.mount` shows it inside Streamlit.
"""

from viz.whole.strings import STRINGS
from viz.whole.view import View
from viz.whole.whole import Change, Detail, Guess, Layer, Looking, Output, Side, Sublayer, Whole

__all__ = [
    "STRINGS",
    "Change",
    "Detail",
    "Guess",
    "Layer",
    "Looking",
    "Output",
    "Side",
    "Sublayer",
    "View",
    "Whole",
]
