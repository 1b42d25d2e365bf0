"""What everything stands on: no Qt, no torch."""
