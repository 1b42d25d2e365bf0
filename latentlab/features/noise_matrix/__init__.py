"""Denoisers against noises: who undoes what."""
