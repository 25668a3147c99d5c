"""The subjects that can be held to the specification: the protocol, the adapters, and their names."""
