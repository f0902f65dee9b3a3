#!/usr/bin/env python3
"""Cells of a table's row from the JSON of `ferrite compare`: accuracy of both, difference, agreement.

usage: scripts/comparison-cells.py COMPARE.json
"""

import json
import sys

report = json.load(open(sys.argv[1]))
before, after = (100 * report[side]["accuracy"] for side in ("float", "fixed"))
print(f"{before:.2f} | {after:.2f} | {after - before:+.2f} | {100 * report['agreement']:.2f}")
