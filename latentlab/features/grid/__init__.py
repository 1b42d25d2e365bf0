"""The decoded grid behind the points of the map."""
