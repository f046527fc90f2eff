"""A line to somebody's server that never waits for ever, and what came of it: taken, not taken, or nobody knows."""

import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from deskapp.rules.words import say

CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Delivered:
    pass


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """It certainly did not go out. `is_final`: trying again would be refused again."""

    words: str
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """All of it was handed over and no answer came: it may have gone out."""

    words: str


Outcome = Delivered | NotAccepted | Unknown
Deliver = Callable[[str, Mapping[str, Any], datetime], Outcome]  # key, payload, now; takes a minute at the very most


class Refused(Exception):
    """Raised while it certainly has not gone out. `words` name nobody: they stand in lists and logs."""

    def __init__(self, words: str, *, is_final: bool = False) -> None:
        super().__init__(words)
        self.words, self.is_final = words, is_final


class Watch:
    """Cuts the line it holds after `seconds`. The time-out of a socket begins anew with every byte of a slow server."""

    def __init__(self, seconds: float) -> None:
        self.line: socket.socket | None = None
        self.seconds = seconds
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _cut(self) -> None:
        if self.line is not None:
            with suppress(OSError):
                socket.socket.shutdown(
                    self.line, socket.SHUT_RDWR
                )  # of an SSL socket the line below: nobody says goodbye


def connect(host: str, port: int, watch: Watch) -> socket.socket:
    """Raises Refused. Straight to that host: no proxy of the environment is asked."""
    try:
        line = socket.create_connection((host, port), CONNECT_SECONDS)
    except (socket.gaierror, UnicodeError):
        raise Refused(say("The name of the server was not found.")) from None
    except ConnectionRefusedError:
        raise Refused(say("The server refused the connection.")) from None
    except TimeoutError:
        raise Refused(say("The server did not answer in time.")) from None
    except OSError:
        raise Refused(say("The server cannot be reached.")) from None
    line.settimeout(watch.seconds)
    watch.line = line
    return line


def secure(line: socket.socket, host: str, watch: Watch) -> ssl.SSLSocket:
    """The same line, encrypted, to a server that proved to be `host`. Raises Refused."""
    try:
        secured = ssl.create_default_context().wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
        watch.line = secured
        secured.do_handshake()
    except ssl.SSLCertVerificationError:
        raise Refused(say("The certificate of the server is not valid for its name.")) from None
    except (OSError, ValueError):
        raise Refused(say("No encrypted connection to the server came about.")) from None
    return secured
