"""What is open, chosen and looked at: stores and controllers that features share."""
