"""The page that runs the reference in a browser. `python -m callcheck.conformance.site --output DIR` builds it."""
