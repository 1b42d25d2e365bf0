"""What features of the window share."""
