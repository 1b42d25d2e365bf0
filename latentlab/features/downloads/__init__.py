"""Download well-known data sets."""
