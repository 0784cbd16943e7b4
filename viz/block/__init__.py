"""A layer of a Transformer as the paper draws it, with one token's numbers in it. Plain records in, HTML out.

`viz.block.mount` shows it inside Streamlit, where its parts can be opened.
"""

from viz.block.opened import opened
from viz.block.parts import Bar, Block, Line, Opened, Part
from viz.block.picture import picture
from viz.block.strings import STRINGS

__all__ = ["STRINGS", "Bar", "Block", "Line", "Opened", "Part", "opened", "picture"]
