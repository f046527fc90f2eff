"""A launch as the host itself would send it, made for the self-test of a connection. It names nobody who exists.

It is signed with the first secret that is given; a host whose own key signs (Zendesk) gets a launch with a signature of zeros,
which is as far as anybody but the host can come.
"""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from urllib.parse import urlencode, urlsplit

from deskapp.hosts import help_scout, hubspot, intercom, salesforce, signed
from deskapp.hosts.launch import Held, Received

NOBODY = "deskapp-self-test"

_FORM = MappingProxyType({"content-type": "application/x-www-form-urlencoded"})
_LASTS = timedelta(minutes=5)
_RSA_BYTES = 256

Rehearse = Callable[[Held, str, datetime], Received]


def make(code: str, held: Held, url: str, now: datetime) -> Received:
    """`url`: the address of the connection. Hosts that sign nothing just open it."""
    rehearse = _REHEARSALS.get(code)
    return rehearse(held, url, now) if rehearse else Received("GET", url, {})


def _key(held: Held) -> bytes:
    return held.secrets[0].strip().encode()


def _json(told: object) -> bytes:
    return json.dumps(told, separators=(",", ":")).encode()


def _zendesk(held: Held, url: str, now: datetime) -> Received:
    place = f"https://{held.fields.get('subdomain', '')}.zendesk.com"
    claims = {
        "iss": place,
        "aud": f"{place}/api/v2/apps/installations/{held.fields.get('installation', '')}.json",
        "sub": NOBODY,
        "iat": int(now.timestamp()),
        "exp": int((now + _LASTS).timestamp()),
        "context": {"product": "support", "location": "ticket_sidebar"},
    }
    parts = (_json({"alg": "RS256", "typ": "JWT"}), _json(claims), bytes(_RSA_BYTES))
    token = ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    return Received("POST", url, _FORM, urlencode({"token": token}).encode())


def _salesforce(held: Held, url: str, now: datetime) -> Received:  # noqa: ARG001 - there is no time in it
    organization = {"organizationId": held.fields.get("organization", "")}
    context = {"user": {"userId": NOBODY}, "organization": organization, "environment": {"parameters": {}}}
    envelope = b64encode(_json({"algorithm": "HMACSHA256", "context": context})).decode()
    signed = f"{salesforce.sign(_key(held), envelope)}.{envelope}"
    return Received("POST", url, _FORM, urlencode({"signed_request": signed}).encode())


def _hubspot(held: Held, url: str, now: datetime) -> Received:
    asked = f"{url}?{urlencode({'portalId': held.fields.get('account', ''), 'userId': NOBODY})}"
    body, stamp = _json({"objectId": "1", "objectTypeId": "0-1"}), str(int(now.timestamp() * 1000))
    signature = hubspot.sign(_key(held), hubspot.to_sign("POST", asked, body, stamp))
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
    return Received("POST", asked, headers, body)


def _help_scout(held: Held, url: str, now: datetime) -> Received:  # noqa: ARG001 - there is no time in it
    query = {"conversation-id": "1", "customer-id": "1"}
    signature = help_scout.sign(_key(held), help_scout.to_sign(query))
    return Received("GET", f"{url}?{urlencode(query | {help_scout.SIGNATURE: signature})}", {})


def _help_scout_legacy(held: Held, url: str, now: datetime) -> Received:  # noqa: ARG001 - there is no time in it
    body = _json({"ticket": {"id": "1"}, "customer": {"id": "1"}, "user": {"id": NOBODY}})
    return Received("POST", url, {"x-helpscout-signature": help_scout.sign(_key(held), body)}, body)


def _intercom(held: Held, url: str, now: datetime) -> Received:  # noqa: ARG001 - there is no time in it
    body = _json({"workspace_id": held.fields.get("workspace", ""), "admin": {"id": NOBODY}})
    return Received("POST", url, {"x-body-signature": intercom.sign(_key(held), body)}, body)


def _front(held: Held, url: str, now: datetime) -> Received:  # noqa: ARG001 - there is no time in it
    return Received("GET", f"{url}?{urlencode({'auth_secret': held.secrets[0].strip()})}", {})


def _signed(held: Held, url: str, now: datetime) -> Received:
    values = {"t": str(int(now.timestamp())), "nonce": NOBODY, "agent": NOBODY}
    signature = signed.sign(_key(held), signed.to_sign(urlsplit(url).path, values))
    return Received("POST", url, _FORM, urlencode(values | {"signature": signature}).encode())


_REHEARSALS: Mapping[str, Rehearse] = MappingProxyType(
    {
        "zendesk": _zendesk,
        "salesforce": _salesforce,
        "hubspot": _hubspot,
        "help_scout": _help_scout,
        "help_scout_legacy": _help_scout_legacy,
        "intercom": _intercom,
        "front": _front,
        "odoo": _signed,
        "signed": _signed,
    }
)
