"""Whose pages may show the desk."""

import pytest

from deskapp.rules.framing import problem_with, read_origins

CRX, MOZ = "abcdefghijklmnop" * 2, "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"


def test_origins_are_read_each_once_whatever_stands_between_them() -> None:
    assert read_origins(" https://A.example/\n\thttps://b.example:8443 https://a.example ") == (
        "https://a.example",
        "https://b.example:8443",
    )


@pytest.mark.parametrize(
    "origin",
    [
        "https://acme.zendesk.com",
        "https://odoo:8443",
        "https://acme--c.sandbox.vf.force.com",
        "https://*.frontapp.com",
        "https://*.my.salesforce.com",
        "https://*.lightning.force.com",
        "https://*.crm4.dynamics.com",
        f"chrome-extension://{CRX}",
        f"moz-extension://{MOZ}",
    ],
)
def test_exact_origins_and_the_few_known_wildcards_may_stand(origin) -> None:
    assert problem_with(origin, is_local_fine=False) == ""


@pytest.mark.parametrize(
    "origin",
    [
        "*",
        "https:",
        "https://*",
        "https://*.com",
        "https://*.co.uk",
        "https://*.zendesk.com",
        "https://*.github.io",
        "https://*.force.com",
        "https://*.crm*.dynamics.com",
        "https://app*.hubspot.com",
        "https://*.*.frontapp.com",
        "http://acme.zendesk.com",
        "https://acme.zendesk.com/path",
        "https://acme.zendesk.com?x",
        "https://user@acme.zendesk.com",
        "https://acme.zendesk.com;script-src",
        "https://acme..com",
        "https://-acme.com",
        "https://acme.com:0",
        "https://acme.com:123456",
        "https://äcme.com",
        "https://acme.com\n",
        "'self'",
        "data:",
        "chrome-extension://*",
        f"chrome-extension://{CRX}q",
        "chrome-extension://",
        "moz-extension:",
    ],
)
def test_whatever_lets_in_more_than_one_company_or_ends_the_policy_is_refused_with_a_sentence(origin) -> None:
    assert problem_with(origin, is_local_fine=True).endswith(".")


def test_this_machine_alone_may_be_plain_where_things_are_tried_out() -> None:
    for origin in ("http://localhost:8069", "http://crm.localhost"):
        assert problem_with(origin, is_local_fine=True) == ""
        assert problem_with(origin, is_local_fine=False)
    assert problem_with("http://notlocalhost", is_local_fine=True)
