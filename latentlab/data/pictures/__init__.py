"""From a folder of picture files to a packed set, decoded in processes beside."""
