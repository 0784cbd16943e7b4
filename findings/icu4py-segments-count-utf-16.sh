#!/usr/bin/env bash
# icu4py tells where a word lies in units of UTF-16, which are no places in a Python text.
#
# Version: icu4py 1.2.0.
# Expected: text[start:end] of a segment is its word.
# Seen: after a character beyond U+FFFF (an emoji, 𠮷) every place is one too far for each of them. The pieces
# that the breaker itself gives are right, so that their lengths can be added up.
#
# What it prints:
#   icu4py 1.2.0
#   expected: the segments of 𠮷野さんは元気です are its pieces
#   seen: pieces   𠮷 野 さん は 元気 です
#   seen: segments 𠮷野 さ んは 元 気で す
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile icu4py==1.2.0
cd "$folder"
venv/bin/python - <<'EOF'
import sys
from importlib.metadata import version

from icu4py.breakers import WordBreaker

text = "𠮷野さんは元気です"
breaker = WordBreaker(text, "ja")
print("icu4py", version("icu4py"))
print(f"expected: the segments of {text} are its pieces")
cut = [text[one.start : one.end] if hasattr(one, "start") else text[one[0] : one[1]] for one in breaker.segments()]
whole = list(WordBreaker(text, "ja"))
print("seen: pieces  ", " ".join(whole))
print("seen: segments", " ".join(cut))
sys.exit(0 if cut != whole and "".join(whole) == text else "The behaviour has changed.")
EOF
