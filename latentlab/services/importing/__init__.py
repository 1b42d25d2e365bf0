"""The import of pictures in a thread of its own; torch is not known here."""
