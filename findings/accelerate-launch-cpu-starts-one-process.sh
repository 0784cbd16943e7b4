#!/usr/bin/env bash
# `accelerate launch --cpu --num_processes 2` starts one process, and says nothing of it.
#
# Version: accelerate 1.15.0 (torch 2.13.0).
# Expected: two processes, or an error.
# Seen: one, which knows of no other; torchrun starts two.
#
# What it prints:
#   accelerate 1.15.0
#   expected: 2 lines "process … of 2" from each launcher
#   seen: accelerate launch: process 0 of 1
#   seen: torchrun: process 0 of 2, process 1 of 2
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile torch==2.13.0 accelerate==1.15.0
cd "$folder"
export HF_HOME="$folder/home" OMP_NUM_THREADS=1
cat > told.py <<'EOF'
from accelerate import PartialState

state = PartialState(cpu=True)
print(f"process {state.process_index} of {state.num_processes}", flush=True)
EOF
venv/bin/python -c 'import accelerate; print("accelerate", accelerate.__version__)'
echo 'expected: 2 lines "process … of 2" from each launcher'
list() { sort | paste -sd, | sed 's/,/, /g'; }
one=$(venv/bin/accelerate launch --cpu --num_processes 2 told.py 2> launch.txt | list)
two=$(venv/bin/torchrun --nproc_per_node 2 told.py 2> torchrun.txt | list)
echo "seen: accelerate launch: $one"
echo "seen: torchrun: $two"
if [ "$one" != "process 0 of 1" ] || [ "$two" != "process 0 of 2, process 1 of 2" ]; then
  echo "The behaviour has changed." >&2
  exit 1
fi
