"""Forms made from options, and the editors in them."""
