"""A seal holds every line that was written until an hour before it, and leaves the machine."""

import json
from datetime import timedelta
from pathlib import Path

import cast
import pytest
from rivals import at_once
from sqlalchemy import select as select_columns
from sqlmodel import Session, select
from structlog.testing import capture_logs

from deskapp.desk import audit, seals
from deskapp.rules.errors import Conflict
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.gift_tables import Agreement, EditionOf
from deskapp.store.seals import line_of, read_windows
from deskapp.store.tables import Audit, Seal

People = dict[str, Actor]
HOUR = timedelta(hours=1)


def note(session: Session, hours: float = 0) -> None:
    audit.write(session, None, "note.recorded", "customer:1", now=cast.NOW + hours * HOUR, note=1)
    session.flush()


def lines(session: Session, hours: float) -> int | None:
    """How many lines a seal holds that is made so long after now."""
    made = seals.seal(session, now=cast.NOW + hours * HOUR)
    return made.lines if made else None


def test_what_is_younger_than_an_hour_waits_for_the_next_seal(session: Session) -> None:
    lines(session, 0.9)
    note(session, 0.1)
    note(session, 0.5)
    note(session, 1.5)
    assert [lines(session, hours) for hours in (1, 1.5, 1.6, 3)] == [0, len(cast.LIMITS) + 1, 1, 1]


def test_an_hour_without_a_line_is_sealed_too(session: Session) -> None:
    lines(session, 2)
    assert lines(session, 3) == 0


@pytest.mark.parametrize("hours", [0, -3])
def test_what_is_sealed_is_not_sealed_again_nor_by_a_clock_that_went_back(session: Session, hours: float) -> None:
    assert seals.seal(session, now=cast.NOW) is not None
    assert seals.seal(session, now=cast.NOW + hours * HOUR) is None


def test_a_seal_is_chained_to_the_one_before(session: Session) -> None:
    (window,) = read_windows(session, [cast.NOW])
    assert (
        window.digest("", cast.NOW) != window.digest("another", cast.NOW) != window.digest("another", cast.NOW + HOUR)
    )


def test_both_engines_write_a_line_alike_and_leave_out_what_is_empty(session: Session) -> None:
    """Else a desk that moves to the other engine, or to a release with more columns, would lose its seals."""
    session.add(Agreement(edition_of=EditionOf.LIMIT, version_id=1, is_agreed=False, said_by=1, said_at=cast.NOW))
    note(session)
    tables = (Agreement.__table__, Audit.__table__)
    rows = [session.connection().execute(select_columns(table)).mappings().one() for table in tables]
    assert [line_of(row) for row in rows] == [
        '{"edition_of":"limit","said_at":"2026-03-14T15:09:26.000000+00:00","said_by":1,"version_id":1}\n',
        '{"action":"note.recorded","at":"2026-03-14T15:09:26.000000+00:00","details":{"note":1},"id":1,"subject":"customer:1"}\n',
    ]


def test_the_digest_goes_into_the_log_and_into_the_file(database: Database, people: People, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    with capture_logs() as logs:
        made = seals.seal_and_export(database, file, now=cast.NOW)
    assert made is not None
    (line,) = logs
    assert (line["event"], line["id"], line["lines"], line["digest"]) == ("audit sealed", 1, made.lines, made.digest)
    assert json.loads(file.read_text()) == seals.as_record(made)


def test_what_the_file_missed_is_made_good_by_the_next_and_a_torn_line_is_left_behind(
    database: Database, people: People, tmp_path: Path
) -> None:
    file = tmp_path / "seals.jsonl"
    for hours in (0, 1):
        seals.seal_and_export(database, None, now=cast.NOW + hours * HOUR)
    file.write_text('{"id": 1, "dig')
    for hours in (2, 2):
        seals.seal_and_export(database, file, now=cast.NOW + hours * HOUR)
    assert [record and record["id"] for record in seals.read_records(file.read_text())] == [None, 1, 2, 3]


def test_a_file_that_cannot_be_written_is_said_and_the_seal_stands(
    database: Database, people: People, tmp_path: Path
) -> None:
    with pytest.raises(Conflict, match="cannot be written"):
        seals.seal_and_export(database, tmp_path / "nowhere" / "seals.jsonl", now=cast.NOW)
    with database.reading() as session:
        assert len(session.exec(select(Seal)).all()) == 1


def test_of_many_who_seal_at_once_one_does_and_the_chain_holds(database: Database, people: People) -> None:
    at_once(4, lambda _: seals.seal_and_export(database, None, now=cast.NOW + HOUR))
    with database.reading() as session:
        (one,) = session.exec(select(Seal)).all()
        (window,) = read_windows(session, [one.sealed_until])
    assert one.digest == window.digest("", one.sealed_until)
