"""One call to a model, which may be slow, broken or somewhere else: never more than its seconds, never more than a sentence."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler

import pytest
from drafter_server import answering, says, sends

from deskapp.outgoing.drafter import SECONDS, Drafter, NoDraft, find_drafter
from deskapp.outgoing.webhook import Address

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
SHORT = 0.3


def test_it_asks_once_in_the_form_that_such_endpoints_know() -> None:
    with answering(says("Hello.")) as heard:
        assert heard.drafter(key="k-1").ask("Do this.", '{"pieces": []}') == "Hello."
    ((path, headers),) = heard.calls
    assert path == "/v1/chat/completions"
    assert headers["Authorization"] == "Bearer k-1"
    asked = json.loads(heard.bodies[0])
    assert asked["model"] == "small"
    assert asked["messages"] == [
        {"role": "system", "content": "Do this."},
        {"role": "user", "content": '{"pieces": []}'},
    ]


def test_without_a_key_none_is_sent() -> None:
    with answering(says("Hello.")) as heard:
        heard.drafter().ask("", "")
    assert "Authorization" not in heard.calls[0][1]


@pytest.mark.parametrize(
    "respond",
    [
        pytest.param(sends(b"oh", 500), id="a fault"),
        pytest.param(sends(b"", 302, Location="http://127.0.0.1:9/"), id="a redirect"),
        pytest.param(sends(b"", 201), id="another success"),
        pytest.param(sends(b"<html>"), id="no json"),
        pytest.param(sends(b"\xff\xfe"), id="no text"),
        pytest.param(sends(b"[]"), id="a list"),
        pytest.param(sends(b'{"choices": []}'), id="no choice"),
        pytest.param(sends(b'{"choices": [{"message": {"content": null}}]}'), id="no content"),
        pytest.param(sends(b'{"choices": [{"message": {"content": {"a": 1}}}]}'), id="no words"),
        pytest.param(sends(b"[" * 60_000), id="a pit"),
        pytest.param(says("x" * 70_000), id="too much"),
        pytest.param(lambda to: to.connection.shutdown(socket.SHUT_RDWR), id="a closed line"),
        pytest.param(lambda to: to.wfile.write(b"\x00\x01 nonsense\r\n\r\n"), id="no http"),
    ],
)
def test_whatever_else_comes_back_is_a_sentence(respond) -> None:
    with answering(respond) as heard, pytest.raises(NoDraft, match=r"^The drafter .*\.$"):
        heard.drafter().ask("", "")
    assert len(heard.calls) == 1


def test_a_server_that_says_nothing_is_not_waited_for() -> None:
    over = threading.Event()
    with answering(lambda _to: over.wait(10) and None) as heard:
        with pytest.raises(NoDraft, match=r"within 0\.3 seconds"):
            heard.drafter(SHORT).ask("", "")
        over.set()


def test_a_server_that_drips_is_cut_off_though_each_byte_comes_in_time() -> None:
    over = threading.Event()

    def drip(to: BaseHTTPRequestHandler) -> None:
        to.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not over.wait(0.02):
            to.wfile.write(b" ")

    with answering(drip) as heard:
        with pytest.raises(NoDraft, match=r"within 0\.3 seconds"):
            heard.drafter(SHORT).ask("", "")
        over.set()


def test_a_server_that_takes_no_call_is_not_waited_for() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        address = Address("127.0.0.1", deaf.getsockname()[1], is_tls=False, target="/v1/chat/completions")
        with pytest.raises(NoDraft):
            Drafter(address, "small", seconds=SHORT).ask("", "")


def test_nobody_there_is_a_sentence() -> None:
    with answering(says("")) as heard:
        pass
    with pytest.raises(NoDraft, match="cannot be reached"):
        heard.drafter().ask("", "")


def test_no_proxy_of_the_environment_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with answering(says("Hello.")) as heard:
        assert heard.drafter().ask("", "") == "Hello."


def test_five_seconds_are_all_it_gets() -> None:
    found = find_drafter("https://models.example.com/v1/", "m", "")
    assert found is not None
    assert (found.seconds, SECONDS, found.address.target) == (5.0, 5.0, "/v1/chat/completions")


@pytest.mark.parametrize(
    "url", ["http://models.example.com/v1", "ftp://127.0.0.1/v1", "http://user@127.0.0.1/v1", "v1"]
)
def test_facts_go_nowhere_in_the_clear(url: str) -> None:
    with pytest.raises(ValueError, match=r"https|write it"):
        find_drafter(url, "m", "")


def test_without_an_address_there_is_no_drafter() -> None:
    assert find_drafter("", "m", "k") is None
