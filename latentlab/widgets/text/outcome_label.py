"""A line that says how something went that the user asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from latentlab.base.shown_name import shown_name
from latentlab.widgets.style.tone import set_tone
from latentlab.widgets.text.elided_label import ElidedLabel
from latentlab.widgets.text.plain_text import plain_tooltip


class OutcomeLabel(ElidedLabel):
    """Empty and hidden until there is something to say.

    Parameters
    ----------
    name
        Object name.
    parent
        Owner.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__("bad", "small", parent)
        self.setObjectName(name)
        self.hide()

    @Slot(str)
    def refuse(self, sentence: str) -> None:
        """Say why something cannot be done."""
        self._say(sentence, is_problem=True)

    @Slot()
    def forget(self) -> None:
        """Say nothing any more."""
        self._say("", is_problem=False)

    def write(self, path: Path, write: Callable[[Path], None]) -> None:
        """Let a function write a file, and say how that went."""
        try:
            write(path)
        except OSError as error:
            reason = error.strerror or str(error)
            self.refuse(self.tr("It cannot be written: {}.").format(reason))
        else:
            name = shown_name(path.name)
            self._say(self.tr("Written to “{}”.").format(name), is_problem=False)

    def _say(self, sentence: str, *, is_problem: bool) -> None:
        set_tone(self, "bad" if is_problem else "good")
        self.setText(sentence)
        self.setToolTip(plain_tooltip(sentence))
        self.setVisible(bool(sentence))
