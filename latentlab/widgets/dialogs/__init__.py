"""Dialogs that several features open."""
