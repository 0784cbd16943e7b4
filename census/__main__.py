"""`python -m census [TYPE …] [--output docs/models.md]`: every text model type examined, and the table."""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import torch
import transformers

from census.check import Finding, examine
from census.makers import text_types

HEAD = """# Text models of transformers {version}

Written by `make census`. Of every type of text model that the library has a tiny random checkpoint is made; a
text of 29 tokens goes through it in Headlight and, from the same folder, in transformers alone.

- **exact**: the outputs are those of the model by itself, and its weights those of the library's eager
  attention wherever that gives a matrix over the tokens for each layer; two records are equal, a cut edge has
  weight 0 and changes no other row of its layer, silence is felt.
- **weights only**: the same, but attention, or that of some kinds, is computed in a way in which it cannot be
  changed.
- **refused**: what a person reads who opens such a model.

How attention is heard: *function*, the model calls Headlight's own; *kernel*, PyTorch's; *softmax*, it writes
softmax down, and that this is what meets the values is proven on each of its modules; *values*, the weights
are read off what its layers make of values that are known; *outputs*, it gives its weights when it is asked.

{counts}
"""


def table(findings: Sequence[Finding]) -> str:
    """The page docs/models.md."""
    counts = Counter(finding.verdict for finding in findings)
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    lines = [HEAD.format(version=transformers.__version__, counts=f"{len(findings)} types: {said}.")]
    lines += [
        "| type | verdict | heard by | layers with attention | compared | |",
        "|---|---|---|---|---:|---|",
    ]
    for one in findings:
        note = " ".join((one.note or one.besides).split()).replace("|", "\\|")
        cells = (one.model_type, one.verdict, one.means, one.layers, str(one.compared or ""), note)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("types", nargs="*", help="model types; all of them where none is named")
    parser.add_argument("--output", type=Path, help="where the table goes")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    findings = []
    for model_type in given.types or text_types():
        with tempfile.TemporaryDirectory() as folder:
            finding = examine(model_type, Path(folder) / model_type)
        findings.append(finding)
        parts = (finding.model_type, finding.verdict, finding.means, finding.layers, finding.note)
        print(" | ".join(" ".join(part.split()) for part in parts), flush=True)
    if given.output:
        given.output.write_text(table(findings), encoding="utf-8")
    wrong = [one.model_type for one in findings if one.verdict in ("WRONG", "EXCEPTION")]
    print(f"{len(findings)} types, wrong: {', '.join(wrong) or 'none'}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
