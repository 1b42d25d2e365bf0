"""What the map itself paints, each by a file; features bring layers of their own."""
