"""An image from outside of the data, dropped or pasted."""
