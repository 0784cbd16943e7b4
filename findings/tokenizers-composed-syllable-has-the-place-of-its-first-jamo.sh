#!/usr/bin/env bash
# tokenizers gives a Korean syllable that its normalizer composed the place of its first Jamo alone.
#
# Version: tokenizers 0.23.3.
# Expected: the offsets of a token are the characters that it was made from: all three Jamo of a decomposed 울.
# Seen: with the normalizer NFKC (or NFC) a decomposed text, as macOS writes it, has offsets of one character
# for each syllable, so that text[start:end] is the initial consonant and the others belong to no token.
#
# What it prints:
#   tokenizers 0.23.3
#   expected: 울 is (3, 6), which is 울 as it was typed
#   seen: NFKC: 울 is (3, 4), which is U+110B
#   seen: NFC: 울 is (3, 4), which is U+110B
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile tokenizers==0.23.3
cd "$folder"
venv/bin/python - <<'EOF'
import sys
import unicodedata

import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

text = unicodedata.normalize("NFD", "나 울 나")
print("tokenizers", tokenizers.__version__)
print("expected: 울 is (3, 6), which is 울 as it was typed")
seen = []
for normalizer in (normalizers.NFKC(), normalizers.NFC()):
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "울": 1, "나": 2}, unk_token="<unk>"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    start, end = tokenizer.encode(text).offsets[1]
    name = type(normalizer).__name__
    print(f"seen: {name}: 울 is ({start}, {end}), which is", *(f"U+{ord(c):04X}" for c in text[start:end]))
    seen.append((start, end))
sys.exit(0 if seen == [(3, 4)] * 2 else "The behaviour has changed.")
EOF
