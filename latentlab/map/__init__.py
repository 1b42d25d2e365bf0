"""The map: points over the decoded grid, and everything the pointer does on it."""
