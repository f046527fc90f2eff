"""Who may tell of parcels through a connection: whoever signed these very bytes within five minutes, by a secret that is good."""

import hmac
from datetime import UTC, datetime, timedelta

import pytest

from deskapp.hosts import events
from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import LONGEST_BODY, Held, Received, Unverified, Why

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
OLD, NEW = "the secret of last year", "the secret of this year"
HELD = Held({}, (NEW, OLD))
BODY = b'{"id": "1", "order": "O-2", "kind": "left", "at": "2026-03-14T08:00:00Z"}'


def sent(body: bytes = BODY, secret: str = NEW, at: datetime = NOW, **headers: str | None) -> Received:
    """As a shop's own script signs it."""
    stamp = str(int(at.timestamp()))
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, "sha256").hexdigest()
    told = {"x-deskapp-timestamp": stamp, "x-deskapp-signature": signature} | headers
    return Received(
        "POST", "/connections/k/events", {name: said for name, said in told.items() if said is not None}, body
    )


def why(received: Received, held: Held = HELD, host: str = "signed") -> Why | None:
    try:
        events.check(received, HOSTS[host], held, NOW)
    except Unverified as refused:
        return refused.why if refused.mend.endswith(".") else None
    return None


@pytest.mark.asvs(30)
def test_what_is_signed_as_described_counts_and_so_does_the_secret_before_while_it_is_replaced():
    assert why(sent()) is why(sent(secret=OLD)) is None
    assert why(sent(), Held({}, (OLD,))) is Why.SIGNATURE


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_are_allowed_and_no_second_more(seconds: int):
    assert why(sent(at=NOW + timedelta(seconds=seconds))) is None
    assert why(sent(at=NOW + timedelta(seconds=seconds + seconds // 300))) is Why.STALE


@pytest.mark.parametrize(
    ("received", "expected"),
    [
        (sent(**{"x-deskapp-signature": None}), Why.UNSIGNED),
        (sent(**{"x-deskapp-timestamp": None}), Why.UNSIGNED),
        (sent(**{"x-deskapp-timestamp": "soon"}), Why.UNSIGNED),
        (sent(**{"x-deskapp-timestamp": "1773500967"}), Why.SIGNATURE),  # another second than was signed
        (sent(**{"x-deskapp-signature": sent().headers["x-deskapp-signature"].upper()}), Why.SIGNATURE),
        (Received("POST", "", sent().headers, BODY + b" "), Why.SIGNATURE),
        (sent(secret=""), Why.SIGNATURE),
        (sent(b"x" * (LONGEST_BODY + 1)), Why.TOO_LARGE),
    ],
)
def test_whatever_else_was_sent_is_refused_with_a_sentence_that_mends_it(received: Received, expected: Why):
    assert why(received) is expected


def test_without_a_secret_or_by_a_host_that_signs_in_another_way_nothing_is_told():
    assert why(sent(), Held({})) is Why.NO_SECRET
    assert why(sent(secret=" "), Held({}, (" ",))) is Why.NO_SECRET
    others = [
        code for code in HOSTS if code != "signed"
    ]  # some of them sign with a key of which everybody may know our half
    assert {why(sent(), host=code) for code in others} == {Why.ALGORITHM}


def test_no_launch_that_the_same_secret_signed_can_be_told_as_events_or_the_other_way():
    from deskapp.hosts import signed

    assert signed.to_sign("/connections/k/launch", {}).startswith(b"deskapp-launch-")
    assert why(sent(**{"x-deskapp-timestamp": signed.VERSION})) is Why.UNSIGNED


@pytest.mark.parametrize(
    ("body", "count"), [(BODY, 1), (b'{"events": [' + BODY + b"]}", 1), (b'{"events": [{}, {}]}', 2)]
)
def test_one_event_or_several_are_read(body: bytes, count: int):
    assert len(events.read(body)) == count


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", Why.UNREADABLE),
        (b"[]", Why.UNREADABLE),
        (b"\xff", Why.UNREADABLE),
        (b"[" * 100_000, Why.UNREADABLE),
        (b'{"events": []}', Why.UNREADABLE),
        (b'{"events": {}}', Why.UNREADABLE),
        (b'{"events": ["left"]}', Why.UNREADABLE),
        (b'{"events": [{}], "id": "1"}', Why.UNREADABLE),
        (b'{"events": [' + b"{}," * 100 + b"{}]}", Why.TOO_LARGE),
    ],
)
def test_a_body_of_another_form_is_refused_whole(body: bytes, expected: Why):
    with pytest.raises(Unverified) as refused:
        events.read(body)
    assert refused.value.why is expected
