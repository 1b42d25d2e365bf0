"""A web server in a thread that behaves as badly as a test wants."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATIENCE_S = 10.0


class FileServer(ThreadingHTTPServer):
    """Serves paths from a table of answers.

    Attributes
    ----------
    answers
        Path -> what answers it.
    asked
        (path, Range header or nothing) of each request so far.
    ending
        Set when the test is over; what stalls waits for it.
    """

    daemon_threads = False  # the end waits for every answer

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, Callable[[_Handler], None]] = {}
        self.asked: list[tuple[str, str]] = []
        self.ending = threading.Event()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"


class _Handler(BaseHTTPRequestHandler):
    server: FileServer

    def do_GET(self) -> None:
        self.server.asked.append((self.path, self.headers.get("Range", "")))
        answer = self.server.answers.get(self.path)
        if answer is None:
            self.send_error(404)
            return
        with suppress(BrokenPipeError, ConnectionResetError):  # whoever asked may have gone
            answer(self)

    def log_message(self, format: str, *args: object) -> None:
        del format, args


@contextmanager
def serving() -> Iterator[FileServer]:
    with FileServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.ending.set()
            server.shutdown()
            thread.join(PATIENCE_S)
    assert not thread.is_alive()


def whole(
    content: bytes,
    *,
    ranges: bool = True,
    stop_after: int | None = None,
    length: int | str | None = "true",
) -> Callable[[_Handler], None]:
    """Answer with a content.

    Parameters
    ----------
    ranges
        Whether a Range is honoured.
    stop_after
        Drop the connection after so many bytes.
    length
        The Content-Length to claim; ``None`` for no such header.
    """

    def answer(handler: _Handler) -> None:
        asked = handler.headers.get("Range", "")
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and ranges else 0
        body = content[start:]
        if asked and ranges and start >= len(content):
            handler.send_error(416)
            return
        handler.send_response(206 if asked and ranges else 200)
        if asked and ranges:
            handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        if length is not None:
            handler.send_header("Content-Length", str(len(body) if length == "true" else length))
        handler.end_headers()
        handler.wfile.write(body if stop_after is None else body[:stop_after])

    return answer


def stalling(content: bytes, after: int) -> Callable[[_Handler], None]:
    """Send so many bytes and then nothing until the test is over."""

    def answer(handler: _Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[:after])
        handler.server.ending.wait(PATIENCE_S)

    return answer


def redirect(to: str) -> Callable[[_Handler], None]:
    """Send whoever asks somewhere else."""

    def answer(handler: _Handler) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.end_headers()

    return answer


def in_turn(*answers: Callable[[_Handler], None]) -> Callable[[_Handler], None]:
    """Answer each request in its own way."""
    left = iter(answers)

    def answer(handler: _Handler) -> None:
        next(left)(handler)

    return answer
