#!/usr/bin/env bash
# sacreBLEU's paired tests call a system significantly different from itself: p = 0.001, the least there is.
#
# Version: sacrebleu 2.6.0.
# Expected: p = 1 where two systems wrote the same; a difference of 0 is nothing that needs an explanation.
# Seen: p = 1 / (draws + 1), by the paired bootstrap and by approximate randomization. Draws are counted whose
# difference is larger than that of the systems, and none is larger than 0 where all are 0.
#
# What it prints:
#   sacrebleu 2.6.0
#   expected: p near 1.000 for a system against itself
#   seen: bs: difference 0.0, p = 0.0010
#   seen: ar: difference 0.0, p = 0.0010
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile sacrebleu==2.6.0
cd "$folder"
venv/bin/python - <<'EOF'
import sys

import sacrebleu
from sacrebleu.metrics import BLEU
from sacrebleu.significance import PairedTest

print("sacrebleu", sacrebleu.__version__)
print("expected: p near 1.000 for a system against itself")
references = [f"Animal {i} did not cross street {i} because it was too tired." for i in range(50)]
texts = [text.replace("too", "very") if i % 3 else text for i, text in enumerate(references)]
found = []
for kind in ("bs", "ar"):
    metrics = {"BLEU": BLEU(references=[references])}
    _, told = PairedTest([("one", texts), ("other", texts)], metrics, None, kind, 1000)()
    first, second = told["BLEU"]
    print(f"seen: {kind}: difference {second.score - first.score:.1f}, p = {second.p_value:.4f}")
    found.append(round(second.p_value, 3))
sys.exit(0 if found == [0.001, 0.001] else "The behaviour has changed.")
EOF
