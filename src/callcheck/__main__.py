"""`python -m callcheck`."""

import sys

from callcheck.cli import main

sys.exit(main())
