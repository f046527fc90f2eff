"""An export holds everything of one customer and nothing of another, and is gone after a week."""

import json
from datetime import timedelta

import cast
import pytest
from filled import fill, markers
from sqlalchemy import text
from sqlmodel import Session, SQLModel, select

from deskapp.desk import jobs, personal_export
from deskapp.desk.export_words import FIELDS, HEADINGS, SECTIONS
from deskapp.desk.personal_export import NewExport
from deskapp.rules.errors import NotFound
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.personal import PERSONAL, Shown
from deskapp.store.privacy_tables import PersonalExport

People = dict[str, Actor]


def ask(database: Database, actor: Actor, customer_id: int = 1, key: str = "export-key-1") -> int:
    with database.writing() as session:
        personal_export.ask(session, actor, customer_id, NewExport(form_key=key), now=cast.NOW)
        return session.exec(select(PersonalExport.id).order_by(PersonalExport.id.desc())).first() or 0


def run(database: Database, export_id: int) -> str:
    return personal_export.run(
        database, export_id, shop_name="The shop", now=cast.NOW, progress=lambda _share, _words: None
    )


def file_of(database: Database, customer_id: int, export_id: int, *, days: int = 0) -> personal_export.File:
    with database.reading() as session:
        return personal_export.get_file(session, customer_id, export_id, now=cast.NOW + timedelta(days=days))


def shown_markers(who: str) -> set[str]:
    """Those of what the registry does not say to leave out."""
    hidden = set()
    for one in PERSONAL:
        for column in SQLModel.metadata.tables[one.name].columns:
            is_shown = isinstance(one.export, Shown) and column.name not in one.export.but
            if not is_shown:
                hidden.add(f"{who}-{one.name}-{column.name}")
    return {one for one in markers(who) if one not in hidden}


def test_every_section_and_field_has_a_heading_that_reads_in_every_tongue(database: Database, people: People) -> None:
    with database.writing() as session:
        told = personal_export.collect(session, fill(session, people, "zqmarker"), shop_name="The shop", now=cast.NOW)
    fields = {name for rows in told["data"].values() for row in rows for name in row}
    assert (HEADINGS.keys(), SECTIONS.keys()) == (told["data"].keys(), told["data"].keys())
    assert FIELDS.keys() == fields | {"at", "by", "what"}, "those of a change, which nothing here made, too"


def test_everything_of_the_one_is_in_it_and_nothing_of_the_twin(database: Database, people: People) -> None:
    with database.writing() as session:
        one = fill(session, people, "zqmarker")
        fill(session, people, "xytwin")
    export_id = ask(database, people["mo"], one)
    run(database, export_id)
    told = file_of(database, one, export_id).body.decode()
    assert {marker for marker in shown_markers("zqmarker") if marker not in told} == set()
    assert "zqmarkerformer-customer-name" in told  # who they were before they were joined
    assert "xytwin" not in told
    assert len(shown_markers("zqmarker")) > 20


def test_its_sections_and_keys_are_documented_and_stable(database: Database, people: People) -> None:
    with database.writing() as session:
        one = fill(session, people, "zqmarker")
    with database.reading() as session:
        told = personal_export.collect(session, one, shop_name="The shop", now=cast.NOW)
    assert told["format"] == "deskapp-personal-export/1"
    assert list(told["about"]["sections"]) == list(told["data"])
    assert {name: list(rows[0]) for name, rows in told["data"].items() if name in {"notes", "gifts", "views", "promises"}} == {
        "notes": "id interaction_id kind text revision author written_at source is_alert pinned_until pin_reason mentionable"
        " review_on retracted_at retracted_by wiped_at".split(),
        "gifts": "id staff order item price_minor cost_minor value_minor currency limit_version_id state granted_at"
        " released_at committed_at approval_id".split(),
        "promises": "id text owner due_on made_at order made_by handed_at handed_by kept_at dropped_at dropped_by"
        " dropped_because".split(),
        "views": "id staff viewed_at what surface host ticket".split(),
    }  # fmt: skip
    assert told["data"]["gifts"][0]["item"] == {"sku": "tea", "name": "Green tea, 20 bags"}
    assert told["data"]["views"][0]["staff"] == "Ana"


def test_words_come_out_as_they_went_in(database: Database, people: People) -> None:
    odd = "<b>é</b> \u202eevil {{ 7 }} \U0001f469‍👩\r\nZ͑ͫ"
    with database.writing() as session:
        session.connection().execute(text("UPDATE customer SET tier = :odd WHERE id = 1"), {"odd": odd[:60]})
    export_id = ask(database, people["mo"])
    run(database, export_id)
    assert json.loads(file_of(database, 1, export_id).body)["data"]["customer"][0]["tier"] == odd[:60]


def test_it_is_made_once_whoever_runs_the_job_again(database: Database, people: People) -> None:
    export_id = ask(database, people["mo"])
    run(database, export_id)
    first = file_of(database, 1, export_id)
    assert "Nothing to do" in run(database, export_id)
    assert file_of(database, 1, export_id) == first
    assert len(first.digest) == 64


def test_a_double_tap_is_one_export_and_one_job(database: Database, people: People) -> None:
    assert ask(database, people["mo"]) == ask(database, people["mo"])
    with database.reading() as session:
        assert [job.kind for job in jobs.overview(session).latest] == ["export"]


def test_after_a_week_the_file_is_gone_and_that_there_was_one_is_not(database: Database, people: People) -> None:
    export_id = ask(database, people["mo"])
    run(database, export_id)
    assert file_of(database, 1, export_id, days=6)
    with pytest.raises(NotFound):
        file_of(database, 1, export_id, days=7)
    with database.writing() as session:
        assert personal_export.wipe_expired(session, now=cast.NOW + timedelta(days=6)) == 0
        assert personal_export.wipe_expired(session, now=cast.NOW + timedelta(days=8)) == 1
    with database.reading() as session:
        assert session.get_one(PersonalExport, export_id).body is None
        row = personal_export.list_rows(session, 1, now=cast.NOW + timedelta(days=8))[0]
    assert (row.asked_by, row.is_here) == ("Mo", False)


def test_a_file_is_found_under_its_own_customer_alone(database: Database, people: People) -> None:
    export_id = ask(database, people["mo"])
    run(database, export_id)
    with pytest.raises(NotFound):
        file_of(database, 2, export_id)


def test_a_table_that_is_left_out_is_missed(database: Database, people: People, monkeypatch) -> None:
    """The test of completeness can fail."""
    fewer = tuple(one for one in PERSONAL if one.name != "promise")
    monkeypatch.setattr(personal_export, "PERSONAL", fewer)

    def told(session: Session) -> str:
        one = fill(session, people, "zqmarker")
        return personal_export.as_json(personal_export.collect(session, one, shop_name="", now=cast.NOW)).decode()

    with database.writing() as session:
        found = told(session)
    assert {marker for marker in shown_markers("zqmarker") if marker not in found} == {
        "zqmarker-promise-text",
        "zqmarker-promise-dropped_because",
    }
