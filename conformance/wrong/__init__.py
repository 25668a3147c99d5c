"""Deliberately wrong implementations: what the suite has to catch, and by which clause."""
