"""Statements that the driver runs by itself mean what they mean to SQLAlchemy."""

import cast
import pytest
from cast import NOW
from sqlalchemy import bindparam, event, func, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, col

from deskapp.rules.people import Role
from deskapp.store.db import Database
from deskapp.store.ready import Ready, ahead, inserting, together
from deskapp.store.tables import Audit, Edition, Item, Staff

OF_STAFF = select(
    col(Staff.id), col(Staff.name), col(Staff.role), col(Staff.created_at), col(Staff.password_hash)
).where(col(Staff.role) == bindparam("role"), col(Staff.created_at) <= bindparam("since"))

COUNTED = select(func.count()).select_from(Edition)


@pytest.fixture
def session(database: Database):
    with database.writing() as session:
        cast.hire(session)
        session.flush()
        yield session


def test_rows_are_read_and_values_bound_by_the_same_types(session: Session) -> None:
    asked = {"role": Role.AGENT, "since": NOW}
    by_sqlalchemy = [tuple(row) for row in session.connection().execute(OF_STAFF, asked)]
    assert len(by_sqlalchemy) > 0
    assert Ready(OF_STAFF).all(session, **asked) == by_sqlalchemy
    (_, _, role, created_at, _) = by_sqlalchemy[0]
    assert role is Role.AGENT
    assert created_at.utcoffset() is not None


def test_what_is_written_is_read_by_sqlalchemy(session: Session) -> None:
    line = {"at": NOW, "staff_id": None, "action": "tried", "subject": "item:1", "details": {"left": [1, None, "ü"]}}
    inserting(Audit).run(session, **line)
    inserting(Audit).run(session, **line | {"details": {}})
    found = session.connection().execute(select(Audit.at, Audit.details).where(Audit.action == "tried")).all()
    assert [tuple(row) for row in found] == [(NOW, line["details"]), (NOW, {})]


def test_a_change_says_how_many_rows_it_touched_and_an_insert_what_it_made(session: Session) -> None:
    new = inserting(Edition, returning=col(Edition.number))
    assert new.one(session, name="one", number=7) == (7,)
    moved = Ready(update(Edition).where(col(Edition.name) == bindparam("which")).values(number=col(Edition.number) + 1))
    assert [moved.run(session, which="one"), moved.run(session, which="none")] == [1, 0]
    assert Ready(text("SELECT number FROM edition WHERE name = :which")).first(session, which="one") == (8,)
    assert Ready(text("SELECT number FROM edition WHERE name = :which")).first(session, which="none") is None


def test_a_value_that_the_statement_fixes_can_stand_beside_those_that_are_given(session: Session) -> None:
    agents = Ready(select(col(Staff.name)).where(col(Staff.role) == Role.AGENT, col(Staff.id) == bindparam("who")))
    (number,) = session.connection().execute(select(Staff.id).where(Staff.role == Role.AGENT).limit(1)).one()
    assert agents.first(session, who=number) is not None
    assert agents.first(session, who=-1) is None


def test_what_is_run_together_answers_in_the_same_types_as_alone(session: Session) -> None:
    staff, none = Ready(OF_STAFF), Ready(select(col(Staff.id)).where(col(Staff.id) == bindparam("who")))
    days = Ready(select(col(Item.available_from), col(Item.available_until)).where(col(Item.sku) == bindparam("sku")))
    parts = (
        staff.of(role=Role.AGENT, since=NOW),
        inserting(Edition, returning=col(Edition.number)).of(name="one", number=2**40),
        inserting(Audit).of(at=NOW, staff_id=None, action="tried", subject="item:1", details={"left": [1, "ü"]}),
        none.of(who=-1),
        days.of(sku="tea"),
    )
    cast.open_shop(session)
    session.flush()
    session.connection().execute(update(Item).where(Item.sku == "tea").values(available_from=NOW.date()))
    told = together(session, *parts)
    assert told == [staff.all(session, role=Role.AGENT, since=NOW), [(2**40,)], [], [], [(NOW.date(), None)]]
    assert told[0][0][2] is Role.AGENT
    assert told[0][0][3].utcoffset() is not None
    assert session.connection().execute(select(Audit.details).where(Audit.action == "tried")).scalars().all() == [
        {"left": [1, "ü"]}
    ]


def test_nothing_together_is_nothing(session: Session) -> None:
    assert together(session) == []


def test_what_was_asked_ahead_is_answered_once_and_then_asked_anew(database: Database, session: Session) -> None:
    named, counted = Ready(select(col(Edition.number)).where(col(Edition.name) == bindparam("name"))), Ready(COUNTED)
    add = inserting(Edition)
    add.run(session, name="one", number=1)
    with ahead(session, lambda: (named.of(name="one"), counted.of())):
        add.run(session, name="two", number=2)
        assert named.all(session, name="two") == [(2,)], "other values are another question"
        first, then = counted.one(session)[0], counted.one(session)[0]
        assert then - first == (0 if database.is_sqlite else 1)
    add.run(session, name="three", number=3)
    assert named.all(session, name="one") == [(1,)]


def test_what_is_asked_ahead_goes_with_what_is_done_and_knows_nothing_of_it_yet(
    database: Database, session: Session
) -> None:
    counted, before = Ready(COUNTED), Ready(COUNTED).one(session)[0]
    add = inserting(Edition, returning=col(Edition.number)).of(name="one", number=1)
    with ahead(session, lambda: (counted.of(),), add) as (added,):
        assert added == [(1,)]
        assert counted.one(session) == (before + 1 if database.is_sqlite else before,)
        assert counted.one(session) == (before + 1,)


def test_what_nobody_asked_for_is_forgotten_with_its_block(session: Session) -> None:
    counted, named = Ready(COUNTED), Ready(select(col(Edition.name)))
    with ahead(session, lambda: (counted.of(), named.of())):
        pass
    before = counted.one(session)[0]
    inserting(Edition).run(session, name="one", number=1)
    assert counted.one(session)[0] == before + 1


def test_one_that_is_not_there_is_an_error(session: Session) -> None:
    with pytest.raises(ValueError, match="unpack"):
        Ready(select(col(Item.id)).where(col(Item.id) == bindparam("item"))).one(session, item=-1)


def test_an_error_is_the_one_of_sqlalchemy_and_keeps_the_words_to_itself(database: Database) -> None:
    new = inserting(Edition)
    with database.writing() as session:
        new.run(session, name="of somebody", number=1)
    with pytest.raises(IntegrityError) as raised, database.writing() as session:
        new.run(session, name="of somebody", number=1)
    assert "of somebody" not in str(raised.value).replace(str(raised.value.orig), "")


def test_who_listens_hears_of_it(session: Session) -> None:
    heard: list[str] = []

    def listen(_c, _cursor, statement, *_rest) -> None:
        heard.append(statement)

    ready, engine = Ready(text("SELECT 1")), session.connection().engine
    ready.all(session)
    event.listen(session.connection(), "before_cursor_execute", listen)
    assert ready.all(session) == [(1,)]
    assert ready.run(session) is not None
    assert heard == ["SELECT 1"] * 2
    assert engine is session.connection().engine


def test_lists_of_any_length_may_be_asked_for(session: Session) -> None:
    of_names = col(Staff.username).in_(bindparam("names", expanding=True))
    ready = Ready(select(col(Staff.username)).where(of_names, col(Staff.role).in_([Role.AGENT, Role.LEAD])))
    long = ["bo", *(f"nobody {n}" for n in range(100))]
    for names, found in (
        (["ana", "bo"], {"ana", "bo"}),
        (["bo"], {"bo"}),
        ([], set()),
        (["ana"], {"ana"}),
        (long, {"bo"}),
    ):
        assert {name for (name,) in ready.all(session, names=names)} == found
    parts = [ready.of(names=["ana", "mo"]), ready.of(names=["bo"])]
    assert together(session, *parts) == [[("ana",)], [("bo",)]]


def test_a_default_of_a_column_is_refused_because_it_would_be_forgotten(session: Session) -> None:
    with pytest.raises(TypeError, match="a default"):
        inserting(Staff).run(session, username="x", name="X", role=Role.AGENT, created_at=NOW)


@pytest.mark.postgres
def test_a_connection_that_the_server_ended_is_not_used_again(postgres_copy: str) -> None:
    database = Database(postgres_copy)
    ready, ended = Ready(text("SELECT 1")), text("SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(OperationalError) as raised, database.writing() as session:
        Ready(ended).all(session)
    assert raised.value.connection_invalidated
    with database.writing() as session:
        assert ready.first(session) == (1,)
    database.close()
