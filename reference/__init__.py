"""What an implementation of a dialect does, exactly: one state machine per callback, and `replay`."""
