"""Letters by SMTP. A server that said no and a server that said nothing are kept apart: only the first is asked again.

Up to the line with the single dot that ends a letter nothing can have been delivered (RFC 5321, 4.1.1.4 and 4.2.5); once
that line is on its way, silence means that nobody knows.
"""

import hashlib
import re
import smtplib
import socket
import ssl
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any
from urllib.parse import unquote, urlsplit

from deskapp.outgoing.wire import Delivered, NotAccepted, Outcome, Refused, Unknown, Watch, connect, secure
from deskapp.rules.words import Said, psay, say

_WHOLE_SECONDS = 30.0
_PORTS = {"smtp": 587, "smtps": 465}
_ADDRESS = re.compile(r"""[^\s@<>()\[\]\\,;:"]{1,64}@[^\s@<>()\[\]\\,;:"]{1,255}""")
_LINK = re.compile(r"https?://[!-;=?-~]{1,900}")  # printable ASCII but < and >
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_LONGEST_SUBJECT = 200
_NO_SUCH_MAILBOX = frozenset({550, 551, 553})  # said of the receiver: asking again changes nothing
_LETTER = psay("not taken", "the letter")
_OURS = policy.SMTP.clone(
    cte_type="7bit"
)  # base64 or quoted-printable where it is more than ASCII: every server takes that


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    is_tls: bool  # from the first byte on
    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Sender:
    name: str
    address: str


def parse_server(url: str) -> Server:
    """Raises ValueError with a sentence that repeats nothing of the password."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("write it like smtp://user:password@mail.example.com:587") from None
    if parts.scheme not in _PORTS or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("write it like smtp://user:password@mail.example.com:587, or smtps://…")
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (user + password).isascii() or not host.isascii():
        raise ValueError("host, user and password are plain ASCII; write other characters of a host as xn--…")
    if bool(user) != bool(password):
        raise ValueError("give user and password both, or neither")
    return Server(host, port or _PORTS[parts.scheme], parts.scheme == "smtps", user, password)


def parse_sender(text: str) -> Sender:
    """`hello@example.com` or `Corner & Co <hello@example.com>`. Raises ValueError with a sentence."""
    name, bracket, address = text.strip().rpartition("<")
    if bracket and address.endswith(">"):
        address = address[:-1]
    elif bracket:
        address = ""
    name = name.strip().strip('"')
    if not _ADDRESS.fullmatch(address) or not address.isascii() or _has_controls(name) or "<" in name:
        raise ValueError("write one address, like Corner & Co <hello@example.com>")
    return Sender(name, address)


def _has_controls(text: str) -> bool:
    return any(unicodedata.category(c) in {"Cc", "Cf", "Zl", "Zp", "Cs"} for c in text)


def message_id(key: str, sender: Sender) -> str:
    """The same for the same key, so that two copies of one letter can be told to be one."""
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{sender.address.rpartition('@')[2]}>"


def compose(sender: Sender, key: str, payload: Mapping[str, Any], now: datetime) -> EmailMessage:
    """Of to, subject, text, language [, unsubscribe]. Raises Refused for what no letter can be made of."""
    to, link, language = payload.get("to", ""), payload.get("unsubscribe", ""), payload.get("language", "")
    if not _ADDRESS.fullmatch(to) or _has_controls(to):
        raise Refused(say("The address cannot be written to as it stands."), is_final=True)
    letter = EmailMessage(_OURS if to.isascii() else _OURS.clone(utf8=True))
    letter.set_content(payload.get("text", ""), charset="utf-8")  # first: it clears away whatever begins with Content-
    letter["From"] = Address(sender.name, addr_spec=sender.address)
    try:
        letter["To"] = Address(addr_spec=to) if to.isascii() else Address("", *to.split("@"))
    except (MessageError, ValueError):
        raise Refused(say("The address cannot be written to as it stands."), is_final=True) from None
    letter["Subject"] = _one_line(payload.get("subject", ""))
    letter["Date"] = now
    letter["Message-ID"] = message_id(key, sender)
    letter["Auto-Submitted"] = "auto-generated"
    if _LANGUAGE.fullmatch(language):
        letter["Content-Language"] = language
    if _LINK.fullmatch(link):
        letter["List-Unsubscribe"] = f"<{link}>"
    return letter


def _one_line(text: str) -> str:
    """Whatever breaks a line, or turns it around, becomes a space: nobody adds a header by a subject."""
    return " ".join("".join(" " if _has_controls(c) else c for c in text).split())[:_LONGEST_SUBJECT]


@dataclass(frozen=True, slots=True)
class Mail:
    """Sends one letter at a time, over a connection of its own."""

    server: Server
    sender: Sender
    whole_seconds: float = _WHOLE_SECONDS

    def deliver(self, key: str, payload: Mapping[str, Any], now: datetime) -> Outcome:
        """At most ten seconds to connect to each of the server's addresses, then thirty in all."""
        line = None
        try:
            letter = compose(self.sender, key, payload, now)
            with Watch(self.whole_seconds) as watch:
                line = self._open(watch)
                _hand_over(line, self.sender.address, payload["to"], letter)
                return _end(line)
        except Refused as no:
            return NotAccepted(no.words, is_final=no.is_final)
        except smtplib.SMTPResponseException as no:
            return NotAccepted(say("The mail server said no ({code}).", code=no.smtp_code))
        except (smtplib.SMTPException, OSError, UnicodeError):
            return NotAccepted(say("The mail server went silent before it had the letter."))
        finally:
            if line is not None:
                _leave(line)

    def _open(self, watch: Watch) -> "_Line":
        host = self.server.host
        raw = connect(host, self.server.port, watch)
        try:
            return self._greet(secure(raw, host, watch) if self.server.is_tls else raw, watch)
        except BaseException:
            _close(watch.line)
            raise

    def _greet(self, raw: socket.socket, watch: Watch) -> "_Line":
        line = _Line(raw, self.server.host, watch.seconds)
        try:
            line.ehlo_or_helo_if_needed()
            if not self.server.is_tls and line.has_extn("starttls"):
                _start_tls(line, self.server.host, watch)
                line.ehlo_or_helo_if_needed()
            if self.server.password:
                _sign_in(line, self.server)
        except BaseException:
            _leave(line)
            raise
        return line


class _Line(smtplib.SMTP):
    """smtplib over a line that stands already. It would call itself by a name it asks DNS for, which may take long."""

    def __init__(self, raw: socket.socket, host: str, seconds: float) -> None:
        self._raw = raw
        name = raw.getsockname()[0]
        super().__init__(host, local_hostname=f"[IPv6:{name}]" if ":" in name else f"[{name}]", timeout=seconds)

    def _get_socket(self, _host: str, _port: int, _timeout: float) -> socket.socket:
        return self._raw


def _start_tls(line: _Line, host: str, watch: Watch) -> None:
    """What was said before counts no more: somebody on the way may have said it."""
    code, _ = line.docmd("STARTTLS")
    if code != 220 or line.sock is None:
        raise Refused(say("The mail server offered encryption and then refused it ({code}).", code=code))
    line.sock = secure(line.sock, host, watch)
    line.file, line.ehlo_resp, line.helo_resp = None, None, None
    line.esmtp_features, line.does_esmtp = {}, False


def _sign_in(line: _Line, server: Server) -> None:
    if not isinstance(line.sock, ssl.SSLSocket):
        raise Refused(say("The mail server offers no encryption, so it was not told the password."))
    try:
        line.login(server.user, server.password)
    except smtplib.SMTPAuthenticationError as no:
        raise Refused(
            say("The mail server does not take our user name and password ({code}).", code=no.smtp_code)
        ) from None
    except smtplib.SMTPNotSupportedError:
        raise Refused(say("The mail server takes no password.")) from None


def _hand_over(line: _Line, sender: str, to: str, letter: EmailMessage) -> None:
    """All but the line that ends the letter. Raises Refused, or what smtplib raises."""
    options = []
    if not to.isascii():
        if not line.has_extn("smtputf8"):
            raise Refused(say("The mail server takes only addresses in ASCII, and this one is not."), is_final=True)
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    _expect(psay("not taken", "the sender"), line.mail(sender, options), 250)
    code, _ = answer = line.rcpt(to)
    if code in _NO_SUCH_MAILBOX:
        raise Refused(say("The mail server knows no such mailbox ({code}).", code=code), is_final=True)
    _expect(psay("not taken", "the address"), answer, 250, 251, 252)
    _expect(_LETTER, line.docmd("DATA"), 354)
    line.send(_as_data(letter))


def _expect(what: str, answer: tuple[int, bytes], *fine: int) -> None:
    """The server's own words are left out: they repeat addresses."""
    if answer[0] not in fine:
        raise Refused(_not_taken(what, answer[0]))


def _not_taken(what: str, code: int) -> Said:
    return say("The mail server did not take {what} ({code}).", what=what, code=code)


def _as_data(letter: EmailMessage) -> bytes:
    """With the line breaks of SMTP, and no line that could be taken for the end."""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", letter.as_bytes())
    stuffed = re.sub(rb"(?m)^\.", b"..", lines)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _end(line: _Line) -> Outcome:
    """From the first byte of this on only an answer tells what became of the letter."""
    try:
        line.send(b".\r\n")
        code, _ = line.getreply()
    except Exception as error:  # noqa: BLE001 - whatever it is, the letter may be out
        return Unknown(
            say("The mail server had the whole letter and then said nothing ({kind}).", kind=type(error).__name__)
        )
    if 200 <= code < 300:
        return Delivered()
    if 400 <= code < 600:
        return NotAccepted(_not_taken(_LETTER, code), is_final=code in _NO_SUCH_MAILBOX)
    return Unknown(say("The mail server had the whole letter and answered with something that is no answer."))


def _leave(line: _Line) -> None:
    """Politely, but what is said now changes nothing any more, and nobody waits for it."""
    with suppress(Exception):
        line.putcmd("QUIT")
    with suppress(Exception):
        line.close()


def _close(line: socket.socket | None) -> None:
    if line is not None:
        with suppress(OSError):
            line.close()
