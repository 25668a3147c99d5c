"""The implementations that can be held to the specification: the protocol, the adapters, and their names."""
