"""Zendesk: the browser posts the form field `token`, a JWT that Zendesk signed with the app's private key (RS256).

The agent is proven, the ticket is not: page script reads it. `qsh`, a hash of the query, is not enforced, as its exact form
was never found; `cnf.jku` and every other address inside the token is never followed.
"""

import re
from collections.abc import Mapping
from datetime import datetime

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from jwt.types import Options

from deskapp.hosts.launch import SKEW, Field, Held, Host, Launch, Received, Unverified, Way, Why
from deskapp.hosts.reading import (
    check_size,
    find,
    find_secrets,
    mends,
    moment,
    need,
    read_form,
    replay_key,
    text_of,
    unreadable,
)
from deskapp.rules.words import say

PLACES = ("ticket_sidebar", "new_ticket_sidebar", "user_sidebar")  # where our package puts the desk

_FEWEST_BITS = 2048
_TOKEN = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}")
_USER = re.compile(r"(?:https://[^/]+/api/v2/users/)?([0-9]+)(?:\.json)?")
# The clock is an argument, so the times are checked below.
_CHECKS: Options = {
    "require": ["exp", "iat", "aud", "iss", "sub"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}

_MENDS = mends(
    unsigned=say(
        "Zendesk sent no token. Set signedUrls to true in the app's manifest, as the package from this page has it, and install it again."
    ),
    algorithm=say(
        "The token is not signed with RS256, the only way Zendesk signs, so it was not Zendesk. Nothing needs mending here."
    ),
    signature=say(
        "The token was not signed with the key on this page. Copy the app's public key from Zendesk once more:"
        " /api/v2/apps/<number of the app>/public_key.pem at your Zendesk."
    ),
    other_connection=say(
        "The token is for another Zendesk, another installation or another place. Compare the subdomain and the"
        " number of the installation on this page with Zendesk's page of installed apps."
    ),
    no_secret=say(
        "There is no public key on this page that can be read. Paste Zendesk's whole, with its lines BEGIN PUBLIC KEY and"
        " END PUBLIC KEY."
    ),
)


def verify(received: Received, held: Held, now: datetime) -> Launch:
    check_size(received)
    token = _read_token(received)
    claims = _find_claims(token, held)
    issued_at, good_until = moment(claims["iat"]), moment(claims["exp"]) + SKEW
    off = round((issued_at - now).total_seconds())
    if not max(issued_at, moment(claims.get("nbf", 0))) - SKEW <= now <= good_until:
        raise Unverified(Why.STALE, _MENDS[Why.STALE], off)
    _check_place(claims)
    return Launch(
        _agent(claims["sub"]),
        replay_key=replay_key(token.rpartition(".")[0].encode()),
        good_until=good_until,
        seconds_off=off,
    )


def _read_token(received: Received) -> str:
    """Each part in its one spelling: PyJWT sees to that, but for padding, which it would take with or without."""
    if not (token := read_form(received).get("token", "")):
        raise Unverified(Why.UNSIGNED, _MENDS[Why.UNSIGNED])
    if not _TOKEN.fullmatch(token):
        raise unreadable()
    return token


def _find_claims(token: str, held: Held) -> dict[str, object]:
    for key in _find_keys(held):
        try:
            return _claims(token, key, held.fields)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.InvalidAudienceError, jwt.InvalidIssuerError):
            raise Unverified(Why.OTHER_CONNECTION, _MENDS[Why.OTHER_CONNECTION]) from None
        except jwt.InvalidAlgorithmError:
            raise Unverified(Why.ALGORITHM, _MENDS[Why.ALGORITHM]) from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise unreadable() from None
    raise Unverified(Why.SIGNATURE, _MENDS[Why.SIGNATURE])


def _claims(token: str, key: RSAPublicKey, fields: Mapping[str, str]) -> dict[str, object]:
    place = f"{fields.get('subdomain', '')}.zendesk.com"
    audience = f"https://{place}/api/v2/apps/installations/{fields.get('installation', '')}.json"
    found: dict[str, object] = jwt.decode(
        token, key, algorithms=["RS256"], audience=audience, issuer=[place, f"https://{place}"], options=_CHECKS
    )
    return found


def _find_keys(held: Held) -> list[RSAPublicKey]:
    keys = [key for pem in find_secrets(held, _MENDS) if (key := _read_key(pem))]
    if not keys:
        raise Unverified(Why.NO_SECRET, _MENDS[Why.NO_SECRET])
    return keys


def _read_key(pem: bytes) -> RSAPublicKey | None:
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= _FEWEST_BITS else None


def _is_key(secret: str) -> bool:
    return _read_key(secret.encode()) is not None


def _check_place(claims: Mapping[str, object]) -> None:
    product, location = (
        text_of(find(claims.get("context"), "product")),
        text_of(find(claims.get("context"), "location")),
    )
    if product not in {"", "support"} or location not in {"", *PLACES}:
        raise Unverified(Why.OTHER_CONNECTION, _MENDS[Why.OTHER_CONNECTION])


def _agent(subject: object) -> str:
    """The user's number; as it stands where it is no address of a user, so that no two agents ever look the same."""
    text = need(subject)
    user = _USER.fullmatch(text)
    return user[1] if user else text


def _find_origins(fields: Mapping[str, str]) -> tuple[str, ...]:
    return (f"https://{fields['subdomain']}.zendesk.com",) if fields.get("subdomain") else ()


HOST = Host(
    code="zendesk",
    words="Zendesk",
    way=Way.FRAME,
    verify=verify,
    find_origins=_find_origins,
    fields=(
        Field("subdomain", say("Subdomain"), say("acme, of acme.zendesk.com"), r"[a-z0-9][a-z0-9-]{0,62}"),
        Field(
            "installation",
            say("Number of the installation"),
            "360001234567",
            r"[0-9]{1,20}",
            is_needed=False,
            later=say("Comes with step 6; until then nothing opens."),
        ),
    ),
    secret_words=say("Public key of the app (PEM)"),
    steps=(
        say("Download the package from this page."),
        say(
            "In Zendesk open Admin Center, Apps and integrations, Zendesk Support apps, and choose Upload private app."
        ),
        say("Upload the package, and install the app for the agents who work with the desk."),
        say(
            "Note two numbers: that of the app, and that of its installation. Both are in the list that an administrator who is signed in sees at /api/v2/apps/installations.json of your Zendesk, as app_id and id (not yet tried by us)."
        ),
        say(
            "Open /api/v2/apps/<number of the app>/public_key.pem of your Zendesk, and paste what you see here as the secret."
        ),
        say("Write the number of the installation into its field here: until then every launch is refused."),
    ),
    glue="zendesk",
    script_origin="https://static.zdassets.com",
    script_path="/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js",
    is_key=_is_key,
    mends=_MENDS,
)
