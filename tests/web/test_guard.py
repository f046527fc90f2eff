"""Who may ask at all, what is too much, and what every answer says to the browser."""

import pytest
from flask import Flask

from deskapp.config import Settings
from deskapp.web.guard import declare, declared, open_to_all, require_permissions

PAGES = ("/", "/customers/1", "/limits", "/staff")
FORM = {"form_key": "a-key-of-the-tests", "role": "lead"}


def policy(response) -> dict[str, str]:
    parts = response.headers["Content-Security-Policy"].split("; ")
    return {name: value for name, _, value in (part.partition(" ") for part in parts)}


def some_answers(visitor, ada, htmx):
    """One of each kind: page, fragment, each error as page and as fragment, asset, redirect."""
    asset = visitor.get("/sign-in").text.split('rel="stylesheet" href="')[1].split('"')[0]
    yield visitor.get(asset)
    yield visitor.get("/sign-in")
    yield visitor.get("/")
    yield visitor.post("/staff")
    yield visitor.post("/sign-in", data={"username": "ana", "password": "wrong"})
    yield visitor.get("/launch/no-such-code-as-this")
    for headers in ({}, htmx):
        yield ada.get("/customers/1", headers=headers)
        yield ada.get("/no-such-page", headers=headers)
        yield ada.get("/customers/999999", headers=headers)
        yield ada.delete("/staff", headers=headers)
        yield ada.post("/staff", headers={**headers, "Sec-Fetch-Site": "cross-site"})
        yield ada.post("/staff", headers={**headers, "X-CSRF": "wrong"})
        yield ada.post("/staff", data={"name": ""}, headers=headers)
        yield ada.post(
            "/staff", data=b"x" * 1_100_000, content_type="application/x-www-form-urlencoded", headers=headers
        )
        yield ada.options("/staff", headers=headers)


# --- what goes out --------------------------------------------------------------------------------------------------


@pytest.mark.asvs(3)
@pytest.mark.asvs(5)
def test_every_answer_carries_the_whole_policy_whatever_it_answers(visitor, at_desk, htmx):
    for response in some_answers(visitor, at_desk("ada"), htmx):
        assert policy(response) == {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "'self' data:",
            "font-src": "'self'",
            "connect-src": "'self'",
            "manifest-src": "'self'",
            "form-action": "'self'",
            "base-uri": "'none'",
            "frame-ancestors": "'self'",
        }, (response.request.path, response.status)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert response.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in response.headers["Permissions-Policy"]
        assert response.status_code < 500


@pytest.mark.asvs(33)
def test_nothing_but_assets_may_be_kept_by_the_browser(visitor, at_desk, htmx):
    asset, *others = some_answers(visitor, at_desk("ada"), htmx)
    assert "immutable" in asset.headers["Cache-Control"]
    for response in others:
        assert response.headers["Cache-Control"] == "no-store", response.request.path
        assert {"Cookie", "HX-Request"} <= set(response.vary), response.request.path


def test_named_sites_may_frame_the_desk_and_then_no_older_header_contradicts(open_desk):
    app = open_desk(frame_ancestors="https://crm.example https://help.example:8443")
    for path in ("/sign-in", "/no-such-page", "/"):
        response = app.test_client().get(path)
        assert policy(response)["frame-ancestors"] == "'self' https://crm.example https://help.example:8443"
        assert "X-Frame-Options" not in response.headers


@pytest.mark.parametrize(
    "origins",
    [
        "http://crm.example",
        "https://*.example",
        "https://crm.example;script-src",
        "*",
        "https:",
        "https://crm.example/desk",
    ],
)
@pytest.mark.asvs(6)
def test_only_exact_https_origins_may_frame_a_desk_in_production(origins, tmp_path):
    with pytest.raises(ValueError, match="frame_ancestors"):
        Settings(instance=tmp_path, production=True, secret_key="x" * 40, frame_ancestors=origins)


def test_https_is_asked_for_ever_after_but_only_where_it_is_spoken(visitor):
    assert "Strict-Transport-Security" not in visitor.get("/sign-in").headers
    secure = visitor.get("/sign-in", base_url="https://localhost").headers["Strict-Transport-Security"]
    assert secure == "max-age=31536000"


def test_every_answer_has_a_number_of_its_own_that_the_asker_cannot_choose(visitor):
    first, second = (visitor.get("/sign-in", headers={"X-Request-ID": "mine\tmine"}) for _ in range(2))
    assert first.headers["X-Request-ID"] != second.headers["X-Request-ID"]
    assert len(first.headers["X-Request-ID"]) == 16


def test_no_server_session_cookie_is_ever_set(visitor, at_desk, htmx):
    for response in some_answers(visitor, at_desk("ada"), htmx):
        assert "Set-Cookie" not in response.headers


# --- other sites ----------------------------------------------------------------------------------------------------

FOREIGN = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},  # a neighbour on another subdomain is not us
    {"Sec-Fetch-Site": "nonsense"},
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://localhost"},  # another scheme
    {"Origin": "http://localhost:81"},
    {"Origin": "http://localhost.evil.example"},
    {"Origin": "http://localhost@evil.example"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "null", "Sec-Fetch-Site": "none"},
    {"Origin": ""},
    {"Origin": "http://localhost, https://evil.example"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_post_from_another_site_is_refused_even_with_the_right_token(at_desk, staff, headers):
    ada = at_desk("ada")
    response = ada.post(f"/staff/{staff['ana'].staff_id}/role", data=FORM, headers=headers)
    assert response.status_code == 403
    assert "another site" in response.text
    assert (
        'class="meta">\n          <span>Lead</span>\n          <span>signs in as <b>ana' not in ada.get("/staff").text
    )


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_nobody_can_be_signed_in_from_another_site(visitor, headers):
    response = visitor.post("/sign-in", data={"username": "ana", "password": "correct horse 42"}, headers=headers)
    assert response.status_code == 403
    assert "Set-Cookie" not in response.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://localhost"},
        {"Origin": "HTTP://LOCALHOST"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
    ],
    ids=str,
)
def test_a_post_from_our_own_pages_is_taken(at_desk, staff, headers):
    assert at_desk("ada").post(f"/staff/{staff['ana'].staff_id}/role", data=FORM, headers=headers).status_code == 303


def test_a_link_on_another_site_may_lead_here(at_desk):
    assert at_desk("ana").get("/", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_our_own_origin_is_known_on_another_port_and_behind_a_proxy(open_desk, visitor):
    sign_in = {"username": "ana", "password": "correct horse 42"}
    here = visitor.post("/sign-in", data=sign_in, base_url="http://desk:8417", headers={"Origin": "http://desk:8417"})
    assert here.status_code == 303
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "desk.example", "Origin": "https://desk.example"}
    proxied = open_desk(proxies=1).test_client().post("/sign-in", data=sign_in, headers=forwarded)
    assert proxied.status_code == 303
    assert "Secure" in proxied.headers["Set-Cookie"]


@pytest.mark.asvs(32)
def test_forwarded_headers_count_for_nothing_without_a_proxy_in_front(visitor):
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example", "Origin": "https://evil.example"}
    response = visitor.post("/sign-in", data={"username": "ana", "password": "correct horse 42"}, headers=forwarded)
    assert response.status_code == 403


# --- the token of the page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["", "wrong", "0" * 64, "ünï" * 20, None])
def test_a_post_without_the_token_of_its_page_is_refused_and_nothing_changes(at_desk, staff, token):
    ada = at_desk("ada")
    ada.environ_base.pop("HTTP_X_CSRF")
    data = FORM if token is None else FORM | {"csrf": token}
    response = ada.post(f"/staff/{staff['ana'].staff_id}/role", data=data)
    assert response.status_code == 400
    assert "reload" in response.text
    assert '<option value="lead" selected' not in ada.get("/staff").text.split("ana</b>")[1].split("</li>")[0]


def test_the_token_of_somebody_elses_page_is_worth_nothing(at_desk, staff):
    ada, mo = at_desk("ada"), at_desk("mo")
    token = mo.environ_base["HTTP_X_CSRF"]
    response = ada.post(f"/staff/{staff['ana'].staff_id}/role", data=FORM, headers={"X-CSRF": token})
    assert response.status_code == 400


def test_the_token_in_the_page_is_the_one_that_is_taken(at_desk, staff):
    ada = at_desk("ada")
    ada.environ_base.pop("HTTP_X_CSRF")
    token = ada.get("/staff").text.split('name="csrf" value="')[1].split('"')[0]
    assert len(token) == 64
    response = ada.post(f"/staff/{staff['ana'].staff_id}/role", data=FORM | {"csrf": token})
    assert response.status_code == 303


def test_a_header_with_nothing_in_it_does_not_stand_in_for_the_token(at_desk, staff):
    ada = at_desk("ada")
    ada.environ_base.pop("HTTP_X_CSRF")
    response = ada.post(f"/staff/{staff['ana'].staff_id}/role", data=FORM, headers={"X-Deskapp-Seat": ""})
    assert response.status_code == 400


def test_a_dead_seat_in_the_header_does_not_lend_the_cookie_beside_it(at_desk, staff):
    ada = at_desk("ada")
    ada.environ_base.pop("HTTP_X_CSRF")
    response = ada.post(f"/staff/{staff['ana'].staff_id}/role", data=FORM, headers={"X-Deskapp-Seat": "seat_dead"})
    assert response.status_code == 401


# --- what comes in --------------------------------------------------------------------------------------------------


@pytest.mark.asvs(23)
def test_a_body_that_is_too_large_is_refused_in_a_sentence(at_desk, visitor):
    large = {"password": "x" * 1_100_000, "username": "ana"}
    for response in (at_desk("ada").post("/staff", data=large), visitor.post("/sign-in", data=large)):
        assert response.status_code == 413
        assert "more than the desk can take" in response.text


def test_a_form_of_thousands_of_parts_is_refused(visitor):
    parts = {f"field{n}": "x" for n in range(500)}
    response = visitor.post("/sign-in", data=parts, content_type="multipart/form-data")
    assert response.status_code == 413


@pytest.mark.parametrize("place", ["query", "field", "name of a field"])
def test_a_nul_byte_is_refused_in_a_sentence(at_desk, place):
    ada = at_desk("ada")
    response = {
        "query": lambda: ada.get("/?q=a%00b"),
        "field": lambda: ada.post("/customers/find", data={"q": "a\0b"}),
        "name of a field": lambda: ada.post("/customers/find", data={"q\0": "a"}),
    }[place]()
    assert response.status_code == 400
    assert "cannot be stored" in response.text


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**63, 10**30, "9" * 4000])
@pytest.mark.parametrize("path", ["/customers/{}", "/notes/{}/edit", "/deliveries/{}"])
def test_a_number_that_nothing_has_is_not_found_however_large(at_desk, path, number):
    assert at_desk("ada").get(path.format(number)).status_code == 404


@pytest.mark.parametrize(
    "path", ["/customers/%FF", "/%00", "/launch/%00%FF", "/assets/..%2f..%2fdesk.sqlite", "/launch/" + "a" * 5000]
)
def test_a_path_that_makes_no_sense_is_refused_politely(at_desk, path):
    assert at_desk("ada").get(path).status_code in {400, 403, 404}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"%FF%FE=%FF&username=%C3%28", "application/x-www-form-urlencoded"),
        (b"a=b", "application/x-www-form-urlencoded; charset=no-such"),
        (b"--x\r\nnonsense", "multipart/form-data; boundary=x"),
        (b"no boundary", "multipart/form-data"),
        (b'{"username": "ana"}', "application/json"),
        (b"\x00\x01\x02", "application/octet-stream"),
        (b"", ""),
        (b"=&=&&;=", "application/x-www-form-urlencoded"),
        (b"username[]=a&username=b&username=c", "application/x-www-form-urlencoded"),
    ],
)
@pytest.mark.parametrize("path", ["/sign-in", "/staff", "/customers/1/notes", "/customers/find"])
def test_a_body_that_makes_no_sense_is_refused_politely(at_desk, path, body, kind):
    assert at_desk("ada").post(path, data=body, content_type=kind).status_code < 500


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost:99999999", "a b", "[::", "localhost\u00e9", "", "x" * 3000, "localhost/path"]
)
def test_a_host_that_makes_no_sense_never_breaks_the_desk(open_desk, host):
    for settings in ({}, {"trusted_hosts": "localhost desk.example"}):
        client = open_desk(**settings).test_client()
        for path in ("/sign-in", "/", "/no-such-page"):
            response = client.get(path, headers={"Host": host})
            assert response.status_code < 500, (settings, path, response.text)
            assert host == "" or host not in response.headers.get("Location", "")


@pytest.mark.asvs(32)
def test_only_trusted_hosts_are_answered(open_desk):
    client = open_desk(trusted_hosts="desk.example").test_client()
    assert client.get("/sign-in", base_url="https://desk.example").status_code == 200
    refused = client.get("/sign-in", base_url="https://evil.example")
    assert refused.status_code == 400
    assert "Content-Security-Policy" in refused.headers


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "CONNECT", "NONSENSE"])
@pytest.mark.parametrize("path", [*PAGES, "/sign-in", "/sign-out", "/no-such-page"])
def test_a_method_that_nothing_knows_is_refused_politely(at_desk, path, method):
    assert at_desk("ada").open(path, method=method).status_code in {400, 404, 405}


@pytest.mark.parametrize(
    "cookie", ["", "seat_", "x" * 5000, "seat_'; DROP TABLE seat; --", "\u00fc", "a=b=c", '"quoted']
)
def test_a_cookie_that_makes_no_sense_is_nobody(visitor, cookie):
    response = visitor.get("/", headers={"Cookie": f"deskapp={cookie}"})
    assert response.status_code == 303


# --- closed by default ----------------------------------------------------------------------------------------------


def test_a_route_that_does_not_say_who_may_use_it_keeps_the_application_from_starting(app: Flask):
    require_permissions(app)
    app.view_functions["forgotten"] = lambda: "secret"
    with pytest.raises(RuntimeError, match="forgotten"):
        require_permissions(app)


def test_what_a_view_declares_is_told_from_what_it_does_not():
    def view() -> None: ...

    assert declared(view) is None
    assert declared(open_to_all(view)) == "everybody"
    assert declared(declare(view, "give")) == "give"
