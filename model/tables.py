"""python -m model.tables FILE …: looks at tables of pairs without training, and prints what it finds as JSON.

It tells the encoding, what separates the columns, whether the first row names them, which columns are
proposed, how many rows are usable, and for each reason how many are not, with the numbers of the first ones.
What is found out can be said instead; `python -m model.training pairs --set` takes the same settings by the
same names.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from model.data import looks


def arguments() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser(prog="python -m model.tables", description="Look at tables of pairs.")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help=".tsv, .csv, .txt, .xlsx, .ods, "
                        ".jsonl, .json, .tmx, two aligned texts, or these in a .zip or .gz")  # fmt: skip
    parser.add_argument("--sheet", default="", help="of a spreadsheet")
    parser.add_argument("--encoding", default="", help="of a text, such as cp949")
    parser.add_argument("--delimiter", default="", help="between columns: a character, or tab")
    parser.add_argument(
        "--header", action=argparse.BooleanOptionalAction, help="whether the first row names the columns"
    )
    parser.add_argument("--source", default="", metavar="COLUMN", help="the column that is read")
    parser.add_argument("--target", default="", metavar="COLUMN", help="the column that is written")
    parser.add_argument("--filter", default="", metavar="COLUMN", help="by which rows are chosen")
    parser.add_argument("--keep", nargs="+", default=(), metavar="VALUE", help="its values that are kept")
    parser.add_argument("--entities", action="store_true", help="undo signs written as in HTML (&amp;)")
    return parser.parse_args()


def main() -> int:
    given = vars(arguments())
    try:
        found = looks.look(given.pop("files"), given)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(found.report(), ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
