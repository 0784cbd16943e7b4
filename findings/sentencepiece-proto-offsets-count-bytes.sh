#!/usr/bin/env bash
# SentencePiece's proto counts the places of its pieces in bytes, its offset mapping in characters.
#
# Version: sentencepiece 0.2.3.
# Expected: two ways of asking one library where a piece lies in a text give the same numbers.
# Seen: the pieces of encode(…, return_type='proto') begin and end at UTF-8 bytes in Python too, where
# text[begin:end] counts characters; only for plain English are they the same.
#
# What it prints:
#   sentencepiece 0.2.3
#   expected: the last piece of 나는 간다 ends at 5, the number of characters
#   seen: its proto says 13, the number of bytes in UTF-8
#   seen: its offset_mapping says 5
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile sentencepiece==0.2.3 protobuf==7.36.2
cd "$folder"
venv/bin/python - <<'EOF'
import io
import sys

import sentencepiece

written = io.BytesIO()
sentencepiece.SentencePieceTrainer.train(
    sentence_iterator=iter(["나는 간다", "너는 간다", "나는 온다"] * 5),
    model_writer=written,
    vocab_size=12,
    hard_vocab_limit=False,
    minloglevel=2,
)
processor = sentencepiece.SentencePieceProcessor(model_proto=written.getvalue())
text = "나는 간다"
last = processor.encode(text, return_type="proto").pieces[-1]
mapping = processor.encode(text, return_type="offset_mapping")
print("sentencepiece", sentencepiece.__version__)
print(f"expected: the last piece of {text} ends at {len(text)}, the number of characters")
print(f"seen: its proto says {last.end}, the number of bytes in UTF-8")
print("seen: its offset_mapping says", mapping["offsets"][-1][1])
sys.exit(0 if (last.end, mapping["offsets"][-1][1]) == (len(text.encode()), len(text)) else "The behaviour has changed.")
EOF
