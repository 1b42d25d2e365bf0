from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from latentlab.engine import mailbox as mailbox_module
from latentlab.engine.cursor_messages import DecodeRequest, ReconstructRequest
from latentlab.engine.mailbox import Mailbox
from latentlab.engine.messages import OpenDataCommand, SaveModelCommand
from latentlab.features.grid.messages import TilesRequest

Z = np.zeros(2, np.float32)


def decode(sequence: int) -> DecodeRequest:
    return DecodeRequest(0, sequence, Z, 0.0, by_hand=True)


def tiles(sequence: int) -> TilesRequest:
    return TilesRequest(0, sequence, 0, np.zeros((1, 2), np.int64), Z[None])


def reconstruct(sequence: int) -> ReconstructRequest:
    return ReconstructRequest(0, sequence, 0, np.zeros((1, 1, 1), np.uint8))


@pytest.fixture
def box() -> Mailbox:
    return Mailbox()


def test_it_is_empty_at_first(box: Mailbox) -> None:
    assert box.is_empty()
    assert box.take(DecodeRequest) is None
    assert box.take_command() is None
    assert not box.has(TilesRequest)


def test_the_newest_request_of_each_kind_wins(box: Mailbox) -> None:
    for request in (decode(1), tiles(1), decode(2), reconstruct(1), tiles(2), decode(3)):
        box.put(request)
    found = [box.take(kind) for kind in (DecodeRequest, TilesRequest, ReconstructRequest)]
    assert [request.sequence for request in found if request is not None] == [3, 2, 1]
    assert box.is_empty()
    assert box.take(DecodeRequest) is None


def test_no_command_is_lost_and_their_order_is_kept(box: Mailbox) -> None:
    commands = [OpenDataCommand("a"), SaveModelCommand(Path("b")), OpenDataCommand("a")]
    for command in commands:
        box.put_command(command)
    assert [box.take_command() for _ in range(4)] == [*commands, None]


def test_only_what_comes_into_an_empty_box_wakes_the_thread(box: Mailbox) -> None:
    assert box.put(decode(1))
    assert not box.put(decode(2))
    assert not box.put(tiles(1))
    assert not box.put_command(OpenDataCommand("a"))
    box.take(DecodeRequest)
    box.take(TilesRequest)
    assert not box.put(decode(3)), "a command still waits"
    box.take_command()
    assert not box.put_command(OpenDataCommand("b")), "a request still waits"
    box.take(DecodeRequest)
    box.take_command()
    assert box.put_command(OpenDataCommand("c"))


def test_a_request_is_seen_until_it_is_taken(box: Mailbox) -> None:
    box.put(tiles(1))
    assert box.has(TilesRequest)
    assert not box.has(DecodeRequest)
    assert not box.is_empty()
    box.take(TilesRequest)
    assert not box.has(TilesRequest)


def test_many_threads_lose_no_command_and_wake_often_enough(box: Mailbox) -> None:
    woken = threading.Semaphore(0)
    taken: list[str] = []
    total = 4 * 300

    def write(name: str) -> None:
        for number in range(300):
            if box.put_command(OpenDataCommand(f"{name}{number}")):
                woken.release()

    def read() -> None:
        while len(taken) < total:
            assert woken.acquire(timeout=20), "a command waits and nobody was woken"
            while (command := box.take_command()) is not None:
                assert isinstance(command, OpenDataCommand)
                taken.append(command.name)

    writers = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    reader = threading.Thread(target=read)
    for thread in (reader, *writers):
        thread.start()
    for thread in (*writers, reader):
        thread.join()
    assert len(set(taken)) == len(taken) == total
    for name in "abcd":
        assert [t for t in taken if t[0] == name] == [f"{name}{n}" for n in range(300)]


def test_idle_time_counts_from_the_last_touch(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(mailbox_module, "now_s", lambda: clock[0])
    assert box.idle_s() > 1e6, "nobody has touched anything yet"
    box.touch()
    clock[0] += 0.25
    assert box.idle_s() == pytest.approx(0.25)
    box.touch()
    assert box.idle_s() == 0.0
