"""What noise does to codes, on the map: path, cloud and denoising field."""
