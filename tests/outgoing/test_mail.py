"""Letters to real mail servers on this machine, good ones and bad ones."""

import email
import ssl
import threading
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from cast import NOW
from hypothesis import given
from hypothesis import strategies as st
from outgoing.smtp import (
    LOOPBACK,
    Authenticator,
    Letters,
    a_polite_server,
    certificate,
    free_port,
    reads_until,
    scripted,
    serving,
)

from deskapp.outgoing.mail import Mail, Sender, Server, compose, parse_sender, parse_server
from deskapp.outgoing.wire import Delivered, NotAccepted, Outcome, Refused, Unknown

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "::1"])

SENDER = Sender("Corner & Co", "hello@corner.example")
LETTER = {"to": "carla@example.com", "subject": "How was it?", "text": "Dear Carla,\n\nhow was it?\n", "language": "en"}


def send(
    port: int, host: str = LOOPBACK, *, seconds: float = 30, server: dict[str, Any] | None = None, **changes: str
) -> Outcome:
    plain = {"host": host, "port": port, "is_tls": False, "user": "", "password": ""}
    mail = Mail(Server(**(plain | (server or {}))), SENDER, whole_seconds=seconds)
    return mail.deliver("feedback:17", LETTER | changes, NOW)


def read(letters: Letters) -> EmailMessage:
    (envelope,) = letters.came
    return email.message_from_bytes(envelope.content, policy=policy.default)


# --- the letter -----------------------------------------------------------------------------------------------------


def test_a_letter_arrives_with_all_that_a_machines_letter_should_say() -> None:
    letters = Letters()
    with serving(letters) as port:
        assert send(port, unsubscribe="https://desk.example.com/f/no-more/abc") == Delivered()
    (envelope,), letter = letters.came, read(letters)
    assert (envelope.mail_from, envelope.rcpt_tos) == ("hello@corner.example", ["carla@example.com"])
    (sender,) = letter["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("Corner & Co", "hello@corner.example")
    assert (letter["To"], letter["Subject"]) == ("carla@example.com", "How was it?")
    assert letter["Date"].datetime == NOW.replace(microsecond=0)
    assert (letter["Content-Language"], letter["Auto-Submitted"]) == ("en", "auto-generated")
    assert letter["List-Unsubscribe"] == "<https://desk.example.com/f/no-more/abc>"
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content().splitlines() == ["Dear Carla,", "", "how was it?"]


@pytest.mark.parametrize("text", ["كيف وجدتَ الهديّة؟\nشكرًا\n", "Grüße 👩‍👩‍👧\n", "x" * 5_000 + "\n", ".\n..\n.\nend\n"])
def test_whatever_the_script_and_however_long_the_line_the_words_arrive_as_they_were(text: str) -> None:
    letters = Letters()
    with serving(letters) as port:
        assert send(port, text=text, subject="Grüße an Carla, عزيزتي كارلا") == Delivered()
    letter = read(letters)
    assert letter.get_content().splitlines() == text.splitlines()
    assert letter["Subject"] == "Grüße an Carla, عزيزتي كارلا"
    assert letters.came[0].content.isascii()


def test_the_same_key_makes_the_same_message_id_and_another_key_another() -> None:
    ids = [compose(SENDER, key, LETTER, NOW)["Message-ID"] for key in ("feedback:17", "feedback:17", "feedback:18")]
    assert ids[0] == ids[1] != ids[2]
    assert ids[0].endswith("@corner.example>")
    assert "17" not in ids[0].partition("@")[0] or len(ids[0]) > 40


@pytest.mark.parametrize(
    "bad", ["\r\nBcc: eve@evil.example", "\nBcc: eve@evil.example", "\r", "\0", "\u2028", "\x85", "\x0b"]
)
def test_nobody_adds_a_header_by_a_subject(bad: str) -> None:
    letter = compose(SENDER, "k", LETTER | {"subject": f"Hi{bad}there"}, NOW)
    assert letter["Bcc"] is None
    assert not any(line.startswith(b"Bcc") for line in letter.as_bytes().splitlines())


@given(st.dictionaries(st.sampled_from(["subject", "text", "language", "unsubscribe"]), st.text()))
def test_a_letter_has_the_headers_it_should_have_and_no_other_whatever_is_written(said: dict[str, str]) -> None:
    letter = compose(SENDER, "k", LETTER | said, NOW)
    read_again = email.message_from_bytes(letter.as_bytes(), policy=policy.default)
    known = "From To Subject Date Message-ID Auto-Submitted Content-Language List-Unsubscribe"
    known += " Content-Type Content-Transfer-Encoding MIME-Version"
    assert set(read_again.keys()) <= set(known.split())
    assert not read_again.defects


@pytest.mark.parametrize(
    "to",
    [
        "",
        "carla",
        "carla@",
        "@example.com",
        "a b@example.com",
        "a@example.com,b@example.com",
        "Carla <a@example.com>",
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com>",
        "a@exam\u202eple.com",
    ],
)
def test_what_is_no_single_address_is_refused_for_good_before_any_server_is_asked(to: str) -> None:
    outcome = send(free_port(), to=to)
    assert isinstance(outcome, NotAccepted)
    assert outcome.is_final
    assert "address" in outcome.words


def test_an_address_beyond_ascii_goes_where_the_server_takes_it() -> None:
    letters = Letters()
    with serving(letters, enable_SMTPUTF8=True) as port:
        assert send(port, to="grüße@example.com") == Delivered()
    assert letters.came[0].rcpt_tos == ["grüße@example.com"]


def test_an_address_beyond_ascii_is_refused_with_words_where_the_server_does_not() -> None:
    letters = Letters()
    with serving(letters, enable_SMTPUTF8=False) as port:
        outcome = send(port, to="grüße@example.com")
    assert outcome == NotAccepted("The mail server takes only addresses in ASCII, and this one is not.", is_final=True)
    assert letters.came == []


# --- servers that say no --------------------------------------------------------------------------------------------


def test_nobody_listening_is_a_refusal_that_may_pass() -> None:
    assert send(free_port()) == NotAccepted("The server refused the connection.")


def test_a_name_that_is_not_found_is_a_refusal_that_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    def nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(socket, "create_connection", nobody)
    assert send(25, "mail.nowhere.invalid") == NotAccepted("The name of the server was not found.")


def test_a_mailbox_that_is_not_known_is_refused_for_good() -> None:
    letters = Letters(rcpt="550 5.1.1 no carla@example.com here")
    with serving(letters) as port:
        outcome = send(port)
    assert outcome == NotAccepted("The mail server knows no such mailbox (550).", is_final=True)


@pytest.mark.parametrize("code", [421, 450, 451, 452, 552, 554])
def test_a_letter_that_is_refused_at_its_end_did_not_go_out_and_the_words_name_nobody(code: int) -> None:
    with serving(Letters(f"{code} carla@example.com is greylisted")) as port:
        assert send(port) == NotAccepted(f"The mail server did not take the letter ({code}).")


def test_greylisting_is_a_refusal_and_then_it_is_taken() -> None:
    letters = Letters("451 come again", "250 OK")
    with serving(letters) as port:
        assert isinstance(send(port), NotAccepted)
        assert send(port) == Delivered()
    assert len(letters.came) == 1


# --- servers that say nothing ---------------------------------------------------------------------------------------


def test_a_server_that_never_greets_is_given_up_and_had_nothing() -> None:
    over = threading.Event()
    with scripted(lambda _line: over.wait(20) and None) as port:
        outcome = send(port, seconds=0.2)
        over.set()
    assert isinstance(outcome, NotAccepted)


def test_a_server_that_drips_a_byte_at_a_time_does_not_hold_us_beyond_the_whole_time() -> None:
    over = threading.Event()

    def drip(line) -> None:
        while not over.wait(0.05):
            line.sendall(b"2")

    with scripted(drip) as port:
        outcome = send(port, seconds=0.4)  # of a socket alone the time would begin anew with each byte
        over.set()
    assert isinstance(outcome, NotAccepted)


def test_a_server_that_hangs_up_before_the_end_of_the_letter_had_no_letter() -> None:
    def talk(line) -> None:
        line.sendall(b"220 here\r\n")
        for answer in (b"250 hello\r\n", b"250 ok\r\n"):
            reads_until(line, b"\r\n")
            line.sendall(answer)

    with scripted(talk) as port:
        assert isinstance(send(port), NotAccepted)


def test_a_server_that_hangs_up_after_the_letter_leaves_us_not_knowing() -> None:
    with scripted(a_polite_server) as port:
        outcome = send(port)
    assert isinstance(outcome, Unknown)
    assert "had the whole letter" in outcome.words


def test_a_server_that_says_nothing_after_the_letter_leaves_us_not_knowing() -> None:
    over = threading.Event()

    def talk(line) -> None:
        a_polite_server(line)
        over.wait(20)

    with scripted(talk) as port:
        outcome = send(port, seconds=0.5)
        over.set()
    assert isinstance(outcome, Unknown)


@pytest.mark.parametrize("answer", [b"what\r\n", b"999 what\r\n", b"150 soon\r\n", b"2"])
def test_an_answer_after_the_letter_that_is_no_answer_leaves_us_not_knowing(answer: bytes) -> None:
    def talk(line) -> None:
        a_polite_server(line)
        line.sendall(answer)

    with scripted(talk) as port:
        assert isinstance(send(port), Unknown)


# --- encryption and passwords ---------------------------------------------------------------------------------------


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    return context


def test_where_encryption_is_offered_it_is_used(trusted: ssl.SSLContext) -> None:
    letters = Letters()
    with serving(letters, tls_context=trusted, require_starttls=True) as port:
        assert send(port, "localhost") == Delivered()
    assert len(letters.came) == 1


def test_a_password_is_told_over_an_encrypted_line(trusted: ssl.SSLContext) -> None:
    letters, known = Letters(), Authenticator("desk", "s3cret")
    with serving(letters, tls_context=trusted, authenticator=known, auth_required=True) as port:
        assert send(port, "localhost", server={"user": "desk", "password": "s3cret"}) == Delivered()
        outcome = send(port, "localhost", server={"user": "desk", "password": "wrong"})
    assert outcome == NotAccepted("The mail server does not take our user name and password (535).")
    assert len(letters.came) == 1


def test_a_password_is_never_told_over_a_line_that_is_not_encrypted() -> None:
    letters, asked = Letters(), []

    def listening(*args: object) -> None:
        asked.append(args)

    with serving(letters, authenticator=listening, auth_require_tls=False) as port:
        outcome = send(port, server={"user": "desk", "password": "s3cret"})
    assert outcome == NotAccepted("The mail server offers no encryption, so it was not told the password.")
    assert (asked, letters.came) == ([], [])


def test_a_certificate_for_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, letters = certificate(tmp_path, "other.example"), Letters()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
    with serving(letters, tls_context=context) as port:
        assert send(port, "localhost") == NotAccepted("The certificate of the server is not valid for its name.")
    assert letters.came == []


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    letters = Letters()
    with serving(letters, tls_context=certificate(tmp_path)) as port:
        assert send(port, "localhost") == NotAccepted("The certificate of the server is not valid for its name.")
    assert letters.came == []


def test_a_server_may_be_encrypted_from_the_first_byte_on(trusted: ssl.SSLContext) -> None:
    letters = Letters()
    with serving(letters, ssl_context=trusted) as port:
        assert send(port, "localhost", server={"is_tls": True}) == Delivered()
    assert len(letters.came) == 1


def test_a_server_that_speaks_no_encryption_where_it_should_had_nothing() -> None:
    with serving(Letters()) as port:
        outcome = send(port, "localhost", seconds=2, server={"is_tls": True})
    assert outcome == NotAccepted("No encrypted connection to the server came about.")


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", Server("mail.example.com", 587, is_tls=False, user="", password="")),
        ("smtps://mail.example.com", Server("mail.example.com", 465, is_tls=True, user="", password="")),
        ("smtp://a%40b:p%2Fw@mail:25", Server("mail", 25, is_tls=False, user="a@b", password="p/w")),
        ("smtp://[::1]:2525", Server("::1", 2525, is_tls=False, user="", password="")),
    ],
)
def test_the_address_of_a_mail_server_is_read(url: str, server: Server) -> None:
    assert parse_server(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://mail",
        "smtp://",
        "smtp://mail:0x",
        "smtp://mail:99999",
        "smtp://mail/path",
        "smtp://mail?x=1",
        "smtp://user@mail",
        "smtp://u:pässword@mail",
        "smtp://[::1",
    ],
)
def test_what_is_no_address_of_a_mail_server_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        parse_server(url)
    assert "pässword" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "sender"),
    [
        ("hello@example.com", Sender("", "hello@example.com")),
        ("<hello@example.com>", Sender("", "hello@example.com")),
        ("Corner & Co <hello@example.com>", Sender("Corner & Co", "hello@example.com")),
        ('"Müller, Söhne" <hello@example.com>', Sender("Müller, Söhne", "hello@example.com")),
    ],
)
def test_a_sender_is_read_and_can_be_written(text: str, sender: Sender) -> None:
    assert parse_sender(text) == sender
    letter = compose(sender, "k", LETTER, NOW)
    again = email.message_from_bytes(letter.as_bytes(), policy=policy.default)["From"].addresses
    assert [(one.display_name, one.addr_spec) for one in again] == [(sender.name, sender.address)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Corner",
        "a@b.example, c@d.example",
        "Co <a@b.example> <c@d.example>",
        "Co <a@b.example",
        "a@b.example>",
        "x\r\nBcc: <a@b.example>",
        "grüße@example.com",
    ],
)
def test_what_is_not_one_sender_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one address"):
        parse_sender(text)


def test_a_letter_without_a_receiver_cannot_be_made() -> None:
    with pytest.raises(Refused):
        compose(SENDER, "k", {}, NOW)
