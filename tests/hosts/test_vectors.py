"""What the hosts' own examples, and ours, come out as. A change here means that real launches are refused."""

from datetime import UTC, datetime

import pytest
from knocks import CALL, LAUNCH, NOW, STAMP, VALUES, of_signed

from deskapp.hosts import help_scout, hubspot, intercom, salesforce, signed
from deskapp.hosts.known import HOSTS
from deskapp.hosts.launch import Held, Hint, Received, Unverified, Why


def test_a_canvas_envelope_is_signed_over_its_base64_text() -> None:
    assert salesforce.sign(b"secret", "eyJhIjoxfQ==") == "eR6yp6yKh6L5u/fBZVvdTG/R3w/kZqqBXZ2OYCmpnFc="


def test_hubspots_own_example_of_version_three() -> None:
    secret, body, stamp = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy", b"{'example_field':'example_value'}", "15000000"
    message = hubspot.to_sign("POST", "https://www.example.com/webhook_uri", body, stamp)
    signature = "HPW73RUtKmcYoEDADG0s6MmGFWUzWJKAW07r8RDgcQw="
    assert hubspot.sign(secret.encode(), message) == signature
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": stamp}
    received = Received("POST", "https://www.example.com/webhook_uri", headers, body)
    with pytest.raises(Unverified) as refused:  # signed well and in time, but HubSpot named no account
        HOSTS["hubspot"].verify(received, Held({"account": "1"}, (secret,)), datetime.fromtimestamp(15000, UTC))
    assert refused.value.why == Why.OTHER_CONNECTION


@pytest.mark.parametrize(
    ("sent", "signed_as"),
    [
        ("%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B", ":/?@!$'()*,;"),
        ("%3a%2f", ":/"),
        ("%20%26%3D%2B%25%C3%A9", "%20%26%3D%2B%25%C3%A9"),
        ("%253A", "%253A"),
    ],
)
def test_hubspot_signs_an_address_with_a_few_signs_decoded_and_the_others_not(sent: str, signed_as: str) -> None:
    assert hubspot.to_sign("POST", f"{CALL}?a={sent}", b"", "1") == f"POST{CALL}?a={signed_as}1".encode()


@pytest.mark.parametrize(
    ("query", "text", "signature"),
    [
        (
            {"conversation-id": "123", "customer-id": "500"},
            '{"conversation-id":"123","customer-id":"500"}',
            "eOcw7PuznIirf8/3gmKCYbKw0IE=",
        ),
        (
            {"customer-id": "500", "conversation-id": "123"},
            '{"customer-id":"500","conversation-id":"123"}',
            "qUW91fDCT98K70UVUt6fwma7JOw=",
        ),
    ],
)
def test_help_scout_signs_the_query_in_the_order_in_which_it_comes(
    query: dict[str, str], text: str, signature: str
) -> None:
    assert help_scout.to_sign(query) == text.encode()
    assert help_scout.sign(b"my-secret-key", text.encode()) == signature
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    received = Received(
        "GET", f"{LAUNCH}?{pairs}&X-HelpScout-Signature={signature}", {}
    )  # unescaped, as a blank may come for +
    assert help_scout.verify(received, Held({}, ("my-secret-key",)), NOW).hint == Hint("500", ticket="123")


def test_a_plus_of_help_scouts_signature_may_come_as_a_blank() -> None:
    query = {"conversation-id": "123", "customer-id": "4"}
    signature = help_scout.sign(b"my-secret-key", help_scout.to_sign(query))
    assert "+" in signature
    received = Received("GET", f"{LAUNCH}?conversation-id=123&customer-id=4&X-HelpScout-Signature={signature}", {})
    assert help_scout.verify(received, Held({}, ("my-secret-key",)), NOW).hint.external_id == "4"


def test_help_scout_writes_json_as_php_does() -> None:
    assert help_scout.to_sign({"a": "x/y é"}) == rb'{"a":"x\/y \u00e9"}'


def test_intercom_signs_the_body_as_it_came() -> None:
    assert intercom.sign(b"secret", b'{"a":1}') == "aa9e2e3575f5d7098b6caccd790888c36d5fdb63342a73bada2d6a51747a8494"


def test_our_own_signed_launch_is_what_its_description_says() -> None:
    signature = "6eaa3de8d471b67c094e0da8f568c3c6c989a2b9923653f83b5deaf3c8a2f612"
    assert VALUES["t"] == str(STAMP)
    assert of_signed().parts["signature"].decode() == signature
    assert signature in (signed.__doc__ or "")


def test_the_ten_lines_of_the_description_open_the_desk() -> None:
    """The code is taken out of the docstring, so that it cannot grow old."""
    import hmac
    import textwrap
    import urllib.parse

    lines = (signed.__doc__ or "").splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("    def make_link"))
    code = "\n".join(lines[start : lines.index("", start)])
    scope: dict[str, object] = {"hmac": hmac, "urllib": urllib, "NAMES": signed.NAMES}
    exec(textwrap.dedent(code), scope)  # noqa: S102 - our own text
    link = scope["make_link"](LAUNCH, "s3cret s3cret s3cret", {"agent": "7", "name": "Zoë & Co"}, STAMP, "n" * 16)  # type: ignore[operator]
    launch = signed.verify(Received("GET", link, {}), Held({}, ("s3cret s3cret s3cret",)), NOW)
    assert (launch.agent_ref, launch.hint.name, launch.is_customer_proven) == ("7", "Zoë & Co", True)
