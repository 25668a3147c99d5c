"""The clauses. Importing this package registers all of them in `CLAUSES`."""
