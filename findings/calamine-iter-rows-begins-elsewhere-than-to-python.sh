#!/usr/bin/env bash
# calamine's two ways of reading a sheet begin at different rows.
#
# Version: python-calamine 0.9.1.
# Expected: iter_rows() and to_python() give the same rows of a sheet, whose first cell with something in it
# is C4.
# Seen: to_python() begins at the first row with a cell, iter_rows() at the first row of the sheet, with empty
# rows above; both leave out the empty columns before C. `start` is (3, 2) either way, so that adding it to a
# row's number is right for one of them only.
#
# What it prints:
#   python-calamine 0.9.1
#   expected: the same rows
#   seen: start (3, 2)
#   seen: to_python() [['x', ''], ['', 'y']]
#   seen: iter_rows() [['', ''], ['', ''], ['', ''], ['x', ''], ['', 'y']]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-compile python-calamine==0.9.1 openpyxl==3.1.5
cd "$folder"
venv/bin/python - <<'EOF'
import sys
from importlib.metadata import version

import python_calamine
from openpyxl import Workbook

book = Workbook()
book.active["C4"], book.active["D5"] = "x", "y"
book.save("sheet.xlsx")
sheet = python_calamine.load_workbook("sheet.xlsx").get_sheet_by_index(0)
whole, rows = sheet.to_python(), list(sheet.iter_rows())
print("python-calamine", version("python-calamine"))
print("expected: the same rows")
print("seen: start", sheet.start)
print("seen: to_python()", whole)
print("seen: iter_rows()", rows)
sys.exit(0 if rows == [["", ""]] * 3 + whole else "The behaviour has changed.")
EOF
