"""Choose a model, train it, and watch."""
