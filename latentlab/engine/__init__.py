"""The compute thread: jobs and who runs them."""
