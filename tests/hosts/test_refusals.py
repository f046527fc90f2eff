"""What is not a host's own launch, for this connection, now, is refused with a reason and a sentence, and with nothing else."""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import knocks
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from knocks import CLAIMS, FORM, LAUNCH, NOW, SECRET, STAMP, Knock

from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import LONGEST_BODY, LONGEST_REF, Held, Launch, Received, Unverified, Way, Why
from deskapp.hosts.reading import is_plain

SIGNED = knocks.all_signed()
SIGNED_CODES = {one.code for one in SIGNED}
by_code = pytest.mark.parametrize("knock", SIGNED, ids=lambda one: one.code)


def refusal(code: str, received: Received, held: Held, at: object = NOW) -> Unverified:
    with pytest.raises(Unverified) as refused:
        HOSTS[code].verify(received, held, at)  # type: ignore[arg-type]
    assert refused.value.mend == HOSTS[code].mends[refused.value.why]
    return refused.value


def why(knock: Knock, later: timedelta = timedelta(0)) -> Why:
    return refusal(knock.code, knock.received, knock.held, NOW + later).why


# --- every host -----------------------------------------------------------------------------------------------------


@by_code
def test_every_single_flipped_bit_of_what_is_signed_is_refused(knock: Knock) -> None:
    """One bit of each byte, each in its turn."""
    assert knock.verify()
    for name, value in knock.parts.items():
        for place in range(len(value)):
            spoiled = bytearray(value)
            spoiled[place] ^= 1 << (place % 8)
            with pytest.raises(Unverified):
                knock.with_part(name, bytes(spoiled)).verify()


@by_code
def test_what_was_cut_off_anywhere_is_refused(knock: Knock) -> None:
    for name, value in knock.parts.items():
        for length in (0, 1, len(value) // 2, len(value) - 1):
            if length < len(value) and (length or name not in {"body", "email", "agent_name"} or value):
                with pytest.raises(Unverified):
                    knock.with_part(name, value[:length]).verify()


@by_code
def test_without_a_secret_or_with_another_ones_nothing_opens(knock: Knock) -> None:
    for none in ((), ("",), ("  \n",)):
        assert refusal(knock.code, knock.received, replace(knock.held, secrets=none)).why == Why.NO_SECRET
    foreign = knocks.pem_of(knocks.key_of("another")) if knock.code == "zendesk" else "another connection's secret"
    assert refusal(knock.code, knock.received, replace(knock.held, secrets=(foreign,))).why == Why.SIGNATURE


@by_code
def test_without_a_signature_nothing_opens(knock: Knock) -> None:
    bare = knock.received
    for received in (
        replace(bare, url=LAUNCH, headers={}, body=b""),
        replace(bare, method="PUT"),
        replace(bare, method="GET" if bare.method == "POST" else "POST"),
    ):
        assert refusal(knock.code, received, knock.held).why == Why.UNSIGNED


@pytest.mark.parametrize("host", HOSTS.values(), ids=lambda one: one.code)
def test_what_is_too_large_is_refused_before_it_is_read(host: object) -> None:
    code = host.code  # type: ignore[attr-defined]
    for received in (
        Received("POST", LAUNCH, FORM, b"x" * (LONGEST_BODY + 1)),
        Received("GET", LAUNCH + "?" + "x" * 16_000, {}),
    ):
        assert refusal(code, received, Held({}, (SECRET,))).why == Why.TOO_LARGE


def test_a_header_is_not_read_without_end() -> None:
    knock = knocks.of_intercom().with_part("signature", b"a" * 3_000)
    assert why(knock) == Why.TOO_LARGE


@pytest.mark.parametrize(
    "code", [one.code for one in HOSTS.values() if one.way is Way.FRAME and one.code not in {"zendesk", "salesforce"}]
)
def test_a_field_that_comes_twice_is_refused(code: str) -> None:
    good = next((one for one in SIGNED if one.code == code), None) or knocks.of_unsigned(code)
    received = good.received
    joint = "&" if "?" in received.url else "?"
    twice = replace(received, url=f"{received.url}{joint}spare=1&spare=1")
    assert refusal(code, twice, good.held).why == Why.UNREADABLE


@pytest.mark.parametrize(
    "knock", [knocks.zendesk(), knocks.of_salesforce(), knocks.of_signed(build=knocks.form)], ids=lambda one: one.code
)
def test_a_form_has_each_field_once_and_is_really_a_form(knock: Knock) -> None:
    received = knock.received
    name = next(iter(knock.parts)).encode()
    twice = replace(received, body=received.body + b"&" + name + b"=x")
    assert refusal(knock.code, twice, knock.held).why == Why.UNREADABLE
    for body in (received.body + b"&x=%FF", received.body + b"&x=\xe9"):
        assert refusal(knock.code, replace(received, body=body), knock.held).why == Why.UNREADABLE
    as_json = replace(received, headers={"content-type": "application/json"}, body=json.dumps({"token": "x"}).encode())
    in_query = replace(received, body=b"", url=f"{LAUNCH}?{received.body.decode()}")
    for other in (as_json, in_query, replace(received, headers={})):
        assert refusal(knock.code, other, knock.held).why == Why.UNSIGNED


def test_a_form_may_say_its_charset_too() -> None:
    knock = knocks.zendesk()
    received = replace(knock.received, headers={"content-type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"})
    assert HOSTS["zendesk"].verify(received, knock.held, NOW).agent_ref == "77"


# --- the wrong account, and the wrong time --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "knock",
    [
        knocks.zendesk(iss="other.zendesk.com"),
        knocks.zendesk(iss="https://acme.zendesk.com.evil.example"),
        knocks.zendesk(aud=knocks.AUDIENCE.replace("4711", "4712")),
        knocks.zendesk(aud=[knocks.AUDIENCE + "x"]),
        knocks.zendesk(context={"product": "chat", "location": "chat_sidebar"}),
        knocks.zendesk(context={"product": "support", "location": "nav_bar"}),
        replace(knocks.zendesk(), held=Held({"subdomain": "acme"}, knocks.zendesk().held.secrets)),
        replace(knocks.of_salesforce(), held=Held({"organization": "00Dx0000000BV7y"}, (SECRET,))),
        replace(knocks.of_salesforce(), held=Held({}, (SECRET,))),
        knocks.of_salesforce(knocks.canvas({"context": {"organization": {}}})),
        replace(knocks.of_salesforce(knocks.canvas({"context": {"organization": {}}})), held=Held({}, (SECRET,))),
        knocks.of_hubspot(url=knocks.HUBSPOT_URL.replace("12345678", "1234567")),
        knocks.of_hubspot(url=knocks.CALL),
        replace(knocks.of_hubspot(url=knocks.CALL), held=Held({}, (SECRET,))),
        replace(knocks.of_intercom(), held=Held({"workspace": "another"}, (SECRET,))),
        replace(knocks.of_intercom(b'{"admin":{"id":7}}'), held=Held({"workspace": ""}, (SECRET,))),
        knocks.of_intercom(json.dumps({**knocks.INBOX, "admin": None}).encode()),
        replace(knocks.of_unsigned("dynamics"), held=Held({"organization": "org1"}), parts={"orgname": b"org2"}),
    ],
    ids=lambda one: one.code,
)
def test_a_launch_of_another_account_or_place_is_refused_though_it_is_signed_well(knock: Knock) -> None:
    assert why(knock) == Why.OTHER_CONNECTION


def test_a_signed_launch_of_another_connection_with_the_same_secret_is_refused() -> None:
    knock = knocks.of_signed()
    elsewhere = replace(knock.received, url=knock.received.url.replace("k3y", "0th3r"))
    assert refusal("signed", elsewhere, knock.held).why == Why.SIGNATURE


@pytest.mark.parametrize(
    ("knock", "early", "late"),
    [(knocks.zendesk(), 60, 360), (knocks.of_hubspot(), 300, 300), (knocks.of_signed(), 300, 300)],
    ids=["zendesk", "hubspot", "signed"],
)
def test_a_clock_may_be_a_little_off_either_way_and_no_more(knock: Knock, early: int, late: int) -> None:
    first, last = -timedelta(seconds=early), timedelta(seconds=late)
    assert knock.verify(NOW + first).seconds_off == early
    launch = knock.verify(NOW + last)
    assert launch.seconds_off == -late
    assert launch.good_until == NOW + last
    for beyond in (
        first - timedelta(seconds=1),
        last + timedelta(seconds=1),
        timedelta(days=9000),
        -timedelta(days=9000),
    ):
        refused = refusal(knock.code, knock.received, knock.held, NOW + beyond)
        assert (refused.why, refused.seconds_off) == (Why.STALE, -round(beyond.total_seconds()))


def test_a_token_that_is_not_yet_good_waits() -> None:
    assert knocks.zendesk(nbf=STAMP + 60).verify()
    assert why(knocks.zendesk(nbf=STAMP + 61)) == Why.STALE


# --- Zendesk's token ------------------------------------------------------------------------------------------------


def test_another_algorithm_is_refused_whatever_it_is_keyed_with() -> None:
    """HS256 keyed with the public key is what a library that believes the header would take."""
    pem = knocks.zendesk().held.secrets[0].encode()
    forged = [
        knocks.token(alg="HS256", sign=knocks.hs256(pem)),
        knocks.token(alg="HS256", sign=knocks.hs256(pem.strip())),
        knocks.token(alg="none"),
        knocks.token(alg="rs256"),
        knocks.token(alg="RS512"),
        knocks.token_of(b"{}", json.dumps(CLAIMS).encode()),
        knocks.token_of(b'{"alg":["RS256"]}', json.dumps(CLAIMS).encode()),
    ]
    for sent in forged:
        assert why(knocks.zendesk(sent)) == Why.ALGORITHM
    head, claims = knocks.base64url(b'{"alg":"none"}'), knocks.base64url(json.dumps(CLAIMS).encode())
    assert why(knocks.zendesk(f"{head}.{claims}.")) == Why.UNREADABLE


def test_a_key_that_the_token_brings_along_is_not_looked_at() -> None:
    own = knocks.key_of("attacker")

    def by_own(message: bytes) -> bytes:
        from cryptography.hazmat.primitives.asymmetric import padding
        from cryptography.hazmat.primitives.hashes import SHA256

        return own.sign(message, padding.PKCS1v15(), SHA256())

    sent = knocks.token(sign=by_own, jku="https://evil.example/k.pem", jwk={"kty": "RSA"}, kid="../../k")
    assert why(knocks.zendesk(sent)) == Why.SIGNATURE


@pytest.mark.parametrize("gone", ["exp", "iat", "aud", "iss", "sub"])
def test_a_token_without_one_of_its_claims_is_refused(gone: str) -> None:
    sent = knocks.token({name: value for name, value in CLAIMS.items() if name != gone})
    assert why(knocks.zendesk(sent)) == Why.UNREADABLE


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": 77},
        {"sub": ""},
        {"sub": "7" * 201},
        {"sub": "ana\u202e"},
        {"sub": "\ud800"},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 1e300},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"iat": -1},
        {"iat": None},
        {"nbf": []},
        {"iss": ["acme.zendesk.com"]},
    ],
    ids=str,
)
def test_a_token_with_an_odd_claim_is_refused(claims: Mapping[str, object]) -> None:
    assert why(knocks.zendesk(**claims)) in {Why.UNREADABLE, Why.OTHER_CONNECTION}


@pytest.mark.parametrize(
    "head",
    [
        b"[" * 50_000,
        b"\xff",
        b"null",
        b'{"alg":"RS256","crit":["x"],"x":1}',
        b'{"alg":"RS256","b64":false,"crit":["b64"]}',
    ],
)
def test_an_odd_head_is_refused(head: bytes) -> None:
    assert why(knocks.zendesk(knocks.token_of(head, json.dumps(CLAIMS).encode()))) == Why.UNREADABLE


@pytest.mark.parametrize("claims", [b"[" * 50_000, b"\xff", b"[]", b"7", b"{", b'{"exp":' + b"9" * 5_000 + b"}"])
def test_odd_claims_are_refused_though_they_are_signed(claims: bytes) -> None:
    assert why(knocks.zendesk(knocks.token_of(b'{"alg":"RS256"}', claims))) == Why.UNREADABLE


@pytest.mark.parametrize("pem", ["no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"])
def test_what_is_no_public_key_is_as_good_as_none(pem: str) -> None:
    assert (
        refusal("zendesk", knocks.zendesk().received, replace(knocks.zendesk().held, secrets=(pem,))).why
        == Why.NO_SECRET
    )


def test_a_weak_key_or_one_of_another_kind_is_as_good_as_none() -> None:
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    for key in (rsa.generate_private_key(65537, 1024), ec.generate_private_key(ec.SECP256R1())):  # noqa: S505 - weak on purpose
        held = replace(knocks.zendesk().held, secrets=(knocks.pem_of(key),))  # type: ignore[arg-type]
        assert refusal("zendesk", knocks.zendesk().received, held).why == Why.NO_SECRET


# --- the others -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "envelope", ["", "!", "AAA", b64encode(b"\xff").decode(), b64encode(b"[]").decode(), b64encode(b"{").decode()]
)
def test_a_canvas_envelope_that_is_none_is_refused_though_it_is_signed(envelope: str) -> None:
    from deskapp.hosts.salesforce import sign

    assert why(knocks.of_salesforce(f"{sign(SECRET.encode(), envelope)}.{envelope}")) == Why.UNREADABLE


def test_a_canvas_envelope_without_a_user_opens_nothing() -> None:
    sent = knocks.canvas({"context": {"organization": {"organizationId": "00Dx0000000BV7zEAG"}}})
    assert why(knocks.of_salesforce(sent)) == Why.UNREADABLE


def test_nothing_can_be_moved_between_hubspots_address_body_and_time() -> None:
    """They are signed in one piece: each of these has the very same text to sign, and so the same signature."""
    url = f"{knocks.CALL}?portalId=12345678&userId=77"
    good, number = knocks.of_hubspot(url=url), knocks.of_hubspot(b"8", url)
    assert good.verify().agent_ref == "77"
    body, stamp = good.parts["body"].decode(), good.parts["stamp"].decode()
    moved = [
        (good, url + body[:1], body[1:], stamp),
        (good, url + body, "", stamp),
        (good, url[:-1], "7" + body, stamp),
        (good, url, body + stamp[:1], stamp[1:]),
        (number, url + "8", "", stamp),
    ]
    for knock, *parts in moved:
        texts = dict(zip(("url", "body", "stamp"), (one.encode() for one in parts), strict=True))
        assert why(replace(knock, parts={**knock.parts, **texts})) in {Why.UNREADABLE, Why.STALE}


@pytest.mark.parametrize("header", ["x-hubspot-signature", "x-hubspot-signature-v1"])
def test_hubspots_older_signatures_are_not_looked_at(header: str) -> None:
    knock = knocks.of_hubspot()
    old = replace(
        knock.received,
        headers={header: knock.parts["signature"].decode(), "x-hubspot-request-timestamp": str(STAMP * 1000)},
    )
    assert refusal("hubspot", old, knock.held).why == Why.UNSIGNED


@pytest.mark.parametrize("stamp", ["", "-1", "1e12", "9" * 15, "１７７３５００９６６０００", " 1773500966000"])
def test_hubspots_time_is_in_plain_digits(stamp: str) -> None:
    assert why(knocks.of_hubspot().with_part("stamp", stamp.encode())) in {Why.UNREADABLE, Why.UNSIGNED}


def test_a_signature_in_letters_of_another_case_or_another_encoding_is_refused() -> None:
    for knock in (knocks.of_intercom(), knocks.of_signed()):
        capitals = knock.with_part("signature", knock.parts["signature"].upper())
        assert why(capitals) == Why.SIGNATURE
        raw = bytes.fromhex(knock.parts["signature"].decode())
        assert why(knock.with_part("signature", b64encode(raw))) == Why.SIGNATURE


@pytest.mark.parametrize(
    "spoiled",
    [
        {"nonce": "short"},
        {"nonce": "n" * 65},
        {"nonce": "nonce with blanks in it"},
        {"t": "soon"},
        {"t": "-1"},
        {"t": ""},
    ],
)
def test_a_signed_launch_needs_its_time_and_a_nonce(spoiled: dict[str, str]) -> None:
    assert why(knocks.of_signed({**knocks.VALUES, **spoiled})) == Why.UNREADABLE


@pytest.mark.parametrize("agent", ["", " ", "a" * 201])
def test_a_signed_launch_names_its_agent(agent: str) -> None:
    assert why(knocks.of_signed({**knocks.VALUES, "agent": agent})) == Why.UNREADABLE


def test_values_of_a_signed_launch_cannot_be_moved_from_one_line_to_the_next() -> None:
    """A system that signs a customer's name of two lines would have signed another launch with it: about another customer."""
    two_lines = {**knocks.VALUES, "name": "Carla\nCastle"}
    moved = {
        **knocks.VALUES,
        "agent_name": "Ana\nC-17",
        "customer": "carla@example.com",
        "email": "",
        "phone": "Carla",
        "name": "Castle",
    }
    same = knocks.of_signed(two_lines).parts["signature"]
    for values in (two_lines, moved, {**knocks.VALUES, "agent": "7\nAna"}):
        assert why(knocks.of_signed(values)) == Why.UNREADABLE
    assert knocks.of_signed(moved).parts["signature"] == same


def test_a_customers_data_that_is_too_long_or_no_text_is_left_out_and_the_launch_goes_on() -> None:
    launch = knocks.of_signed({**knocks.VALUES, "name": "n" * 201}).verify()
    assert (launch.agent_ref, launch.hint.name, launch.hint.external_id) == ("7", "", "C-17")
    odd = {**knocks.INBOX, "contact": {"id": True, "email": ["x"], "name": "Car\u0000la", "phone": 10**40}}
    assert knocks.of_intercom(json.dumps(odd).encode()).verify().hint.email == ""


# --- anything at all ------------------------------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(
    "token signed_request signature t nonce agent auth_secret portalId X-HelpScout-Signature customer-id typename id orgname".split()
)
FIELDS = st.dictionaries(NAMES | st.text(max_size=10), st.text(max_size=40), max_size=5)
HEADERS = st.dictionaries(
    st.sampled_from(
        "content-type x-body-signature x-helpscout-signature x-hubspot-signature-v3 x-hubspot-request-timestamp".split()
    ),
    st.text(max_size=60) | st.just(FORM["content-type"]) | st.integers(0, 10**14).map(str),
)
BODIES = (
    st.binary(max_size=200)
    | JSON.map(lambda tree: json.dumps(tree).encode())
    | FIELDS.map(lambda pairs: urlencode(pairs).encode())
)
URLS = (
    st.text(max_size=60)
    | FIELDS.map(lambda pairs: f"{LAUNCH}?{urlencode(pairs)}")
    | st.binary(max_size=60).map(lambda raw: LAUNCH + "?" + raw.decode("latin-1"))
)
quick = settings(max_examples=80, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(st.sampled_from(sorted(HOSTS)), st.sampled_from(["GET", "POST"]) | st.text(max_size=5), URLS, HEADERS, BODIES)
def test_whatever_comes_it_is_refused_or_proves_nobody(
    code: str, method: str, url: str, headers: dict[str, str], body: bytes
) -> None:
    held = next((one.held for one in SIGNED if one.code == code), Held({}))
    try:
        launch = HOSTS[code].verify(Received(method, url, headers, body), held, NOW)
    except Unverified:
        return
    assert code not in SIGNED_CODES
    assert not launch.agent_ref
    assert not launch.is_customer_proven


@quick
@given(
    st.sampled_from(["zendesk", "salesforce", "help_scout_legacy", "intercom", "hubspot"]),
    JSON,
    st.lists(st.text(max_size=12), max_size=3),
)
def test_whatever_a_host_really_signed_it_is_a_launch_or_refused(code: str, tree: object, path: list[str]) -> None:
    """Odd values at every place that is read: a host that changes its mind must not break the desk."""
    good = {
        "zendesk": CLAIMS,
        "salesforce": knocks.ENVELOPE,
        "help_scout_legacy": knocks.LEGACY,
        "intercom": knocks.INBOX,
    }.get(code, {})
    names = sorted(good)
    odd = {**good, names[len(path) % len(names)]: tree} if names and path else tree
    body = json.dumps(odd).encode()
    knock = {
        "zendesk": lambda: knocks.zendesk(knocks.token(odd)),
        "salesforce": lambda: knocks.of_salesforce(knocks.canvas(odd)),
        "help_scout_legacy": lambda: knocks.of_legacy(body),
        "intercom": lambda: knocks.of_intercom(body),
        "hubspot": lambda: knocks.of_hubspot(body),
    }[code]()
    try:
        launch = knock.verify()
    except Unverified:
        return
    assert isinstance(launch, Launch)
    told = launch.hint
    for text in (launch.agent_ref, launch.agent_name, told.external_id, told.email, told.phone, told.name, told.ticket):
        assert len(text) <= LONGEST_REF
        assert is_plain(text)
