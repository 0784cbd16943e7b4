#!/usr/bin/env bash
# sacreBLEU's usual tokenizer gives a perfect Chinese or Japanese output, and a perfect short one, BLEU 0.
#
# Version: sacrebleu 2.6.0.
# Expected: an output that is its reference scores 100.
# Seen: with the tokenizer 13a, the default, 30 sentences without spaces are 30 words of no pair, and two
# words have no four in a row: 0.0, without a warning. By characters all three score 100.
#
# What it prints:
#   sacrebleu 2.6.0
#   expected: 100.0 for an output that equals its reference
#   seen: 我们在这里喜欢苹果。: 13a 0.0, char 100.0
#   seen: 私は学校に行きました。: 13a 0.0, char 100.0
#   seen: 위로해 드립니다: 13a 0.0, char 100.0
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

print("sacrebleu", sacrebleu.__version__)
print("expected: 100.0 for an output that equals its reference")
scores = []
for text in ("我们在这里喜欢苹果。", "私は学校に行きました。", "위로해 드립니다"):
    told = [BLEU(tokenize=name).corpus_score([text] * 30, [[text] * 30]).score for name in ("13a", "char")]
    print(f"seen: {text}: 13a {told[0]:.1f}, char {told[1]:.1f}")
    scores.append([round(score) for score in told])
sys.exit(0 if scores == [[0, 100]] * 3 else "The behaviour has changed.")
EOF
