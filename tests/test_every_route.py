"""What holds for every route there is and will be, read from the route table itself."""

import re
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient

from deskapp.desk import tokens
from deskapp.rules.people import PERMISSIONS, Permission, Role
from deskapp.web.guard import declared

OPEN = {
    ("GET", "/api/v1/openapi.json"),
    ("GET", "/assets/<name>"),
    ("GET", "/change"),
    ("GET", "/connections/<key>/launch"),
    ("GET", "/connections/<key>/pairing/<secret>"),
    ("GET", "/healthz"),
    ("GET", "/how-was-it/<token>"),
    ("GET", "/how-was-it/done"),
    ("GET", "/launch/<code>"),
    ("GET", "/manifest.webmanifest"),
    ("GET", "/metrics"),
    ("GET", "/offline"),
    ("GET", "/readyz"),
    ("GET", "/sign-in"),
    ("GET", "/worker.js"),
    ("POST", "/change"),
    ("POST", "/connections/<key>/call"),
    ("POST", "/connections/<key>/events"),
    ("POST", "/connections/<key>/launch"),
    ("POST", "/connections/<key>/pairing"),
    ("POST", "/how-was-it/<token>"),
    ("POST", "/how-was-it/<token>/never"),
    ("POST", "/sign-in"),
}
BY_ROLE = {Role.AGENT: "ana", Role.LEAD: "bo", Role.DELIVERY: "del", Role.MANAGER: "mo", Role.ADMIN: "ada"}
NOBODYS_ID = 987654321
PAGES = (
    "/customers/1",
    "/customers/1/preferences",
    "/customers/1/requests",
    "/requests",
    "/requests/1",
    "/today",
    "/channels",
    "/opinions",
    "/customers/1/notes?page=1",
    "/customers/1/merge",
    "/customers/1/privacy",
    "/customers/1/cards",
    "/privacy",
    "/views",
    "/staff",
    "/tablets",
    "/limits",
    "/receivers",
    "/limits/new",
    "/budgets",
    "/gifts/catalogue",
    "/gifts/catalogue/1",
    "/steering",
    "/feedback",
    "/search",
    "/guard",
    "/preview",
    "/approvals",
    "/deliveries",
    "/cards/formats",
    "/outbox",
    "/connections?host=zendesk",
    "/work",
    "/pair",
    "/connected",
)


def routes(app: Flask) -> list[tuple[str, str, str]]:
    """Method, rule and what it declares."""
    return sorted(
        (method, rule.rule, declared(app.view_functions[rule.endpoint]) or "")
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    )


def closed(app: Flask) -> list[tuple[str, str, str]]:
    return [route for route in routes(app) if route[:2] not in OPEN]


def path_of(rule: str, number: int = 1) -> str:
    """A path that the rule matches, with `number` for each id in it."""
    rule = re.sub(r"<any\(([a-z-]+)[^>]*>", r"\1", rule)
    return re.sub(r"<[^>]+>", str(number), rule)


@pytest.fixture
def acting(app, at_desk, clock):
    """`acting("ana")` asks as Ana: by token of the API, by seat of the pages."""

    def sit(username: str):
        seated, program = at_desk(username), app.test_client()
        with app.extensions["deskapp"].database.writing() as session:
            token = tokens.make(session, username, secret=username.ljust(40, "x"), now=clock())
        program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"

        def ask(method: str, path: str, **kwargs: object):
            return (program if path.startswith("/api/") else seated).open(path, method=method, **kwargs)

        return ask

    return sit


# --- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.asvs(15)
def test_every_route_says_who_may_use_it_and_only_these_are_open(app):
    known = {permission.value for permission in Permission} | {"every-seat"}
    assert {route[:2] for route in routes(app) if route[2] == "everybody"} <= OPEN
    assert {who for *_, who in closed(app)} <= known
    assert len(closed(app)) > 30


def test_a_stranger_is_sent_to_the_door_or_told_to_sign_in_whatever_is_there(app, visitor):
    for method, rule, _ in closed(app):
        for number in (1, NOBODYS_ID):
            response = visitor.open(path_of(rule, number), method=method)
            if rule.startswith("/api/") or method != "GET":
                assert response.status_code == 401, (method, rule)
            else:
                assert response.status_code == 303, (method, rule)
                assert response.headers["Location"].startswith("/sign-in?next=/"), rule


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.asvs(16)
def test_a_role_is_refused_wherever_it_may_not_go_whatever_is_there(app, acting, role):
    ask = acting(BY_ROLE[role])
    for method, rule, who in closed(app):
        if who == "every-seat" or Permission(who) in PERMISSIONS[role]:
            continue
        for number in (1, NOBODYS_ID):
            response = ask(method, path_of(rule, number))
            assert response.status_code == 403, (role, method, rule)
            assert "Carla" not in response.text


# --- from where -----------------------------------------------------------------------------------------------------


def changes(app: Flask) -> list[str]:
    return [rule for method, rule, _ in closed(app) if method != "GET" and not rule.startswith("/api/")]


@pytest.mark.asvs(14)
def test_nothing_that_sounds_like_a_change_is_a_get(app):
    words = re.compile(
        r"undo|keep|withdraw|grant|sign-out|disable|enable|password|role$|add|delete|not-for|packed|written"
    )
    assert [rule for method, rule, _ in routes(app) if method == "GET" and words.search(rule)] == [
        "/password"  # a page with a form on it
    ]


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}], ids=str
)
@pytest.mark.asvs(14)
def test_every_change_is_refused_from_another_site(app, acting, headers):
    ask = acting("ada")
    for rule in changes(app):
        response = ask("POST", path_of(rule), data={"form_key": "key-of-a-test"}, headers=headers)
        assert response.status_code == 403, rule
        assert "another site" in response.text


@pytest.mark.asvs(14)
def test_every_change_is_refused_without_the_token_of_its_page(app, at_desk):
    ada = at_desk("ada")
    ada.environ_base.pop("HTTP_X_CSRF")
    for rule in changes(app):
        for data in ({}, {"csrf": "0" * 64}):
            assert ada.post(path_of(rule), data=data).status_code == 400, rule


# --- what -----------------------------------------------------------------------------------------------------------


@pytest.mark.asvs(16)
def test_what_is_not_there_is_not_found_on_every_route_with_a_number(app, acting):
    ask = acting("ada")
    more = {"role": "lead", "password": "plum jam on toast"}
    for method, rule, _ in closed(app):
        if "<" in rule and not rule.startswith("/api/"):
            last = rule.rpartition("/")[2]
            data = {"form_key": "key-of-a-test"} | ({last: more[last]} if last in more else {})
            data |= {"is_agreed": "true"} if rule.startswith("/agreements/") else {}
            assert ask(method, path_of(rule, NOBODYS_ID), data=data).status_code == 404, (method, rule)


def test_a_route_refuses_the_methods_that_it_does_not_have(app, acting):
    ask = acting("ada")
    has = {(method, rule) for method, rule, _ in routes(app)}
    for rule in sorted({rule for _, rule, _ in routes(app)}):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if (method, rule) not in has and ask(method, path_of(rule)).status_code != 404:
                assert ask(method, path_of(rule)).status_code == 405, (method, rule)


def test_a_route_answers_head_as_it_answers_get_but_says_nothing(app, acting):
    ask = acting("ada")
    for method, rule, _ in closed(app):
        if method == "GET":
            head, get = ask("HEAD", path_of(rule)), ask("GET", path_of(rule))
            assert head.status_code == get.status_code, rule
            assert head.text == ""


# --- every form on every page, with nonsense in every field ---------------------------------------------------------


class Forms(HTMLParser):
    """(action, fields) of every form that is sent by POST."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self._is_open = False

    def handle_starttag(self, tag, attrs):
        has = dict(attrs)
        if tag == "form":
            self._is_open = has.get("method", "get").lower() == "post"
            if self._is_open:
                self.found.append((has["action"], {}))
        elif self._is_open and has.get("name"):
            self.found[-1][1].setdefault(has["name"], has.get("value") or "")
        elif self._is_open and tag == "option":
            fields = self.found[-1][1]
            name = next(reversed(fields))
            fields[name] = fields[name] or has.get("value", "")

    def handle_endtag(self, tag):
        self._is_open = self._is_open and tag != "form"


def forms_on(client: FlaskClient, *paths: str) -> list[tuple[str, dict[str, str]]]:
    """One of each name on each page, but for those that end the test's own seat."""
    found = {}
    for path in paths:
        reader = Forms()
        reader.feed(client.get(path).text)
        for action, fields in reader.found:
            kind = re.sub(r"\d+", "", action), re.sub(r"\d+", "", fields.get("form", ""))
            found.setdefault(kind, (action, fields))
    return [one for kind, one in found.items() if "/sign-out" not in kind[0] and "disable" not in kind[0]]


NONSENSE = (
    "",
    " ",
    "x" * 30_000,
    "-1",
    "1e999",
    "9" * 40,
    "0.001",
    "\u0663",  # an Arabic three: str.isdigit takes it, SQL does not
    "\u202eevil",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467" * 100,
    "<script>alert(1)</script>",
    "'; DROP TABLE staff; --",
    "\r\nSet-Cookie: a=b",
    "\ufffe\uffff",
    "9999-12-31",
    "0000-00-00",
)


def remember_something(client: FlaskClient) -> None:
    """So that the pages have the forms of what is there, not only of what may be added."""
    for path, data in (
        ("notes", {"text": "Her sister paints.", "kind": "observation", "channel": "phone"}),
        ("preferences", {"kind": "like", "value": "blue", "is_stated": "true"}),
        ("occasions", {"kind": "birthday", "day": "3", "month": "5"}),
        ("requests", {"words": "Gift wrap at the door", "topic": "Gift wrap"}),
        ("promises", {"text": "Call back", "due_on": "2026-04-01"}),
        ("visits", {"kind": "call", "expected_on": "2026-03-14"}),
    ):
        sent = client.post(f"/customers/1/{path}", data=data | {"form_key": f"key-of-{path}"})
        assert sent.status_code == 303, (path, sent.text)


def test_nonsense_in_any_field_of_any_form_is_answered_politely_and_shown_as_text(app, at_desk, monkeypatch):
    monkeypatch.setattr("deskapp.desk.passwords.hash_password", lambda _: "quick")  # 25 ms each otherwise
    ada = at_desk("ada")
    remember_something(ada)
    forms = forms_on(ada, *PAGES, "/notes/1")
    assert len(forms) > 12
    for action, fields in forms:
        for n, name in enumerate(field for field in [*fields, "no_such_field"] if field != "csrf"):
            for nonsense in NONSENSE:
                headers = {} if n % 4 == 0 else {"HX-Request": "true"}
                response = ada.post(action, data=fields | {name: nonsense}, headers=headers)
                assert response.status_code < 500, (action, name, nonsense[:40])
                assert "<script>alert" not in response.text
                assert "Set-Cookie" not in response.headers


def test_a_form_sent_without_any_of_its_fields_says_what_is_missing(app, at_desk):
    ada = at_desk("ada")
    for action, fields in forms_on(ada, *PAGES):
        if action not in {"/customers/find", "/search", "/work/train"}:  # nothing need be typed for these
            assert ada.post(action, data={"form": fields.get("form", "")}).status_code == 422, action
