"""A web server on this machine that keeps what was called."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

LOOPBACK = "127.0.0.1"


class Call(NamedTuple):
    method: str
    path: str
    headers: Message
    body: bytes


class Calls:
    """`says`: statuses in order, the last for all that follow."""

    def __init__(self, *says: int) -> None:
        self.came: list[Call] = []
        self.says = says or (204,)


@contextmanager
def answering(calls: Calls, ssl_context=None) -> Iterator[int]:
    """Its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = calls.says[min(len(calls.came), len(calls.says) - 1)]
            calls.came.append(Call(self.command, self.path, self.headers, body))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    if ssl_context is not None:
        server.socket = ssl_context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
