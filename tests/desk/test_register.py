"""The register of gifts to businesses and public offices: what an auditor may rely on."""

import csv
from datetime import timedelta
from io import StringIO

import cast
import pytest
from cast import NOW
from given import customers, put
from sqlmodel import select

from deskapp.desk import agreements, receivers, register
from deskapp.rules.people import Receiver
from deskapp.store.gift_tables import Approval, EditionOf, GrantState, ReceiverVersion
from deskapp.store.tables import Customer


def call(session, actor, customer, receiver, *, days_ago=0.0):
    form = receivers.NewKind(receiver=receiver, form_key=f"kind-{customer}-{receiver}-{days_ago}")
    receivers.set_kind(session, actor, customer, form, now=NOW - timedelta(days=days_ago))


def note_from(session, actor, amount, *, days_ago=0.0, receiver="business", above=100_000):
    form = receivers.NewThreshold(
        receiver=receiver, per_gift="90", per_year="90", register_from=amount, form_key=f"from-{amount}-{days_ago}"
    )
    now = NOW - timedelta(days=days_ago)
    receivers.set_threshold(session, actor, form, currency="USD", zone="UTC", agree_above_minor=above, now=now)


def agree(session, actor, *, days_ago):
    version = session.exec(select(ReceiverVersion).where(ReceiverVersion.needs_agreement)).one()
    at = NOW - timedelta(days=days_ago)
    agreements.answer(session, actor, EditionOf.RECEIVER, version.id, is_agreed=True, now=at)


def noted(session, year=2026, zone="UTC"):
    return [(one.receiver, one.item, one.state) for one in register.list_entries(session, year, zone=zone)]


@pytest.fixture
def carla(session, people):
    """Carla is a business since two months ago; what is worth 4 dollars is noted since then."""
    carla = cast.customer_id(session)
    call(session, people["bo"], carla, "business", days_ago=60)
    note_from(session, people["mo"], "4.00", days_ago=60)
    return carla


def test_gifts_from_the_threshold_on_are_noted_and_smaller_ones_are_not(session, people, carla):
    for sku, days_ago in (("tea", 3), ("jam", 2), ("mug", 1)):
        put(session, people["ana"], carla, sku=sku, days_ago=days_ago)
    assert noted(session) == [("Carla Núñez", "Blue mug", "handed over"), ("Carla Núñez", "Plum jam", "handed over")]


@pytest.mark.parametrize(("cents", "is_noted"), [(399, False), (400, True)])
def test_the_threshold_itself_is_noted(session, people, carla, cents, is_noted):
    put(session, people["ana"], carla, price=cents)
    assert bool(noted(session)) is is_noted


def test_gifts_to_persons_are_nobodys_register(session, people, carla):
    put(session, people["ana"], customers(session, 1)[0], sku="lamp")
    assert noted(session) == []


def test_an_entry_holds_whom_what_how_much_by_whom_approved_why_and_what_became_of_it(session, people, carla):
    put(session, people["ana"], carla, sku="lamp", approver=people["mo"], state=GrantState.RESERVED)
    (entry,) = register.list_entries(session, 2026, zone="UTC")
    assert (entry.kind, entry.price_minor, entry.giver, entry.approver, entry.reason, entry.state) == (
        "business", 4900, "Ana", "Mo", "Their parcel was lost twice.", "to be handed over",
    )  # fmt: skip


@pytest.mark.parametrize("state", [GrantState.UNDONE, GrantState.RETURNED, GrantState.DECLINED, GrantState.EXPIRED])
def test_what_was_released_stays_and_counts_for_nothing(session, people, carla, state):
    put(session, people["ana"], carla, sku="mug")
    put(session, people["ana"], carla, sku="lamp", state=state)
    panel = register.panel(session, 2026, zone="UTC", now=NOW)
    assert sorted(entry.is_kept for entry in panel.entries) == [False, True]
    assert (panel.kept, panel.sums) == (1, ["$4.80"])


def test_calling_a_company_a_person_later_takes_nothing_out(session, people, carla):
    put(session, people["ana"], carla, sku="mug", days_ago=10)
    call(session, people["bo"], carla, "person", days_ago=5)
    put(session, people["ana"], carla, sku="lamp", days_ago=1)
    assert session.get_one(Customer, carla).receiver is Receiver.PERSON
    assert noted(session) == [("Carla Núñez", "Blue mug", "handed over")]


def test_calling_a_person_a_company_later_puts_nothing_in(session, people, carla):
    put(session, people["ana"], carla, sku="mug", days_ago=61)
    assert noted(session) == []


def test_raising_the_threshold_later_takes_nothing_out(session, people, carla):
    put(session, people["ana"], carla, sku="mug", days_ago=10)
    note_from(session, people["mo"], "50.00", days_ago=5)
    agree(session, people["ada"], days_ago=5)
    put(session, people["ana"], carla, sku="mug", days_ago=1)
    assert len(noted(session)) == 1


def test_a_threshold_counts_from_the_moment_on_at_which_a_second_manager_agreed(session, people, carla):
    note_from(session, people["mo"], "1.00", days_ago=9, above=100)
    put(session, people["ana"], carla, days_ago=8)
    agree(session, people["ada"], days_ago=6)
    assert noted(session) == []
    put(session, people["ana"], carla, days_ago=5)
    assert len(noted(session)) == 1


def test_a_year_begins_where_the_shop_is(session, people):
    carla, new_year = cast.customer_id(session), cast.NOW.replace(month=1, day=1, hour=3)
    call(session, people["bo"], carla, "public-sector", days_ago=80)
    put(session, people["ana"], carla, days_ago=0, now=new_year)
    assert [len(noted(session, 2026, zone)) for zone in ("UTC", "America/New_York")] == [1, 0]
    assert len(noted(session, 2025, "America/New_York")) == 1
    assert register.panel(session, 2026, zone="America/New_York", now=NOW).years == [2026, 2025]


def test_where_nothing_says_from_which_worth_on_every_gift_is_noted(session, people):
    carla = cast.customer_id(session)
    call(session, people["bo"], carla, "public-sector", days_ago=80)
    put(session, people["ana"], carla, price=1)
    assert len(noted(session)) == 1


def test_in_a_table_nothing_that_a_person_wrote_reckons(session, people, carla):
    put(session, people["ana"], carla, sku="lamp", approver=people["mo"])
    session.get_one(Customer, carla).name = "=HYPERLINK(1)"
    session.exec(select(Approval)).one().reason = "@sum, “so”\nand\tso"
    text = register.as_csv(register.list_entries(session, 2026, zone="UTC"))
    header, row = csv.reader(StringIO(text), strict=True)
    assert len(header) == len(row)
    told = dict(zip(header, row, strict=True))
    assert told["receiver"] == "'=HYPERLINK(1)"
    assert told["reason"] == "'@sum, “so”\nand\tso"
    assert (told["date"], told["price in the shop"], told["currency"]) == ("2026-03-13", "49.00", "USD")


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
@pytest.mark.asvs(27)
def test_every_way_to_begin_a_formula_is_stopped(cell):
    assert register._harmless(cell) == f"'{cell}"
