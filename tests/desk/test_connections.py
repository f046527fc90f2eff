"""Connections: sealed secrets, a self-test for every host, and who is let go with one that ends."""

from dataclasses import replace
from datetime import timedelta

import pytest
from cast import NOW
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlmodel import select

from deskapp.desk import connection_changes, connection_checks, connection_page, connections, seats, strongbox
from deskapp.desk.connection_checks import Here
from deskapp.desk.inputs import Keyed
from deskapp.hosts import rehearsal
from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Held, Launch, Unverified, Why
from deskapp.rules import framing
from deskapp.rules.errors import Conflict, NotFound
from deskapp.store.host_tables import AgentLink, Connection, Device
from deskapp.store.tables import Seat, Surface

KEY = b"a signing key of the tests, longer than thirty-two"
SECRET = "a-secret-of-the-tests-of-32-signs"
HERE = Here("https://desk.example.com", True, "https://desk.example.com", (), True)
FIELDS = {
    "zendesk": {"subdomain": "acme", "installation": "42"},
    "salesforce": {"organization": "00D5g0000012345EAA", "domain": "acme"},
    "hubspot": {"account": "12345678", "place": "app.hubspot.com"},
    "intercom": {"workspace": "abc12def"},
    "chatwoot": {"origin": "https://chat.example.com"},
    "zoho": {"place": "crm.zoho.eu"},
    "dynamics": {"origin": "https://acme.crm4.dynamics.com"},
    "extension": {"chrome": "abcdefghijklmnop" * 2},
    "signed": {"origin": "https://crm.example.com"},
}


on_sqlite = pytest.mark.parametrize(
    "database", ["sqlite"], indirect=True
)  # its statements run on both engines elsewhere


def a_public_key() -> str:
    key = rsa.generate_private_key(65537, 2048).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def make(session, people, host: str = "signed", secret: str = SECRET, **changes: object) -> int:
    typed = {"host": host, "name": f"Our {host}", "fields": FIELDS.get(host, {}), "secret": secret}
    form = connections.NewConnection.model_validate(typed | {"form_key": f"key-of-{host}"} | changes)
    return connections.make(session, people["ada"], form, key=f"key-{host}".ljust(32, "x"), signing_key=KEY, now=NOW)


def test_what_is_sealed_opens_with_its_own_key_and_purpose_alone() -> None:
    sealed = strongbox.seal(SECRET, purpose="one", signing_key=KEY, now=NOW)
    assert SECRET not in sealed
    assert strongbox.unseal(sealed, purpose="one", signing_key=KEY) == SECRET
    assert strongbox.unseal(sealed, purpose="two", signing_key=KEY) is None
    assert strongbox.unseal(sealed, purpose="one", signing_key=b"x" + KEY) is None
    assert strongbox.unseal("nonsense", purpose="one", signing_key=KEY) is None
    assert len(strongbox.seal("é" * 1400, purpose="one", signing_key=KEY, now=NOW)) < 4000


@on_sqlite
def test_every_host_is_added_tested_and_explained(session, people) -> None:
    """What a host asks for makes origins that may stand, a launch as it signs is let in, and each refusal has a sentence."""
    for code, host in HOSTS.items():
        secret = (a_public_key() if connections.is_public_key(host) else SECRET) if host.is_signed else ""
        number = make(session, people, code, secret)
        checks = connection_checks.run(session, number, here=HERE, signing_key=KEY, now=NOW)
        assert [one.words for one in checks if not one.is_good] == ["Nobody has opened the desk from there yet."], code
        assert any("A launch of" in one.words or "sign" in one.words for one in checks), code
        page = connection_page.panel(session, number, base=HERE.base, signing_key=KEY, now=NOW)
        assert page.url.startswith("https://desk.example.com/connections/key-")
        assert not any("{" in step for step in page.steps), code
        assert set(host.mends) == set(Why), code


@on_sqlite
def test_the_self_test_tells_a_good_verify_from_one_that_lets_everybody_in(database, people, monkeypatch) -> None:
    with database.writing() as session:
        number = make(session, people)
        careless = replace(HOSTS["signed"], verify=lambda *_: Launch("anybody"))
        monkeypatch.setattr(connections, "HOSTS", {"signed": careless})
        checks = connection_checks.run(session, number, here=HERE, signing_key=KEY, now=NOW)
    assert "A launch that somebody else signed is let in." in [one.words for one in checks if not one.is_good]


@on_sqlite
def test_the_self_test_names_what_is_wrong_with_address_names_origins_key_and_clock(database, people) -> None:
    here = replace(HERE, seen_as="http://desk.example.com", trusted_hosts=("desk.internal",))
    with database.writing() as session:
        number = make(session, people, "zendesk", "", fields={"subdomain": "acme"})
        row = session.exec(select(Connection)).one()
        row.frame_origins = "http://crm.localhost"
        connections.put_away(session, row, "taken-before-keys-were-read", signing_key=KEY, now=NOW)
        session.flush()
        connections.note_launch(session, number, "opened", None, 45, now=NOW)
        checks = connection_checks.run(session, number, here=here, signing_key=KEY, now=NOW)
        early = connection_checks.run(session, number, here=HERE, signing_key=KEY, now=NOW - timedelta(hours=1))
    wrong = {one.words for one in checks if not one.is_good}
    assert all(one.mend for one in checks if not one.is_good)
    assert wrong == {
        "The desk itself believes that it is called by plain http.",
        "The desk does not answer to the name in that address.",
        framing.problem_with("http://crm.localhost", is_local_fine=False),
        "“Number of the installation” is empty, so every launch is refused.",
        "The secret cannot be used.",
        "At the last launch that told the time, the clocks differed.",
    }
    assert "This machine’s clock stands before what was written here already." in [one.words for one in early]


def test_a_rehearsal_is_no_use_to_anybody_else() -> None:
    """It names nobody, and with another connection's secret it opens nothing."""
    url = "https://desk.example.com/connections/k3y/launch"
    for code, host in HOSTS.items():
        if not host.is_signed or connections.is_public_key(host):
            continue
        held = Held(FIELDS.get(code, {}), (SECRET,))
        sent = rehearsal.make(code, held, url, NOW)
        assert host.verify(sent, held, NOW).agent_ref in {"", rehearsal.NOBODY}
        with pytest.raises(Unverified):
            host.verify(sent, Held(held.fields, (SECRET[::-1],)), NOW)


@on_sqlite
def test_a_secret_that_was_sealed_for_one_connection_opens_nothing_in_another(database, people) -> None:
    with database.writing() as session:
        first, second = make(session, people), make(session, people, "odoo", "")
        kept = connections.rows.list_secrets(session, first)[0]
        kept.connection_id = second
        session.flush()
        for key, secrets in (("key-signed", ()), ("key-odoo", ())):
            assert connections.find(session, key.ljust(32, "x"), signing_key=KEY, now=NOW).held.secrets == secrets


def test_whoever_is_paired_or_linked_is_let_go_and_all_of_them_with_the_connection(session, people) -> None:
    number = make(session, people)
    ana, bo = people["ana"].staff_id, people["bo"].staff_id
    later = NOW + timedelta(days=9)
    device = Device(connection_id=number, staff_id=ana, token_hash="d", made_at=NOW, last_seen_at=NOW, expires_at=later)
    other = Device(connection_id=number, staff_id=bo, token_hash="e", made_at=NOW, last_seen_at=NOW, expires_at=later)
    link = AgentLink(connection_id=number, agent_ref="7", staff_id=bo, linked_at=NOW)
    session.add_all([device, other, link])
    session.flush()
    lifetimes = seats.Lifetimes(timedelta(hours=1), timedelta(hours=9))

    def sit(who: str, **where: object) -> str:
        return seats.take(
            session,
            people[who],
            Surface.EMBED,
            secret=f"{who}{where}".ljust(40, "x"),
            lifetimes=lifetimes,
            now=NOW,
            opener=seats.Opener(**where),
        )

    tokens = [
        sit("ana", connection_id=number, device_id=device.id),
        sit("bo", connection_id=number),
        sit("bo", connection_id=number, device_id=other.id),
        sit("mo"),
    ]

    def alive() -> list[bool]:
        session.flush()
        return [seats.find(session, one, lifetimes=lifetimes, now=NOW) is not None for one in tokens]

    page = connection_page.panel(session, number, base=HERE.base, signing_key=KEY, now=NOW)
    assert {one.who for one in page.devices} == {"Ana", "Bo"}
    assert [(one.who, one.label) for one in page.links] == [("Bo", "7")]
    with pytest.raises(NotFound):
        connection_changes.revoke_device(
            session, people["ada"], number + 1, device.id, Keyed(form_key="key-of-d"), now=NOW
        )
    for _ in range(2):
        connection_changes.revoke_device(
            session, people["ada"], number, device.id, Keyed(form_key="key-of-device"), now=NOW
        )
    assert alive() == [False, True, True, True]
    for _ in range(2):
        connection_changes.unlink(session, people["ada"], number, link.id, Keyed(form_key="key-of-link"), now=NOW)
    assert alive() == [False, False, True, True]
    connection_changes.retire(session, people["ada"], number, Keyed(form_key="key-of-end"), now=NOW)
    assert alive() == [False, False, False, True]
    with pytest.raises(NotFound):
        connections.find(session, "key-signed".ljust(32, "x"), signing_key=KEY, now=NOW)
    with pytest.raises(Conflict):
        connection_changes.end_old_secret(session, people["ada"], number, Keyed(form_key="key-of-old"), now=NOW)
    session.expire_all()
    assert session.exec(select(Seat).where(Seat.connection_id == number, Seat.revoked_at.is_(None))).all() == []
    assert connection_page.panel(session, number, base=HERE.base, signing_key=KEY, now=NOW).devices == []
