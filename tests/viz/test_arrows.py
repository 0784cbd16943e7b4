"""What viz/ knows of the rest: the record, and nothing of torch or Streamlit."""

from __future__ import annotations

import subprocess
import sys


def test_viz_needs_neither_torch_nor_streamlit() -> None:
    code = """
import sys, viz
known = {name.split(".")[0] for name in sys.modules}
assert not known & {"torch", "transformers", "streamlit"}, known & {"torch", "transformers", "streamlit"}
rooms = {".".join(name.split(".")[:2]) for name in sys.modules if name.startswith("model.")}
# The edits are among the names of the package itself.
assert rooms == {"model.trace", "model.traces", "model.decodings", "model.edits"}, rooms
"""
    subprocess.run([sys.executable, "-c", code], check=True)
