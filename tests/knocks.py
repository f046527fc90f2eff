"""A good launch of every host, taken apart so that a test can spoil any piece of it and send it again."""

import hashlib
import hmac
import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from urllib.parse import quote_from_bytes, urlencode

from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from deskapp.hosts import help_scout, hubspot, intercom, salesforce, signed
from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Held, Launch, Received

NOW = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
STAMP = int(NOW.timestamp())
SECRET = "correct horse battery staple"
LAUNCH = "https://desk.example.com/connections/k3y/launch"
CALL = "https://desk.example.com/connections/k3y/call"
FORM = {"content-type": "application/x-www-form-urlencoded"}

Parts = Mapping[str, bytes]


@dataclass(frozen=True)
class Knock:
    """`parts`: what was signed and the signature; no byte of them may change."""

    code: str
    held: Held
    parts: Parts
    build: Callable[[Parts], Received]

    @property
    def received(self) -> Received:
        return self.build(self.parts)

    def with_part(self, name: str, value: bytes) -> "Knock":
        return replace(self, parts={**self.parts, name: value})

    def verify(self, now: datetime = NOW, held: Held | None = None) -> Launch:
        return HOSTS[self.code].verify(self.received, held or self.held, now)


def form(fields: Mapping[str, bytes | str]) -> Received:
    return Received("POST", LAUNCH, FORM, urlencode(fields).encode())


def opening(query: Parts) -> Received:
    pairs = (f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}" for name, value in query.items())
    return Received("GET", f"{LAUNCH}?{'&'.join(pairs)}", {})


# --- Zendesk --------------------------------------------------------------------------------------------------------

AUDIENCE = "https://acme.zendesk.com/api/v2/apps/installations/4711.json"
CLAIMS = {
    "iss": "acme.zendesk.com",
    "aud": AUDIENCE,
    "sub": "https://acme.zendesk.com/api/v2/users/77.json",
    "iat": STAMP,
    "nbf": STAMP,
    "exp": STAMP + 300,
    "context": {"product": "support", "location": "ticket_sidebar"},
}


@cache
def key_of(_name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem_of(key: rsa.RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def rs256(message: bytes) -> bytes:
    return key_of("zendesk").sign(message, padding.PKCS1v15(), SHA256())


def token(claims: object = CLAIMS, alg: str = "RS256", sign: Callable[[bytes], bytes] = rs256, **head: object) -> str:
    return token_of(json.dumps({"typ": "JWT", "alg": alg, **head}).encode(), json.dumps(claims).encode(), sign)


def token_of(head: bytes, claims: bytes, sign: Callable[[bytes], bytes] = rs256) -> str:
    message = f"{base64url(head)}.{base64url(claims)}"
    return f"{message}.{base64url(sign(message.encode()))}"


def zendesk(sent: str | None = None, **claims: object) -> Knock:
    held = Held({"subdomain": "acme", "installation": "4711"}, (pem_of(key_of("zendesk")),))
    text = token({**CLAIMS, **claims}) if sent is None else sent
    return Knock("zendesk", held, {"token": text.encode()}, form)


# --- the others -----------------------------------------------------------------------------------------------------

ENVELOPE = {
    "algorithm": "HMACSHA256",
    "issuedAt": None,
    "userId": "005x0000001SyyEAAS",
    "client": {"instanceUrl": "https://acme.my.salesforce.com", "oauthToken": "00Dx-never-to-be-seen"},
    "context": {
        "user": {"userId": "005x0000001SyyEAAS", "userName": "ana@acme.example", "fullName": "Ana Gent"},
        "organization": {"organizationId": "00Dx0000000BV7zEAG", "name": "Acme"},
        "environment": {"parameters": {"recordId": "003x0000004AbCd"}, "record": {"Email": "carla@example.com"}},
    },
}


def canvas(envelope: object = ENVELOPE, secret: str = SECRET) -> str:
    text = b64encode(json.dumps(envelope).encode()).decode()
    return f"{salesforce.sign(secret.encode(), text)}.{text}"


def of_salesforce(sent: str | None = None) -> Knock:
    held = Held({"organization": "00Dx0000000BV7z", "domain": "acme"}, (SECRET,))
    return Knock("salesforce", held, {"signed_request": (canvas() if sent is None else sent).encode()}, form)


HUBSPOT_URL = f"{CALL}?userId=77&userEmail=ana@acme.example&portalId=12345678&appId=9"


def of_hubspot(
    body: bytes = b'{"objectId":501,"objectTypeId":"0-1"}', url: str = HUBSPOT_URL, stamp: int = STAMP * 1000
) -> Knock:
    signature = hubspot.sign(SECRET.encode(), hubspot.to_sign("POST", url, body, str(stamp)))
    parts = {"url": url.encode(), "body": body, "stamp": str(stamp).encode(), "signature": signature.encode()}
    return Knock("hubspot", Held({"account": "12345678", "place": "app.hubspot.com"}, (SECRET,)), parts, _to_hubspot)


def _to_hubspot(parts: Parts) -> Received:
    headers = {
        "x-hubspot-signature-v3": parts["signature"].decode("latin-1"),
        "x-hubspot-request-timestamp": parts["stamp"].decode("latin-1"),
    }
    return Received("POST", parts["url"].decode("latin-1"), headers, parts["body"])


def of_help_scout(query: Mapping[str, str] | None = None) -> Knock:
    query = {"conversation-id": "123", "customer-id": "500"} if query is None else query
    signature = help_scout.sign(SECRET.encode(), help_scout.to_sign(query))
    parts = {name: value.encode() for name, value in query.items()} | {help_scout.SIGNATURE: signature.encode()}
    return Knock("help_scout", Held({}, (SECRET,)), parts, opening)


LEGACY = {
    "ticket": {"id": "9001", "number": "12", "subject": "Hello"},
    "customer": {"id": "500", "fname": "Carla", "lname": "Castle", "email": "carla@example.com", "emails": []},
    "user": {"id": "77", "fname": "Ana", "lname": "Gent", "role": "user"},
    "mailbox": {"id": "1"},
}


def of_legacy(body: bytes | None = None) -> Knock:
    body = json.dumps(LEGACY).encode() if body is None else body
    parts = {"body": body, "signature": help_scout.sign(SECRET.encode(), body).encode()}
    return Knock("help_scout_legacy", Held({}, (SECRET,)), parts, _with_header("x-helpscout-signature"))


INBOX = {
    "workspace_id": "abc12def",
    "admin": {"type": "admin", "id": "77", "name": "Ana Gent", "email": "ana@acme.example"},
    "contact": {
        "id": "5f0",
        "external_id": "C-17",
        "email": "carla@example.com",
        "phone": None,
        "name": "Carla Castle",
    },
    "conversation": {"id": "12"},
    "context": {"location": "conversation"},
}


def of_intercom(body: bytes | None = None) -> Knock:
    body = json.dumps(INBOX).encode() if body is None else body
    parts = {"body": body, "signature": intercom.sign(SECRET.encode(), body).encode()}
    return Knock("intercom", Held({"workspace": "abc12def"}, (SECRET,)), parts, _with_header("x-body-signature"))


def _with_header(name: str) -> Callable[[Parts], Received]:
    return lambda parts: Received("POST", CALL, {name: parts["signature"].decode("latin-1")}, parts["body"])


VALUES = {
    "t": str(STAMP),
    "nonce": "0123456789abcdef",
    "agent": "7",
    "agent_name": "Ana",
    "customer": "C-17",
    "email": "carla@example.com",
}


def of_signed(
    values: Mapping[str, str] = VALUES, code: str = "signed", build: Callable[[Parts], Received] = opening
) -> Knock:
    signature = signed.sign(SECRET.encode(), signed.to_sign("/connections/k3y/launch", values))
    parts = {name: value.encode() for name, value in values.items()} | {"signature": signature.encode()}
    return Knock(code, Held({}, (SECRET,)), parts, build)


def of_front() -> Knock:
    return Knock("front", Held({}, (SECRET,)), {"auth_secret": SECRET.encode()}, opening)


def of_unsigned(code: str) -> Knock:
    return Knock(code, Held({}), {}, opening)


def all_signed() -> list[Knock]:
    return [
        zendesk(),
        of_salesforce(),
        of_hubspot(),
        of_help_scout(),
        of_legacy(),
        of_intercom(),
        of_front(),
        of_signed(),
        of_signed(code="odoo"),
    ]


UNSIGNED = ("chatwoot", "zoho", "dynamics", "extension")


def measure() -> None:
    """Prints what a `verify` costs: `python -m knocks`, with `tests` and the checkout on the path."""
    for knock in [*all_signed(), *map(of_unsigned, UNSIGNED)]:
        verify, received, began = HOSTS[knock.code].verify, knock.received, time.perf_counter()
        for _ in range(500):
            verify(received, knock.held, NOW)
        print(f"{knock.code:18} {(time.perf_counter() - began) * 2:7.3f} ms")


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda message: hmac.digest(secret, message, hashlib.sha256)


if __name__ == "__main__":
    measure()
