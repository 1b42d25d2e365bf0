"""A compute thread for tests of controllers: it keeps what is asked, and a test answers."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from latentlab.engine.messages import InteractiveRequest

R = TypeVar("R", bound=InteractiveRequest)


class AnsweringThread(QObject):
    """Stands in for the compute thread; ``resulted.emit`` is the answer."""

    resulted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[InteractiveRequest] = []

    def request(self, request: InteractiveRequest) -> None:
        self.asked.append(request)

    def touch(self) -> None:
        """Nobody counts the touches here."""

    def of(self, kind: type[R]) -> list[R]:
        return [request for request in self.asked if isinstance(request, kind)]
