"""The compute thread, which alone touches torch, and what all of its work shares."""
