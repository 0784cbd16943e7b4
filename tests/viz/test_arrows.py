"""What viz/ knows of the rest: the record, and nothing of torch or Streamlit."""

from __future__ import annotations

import subprocess
import sys


def test_viz_needs_neither_torch_nor_streamlit() -> None:
    code = """
import sys, viz
known = {name.split(".")[0] for name in sys.modules}
assert not known & {"torch", "transformers", "streamlit"}, known & {"torch", "transformers", "streamlit"}
rooms = {name for name in sys.modules if name.startswith("model.")}
assert rooms == {"model.trace", "model.edits"}, rooms  # the edits are among the names of the package itself
"""
    subprocess.run([sys.executable, "-c", code], check=True)
