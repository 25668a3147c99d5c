"""Mutation testing: every single change to Keras's callbacks, and who notices it."""
