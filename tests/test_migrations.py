import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cast import NOW
from sold import a_part
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import SQLModel, select

from deskapp.desk import training
from deskapp.desk.tongues import tongue
from deskapp.reco.report import Report
from deskapp.rules.authority import GiverKind
from deskapp.rules.people import Role
from deskapp.store import search_schema
from deskapp.store.db import Database
from deskapp.store.gift_tables import Grant, GrantState, Ledger, LimitVersion
from deskapp.store.migrating import config, is_current, migrate
from deskapp.store.search_schema import is_compared
from deskapp.store.tables import Item, ItemKind, Job, JobState, OrderLine


def test_the_migrations_make_exactly_the_tables(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": not database.is_sqlite, "include_name": is_compared}
        )
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_a_current_database_changes_nothing(database: Database) -> None:
    assert is_current(database)
    migrate(database)
    assert is_current(database)


def test_an_empty_database_is_not_current(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.sqlite'}")
    assert not is_current(database)
    database.close()


def test_every_table_on_sqlite_is_strict(sqlite: Database) -> None:
    with sqlite.engine.connect() as connection:
        listed = connection.exec_driver_sql("PRAGMA table_list").mappings().all()
    loose = {row["name"] for row in listed if row["schema"] == "main" and not row["strict"]}
    loose -= {name for name in loose if name.startswith("search_note")}  # of FTS5, which makes its own
    assert loose <= {"alembic_version", "sqlite_schema", "sqlite_sequence"}


def test_items_from_before_availability_are_goods_to_be_had_everywhere_and_keep_their_orders(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    with database.engine.connect().execution_options(write=True) as connection, connection.begin():
        command.upgrade(config(connection), "0001")
        for row in (
            "customer VALUES (1, 'C-1', 'Carla', 'carla', NULL, NULL, NULL, NULL, NULL, NULL)",
            "item VALUES (1, 'mug', 'Blue mug', '', '', '', 480, 250, 'USD', 3, 1)",
            "orders VALUES (1, 'O-1', 1, '2026-03-01 00:00:00', '', 'USD', 'open')",
            "order_line VALUES (1, 1, 1, 2, 480)",
        ):
            connection.exec_driver_sql(f"INSERT INTO {row}")
    migrate(database)
    with database.reading() as session:
        mug = session.exec(select(Item)).one()
        assert (mug.name, mug.kind, mug.regions, mug.available_from) == ("Blue mug", ItemKind.GOODS, "", None)
        assert session.exec(select(OrderLine)).one().quantity == 2
    with pytest.raises(IntegrityError), database.writing() as session:
        session.connection().exec_driver_sql("UPDATE item SET kind = 'bread'")
    database.close()


def test_jobs_from_before_cancelling_are_kept(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    with database.engine.connect().execution_options(write=True) as connection, connection.begin():
        command.upgrade(config(connection), "0002")
        connection.exec_driver_sql(
            "INSERT INTO job VALUES (7, 'train', '{}', 'done', '2026-03-01 00:00:00', NULL, 1, 100, 'Fine.', NULL,"
            " '2026-03-01 00:00:00', '2026-03-01 00:01:00')"
        )
    migrate(database)
    with database.reading() as session:
        job = session.get_one(Job, 7)
        assert (job.state, job.words, job.attempts) == (JobState.DONE, "Fine.", 1)
    with database.engine.connect() as connection:
        assert (
            compare_metadata(
                MigrationContext.configure(connection, opts={"include_name": is_compared}), SQLModel.metadata
            )
            == []
        )
    database.close()


def test_limits_gifts_and_their_ledger_from_before_authority_are_kept(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    with database.engine.connect().execution_options(write=True) as connection, connection.begin():
        command.upgrade(config(connection), "0003")
        for row in (
            "staff VALUES (1, 'mo', 'Mo', 'manager', 'x', 1, '2026-03-01 00:00:00')",
            "customer VALUES (1, 'C-1', 'Carla', 'carla', NULL, NULL, NULL, NULL, NULL, NULL)",
            "item VALUES (1, 'mug', 'Blue mug', '', '', '', 480, 250, 'USD', 3, 1, 'goods', NULL, NULL, '')",
            "limit_version VALUES (3, 'agent', 'USD', 'price', 'UTC', 500, 1200, 1000, 1, '2026-03-01 00:00:00')",
            "grants VALUES (5, 1, 1, NULL, 1, 480, 250, 480, 'USD', 3, 'undone', '2026-03-02 00:00:00', '2026-03-03 00:00:00')",
            "bucket VALUES ('giver-day|1|2026-03-02|USD', 1200, 0)",
            "ledger VALUES (1, 5, 'giver-day|1|2026-03-02|USD', 'reserve', 480, '2026-03-02 00:00:00')",
            "ledger VALUES (2, 5, 'giver-day|1|2026-03-02|USD', 'release', -480, '2026-03-03 00:00:00')",
        ):
            connection.exec_driver_sql(f"INSERT INTO {row}")
    migrate(database)
    with database.reading() as session:
        limit = session.get_one(LimitVersion, 3)
        assert (limit.giver_kind, limit.role, limit.per_giver_per_day_minor) == (GiverKind.ROLE, Role.AGENT, 1200)
        assert (limit.per_giver_per_week_minor, limit.eligibility, limit.needs_agreement) == (None, "", False)
        gift = session.get_one(Grant, 5)
        assert gift.state is GrantState.UNDONE
        assert gift.released_at == datetime(2026, 3, 3, tzinfo=UTC)
        assert sum(session.exec(select(Ledger.amount_minor)).all()) == 0
    for statement in ("UPDATE ledger SET id = id", "UPDATE limit_version SET id = id"):
        with pytest.raises(IntegrityError, match="append-only"), database.writing() as session:
            session.connection().exec_driver_sql(statement)
    with database.engine.connect() as connection:
        assert (
            compare_metadata(
                MigrationContext.configure(connection, opts={"include_name": is_compared}), SQLModel.metadata
            )
            == []
        )
    database.close()


def test_customers_and_notes_from_before_searching_are_found(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    with database.engine.connect().execution_options(write=True) as connection, connection.begin():
        command.upgrade(config(connection), "0005")
        for row in (
            (
                "staff (id, username, name, role, password_hash, is_active, created_at)"
                " VALUES (1, 'mo', 'Mo', 'manager', 'x', 1, '2026-03-01 00:00:00')"
            ),
            "customer (id, external_id, name, name_folded) VALUES (1, 'C-1', 'Carla Núñez', 'carla nunez')",
            "interaction (id, customer_id, channel, happened_at) VALUES (5, 1, 'phone', '2026-03-01 00:00:00')",
            (
                "note (id, customer_id, interaction_id, kind, text, revision, author_id, written_at)"
                " VALUES (3, 1, 5, 'observation', 'Crème', 1, 1, '2026-03-01 00:00:00')"
            ),
        ):
            connection.exec_driver_sql(f"INSERT INTO {row}")
    migrate(database)
    with database.reading() as session:
        connection = session.connection()
        keys = connection.exec_driver_sql("SELECT key FROM search_key WHERE customer_id = 1 ORDER BY key").scalars()
        assert list(keys) == ["#c-1 ", "carla carla nunez ", "nunez carla nunez "]
        found = connection.exec_driver_sql("SELECT rowid & 0xffff FROM search_note WHERE search_note MATCH 'creme'")
        assert list(found.scalars()) == [3]
    database.close()


def test_a_job_is_in_one_of_its_states_and_in_no_other(database: Database) -> None:
    for state in JobState:
        with database.writing() as session:
            session.add(Job(kind="train", payload={}, state=state, run_at=NOW, asked_at=NOW))
    with pytest.raises(IntegrityError), database.writing() as session:
        session.connection().exec_driver_sql("UPDATE job SET state = 'asleep'")


def test_what_a_job_said_has_room_for_saying_it_again(database: Database) -> None:
    found = training.verdict(Report(20_000, 20_027, a_part(in_service=0.05), a_part(50), a_part(60)))
    with database.writing() as session:
        session.add(Job(kind="train", payload={}, state=JobState.DONE, run_at=NOW, asked_at=NOW, words=found))
    with database.reading() as session:
        kept = session.exec(select(Job.words)).one()
    assert kept == found
    assert "20,0" in kept.inside(tongue("de"))  # type: ignore[attr-defined]


def test_a_migration_that_would_leave_a_row_without_its_parent_is_rolled_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    migrate(database)
    with sqlite3.connect(tmp_path / "desk.sqlite") as raw:
        raw.execute("INSERT INTO seat VALUES (1, 'x', 99, 'page', '', '', '', NULL, NULL, NULL, NULL)")
    raw.close()
    with pytest.raises(RuntimeError, match="without their parent"):
        migrate(database)
    database.close()


def test_notes_from_before_the_card_keep_their_wordings_and_are_still_found(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'desk.sqlite'}")
    then = "2026-03-01 00:00:00"
    with database.engine.connect().execution_options(write=True) as connection, connection.begin():
        command.upgrade(config(connection), "0007")
        for row in (
            (
                "staff (id, username, name, role, password_hash, is_active, created_at)"
                f" VALUES (1, 'ana', 'Ana', 'agent', 'x', 1, '{then}')"
            ),
            "customer (id, external_id, name, name_folded) VALUES (1, 'C-1', 'Carla', 'carla')",
            f"interaction (id, customer_id, channel, happened_at) VALUES (1, 1, 'phone', '{then}')",
            (
                "note (id, customer_id, interaction_id, kind, text, revision, author_id, written_at)"
                f" VALUES (7, 1, 1, 'observation', 'Likes plum jam', 1, 1, '{then}')"
            ),
            f"note_revision VALUES (7, 1, 'Likes plum jam', 1, '{then}')",
            (
                "preference (id, customer_id, kind, value, is_stated, note_id, heard_by, heard_at)"
                f" VALUES (1, 1, 'like', 'plum jam', 1, 7, 1, '{then}')"
            ),
        ):
            connection.exec_driver_sql(f"INSERT INTO {row}")
    migrate(database)
    with database.writing() as session:
        run = session.connection().exec_driver_sql
        assert run("SELECT count(*) FROM search_note WHERE search_note MATCH 'plum'").scalar() == 1
        assert search_schema.lost_triggers(session.connection()) == []
        run("UPDATE note SET source = 'customer', text = 'Likes pear jam' WHERE id = 7")
        run("UPDATE preference SET kind = 'no-questions'")
        assert run("SELECT count(*) FROM search_note WHERE search_note MATCH 'pear'").scalar() == 1
        assert run("SELECT text FROM note_revision WHERE note_id = 7").scalar() == "Likes plum jam"
        with pytest.raises(DBAPIError), session.begin_nested():
            run("UPDATE note SET source = 'anybody'")
    database.close()
