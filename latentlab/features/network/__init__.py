"""A drawing of the network."""
