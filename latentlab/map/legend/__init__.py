"""The classes and their colours, on the map."""
