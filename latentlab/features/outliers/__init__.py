"""Images that are unlike the others, ranked."""
