"""What businesses and public offices may be given, who says that a customer is one, and where that comes from."""

from datetime import timedelta

import cast
import pytest
from cast import NOW
from sqlmodel import select

from deskapp.desk import agreements, receivers
from deskapp.desk.imports import run_import
from deskapp.rules.errors import Conflict, Forbidden, Invalid, NotFound
from deskapp.rules.people import Receiver
from deskapp.store import budgets
from deskapp.store.gift_tables import EditionOf, ReceiverVersion
from deskapp.store.tables import Audit, Customer


def put(session, actor, *, key="threshold-1", above=10_000, now=NOW, **typed):
    form = {"receiver": "business", "per_gift": "25", "per_year": "50", "register_from": "10", "form_key": key}
    receivers.set_threshold(
        session,
        actor,
        receivers.NewThreshold(**form | typed),
        currency="USD",
        zone="UTC",
        agree_above_minor=above,
        now=now,
    )


def kind(session, actor, receiver="business", *, customer=None, key="kind-key-1", now=NOW):
    form = receivers.NewKind(receiver=receiver, form_key=key)
    receivers.set_kind(session, actor, customer or cast.customer_id(session), form, now=now)


def lines(session, action):
    return session.exec(select(Audit).where(Audit.action == action).order_by(Audit.id)).all()


# --- thresholds -----------------------------------------------------------------------------------------------------


def test_a_threshold_is_an_edition_said_in_one_sentence(session, people):
    put(session, people["mo"])
    business, public = receivers.panel(session, people["mo"], "USD").kinds
    assert business.in_force.words == (
        "A business may be given up to $25.00 at once and $50.00 within a year, at the price in the shop."
        " Gifts worth $10.00 or more are in the register."
    )
    assert (business.in_force.set_by, public.in_force) == ("Mo", None)
    assert budgets.find_receiver(session, Receiver.BUSINESS).per_gift_minor == 2500
    (line,) = lines(session, "receiver.set")
    assert (line.subject, line.details["per_year_minor"], line.details["currency"]) == (
        "receiver:business",
        5000,
        "USD",
    )


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"register_from": "0"}, "Every gift is in the register."),
        ({"receiver": "public-sector", "per_gift": "0", "per_year": "0"}, "A public office may be given nothing."),
    ],
)
def test_nothing_and_everything_are_said_as_such(session, people, typed, words):
    put(session, people["mo"], **typed)
    kinds = receivers.panel(session, people["mo"], "USD").kinds
    assert next(one.in_force.words for one in kinds if one.in_force).endswith(words)


def test_a_change_is_a_newer_edition_and_the_older_one_stays_to_be_read(session, people):
    put(session, people["mo"])
    put(session, people["mo"], key="threshold-2", per_gift="5")
    business = receivers.panel(session, people["mo"], "USD").kinds[0]
    assert business.in_force.per_gift_minor == 500
    assert [(row.per_gift_minor, row.state) for row in business.over] == [(2500, "over")]


def test_a_double_tap_sets_it_once_and_the_same_key_for_something_else_is_refused(session, people):
    put(session, people["mo"])
    put(session, people["mo"])
    assert len(session.exec(select(ReceiverVersion)).all()) == 1
    with pytest.raises(Conflict):
        put(session, people["mo"], per_gift="26")


def test_above_the_desks_worth_it_counts_only_when_a_second_manager_agreed(session, people):
    put(session, people["mo"])
    put(session, people["mo"], key="threshold-2", per_year="100.01")
    mine, hers = (receivers.panel(session, people[who], "USD").kinds[0] for who in ("mo", "ada"))
    assert [(row.state, row.waits_for_me) for row in mine.waiting] == [("waiting", False)]
    assert [row.waits_for_me for row in hers.waiting] == [True]
    assert budgets.find_receiver(session, Receiver.BUSINESS).per_year_minor == 5000
    waiting = mine.waiting[0].id
    agreements.answer(session, people["ada"], EditionOf.RECEIVER, waiting, is_agreed=True, now=NOW)
    assert budgets.find_receiver(session, Receiver.BUSINESS).per_year_minor == 10001
    now = receivers.panel(session, people["mo"], "USD").kinds[0].in_force
    assert (now.id, now.said_by) == (waiting, "Ada")


@pytest.mark.parametrize(
    ("typed", "waits"),
    [
        ({"register_from": "10"}, False),
        ({"register_from": "9"}, False),
        ({"register_from": "10.01"}, True),
    ],
    ids=["as much", "more is noted", "less is noted"],
)
def test_nobody_empties_the_register_alone(session, people, typed, waits):
    put(session, people["mo"])
    put(session, people["mo"], key="threshold-2", **typed)
    business = receivers.panel(session, people["mo"], "USD").kinds[0]
    assert bool(business.waiting) is waits


def test_nobody_begins_with_an_empty_register_alone(session, people):
    put(session, people["mo"], register_from="25.01")
    assert len(receivers.panel(session, people["mo"], "USD").kinds[0].waiting) == 1


def test_what_was_declined_counts_for_nothing_and_says_who_declined_it(session, people):
    put(session, people["mo"], per_year="100.01")
    (row,) = receivers.panel(session, people["mo"], "USD").kinds[0].waiting
    agreements.answer(session, people["ada"], EditionOf.RECEIVER, row.id, is_agreed=False, now=NOW)
    business = receivers.panel(session, people["mo"], "USD").kinds[0]
    assert business.in_force is None
    assert [(one.state, one.said_by) for one in business.over] == [("declined", "Ada")]
    assert budgets.find_receiver(session, Receiver.BUSINESS) is None


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"per_gift": ""}, "per_gift", "plain digits"),
        ({"per_gift": "-1"}, "per_gift", "cannot be negative"),
        ({"per_year": "1e3"}, "per_year", "plain digits"),
        ({"register_from": "1.005"}, "register_from", "2 decimals"),
        ({"per_year": "99999999999"}, "per_year", "more than the desk can count"),
        ({"per_gift": "50.01"}, "per_year", "at least one gift"),
        ({"receiver": "person"}, "receiver", "Private persons"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(session, people, typed, field, words):
    with pytest.raises(Invalid) as refused:
        put(session, people["mo"], **typed)
    assert words in refused.value.problems[field]
    assert session.exec(select(ReceiverVersion)).all() == []


@pytest.mark.parametrize("who", ["ana", "bo", "del"])
def test_only_managers_set_thresholds(session, people, who):
    with pytest.raises(Forbidden):
        put(session, people[who])


# --- which customers ------------------------------------------------------------------------------------------------


def test_a_lead_says_that_a_customer_is_a_business_once_and_the_audit_knows_what_they_were(session, people):
    for key in ("kind-key-1", "kind-key-1", "kind-key-2"):
        kind(session, people["bo"], key=key)
    assert session.get_one(Customer, cast.customer_id(session)).receiver is Receiver.BUSINESS
    (line,) = lines(session, "customer.receiver-set")
    assert (line.subject, line.details) == (
        f"customer:{cast.customer_id(session)}",
        {"was": "person", "is": "business"},
    )


@pytest.mark.parametrize("who", ["ana", "del"])
def test_who_leads_nobody_cannot_say_what_a_customer_is(session, people, who):
    with pytest.raises(Forbidden):
        kind(session, people[who])


def test_nobody_is_nobody(session, people):
    with pytest.raises(NotFound):
        kind(session, people["bo"], customer=987_654)


# --- from the shop --------------------------------------------------------------------------------------------------


def bring(database, folder, text, day=0):
    (folder / "customers.csv").write_text(text, encoding="utf-8")
    now = NOW + timedelta(days=day)
    return run_import(database, None, folder, currency="USD", now=now, progress=lambda *_: None)


def kinds(database):
    with database.reading() as session:
        return {one.external_id: one.receiver.value for one in session.exec(select(Customer))}


def test_the_shops_file_says_who_is_a_business_and_an_empty_cell_leaves_it_as_it_is(database, people, tmp_path):
    head = "customer_id,name,receiver\n"
    assert not bring(
        database, tmp_path, head + "C-1,Carla,Public Sector\nC-9,Nine Ltd,business\nC-8,Eight,\n"
    ).is_refused
    assert kinds(database) == {"C-1": "public-sector", "C-2": "person", "C-9": "business", "C-8": "person"}
    bring(database, tmp_path, head + "C-1,Carla N,\nC-9,Nine,person\n")
    assert kinds(database) == {"C-1": "public-sector", "C-2": "person", "C-9": "person", "C-8": "person"}
    with database.reading() as session:
        told = [line.details for line in lines(session, "customer.receiver-set")]
    assert told == [{"was": "person", "is": "public-sector"}, {"was": "business", "is": "person"}]


def test_a_file_without_the_column_leaves_what_a_lead_said(database, people, tmp_path):
    with database.writing() as session:
        kind(session, people["bo"])
    bring(database, tmp_path, "customer_id,name\nC-1,Carla\n")
    assert kinds(database)["C-1"] == "business"


def test_a_kind_that_nobody_knows_is_refused_with_its_line(database, people, tmp_path):
    report = bring(database, tmp_path, "customer_id,name,receiver\nC-1,Carla,friend\n")
    assert report.is_refused
    assert "person, business or public-sector" in str(report.problems[0])
