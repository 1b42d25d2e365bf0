"""What everything else stands on: files, names, options, errors; no Qt, no torch."""
