"""Well-known data sets that are fetched when asked for."""
