"""Signed calls to an address of the shop's.

Each is a POST of JSON with the headers

    Deskapp-Signature: t=1773500966,v1=5f8c…   t: Unix seconds; v1: HMAC-SHA256, in hex, of `<t>.<body>` by the secret
    Idempotency-Key: delivery.delivered:17     the same for the same event, should it ever come twice

and any answer of 200 to 299 says that it was taken. A receiver looks at the raw body, before it reads it as JSON:

    stamp, sent = (part.split("=", 1)[1] for part in header.split(","))
    ours = hmac.new(secret.encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()
    is_ours = hmac.compare_digest(ours, sent) and abs(time.time() - int(stamp)) < 300
"""

import hashlib
import hmac
import ipaddress
import json
import re
import socket
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from deskapp.outgoing.wire import Delivered, NotAccepted, Outcome, Refused, Unknown, Watch, connect, secure
from deskapp.rules.words import say

_WHOLE_SECONDS = 10.0
_MAY_PASS = frozenset({301, 307, 308, 408, 429, 503})  # not taken, and time may mend it
_PORTS = {"http": 80, "https": 443}
_TARGET = re.compile(r"[!-~]*")


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    is_tls: bool
    target: str  # path and query

    @property
    def is_loopback(self) -> bool:
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def authority(self) -> str:
        """As the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS["https" if self.is_tls else "http"] else f"{host}:{self.port}"


def parse_address(url: str) -> Address:
    """Raises ValueError with a sentence that repeats nothing of the address, which may hold a key of its own."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("write it like https://shop.example.com/from-the-desk") from None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if parts.scheme not in _PORTS or not host or parts.username or not host.isascii() or not _TARGET.fullmatch(target):
        raise ValueError("write it like https://shop.example.com/from-the-desk, without a user name")
    return Address(host, port or _PORTS[parts.scheme], parts.scheme == "https", target)


def sign(secret: str, stamp: int, body: bytes) -> str:
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={stamp},v1={digest}"


@dataclass(frozen=True, slots=True)
class Webhook:
    address: Address
    secret: str
    whole_seconds: float = _WHOLE_SECONDS

    def deliver(self, key: str, payload: Mapping[str, Any], now: datetime) -> Outcome:
        """Ten seconds to connect to each of the server's addresses, then ten in all. No redirect is followed."""
        body = json.dumps(dict(payload), separators=(",", ":"), sort_keys=True).encode()
        with Watch(self.whole_seconds) as watch:
            try:
                line = self._hand_over(key, body, int(now.timestamp()), watch)
            except Refused as no:
                return NotAccepted(no.words)
            except (OSError, HTTPException, ValueError):
                return NotAccepted(say("The server went silent before it had the whole call."))
            finally_said = _answer(line)
        with suppress(OSError):
            line.close()
        return finally_said

    def _hand_over(self, key: str, body: bytes, stamp: int, watch: Watch) -> HTTPConnection:
        """A call that was not sent to its end is no call: its length was told first."""
        headers = {
            "Host": self.address.authority,
            "Content-Type": "application/json",
            "Deskapp-Signature": sign(self.secret, stamp, body),
            "Idempotency-Key": key,
            "User-Agent": "deskapp",
            "Connection": "close",
        }
        line = HTTPConnection(self.address.host, self.address.port)
        try:
            line.sock = self._line(watch)
            line.request("POST", self.address.target, body, headers)
        except BaseException:
            if watch.line is not None:
                watch.line.close()
            raise
        return line

    def _line(self, watch: Watch) -> socket.socket:
        line = connect(self.address.host, self.address.port, watch)
        return secure(line, self.address.host, watch) if self.address.is_tls else line


def _answer(line: HTTPConnection) -> Outcome:
    """Of the answer the status alone is read."""
    try:
        with line.getresponse() as answer:
            status = answer.status
    except Exception as error:  # noqa: BLE001 - whatever it is, the call may have been taken
        return Unknown(say("The server had the whole call and gave no answer ({kind}).", kind=type(error).__name__))
    if 200 <= status < 300:
        return Delivered()
    if status in _MAY_PASS or 400 <= status < 500:
        return NotAccepted(
            say("The server did not take the call ({code}).", code=status), is_final=status not in _MAY_PASS
        )
    # 500, 502 and 504 come from a server that broke, or a gateway that lost it, after the call was taken; 303 even after it worked.
    return Unknown(say("The server had the whole call, and did not say that it took it ({code}).", code=status))
