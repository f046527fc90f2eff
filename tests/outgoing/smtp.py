"""Mail servers on this machine: one that behaves, and plain sockets that do not."""

import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, Session

LOOPBACK = "127.0.0.1"


class Letters:
    """A handler that keeps what came; `says` answers per letter, the last for all that follow; `rcpt` answers the address."""

    def __init__(self, *says: str, rcpt: str = "250 OK") -> None:
        self.came: list[Envelope] = []
        self.tried = 0
        self.says = says or ("250 OK",)
        self.rcpt = rcpt

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: object, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _server: object, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self.says[min(self.tried, len(self.says) - 1)]
        self.tried += 1
        if answer.startswith("250"):
            self.came.append(envelope)
        return answer


class Authenticator:
    def __init__(self, user: str, password: str) -> None:
        self.known = (user.encode(), password.encode())

    def __call__(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=(given.login, given.password) == self.known, handled=False)


@contextmanager
def serving(letters: Letters, **options: Any) -> Iterator[int]:
    """Its port."""
    controller = Controller(letters, hostname=LOOPBACK, port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


@contextmanager
def scripted(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server whose one conversation is `talk`; its port."""
    with socket.create_server((LOOPBACK, 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                line, _ = listening.accept()
                with line:
                    talk(line)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def reads_until(line: socket.socket, end: bytes) -> bytes:
    read = b""
    while not read.endswith(end) and (more := line.recv(65_536)):
        read += more
    return read


def a_polite_server(line: socket.socket) -> None:
    """As far as the end of the data, which it has read when this returns."""
    line.sendall(b"220 here\r\n")
    for answer in (b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"):
        reads_until(line, b"\r\n")
        line.sendall(answer)
    reads_until(line, b"\r\n.\r\n")


def certificate(folder: Path, name: str = "localhost") -> ssl.SSLContext:
    """Of a server called `name`; whoever trusts it reads `folder/certificate.pem`."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate of the test's server")
    key, pem = folder / "key.pem", folder / "certificate.pem"
    command = f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN={name}"
    command += f" -addext subjectAltName=DNS:{name} -keyout {key} -out {pem}"
    subprocess.run([openssl, *command.split()], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context
