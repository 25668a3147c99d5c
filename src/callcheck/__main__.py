"""`callcheck`, and `python -m callcheck`: nothing is imported before an interruption is caught."""

import sys


def main() -> int:
    """Run the command line and return its exit status."""
    try:
        from callcheck.cli import main as run

        return run()
    except KeyboardInterrupt:  # while it was imported; later it is caught in there
        sys.stderr.write("callcheck: interrupted\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
