"""Whatever somebody changes behind the program's back is found, and named."""

import json
from dataclasses import replace
from datetime import timedelta

import cast
import pytest
from sqlmodel import Session, select
from tampering import tamper

from deskapp.desk import agreements, approvals, audit, grants, receivers, seals, settling, verifying
from deskapp.desk.receivers import NewThreshold
from deskapp.desk.verifying import verify
from deskapp.desk.verifying_gifts import Windows, ledger_faults
from deskapp.rules.authority import AuthorityLimit, Basis, GiverKind
from deskapp.rules.people import Actor, Receiver, Role
from deskapp.store import items
from deskapp.store.agreements import subject_of
from deskapp.store.customers import get_customer
from deskapp.store.db import Database
from deskapp.store.gift_tables import GrantState, LedgerKind, LimitVersion
from deskapp.store.seals import list_seals
from deskapp.store.verifying import Granted, Moved

People = dict[str, Actor]
LATER = cast.NOW + timedelta(hours=2)


@pytest.fixture
def lived(database: Database, people: People) -> Database:
    """Gift 1 is reserved, 2 undone, 3 handed over, 4 came back, 5 approved by Mo; thresholds agreed to by Ada; sealed."""
    with database.writing() as session:
        tell_limits(session, people["mo"])
        firms = NewThreshold(
            form_key="threshold-1", receiver=Receiver.BUSINESS, per_gift="25", per_year="60", register_from="5"
        )
        receivers.set_threshold(
            session, people["mo"], firms, currency="USD", zone="UTC", agree_above_minor=100, now=cast.NOW
        )
        agreements.answer(session, people["ada"], agreements.EditionOf.RECEIVER, 1, is_agreed=True, now=cast.NOW)
        customer = get_customer(session, cast.customer_id(session, "C-2"))
        for n in range(4):
            tea = items.get_by_sku(session, "tea")
            grants.give(session, people["bo"], customer, tea, None, key=f"gift-key-{n}", now=cast.NOW)
        settling.undo(session, people["bo"], 2, now=cast.NOW)
        for gift in (3, 4):
            settling.hand_over(session, people["bo"], gift, now=cast.NOW)
        settling.take_back(session, people["bo"], 4, now=cast.NOW)
    with database.writing() as session:
        carla, lamp = get_customer(session, cast.customer_id(session)), items.get_by_sku(session, "lamp")
        lamp.price_minor = 900
        form = approvals.Ask(form_key="ask-key-1", reason="Her parcel was lost twice.")
        asked = approvals.ask(session, people["ana"], carla, lamp, None, form, now=cast.NOW)
        said = approvals.decide(session, people["mo"], asked, is_approved=True, key="decide-key-1", now=cast.NOW)
        assert said is not None
        assert said.kind == "granted", said.sentence
    seals.seal_and_export(database, None, now=LATER)
    return database


def tell_limits(session: Session, setter: Actor) -> None:
    """The cast's limits are rows alone; who sets one on the page leaves this line."""
    for row in session.exec(select(LimitVersion)).all():
        figures = {name: figure for name, figure in row.model_dump().items() if name.endswith("_minor") and figure}
        audit.write(session, setter, "limit.set", subject_of(row), now=row.set_at, version=row.id, **figures)


def faults(database: Database, exported: str | None = None) -> str:
    with database.reading() as session:
        return "\n".join(fault for check in verify(session, exported) for fault in check.faults)


def test_a_desk_that_nobody_touched_is_in_order(lived: Database) -> None:
    with lived.reading() as session:
        checks = list(verify(session))
    assert [check.faults for check in checks] == [[]] * 8
    assert [check.says.split(" ")[0] for check in checks] == ["16", "5", "5", "5", "5", "1", "1", "9"]


TAMPERED = {
    "UPDATE bucket SET spent_minor = spent_minor - 1 WHERE key LIKE 'giver-day|2|%'": "holds 699, its ledger says 700",
    "UPDATE bucket SET limit_minor = 1 WHERE key LIKE 'giver-day|2|%'": "its ceiling is 1.",
    "UPDATE ledger SET amount_minor = 1 WHERE grant_id = 1": "Gift 1: its ledger reserves something else than it is worth",
    "DELETE FROM ledger WHERE grant_id = 1": "Gift 1: its ledger leaves out a bucket",
    "DELETE FROM ledger WHERE grant_id = 2 AND kind = 'release'": "Gift 2: it is undone, which is not what its ledger",
    "DELETE FROM ledger WHERE grant_id = 3 AND kind = 'commit'": "Gift 3: its ledger does not say when it was handed over",
    "UPDATE grants SET state = 'reserved' WHERE id = 2": "Gift 2: it is reserved, which is not what its ledger",
    "UPDATE grants SET state = 'declined' WHERE id = 1": "Gift 1: it is declined, which is not what its ledger",
    "UPDATE grants SET released_at = NULL WHERE id = 4": "Gift 4: it is returned, and its moment of release",
    "UPDATE grants SET committed_at = NULL WHERE id = 3": "Gift 3: it is committed, and its moment of handing over",
    "UPDATE grants SET value_minor = 1 WHERE id = 1": "Gift 1: it is worth 1, which is not its price",
    "UPDATE grants SET staff_id = 1 WHERE id = 1": "something else of it",
    "UPDATE grants SET limit_version_id = 999 WHERE id = 1": "Gift 1: the edition 999 that judged it is not there",
    "UPDATE limit_version SET per_gift_minor = 1 WHERE role = 'lead'": "Gift 1: it is worth 350, and edition",
    "UPDATE limit_version SET currency = 'EUR' WHERE role = 'lead'": "Gift 1: it is in USD, and edition",
    "DELETE FROM grants WHERE id = 1": "is of a gift that is not there",
    "DELETE FROM bucket WHERE key LIKE 'giver-day|2|%'": "is of a gift or a bucket that is not there",
    "DELETE FROM audit WHERE action = 'gift.granted'": "Gift 1: no audit line says that it was given",
    "UPDATE approval SET decided_by = asked_by": "Approval 1: who asked for it decided it",
    "UPDATE approval SET decided_by = NULL": "Approval 1: it is approved, and nobody decided it",
    "UPDATE approval SET state = 'waiting'": ": approval 1 is waiting",
    "UPDATE approval SET customer_id = 2": ": approval 1 is of another gift",
    "UPDATE grants SET approval_id = 1 WHERE id = 1": "approval 1 is",
    "UPDATE grants SET approval_id = 9 WHERE approval_id = 1": "Approval 1: it is approved, and there is no gift",
    "UPDATE limit_version SET set_by = 1 WHERE role = 'lead'": "says something else of limit edition 2.",
    "UPDATE limit_version SET approves_up_to_minor = 900 WHERE role = 'agent'": "says something else of limit edition 1.",
    "UPDATE limit_version SET set_at = (SELECT expires_at FROM approval) WHERE role = 'lead'": "judged it, was set later",
    "UPDATE limit_version SET valid_from = '2026-03-15' WHERE role = 'lead'": "which judged it, had not begun",
    "UPDATE limit_version SET valid_until = '2026-03-13' WHERE role = 'lead'": "which judged it, had ended",
    "UPDATE limit_version SET needs_agreement = TRUE WHERE role = 'lead'": "nobody had agreed to edition 2, which judged it",
    "UPDATE limit_version SET gap_days = 5 WHERE role = 'lead'": "Gift 2: edition 2 leaves no room for it within 5 days",
    "UPDATE limit_version SET per_customer_days = 9, per_customer_minor = 600 WHERE role = 'lead'": "within 9 days",
    "UPDATE limit_version SET per_customer_days = 9, per_customer_gifts = 1 WHERE role = 'lead'": "within 9 days",
    "UPDATE limit_version SET per_customer_per_year_gifts = 1 WHERE role = 'lead'": "within 365 days",
    "DELETE FROM audit WHERE action = 'limit.set'": "No audit line says who set limit edition 1",
    "DELETE FROM limit_version WHERE role = 'admin'": "is of an edition, or of an answer to it, that is not there",
    "UPDATE receiver_version SET per_year_minor = 9": "says something else of receiver edition 1",
    "DELETE FROM audit WHERE action = 'receiver.set'": "No audit line says who set receiver edition 1",
    "INSERT INTO budget_version SELECT 1, 1, '', 1, 'day', 'USD', 'UTC', 9, NULL, NULL, FALSE, 1, set_at FROM receiver_version": (
        "No audit line says who set budget edition 1"
    ),
    "UPDATE agreement SET said_by = (SELECT set_by FROM receiver_version)": "Who set receiver edition 1 agreed to it",
    "UPDATE agreement SET said_by = 1": "says something else of the answer to receiver edition 1",
    "UPDATE agreement SET version_id = 7": "Somebody answered to receiver edition 7, which is not there",
    "DELETE FROM agreement": "is of an edition, or of an answer to it, that is not there",
    "DELETE FROM audit WHERE action = 'receiver.agreed'": "No audit line says who answered to receiver edition 1",
    "UPDATE grants SET item_id = 2 WHERE id = 1": "something else of it",
    "UPDATE grants SET order_id = 1 WHERE id = 1": "something else of it",
    "UPDATE grants SET approval_id = NULL WHERE approval_id = 1": "something else of it",
    "UPDATE grants SET granted_at = (SELECT expires_at FROM approval) WHERE id = 1": "its moments are not those of its ledger",
    "UPDATE grants SET released_at = (SELECT expires_at FROM approval) WHERE id = 2": "Gift 2: its moments are not those",
    "UPDATE ledger SET at = (SELECT expires_at FROM approval) WHERE grant_id = 1": "Gift 1: its moments are not those",
    "UPDATE audit SET at = (SELECT expires_at FROM approval) WHERE action = 'gift.granted'": "something else of it",
    "DELETE FROM ledger WHERE grant_id = 1 AND bucket_key LIKE '%-cost|%'": "Gift 1: its ledger leaves out a bucket that every",
    "DELETE FROM ledger WHERE grant_id = 1 AND bucket_key LIKE 'giver-week|%'": "Gift 1: its ledger leaves out a bucket",
    "UPDATE approval SET decided_by = (SELECT id FROM staff WHERE username = 'ada')": "Approval 1: the audit says something else",
    "UPDATE approval SET on_behalf_of = (SELECT id FROM staff WHERE username = 'ada')": "Approval 1: the audit says something",
    "UPDATE approval SET state = 'declined'": "Approval 1: the audit says something else",
    "UPDATE approval SET order_id = 1": ": approval 1 is of another gift",
    "DELETE FROM audit WHERE action = 'approval.asked'": "Approval 1: the audit says something else of it, or nothing",
    "DELETE FROM approval": "is of an approval that is not there",
    "UPDATE audit SET staff_id = 1 WHERE action = 'gift.undone'": "Seal 1 does not fit: a line was changed",
    "DELETE FROM audit WHERE action = 'gift.undone'": "Seal 1 was made of",
    "UPDATE seal SET lines = 1": "Seal 1 was made of 1 lines; now there are",
    "UPDATE seal SET digest = 'a'": "Seal 1 does not fit",
}


@pytest.mark.parametrize("statement", TAMPERED)
@pytest.mark.asvs(37)
def test_what_was_tampered_with_is_named(lived: Database, statement: str) -> None:
    tamper(lived, statement)
    assert TAMPERED[statement] in faults(lived)


WAS = Granted(
    id=1,
    staff_id=2,
    customer_id=3,
    order_id=None,
    item_id=1,
    price_minor=350,
    cost_minor=200,
    value_minor=200,
    currency="USD",
    limit_version_id=1,
    state=GrantState.RESERVED,
    granted_at=cast.NOW,
    released_at=None,
    committed_at=None,
    approval_id=None,
)
AT_COST = AuthorityLimit(
    1, GiverKind.ROLE, Role.LEAD, "", None, "", "USD", Basis.COST, "UTC", 500, per_giver_per_day_minor=900
)


def test_a_gift_of_the_last_release_stands_by_the_keys_of_its_time() -> None:
    line = Moved(1, "giver-day|2|2026-03-14|USD", LedgerKind.RESERVE, 200, cast.NOW)
    assert list(ledger_faults(WAS, [line], AT_COST, None)) == []
    assert list(ledger_faults(WAS, [line._replace(amount_minor=350)], AT_COST, None)) != []
    assert list(ledger_faults(WAS, [line._replace(bucket_key="budget-day|1|2026-03-14|USD")], AT_COST, None)) != []


def test_a_window_holds_what_was_kept_at_that_moment_and_nothing_else() -> None:
    windows = Windows({1: replace(AT_COST, gap_days=3)})
    moments = {1: 0, 2: 2, 3: 3, 4: 30}  # days
    gifts = [WAS._replace(id=n, granted_at=cast.NOW + timedelta(days=day)) for n, day in moments.items()]
    gifts[1] = gifts[1]._replace(released_at=gifts[2].granted_at)
    blamed = {gift.id for gift in gifts if list(windows.faults(gift, replace(AT_COST, gap_days=3)))}
    assert blamed == {2}
    elsewhere = WAS._replace(id=5, customer_id=4, granted_at=gifts[3].granted_at)
    assert list(windows.faults(elsewhere, replace(AT_COST, gap_days=3))) == []


def test_who_changes_a_gift_and_every_trace_of_it_is_given_away_by_the_seal_alone(lived: Database) -> None:
    tamper(
        lived,
        "UPDATE bucket SET spent_minor = spent_minor - (SELECT amount_minor FROM ledger WHERE grant_id = 1 AND"
        " bucket_key = bucket.key) WHERE key IN (SELECT bucket_key FROM ledger WHERE grant_id = 1)",
        "DELETE FROM ledger WHERE grant_id = 1",
        "DELETE FROM grants WHERE id = 1",
        "DELETE FROM audit WHERE id = (SELECT min(id) FROM audit WHERE action = 'gift.granted')",
    )
    assert faults(lived).splitlines() == [
        one for one in faults(lived).splitlines() if one.startswith("Seal 1 was made of")
    ]
    assert faults(lived)


def test_who_makes_the_seals_anew_is_given_away_by_the_file_that_left_the_machine(lived: Database) -> None:
    with lived.reading() as session:
        exported = "".join(json.dumps(seals.as_record(one)) + "\n" for one in list_seals(session))
    assert faults(lived, exported) == ""
    tamper(lived, "DELETE FROM seal", "UPDATE audit SET staff_id = 1 WHERE action = 'gift.undone'")
    seals.seal_and_export(lived, None, now=LATER)
    assert faults(lived) == ""
    assert faults(lived, exported) in {
        "Seal 1 was exported with another digest.",
        "Seal 1 was exported, and is not there any more.",  # PostgreSQL counts on
    }


def test_a_trigger_that_is_gone_is_named(lived: Database) -> None:
    with lived.engine.begin() as connection:
        connection.exec_driver_sql(
            "DROP TRIGGER ledger_no_update"
            if lived.is_sqlite
            else "ALTER TABLE ledger DISABLE TRIGGER ledger_append_only"
        )
    assert faults(lived) == "The table ledger can be changed: its trigger is gone, altered or switched off."


def test_a_trigger_that_does_nothing_is_named(lived: Database) -> None:
    with lived.engine.begin() as connection:
        if lived.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER audit_no_delete")
            connection.exec_driver_sql("CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT 1; END")
        else:
            connection.exec_driver_sql("DROP TRIGGER audit_append_only ON audit")
            connection.exec_driver_sql(
                "CREATE TRIGGER audit_append_only BEFORE UPDATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )
    assert "The table audit can be changed" in faults(lived)


def test_the_first_faults_are_named_and_all_are_counted(lived: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "_NAMED", 2)
    tamper(lived, "UPDATE bucket SET spent_minor = spent_minor + 1")
    with lived.reading() as session:
        first = next(verify(session))
    assert (len(first.faults), first.count) == (2, 16)


def test_it_is_checked_while_others_give(lived: Database, people: People) -> None:
    with lived.reading() as session:
        running = verify(session)
        next(running)
        with lived.writing() as other:
            customer, nuts = get_customer(other, cast.customer_id(other, "C-2")), items.get_by_sku(other, "nuts")
            assert grants.give(other, people["mo"], customer, nuts, None, key="late-key-1", now=LATER).kind == "granted"
        assert [check.faults for check in running] == [[]] * 7
