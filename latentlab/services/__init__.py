"""The compute thread and the controllers between stores and computation."""
