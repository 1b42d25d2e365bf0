"""One slider for each latent dimension."""
