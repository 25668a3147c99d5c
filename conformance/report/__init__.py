"""What people and machines read: counterexamples, the summary of a check, JSON, the report folder, progress."""
