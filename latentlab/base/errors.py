"""Errors that a person can act on.

Every error that may reach a user carries one sentence that says what happened and what to do;
``details`` holds what a bug report needs. Anything else that is raised is a defect of the program.
"""

from __future__ import annotations


class LatentLabError(Exception):
    """Base of all errors that are meant for the user.

    Parameters
    ----------
    sentence
        One sentence in plain words, with the remedy where there is one.
    details
        Longer text for "Details" and for the clipboard; may be empty.
    """

    def __init__(self, sentence: str, details: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details


class UsageError(LatentLabError):
    """The program was asked for something impossible: a wrong option, value or path."""


class DataError(LatentLabError):
    """A data set cannot be read."""


class ModelFileError(LatentLabError):
    """A model file or run folder cannot be opened or written."""


class TrainingError(LatentLabError):
    """Training cannot start or had to stop."""
