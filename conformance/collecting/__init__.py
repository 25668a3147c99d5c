"""From training scripts to `callbacks.toml`: read off the source without running it, or recorded in a real `fit`."""
