"""The pages on which an admin connects a CRM, sees that it works, and ends what should open no more."""

from datetime import timedelta
from html import unescape

import pytest
from pages import form, is_whole_page
from sqlmodel import select

from deskapp.desk import connections
from deskapp.store.host_tables import Connection, ConnectionSecret, HostLaunch
from deskapp.store.tables import Audit

SECRET = "a-secret-that-salesforce-showed"
NEW = "another-secret-of-the-same-app"
SALESFORCE = {
    "host": "salesforce",
    "name": "The CRM",
    "fields.organization": "00D5g0000012345EAA",
    "fields.domain": "acme",
    "secret": SECRET,
    "form_key": "connection-key-1",
    "form": "add-connection",
}
PAGE = "/connections/1"
ADDED = f"{PAGE}?done=added"


@pytest.fixture
def ada(at_desk):
    return at_desk("ada")


@pytest.fixture
def connected(ada):
    sent = ada.post("/connections", data=SALESFORCE)
    assert (sent.status_code, sent.location) == (303, ADDED), sent.text
    return ada


def audit_of(db) -> list[Audit]:
    with db.reading() as session:
        return list(session.exec(select(Audit).where(Audit.subject == "connection:1").order_by(Audit.id)))


def held(app, db, clock) -> tuple[str, ...]:
    with db.reading() as session:
        key = session.exec(select(Connection)).one().key
        signing_key = app.extensions["deskapp"].signing_key
        return connections.find(session, key, signing_key=signing_key, now=clock()).held.secrets


def test_a_host_is_chosen_then_its_own_fields_are_asked_and_the_address_to_paste_is_shown(ada, db) -> None:
    assert "Salesforce" in ada.get("/connections").text
    asked = ada.get("/connections?host=salesforce")
    filled = form(asked, "/connections")
    assert {"fields.organization", "fields.domain", "secret", "name"} <= set(filled)
    sent = ada.post("/connections", data=filled | {name: SALESFORCE[name] for name in SALESFORCE if name != "form_key"})
    assert sent.location == ADDED
    page = ada.get(PAGE)
    assert is_whole_page(page)
    with db.reading() as session:
        key = session.exec(select(Connection)).one().key
    assert f"http://localhost/connections/{key}/launch" in page.text
    assert "This address is not encrypted" in page.text
    assert "https://acme.lightning.force.com" in page.text
    assert "Nobody yet. Open the desk once" in page.text
    assert "The CRM" in ada.get("/connections").text


def test_adding_twice_with_one_key_is_one_connection_and_the_audit_tells_no_secret(connected, db) -> None:
    assert connected.post("/connections", data=SALESFORCE).location == ADDED
    (line,) = audit_of(db)
    assert (line.action, line.details) == ("connection.made", {"host": "salesforce"})
    with db.reading() as session:
        assert len(session.exec(select(Connection)).all()) == 1
        assert SECRET not in repr(session.exec(select(ConnectionSecret)).one())
        assert SECRET not in repr([row.model_dump() for row in session.exec(select(Audit))])


WRONG = [
    ({"fields.domain": "Acme!"}, "acme, of acme.my.salesforce.com"),
    ({"fields.organization": ""}, "Please fill this in."),
    ({"fields.shoe_size": "44"}, ""),
    ({"secret": "too-few-of-them"}, "at least 16 signs"),
    ({"secret": "a-secret-with-an-é-in-it"}, "letters, digits and signs alone"),
    ({"name": ""}, "Please fill this in."),
    ({"name": "x" * 121}, "at most 120"),
]


def test_what_does_not_fit_is_said_beside_it_and_what_was_typed_stays_but_for_the_secret(ada) -> None:
    for wrong, sentence in WRONG:
        sent = ada.post("/connections", data=SALESFORCE | wrong)
        assert sent.status_code == 422
        assert sentence in sent.text
        assert 'value="connection-key-1"' in sent.text
        assert (SALESFORCE | wrong)["fields.organization"] in sent.text
        assert (SALESFORCE | wrong)["secret"] not in sent.text


def test_a_key_that_is_no_key_is_refused_and_asked_for_once_more(ada) -> None:
    typed = {"host": "zendesk", "fields.subdomain": "acme", "secret": "no-public-key-at-all-but-long-enough"}
    own = {name: SALESFORCE[name] for name in ("name", "form", "form_key")}
    sent = ada.post("/connections", data=own | typed)
    assert sent.status_code == 422
    assert "There is no public key on this page that can be read." in unescape(sent.text)
    assert "Please paste it again; it is never shown back." in sent.text
    assert typed["secret"] not in sent.text


def test_an_unknown_host_is_refused_and_a_second_of_the_same_name_too(connected) -> None:
    assert connected.post("/connections", data=SALESFORCE | {"host": "nobodys"}).status_code == 422
    again = connected.post("/connections", data=SALESFORCE | {"form_key": "connection-key-2", "name": "the crm"})
    assert again.status_code == 422
    assert "one of this name" in again.text


def test_a_refused_launch_is_found_by_the_number_that_its_person_was_told(connected, db, clock) -> None:
    with db.writing() as session:
        number = connections.note_launch(session, 1, "unsigned", now=clock())
    found = connected.get(f"/connections?number={number}").text
    assert "Refused: not signed" in found.partition("Somebody was told a number")[2]
    assert "Nothing is kept under number 4711" in connected.get("/connections?number=4711").text
    assert connected.get("/connections?number=many").status_code == 200


def test_only_exact_origins_may_frame_the_desk(connected, db) -> None:
    def send(typed: str):
        return connected.post(
            f"{PAGE}/origins", data={"origins": typed, "form_key": "key-of-origins", "form": "set-origins"}
        )

    for typed in ("https://*.com", "https://crm.example.com/path"):
        refused = send(typed)
        assert refused.status_code == 422
        assert typed in refused.text
    assert send("https://crm.example.com\nhttps://*.frontapp.com HTTPS://ACME.example.com/").status_code == 303
    with db.reading() as session:
        kept = session.exec(select(Connection)).one().frame_origins
    assert kept == "https://crm.example.com https://*.frontapp.com https://acme.example.com"
    assert [line.action for line in audit_of(db)] == ["connection.made", "connection.origins-set"]


def test_the_hosts_own_origins_follow_its_settings(connected, db) -> None:
    typed = {
        "name": "Moved",
        "fields.organization": "00D5g0000012345",
        "fields.domain": "moved",
        "form_key": "key-of-name",
    }
    assert connected.post(PAGE, data=typed | {"fields.domain": "no t"}).status_code == 422
    assert connected.post(PAGE, data=typed).status_code == 303
    with db.reading() as session:
        row = session.exec(select(Connection)).one()
    assert (row.name, row.fields["domain"]) == ("Moved", "moved")
    assert row.frame_origins.startswith("https://moved.lightning.force.com ")


# --- the secret -----------------------------------------------------------------------------------------------------


def rotate(client, **typed: str):
    return client.post(
        f"{PAGE}/secret", data={"secret": NEW, "form": "rotate-secret", "form_key": "key-of-rotating"} | typed
    )


def test_a_new_secret_counts_at_once_and_the_old_one_until_its_hour(app, connected, db, clock) -> None:
    until = (clock() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")
    for _ in range(2):
        assert rotate(connected, until=until).status_code == 303
    assert held(app, db, clock) == (NEW, SECRET)
    assert "counts until" in connected.get(PAGE).text
    clock.moves(hours=2)
    assert held(app, db, clock) == (NEW,)
    last = audit_of(db)[-1]
    assert (last.action, set(last.details)) == ("connection.secret-changed", {"old_until"})


def test_without_an_hour_the_old_one_ends_and_it_may_be_ended_before_its_hour(app, connected, db, clock) -> None:
    assert rotate(connected).status_code == 303
    assert held(app, db, clock) == (NEW,)
    until = (clock() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert rotate(connected, secret=SECRET, until=until, form_key="key-of-going-back").status_code == 303
    assert held(app, db, clock) == (SECRET, NEW)
    assert connected.post(f"{PAGE}/secret/end", data={"form_key": "key-of-ending"}).status_code == 303
    assert held(app, db, clock) == (SECRET,)
    with db.reading() as session:
        assert len(session.exec(select(ConnectionSecret)).all()) == 1


NOT_SO = [
    ({"until": "2026-03-22T15:10"}, "At most seven days"),
    ({"until": "2026-03-14T15:09"}, "has passed"),
    ({"until": "9999-12-31T23:59"}, "At most seven days"),
    ({"until": "0001-01-01T00:00"}, "has passed"),
    ({"until": "soon"}, "a day and an hour"),
    ({"secret": SECRET}, "counts already"),
    ({"secret": ""}, "paste the new one"),
]


def test_what_cannot_be_the_new_secret_or_its_hour_is_said_and_the_old_one_stays(app, connected, db, clock) -> None:
    for typed, sentence in NOT_SO:
        sent = rotate(connected, **typed)
        assert sent.status_code == 422
        assert sentence in sent.text
        assert NEW not in sent.text
    assert held(app, db, clock) == (SECRET,)


@pytest.mark.asvs(31)
def test_after_a_changed_signing_key_the_page_says_that_the_secret_cannot_be_read(app, connected, db, clock) -> None:
    with db.writing() as session:
        session.exec(select(ConnectionSecret)).one().sealed = "gAAAAA-not-by-this-key"
    assert held(app, db, clock) == ()
    assert "own key has changed" in connected.get(PAGE).text
    assert "There is no secret that could be read" in connected.get(f"{PAGE}/checks").text


# --- what is seen, and ends -----------------------------------------------------------------------------------------


def test_the_last_launches_say_what_to_mend_and_no_number_of_refusals_pushes_out_who_was_let_in(
    connected, db, clock
) -> None:
    with db.writing() as session:
        connections.note_launch(session, 1, "opened", 1, 3, now=clock())
        for why in ("unsigned", "signature") * 27:
            connections.note_launch(session, 1, why, now=clock() + timedelta(seconds=1))
        number = connections.note_launch(session, 1, "stale", None, -95, now=clock() + timedelta(seconds=1))
    page = connected.get(PAGE).text
    assert f"number {number}" in page
    assert "Refused: too old, or from the future" in page
    assert "time server" in page
    assert "95 seconds apart" in page
    assert "Opened the desk" in page
    with db.writing() as session:
        assert len(session.exec(select(HostLaunch)).all()) == 51
        for _ in range(55):
            connections.note_launch(session, 1, "pairing", now=clock() + timedelta(seconds=2))
        assert len(session.exec(select(HostLaunch)).all()) == 100
    page = connected.get(PAGE).text
    assert "Opened the desk" not in page
    assert f"number {number}" in page


def test_in_production_no_setting_lets_a_page_of_the_machine_itself_frame_the_desk(app, ada, monkeypatch) -> None:
    asked = form(ada.get("/connections?host=signed"), "/connections") | {"name": "Ours", "secret": SECRET}
    assert ada.post("/connections", data=asked | {"fields.origin": "https://crm.example.com"}).status_code == 303
    changed = form(ada.get(PAGE), PAGE)
    another = asked | {"name": "Another", "form_key": "connection-key-2"}
    monkeypatch.setitem(vars(app.extensions["deskapp"].settings), "production", True)
    ada.set_cookie("__Host-deskapp", ada.get_cookie("deskapp").value, secure=True)
    for path, data in ((PAGE, changed), ("/connections", another)):
        refused = ada.post(path, data=data | {"fields.origin": "http://localhost:3000"}, base_url="https://localhost")
        assert refused.status_code == 422
        assert "this machine alone" in refused.text


def test_the_self_test_signs_a_launch_of_its_own_and_lets_nobody_in(connected, db) -> None:
    page = connected.get(f"{PAGE}/checks")
    assert is_whole_page(page)
    assert "signed as your CRM signs with the secret, is let in" in page.text
    assert "A launch that somebody else signed is refused." in page.text
    assert "which is not encrypted" in page.text
    with db.reading() as session:
        assert session.exec(select(HostLaunch)).all() == []


def test_what_is_to_be_installed_is_handed_out_with_the_address_in_it(connected, db) -> None:
    assert f'href="{PAGE}/package"' in connected.get(PAGE).text
    package = connected.get(f"{PAGE}/package")
    assert package.mimetype == "application/zip"
    assert package.headers["Content-Disposition"] == 'attachment; filename="deskapp-salesforce.zip"'
    with db.reading() as session:
        assert session.exec(select(Connection)).one().key.encode() in package.data
    front = SALESFORCE | {"host": "front", "name": "Front", "form_key": "connection-key-2"}
    typed = {name: front[name] for name in front if not name.startswith("fields.")}
    assert connected.post("/connections", data=typed).location == "/connections/2?done=added"
    assert connected.get("/connections/2/package").status_code == 404


def test_the_browsers_side_panel_is_handed_out_for_each_browser(ada, db) -> None:
    typed = {"host": "extension", "name": "Side panel", "form_key": "connection-key-1"}
    assert ada.post("/connections", data=typed).location == ADDED
    assert f'href="{PAGE}/extension/chrome"' in ada.get(PAGE).text
    with db.reading() as session:
        key = session.exec(select(Connection)).one().key.encode()
    files = [ada.get(f"{PAGE}/extension/{browser}") for browser in ("chrome", "firefox", "chrome")]
    assert all(file.status_code == 200 and key in file.data for file in files)
    assert files[0].data == files[2].data != files[1].data
    assert "deskapp-firefox-" in files[1].headers["Content-Disposition"]


def test_retiring_ends_everything_for_good(app, connected, db, clock) -> None:
    for _ in range(2):
        assert connected.post(f"{PAGE}/retire", data={"form_key": "key-of-retiring"}).status_code == 303
    with pytest.raises(connections.NotFound):
        held(app, db, clock)
    assert "nothing opens from here any more" in connected.get(PAGE).text
    assert rotate(connected).status_code == 409
    assert audit_of(db)[-1].action == "connection.retired"
    with db.reading() as session:
        assert session.exec(select(ConnectionSecret)).all() == []


def test_only_an_admin_comes_here(at_desk) -> None:
    assert at_desk("mo").get("/connections").status_code == 403
    assert 'href="/connections"' not in at_desk("mo").get("/today").text
