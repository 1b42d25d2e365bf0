"""Networks, objectives, training and inference: everything that touches torch."""
