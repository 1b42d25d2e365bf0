"""A training run from the first step to the last file, and how a model is measured."""
