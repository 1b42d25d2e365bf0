"""Labels and other short texts."""
