"""Networks and their files: the family, the weights, and a model that is open."""
