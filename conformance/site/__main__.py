"""`python -m callcheck.conformance.site`: build the page."""

import argparse
import sys
from pathlib import Path

from .build import CannotBuild, build


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m callcheck.conformance.site", description="Build the page.")
    parser.add_argument("--output", metavar="DIR", default="site", help="the folder (default: site)")
    parser.add_argument(
        "--pyodide", metavar="DIR", help="a folder with Pyodide's files (default: npm fetches its package)"
    )
    options = parser.parse_args()
    try:
        build(Path(options.output), None if options.pyodide is None else Path(options.pyodide))
    except CannotBuild as error:
        print(f"site: {error}", file=sys.stderr)
        return 2
    print(f"{options.output}: built; open {options.output}/index.html, or serve the folder")
    return 0


if __name__ == "__main__":
    sys.exit(main())
