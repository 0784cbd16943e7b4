"""`python -m census [TYPE …] [--output docs/models.md]`: every text model type examined, and the table."""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from pathlib import Path

import torch
import transformers

from census.check import examine
from census.makers import text_types


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("types", nargs="*", help="model types; all of them where none is named")
    parser.add_argument("--output", type=Path, help="where the table goes")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(1)
    found = []
    for model_type in given.types or text_types():
        with tempfile.TemporaryDirectory() as folder:
            try:
                finding = examine(model_type, Path(folder) / model_type)
            except Exception as error:
                print(
                    model_type,
                    "CANNOT BE MADE",
                    type(error).__name__,
                    str(error)[:160].replace("\n", " "),
                    flush=True,
                )
                continue
        found.append(finding)
        print(
            finding.model_type, finding.verdict, finding.means, f"[{finding.layers}]", finding.compared,
            finding.note.replace("\n", " "), sep=" | ", flush=True,
        )  # fmt: skip
    return any(one.verdict in ("WRONG", "EXCEPTION") for one in found)


if __name__ == "__main__":
    sys.exit(main())
