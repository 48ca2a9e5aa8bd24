"""`python -m benchmarks [--pupils 3000,30000] [--only NAME] [--json]`: README.md beside this file says what it means."""

import argparse
import json
import sys
from dataclasses import asdict
from importlib import import_module

import django

from benchmarks.scratch import scratch

NAMES = (
    "storage",
    "roll_open",
    "roll_action",
    "roll_http",
    "ladder",
    "warnings",
    "rates",
    "export",
    "roster",
    "history",
)


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--pupils", default="3000,30000", help="sizes of the county, divided by commas")
    parser.add_argument("--only", choices=NAMES, action="append", help="one measurement; may be given again")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output, the table on error")
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.pupils.split(",")]
    table = sys.stderr if arguments.json else sys.stdout
    with scratch() as folder:
        django.setup()  # only now: the settings are read from the scratch set-up
        lines = import_module("benchmarks.run").run(folder, sizes, arguments.only or NAMES, table)
    if arguments.json:
        json.dump([asdict(line) for line in lines], sys.stdout, ensure_ascii=False)


if __name__ == "__main__":
    main()
