"""Signed calls to real web servers on this machine."""

import hashlib
import hmac
import json
import threading
from pathlib import Path
from typing import Any

import pytest
from cast import NOW
from outgoing.http import LOOPBACK, Calls, answering
from outgoing.smtp import certificate, free_port, reads_until, scripted

from deskapp.outgoing.webhook import Webhook, parse_address, sign
from deskapp.outgoing.wire import Delivered, NotAccepted, Outcome, Unknown

pytestmark = pytest.mark.allow_hosts(["127.0.0.1", "::1"])

SECRET = "a secret of thirty-two characters"
EVENT = {"event": "delivery.delivered", "delivery": 17}


def call(
    port: int, *, host: str = LOOPBACK, scheme: str = "http", seconds: float = 10, path: str = "/hook?from=desk"
) -> Outcome:
    webhook = Webhook(parse_address(f"{scheme}://{host}:{port}{path}"), SECRET, whole_seconds=seconds)
    return webhook.deliver("delivery.delivered:17", EVENT, NOW)


def test_a_call_arrives_as_json_with_its_key_and_a_signature_that_can_be_checked() -> None:
    calls = Calls()
    with answering(calls) as port:
        assert call(port) == Delivered()
    (came,) = calls.came
    assert (came.method, came.path) == ("POST", "/hook?from=desk")
    assert json.loads(came.body) == EVENT
    assert came.headers["Content-Type"] == "application/json"
    assert came.headers["Idempotency-Key"] == "delivery.delivered:17"
    assert came.headers["Host"] == f"{LOOPBACK}:{port}"
    stamp, sent = (part.split("=", 1)[1] for part in came.headers["Deskapp-Signature"].split(","))
    ours = hmac.new(SECRET.encode(), f"{stamp}.".encode() + came.body, "sha256").hexdigest()
    assert hmac.compare_digest(ours, sent)
    assert int(stamp) == int(NOW.timestamp())


def test_the_signature_is_the_one_that_was_promised() -> None:
    digest = hmac.new(b"k", b'7.{"a":1}', hashlib.sha256).hexdigest()
    assert sign("k", 7, b'{"a":1}') == f"t=7,v1={digest}"
    assert len({sign("k", 7, b"a"), sign("k", 8, b"a"), sign("l", 7, b"a"), sign("k", 7, b"b")}) == 4


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_answer_of_the_200s_says_that_it_was_taken(status: int) -> None:
    with answering(Calls(status)) as port:
        assert call(port) == Delivered()


@pytest.mark.parametrize(
    ("status", "is_final"),
    [
        (301, False),
        (307, False),
        (400, True),
        (404, True),
        (410, True),
        (408, False),
        (429, False),
        (503, False),
    ],
)
def test_any_other_answer_is_a_refusal_and_only_what_time_may_mend_is_tried_again(status: int, is_final: bool) -> None:
    calls = Calls(status)
    with answering(calls) as port:
        assert call(port) == NotAccepted(f"The server did not take the call ({status}).", is_final=is_final)
    assert [one.path for one in calls.came] == ["/hook?from=desk"]  # no redirect was followed


@pytest.mark.parametrize("status", [302, 303, 500, 502, 504])
def test_an_answer_that_may_come_after_the_call_was_taken_leaves_us_not_knowing(status: int) -> None:
    calls = Calls(status)
    with answering(calls) as port:
        assert isinstance(call(port), Unknown)
    assert len(calls.came) == 1


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://{LOOPBACK}:{free_port()}")
    with answering(Calls()) as port:
        assert call(port) == Delivered()


def test_nobody_listening_is_a_refusal_that_may_pass() -> None:
    assert call(free_port()) == NotAccepted("The server refused the connection.")


def a_server_that_reads_and(line: Any, answer: bytes = b"") -> None:
    reads_until(line, b'"}')
    line.sendall(answer)


@pytest.mark.parametrize("answer", [b"", b"what?\r\n\r\n", b"HTTP/1.1 2", b"HTTP/1.1 101 Switching\r\n\r\n"])
def test_a_server_that_had_the_call_and_gave_no_answer_leaves_us_not_knowing(answer: bytes) -> None:
    with scripted(lambda line: a_server_that_reads_and(line, answer)) as port:
        assert isinstance(call(port), Unknown)


def test_a_server_that_hangs_leaves_us_not_knowing() -> None:
    over = threading.Event()
    with scripted(lambda line: a_server_that_reads_and(line) or (over.wait(20) and None)) as port:
        outcome = call(port, seconds=0.2)
        over.set()
    assert isinstance(outcome, Unknown)


@pytest.mark.asvs(29)
def test_a_server_that_drips_its_answer_does_not_hold_us_beyond_the_whole_time() -> None:
    over = threading.Event()

    def drip(line) -> None:
        a_server_that_reads_and(line, b"HTTP/1.1 ")
        while not over.wait(0.05):
            line.sendall(b"x")

    with scripted(drip) as port:
        outcome = call(port, seconds=0.4)
        over.set()
    assert isinstance(outcome, Unknown)


@pytest.mark.asvs(29)
def test_an_endless_answer_is_not_read() -> None:
    def talk(line) -> None:
        a_server_that_reads_and(line, b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5_000)
        while True:
            line.sendall(b"x" * 65_536)  # until the other side has gone

    with scripted(talk) as port:
        assert call(port) == Delivered()


def test_an_encrypted_server_must_prove_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context, calls = certificate(tmp_path), Calls()
    with answering(calls, ssl_context=context) as port:
        refused = call(port, host="localhost", scheme="https")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        assert call(port, host="localhost", scheme="https") == Delivered()
    assert refused == NotAccepted("The certificate of the server is not valid for its name.")
    assert len(calls.came) == 1


@pytest.mark.parametrize(
    ("url", "authority", "target", "is_loopback"),
    [
        ("https://shop.example.com", "shop.example.com", "/", False),
        ("https://shop.example.com:8443/a?b=c", "shop.example.com:8443", "/a?b=c", False),
        ("http://localhost:80/x", "localhost", "/x", True),
        ("http://[::1]:9000/x", "[::1]:9000", "/x", True),
    ],
)
def test_the_address_of_a_receiver_is_read(url: str, authority: str, target: str, is_loopback: bool) -> None:
    address = parse_address(url)
    assert (address.authority, address.target, address.is_loopback) == (authority, target, is_loopback)


@pytest.mark.parametrize(
    "url",
    [
        "shop.example.com",
        "ftp://shop",
        "https://",
        "https://u:p@shop",
        "https://shop:0x",
        "https://shop/a b",
        "https://shop/a\r\nX: y",
        "https://shöp.example",
    ],
)
@pytest.mark.asvs(29)
def test_what_is_no_address_of_a_receiver_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="write it like"):
        parse_address(url)
