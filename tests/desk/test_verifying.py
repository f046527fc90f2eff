"""Whatever somebody changes behind the program's back is found, and named."""

import json
from datetime import timedelta

import cast
import pytest
from tampering import tamper

from deskapp.desk import approvals, grants, seals, settling, verifying
from deskapp.desk.verifying import verify
from deskapp.rules.people import Actor
from deskapp.store import items
from deskapp.store.customers import get_customer
from deskapp.store.db import Database
from deskapp.store.seals import list_seals

People = dict[str, Actor]
LATER = cast.NOW + timedelta(hours=2)


@pytest.fixture
def lived(database: Database, people: People) -> Database:
    """Gift 1 is reserved, 2 undone, 3 handed over, 4 came back, 5 approved by Mo; sealed."""
    with database.writing() as session:
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


def faults(database: Database, exported: str | None = None) -> str:
    with database.reading() as session:
        return "\n".join(fault for check in verify(session, exported) for fault in check.faults)


def test_a_desk_that_nobody_touched_is_in_order(lived: Database) -> None:
    with lived.reading() as session:
        checks = list(verify(session))
    assert [check.faults for check in checks] == [[]] * 6
    assert [check.says.split(" ")[0] for check in checks] == ["4", "5", "5", "1", "1", "7"]


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
    "UPDATE approval SET state = 'waiting'": "Gift 5: approval 1 is waiting",
    "UPDATE approval SET customer_id = 2": "Gift 5: approval 1 is of another gift",
    "UPDATE grants SET approval_id = 1 WHERE id = 1": "approval 1 is",
    "UPDATE grants SET approval_id = 9 WHERE id = 5": "Approval 1: it is approved, and there is no gift",
    "UPDATE audit SET staff_id = 1 WHERE action = 'gift.undone'": "Seal 1 does not fit: a line was changed",
    "DELETE FROM audit WHERE action = 'gift.undone'": "Seal 1 was made of",
    "UPDATE seal SET lines = 1": "Seal 1 was made of 1 lines; now there are",
    "UPDATE seal SET digest = 'a'": "Seal 1 does not fit",
}


@pytest.mark.parametrize("statement", TAMPERED)
def test_what_was_tampered_with_is_named(lived: Database, statement: str) -> None:
    tamper(lived, statement)
    assert TAMPERED[statement] in faults(lived)


def test_who_changes_a_gift_and_every_trace_of_it_is_given_away_by_the_seal_alone(lived: Database) -> None:
    tamper(
        lived,
        "DELETE FROM ledger WHERE grant_id = 1",
        "UPDATE bucket SET spent_minor = spent_minor - 350 WHERE key LIKE '%|2|%'",
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
    assert (len(first.faults), first.count) == (2, 4)


def test_it_is_checked_while_others_give(lived: Database, people: People) -> None:
    with lived.reading() as session:
        running = verify(session)
        next(running)
        with lived.writing() as other:
            customer, nuts = get_customer(other, cast.customer_id(other, "C-2")), items.get_by_sku(other, "nuts")
            assert grants.give(other, people["mo"], customer, nuts, None, key="late-key-1", now=LATER).kind == "granted"
        assert [check.faults for check in running] == [[]] * 5
