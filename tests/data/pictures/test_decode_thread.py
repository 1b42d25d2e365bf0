"""Orders that never end, processes that cannot be ended, and orders that are answered too late."""

from __future__ import annotations

import threading
from typing import Any

from latentlab.data.pictures import decode_thread
from latentlab.data.pictures.decode_process import DecodeProcess
from latentlab.data.pictures.decode_thread import DecodeThread, end_threads

Answer = tuple[list[Any], bytes]


class StuckProcess(DecodeProcess):
    """Begins an order and answers it only when it is ended; where it can be ended."""

    def __init__(self, *, can_end: bool = True) -> None:
        super().__init__()
        self.has_begun, self.is_over = threading.Event(), threading.Event()
        self.can_end = can_end
        self.was_abandoned = False
        self.num_orders = 0

    def ask(self, order: dict[str, Any]) -> Answer | None:
        self.num_orders += 1
        self.has_begun.set()
        self.is_over.wait(60)
        return None

    def end(self) -> None:
        if self.can_end:
            self.is_over.set()

    def abandon(self) -> None:
        self.was_abandoned = True


class Asked:
    """A thread that gives orders for as long as it gets no answer, and those answers."""

    def __init__(self, process: DecodeProcess, limit_s: float = 60.0, orders: int = 3) -> None:
        self.answers: list[Answer | None] = []
        self.were_late: list[bool] = []
        self.orders = orders
        self.thread = DecodeThread(process, self._work, limit_s)

    def _work(self, thread: DecodeThread) -> None:
        for _ in range(self.orders):
            self.answers.append(thread.ask({}))
            self.were_late.append(thread.was_late)


def test_ended_in_the_middle_of_an_order_it_gives_no_other() -> None:
    process = StuckProcess()
    asked = Asked(process)
    asked.thread.start()
    assert process.has_begun.wait(10)
    end_threads([asked.thread])
    assert not asked.thread.is_alive
    assert asked.answers == [None] * 3 and process.num_orders == 1
    assert not any(asked.were_late) and not process.was_abandoned


def test_a_thread_that_was_never_started_needs_no_end() -> None:
    end_threads([Asked(StuckProcess()).thread])


def test_an_order_beyond_the_limit_is_ended_and_known_as_late() -> None:
    process = StuckProcess()
    asked = Asked(process, limit_s=0.0, orders=1)
    asked.thread.start()
    while asked.thread.is_alive:
        asked.thread.watch()
        asked.thread.wait()
    assert asked.answers == [None] and asked.were_late == [True]


def test_what_the_system_cannot_end_keeps_nobody(monkeypatch: Any) -> None:
    monkeypatch.setattr(decode_thread, "_GIVE_UP_S", 0.0)
    process = StuckProcess(can_end=False)
    asked = Asked(process)
    asked.thread.start()
    assert process.has_begun.wait(10)
    end_threads([asked.thread])
    assert process.was_abandoned and asked.thread.is_alive
    process.is_over.set()
    while asked.thread.is_alive:
        asked.thread.wait()
    assert process.num_orders == 1


def test_a_process_ended_after_its_answer_does_not_spoil_the_next_order() -> None:
    process = DecodeProcess()
    order = {"look": [["/no/such/file", ""]], "limit_px": 8, "treatment": None}
    order["background"] = "black"
    for _ in range(3):
        answer = process.ask(order)
        assert answer is not None and "not any more" in answer[0][0][0]
        process.end()
    process.close()
    process.finish()


def test_an_abandoned_process_gives_way_to_another() -> None:
    process = DecodeProcess()
    process.start()
    old = process._process
    assert old is not None
    process.abandon()
    process.start()
    new = process._process
    assert new is not None and new is not old
    process._finish(old)  # whoever had waited for it
    assert process._process is new and new.poll() is None
    process.close()
    process.finish()
