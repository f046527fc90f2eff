"""A server on this machine that answers like an OpenAI-compatible endpoint, well or badly."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from deskapp.outgoing.drafter import Drafter, find_drafter

Respond = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Heard:
    """What the server got: paths with headers, and bodies as they came."""

    url: str = ""
    calls: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    @property
    def material(self) -> dict[str, Any]:
        """Of the last call."""
        return json.loads(json.loads(self.bodies[-1])["messages"][1]["content"])

    def drafter(self, seconds: float = 5.0, key: str = "") -> Drafter:
        found = find_drafter(self.url, "small", key)
        assert found is not None
        return Drafter(found.address, found.model, found.key, seconds)


def says(content: object) -> Respond:
    """A whole answer of a model that said this."""
    text = content if isinstance(content, str) else json.dumps(content)
    return sends(json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode())


def sends(body: bytes, status: int = 200, **headers: str) -> Respond:
    def respond(to: BaseHTTPRequestHandler) -> None:
        to.send_response(status)
        for name, value in headers.items():
            to.send_header(name, value)
        to.send_header("Content-Length", str(len(body)))
        to.end_headers()
        to.wfile.write(body)

    return respond


@contextmanager
def answering(respond: Respond) -> Iterator[Heard]:
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        got = heard

        def do_POST(self) -> None:
            heard.calls.append((self.path, dict(self.headers)))
            heard.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            with suppress(OSError):  # the desk has hung up
                respond(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    heard.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield heard
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
