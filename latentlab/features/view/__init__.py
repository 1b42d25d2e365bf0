"""Which plane of latent space the map shows."""
