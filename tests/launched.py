"""Connections, and what their hosts send: for tests of launches over the wire."""

import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import urlencode

from flask import Flask
from knocks import INBOX, SECRET, VALUES
from sqlmodel import Session

from deskapp.desk import connections
from deskapp.desk.connections import Known, NewConnection
from deskapp.hosts import hubspot, intercom, signed
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.host_tables import AgentLink

KEY = "k3y-of-the-tests"
CRM = "https://crm.example.com"
FIELDS: Mapping[str, Mapping[str, str]] = {
    "signed": {"origin": CRM},
    "chatwoot": {"origin": CRM},
    "hubspot": {"account": "123", "place": "app.hubspot.com"},
    "dynamics": {"origin": "https://acme.crm4.dynamics.com", "organization": "org1a2b3c4d"},
    "intercom": {"workspace": "abc12def"},
    "salesforce": {"organization": "00Dx0000000BV7z", "domain": "acme"},
    "zendesk": {"subdomain": "acme", "installation": "4711"},
}


def connect(app: Flask, host: str, ada: Actor, *, key: str = KEY, secret: str = SECRET, **fields: str) -> Known:
    """A new connection of this host, made by Ada."""
    desk = app.extensions["deskapp"]
    given = {**FIELDS.get(host, {}), **fields}
    form = NewConnection(form_key=f"form-{key}", host=host, name=f"The CRM {key}", fields=given, secret=secret)
    with desk.database.writing() as session:
        connections.make(session, ada, form, key=key, signing_key=desk.signing_key, is_local_fine=True, now=desk.now())
    with desk.database.reading() as session:
        return connections.find(session, key, signing_key=desk.signing_key, now=desk.now())


def link(db: Database, known: Known, agent_ref: str, who: Actor, now: object) -> None:
    with db.writing() as session:
        session.add(AgentLink(connection_id=known.id, agent_ref=agent_ref, staff_id=who.staff_id, linked_at=now))


def signed_path(key: str = KEY, secret: str = SECRET, **values: str) -> str:
    """Path and query of a good launch by the agent 7; `nonce` tells two apart."""
    said = {**VALUES, **values}
    path = f"/connections/{key}/launch"
    signature = signed.sign(secret.encode(), signed.to_sign(path, said))
    return f"{path}?{urlencode({**said, 'signature': signature})}"


def intercom_call(body: bytes | None = None) -> dict[str, object]:
    """What to post to /call, as keywords of the test client."""
    body = json.dumps(INBOX).encode() if body is None else body
    return {
        "data": body,
        "headers": {"X-Body-Signature": intercom.sign(SECRET.encode(), body)},
        "content_type": "application/json",
    }


def hubspot_call(
    body: Mapping[str, str], at: datetime, agent_ref: str = "77", account: str = "123"
) -> dict[str, object]:
    """As `intercom_call`, with the path and its query, which are signed too."""
    path, sent, stamp = (
        f"/connections/{KEY}/call?portalId={account}&userId={agent_ref}",
        json.dumps(body).encode(),
        str(int(at.timestamp() * 1000)),
    )
    signature = hubspot.sign(SECRET.encode(), hubspot.to_sign("POST", f"http://localhost{path}", sent, stamp))
    return {
        "path": path,
        "data": sent,
        "headers": {"X-HubSpot-Signature-V3": signature, "X-HubSpot-Request-Timestamp": stamp},
        "content_type": "application/json",
    }


def rows(session: Session, table: type) -> list:
    from sqlmodel import select

    return list(session.exec(select(table)))
