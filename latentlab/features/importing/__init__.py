"""Look at pictures before they are used, and pack them."""
