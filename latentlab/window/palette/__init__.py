"""Find a command by typing."""
