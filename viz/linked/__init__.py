"""The linked view: strip, lines, matrix and grid of all heads, with one selection in all of them."""

from viz.linked.html import html
from viz.linked.pack import pack
from viz.linked.strings import STRINGS
from viz.linked.view import View

__all__ = ["STRINGS", "View", "html", "pack"]
