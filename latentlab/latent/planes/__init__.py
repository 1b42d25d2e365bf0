"""The planes through latent space that the map can show."""
