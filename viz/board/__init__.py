"""The board: matrices and vectors side by side, with what stands along them. NumPy in; light and dark.

One widget for every page that shows numbers. `viz.board.mount` shows it inside Streamlit.
"""

from viz.board.panel import Act, Axis, Panel, numbered_axis, panel
from viz.board.strings import STRINGS

__all__ = ["STRINGS", "Act", "Axis", "Panel", "numbered_axis", "panel"]
