"""The cursor: what is decoded there, the selected image, and the trail."""
