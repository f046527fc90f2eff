"""Salesforce Canvas: the browser posts the form field `signed_request`, `<signature>.<envelope>`, at every load.

The signature is base64 of the HMAC-SHA256, by the consumer secret, of the envelope's own base64 text; what the envelope calls
its algorithm is not looked at. User and record are proven. There is no time in it: a copy is told by its replay key alone.
`client.oauthToken` opens the whole Salesforce of the user; it is read by nobody here, and never leaves this file. The rest of
`client` is what that page knows the frame by, see js/hosts/salesforce.js.
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime

from deskapp.hosts.launch import Field, Held, Hint, Host, Launch, Received, Unverified, Way, Why
from deskapp.hosts.reading import (
    check_size,
    find,
    find_secrets,
    first_of,
    is_by_one_of,
    make_hint,
    mends,
    need,
    read_form,
    read_object,
    replay_key,
    text_of,
    unreadable,
)
from deskapp.rules.words import say

_SHORT_ID = 15  # characters; the three after them only repeat which letters are capitals
_CASE = "500"  # how the id of a case begins; every other record is taken for the customer

_MENDS = mends(
    unsigned=say("Salesforce sent no signed request. Set the app's access method to Signed Request (POST)."),
    signature=say(
        "The signature does not fit any secret on this page. Copy the consumer secret from the app in Salesforce once"
        " more, and paste it here as the new one."
    ),
    other_connection=say(
        "The request is signed well, but for another organization. Compare the organization's id on this page"
        " with Setup, Company Information."
    ),
    no_secret=say(
        "There is no secret on this page to check it with. Copy the consumer secret from the app in Salesforce."
    ),
)


def verify(received: Received, held: Held, now: datetime) -> Launch:  # noqa: ARG001 - there is no time in what is sent
    check_size(received)
    signature, envelope = _split(received)
    if not is_by_one_of(find_secrets(held, _MENDS), lambda secret: sign(secret, envelope), signature):
        raise Unverified(Why.SIGNATURE, _MENDS[Why.SIGNATURE])
    said = _decode(envelope)
    context = said.get("context")
    organization = text_of(find(context, "organization", "organizationId"))
    ours = held.fields.get("organization", "")
    if not ours or organization[:_SHORT_ID] != ours[:_SHORT_ID]:
        raise Unverified(Why.OTHER_CONNECTION, _MENDS[Why.OTHER_CONNECTION])
    return Launch(
        need(find(context, "user", "userId")),
        first_of(find(context, "user", "fullName"), find(context, "user", "userName")),
        hint=(hint := _hint(find(context, "environment"))),
        is_customer_proven=hint != Hint(),
        replay_key=replay_key(envelope.encode()),
        frame=_frame(said.get("client")),
    )


def sign(secret: bytes, envelope: str) -> str:
    return b64encode(hmac.digest(secret, envelope.encode(), hashlib.sha256)).decode()


def _split(received: Received) -> tuple[str, str]:
    """The signature in its one spelling, as it may come in either alphabet and without its padding; and the envelope's text."""
    if not (sent := read_form(received).get("signed_request", "")):
        raise Unverified(Why.UNSIGNED, _MENDS[Why.UNSIGNED])
    signature, _, envelope = sent.partition(".")
    if not envelope or not sent.isascii():
        raise unreadable()
    signature = signature.rstrip("=").translate(str.maketrans("-_", "+/"))
    return signature + "=" * (-len(signature) % 4), envelope


def _decode(envelope: str) -> dict[str, object]:
    text = envelope.rstrip("=").translate(str.maketrans("-_", "+/"))
    try:
        raw = b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise unreadable() from None
    return read_object(raw)


def _hint(environment: object) -> Hint:
    record, given = find(environment, "record"), find(environment, "parameters")
    record_id = first_of(find(record, "Id"), find(given, "recordId"))
    is_case = record_id.startswith(_CASE)
    return make_hint(
        external_id=first_of(find(record, "ContactId")) if is_case else record_id,
        email=first_of(
            find(record, "Email"), find(record, "ContactEmail"), find(record, "PersonEmail"), find(given, "email")
        ),
        phone=first_of(find(record, "Phone"), find(record, "ContactPhone"), find(given, "phone")),
        name="" if is_case else first_of(find(record, "Name"), find(given, "name")),
        ticket=record_id if is_case else "",
    )


def _frame(client: object) -> Mapping[str, object]:
    """Of its client, which Salesforce's own script would send back with the token, what that page finds the frame by."""
    if not (instance := text_of(find(client, "instanceId"))):
        return {}
    return {"instanceId": instance} | ({"isVF": True} if find(client, "isVF") is True else {})


def _find_origins(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Of the pages of one My Domain; that of a sandbox is `acme--test.sandbox`."""
    if not (domain := fields.get("domain", "")):
        return ()
    name, dot, kind = domain.partition(".")
    return (
        f"https://{domain}.lightning.force.com",
        f"https://{domain}.my.salesforce.com",
        f"https://{name}--c{dot}{kind}.vf.force.com",
    )


HOST = Host(
    code="salesforce",
    words="Salesforce",
    way=Way.FRAME,
    verify=verify,
    find_origins=_find_origins,
    fields=(
        Field("organization", say("Organization id"), "00D5g0000012345EAA", r"00D[A-Za-z0-9]{12}([A-Za-z0-9]{3})?"),
        Field(
            "domain",
            say("My Domain"),
            say("acme, of acme.my.salesforce.com"),
            r"[a-z0-9][a-z0-9-]{0,62}(\.(sandbox|develop|trailblaze|scratch|demo))?",
        ),
    ),
    secret_words=say("Consumer secret"),
    steps=(
        say("Download the package from this page: an external client app with Canvas, and the desk as a trusted site."),
        say(
            "Install it with the Salesforce CLI, sf project deploy start --metadata-dir <the file>, or make the same by hand in Setup, External Client App Manager (the package was not yet tried in a real organization)."
        ),
        say("In the app's Canvas settings the address is {url}, and the access method Signed Request (POST)."),
        say(
            "In the app's policies choose that users approved by an administrator are pre-authorized, and name the agents' profiles."
        ),
        say("Copy the consumer secret of the app's OAuth settings, and paste it here."),
        say(
            "Place the canvas app on the page layouts of contacts and cases, and let it have the fields Email and Phone."
        ),
        say(
            "If the frame stays blank, the browser's console names the page that may not show the desk: add it to the origins here."
        ),
    ),
    glue="salesforce",
    mends=_MENDS,
)
