"""What the commands do: a module for those that run implementations, one for what callcheck knows."""
