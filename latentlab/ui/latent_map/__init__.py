"""The map: points over the decoded grid, and everything the hand does on it."""
