#!/usr/bin/env bash
# safetensors writes a NumPy array that lies column by column, such as a transposed one, with its entries mixed up.
#
# Version: safetensors 0.8.0 (numpy 2.4.6).
# Expected: what is saved and loaded again is equal, or saving is refused.
# Seen: save_file writes the memory as it lies and the shape as it is: shape right, entries wrong, no error.
# numpy.ascontiguousarray before saving helps.
#
# What it prints:
#   safetensors 0.8.0
#   expected: [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
#   seen: [[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]] and, made contiguous first, [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile safetensors==0.8.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'EOF'
import sys

import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

rows = np.arange(6, dtype=np.float32).reshape(2, 3)
save_file({"transposed": rows.T, "copied": np.ascontiguousarray(rows.T)}, "arrays.safetensors")
loaded = load_file("arrays.safetensors")
print("safetensors", safetensors.__version__)
print("expected:", rows.T.tolist())
print("seen:", loaded["transposed"].tolist(), "and, made contiguous first,", loaded["copied"].tolist())
as_before = np.array_equal(loaded["copied"], rows.T) and not np.array_equal(loaded["transposed"], rows.T)
sys.exit(0 if as_before else "The behaviour has changed.")
EOF
