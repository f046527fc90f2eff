"""After an erasure nothing of the person is left in any table, and nothing of anybody else is gone."""

import fcntl
from datetime import timedelta
from pathlib import Path

import cast
import pytest
from filled import fill, markers
from sqlalchemy import inspect, text
from sqlmodel import Session, select

from deskapp.desk import erasure, grants, holds, imports, jobs, preferences, verifying
from deskapp.desk.erasure import Erase, Former
from deskapp.desk.holds import NewHold
from deskapp.desk.preferences import NewPreference
from deskapp.desk.verdicts import Outcome
from deskapp.rules.errors import Conflict, Erased, Invalid
from deskapp.rules.people import Actor
from deskapp.rules.requests import title_of
from deskapp.rules.words import Said
from deskapp.store import customers, erasing, given, personal
from deskapp.store.db import Database
from deskapp.store.gift_tables import Grant, Ledger
from deskapp.store.memory_tables import Interaction, Note, Occasion, Preference, RequestTopic, RequestVoice
from deskapp.store.privacy_tables import Erasure
from deskapp.store.tables import Customer, Idempotency, Item, Job, Order

People = dict[str, Actor]
KEY = b"a key of the tests"
TODAY = cast.NOW.date()


def dump(database: Database) -> str:
    """Every cell of every table, those of the search too."""
    with database.engine.connect() as connection:
        names = inspect(connection).get_table_names()
        tables = [text(f'SELECT * FROM "{name}"') for name in names]  # noqa: S608 - as the schema calls them
        return "\n".join(str(row) for one in tables for row in connection.execute(one))


def ask(database: Database, actor: Actor, customer_id: int, typed: str, key: str = "erase-key-1") -> int:
    with database.writing() as session:
        form = Erase(form_key=key, typed=typed)
        return erasure.ask(session, actor, customer_id, form, key=KEY, today=TODAY, now=cast.NOW)


def run(database: Database, erasure_id: int) -> str:
    return erasure.run(database, erasure_id, now=cast.NOW, progress=lambda _share, _words: None)


def number_of(database: Database, customer_id: int) -> str:
    with database.reading() as session:
        return session.get_one(Customer, customer_id).external_id


@pytest.fixture
def twins(database: Database, people: People) -> tuple[int, int]:
    with database.writing() as session:
        both = fill(session, people, "zqmarker"), fill(session, people, "xytwin")
        session.connection().execute(text("UPDATE hold SET lifted_at = placed_at"))
    return both


@pytest.mark.asvs(38)
def test_after_an_erasure_no_marker_is_left_and_the_twins_all_are(
    database: Database, people: People, twins: tuple[int, int]
) -> None:
    gone, stays = twins
    before = dump(database)
    assert {one for one in markers("zqmarker") | markers("xytwin") if one not in before} == set()
    run(database, ask(database, people["mo"], gone, number_of(database, gone)))
    after = dump(database)
    assert "zqmarker" not in after
    assert {one for one in markers("xytwin") if one not in after} == set()
    with database.reading() as session:
        assert session.get_one(Customer, gone).name == "A former customer"
        assert session.get_one(Customer, stays).erased_at is None


def test_not_even_between_the_rows_of_the_file_is_anything_left(sqlite: Database) -> None:
    with sqlite.writing() as session:
        people = cast.settle_in(session)
        gone, stays = fill(session, people, "zqmarker"), fill(session, people, "xytwin")
        session.connection().execute(text("UPDATE hold SET lifted_at = placed_at"))
        number = session.get_one(Customer, gone).external_id
    run(sqlite, ask(sqlite, people["mo"], gone, number))
    file = Path(str(sqlite.engine.url.database))
    kept = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    assert b"zqmarker" not in kept
    assert b"xytwin" in kept
    assert stays


def test_the_money_and_the_counts_stay_as_they_were(database: Database, people: People, twins: tuple[int, int]) -> None:
    def figures(session: Session) -> list[object]:
        counted = ["count(*), sum(value_minor) FROM grants", "count(*), sum(amount_minor) FROM ledger"]
        counted += [
            f"count(*) FROM {table}" for table in ("orders", "order_line", "request_voice", "approval", "audit")
        ]
        return [tuple(session.connection().execute(text(f"SELECT {one}")).one()) for one in counted]

    gone, _ = twins
    with database.reading() as session:
        before = figures(session)
    run(database, ask(database, people["mo"], gone, number_of(database, gone)))
    with database.reading() as session:
        after = figures(session)
    assert after[:-1] == before[:-1]
    assert after[-1][0] > before[-1][0]  # the audit only grows


def faults(session: Session) -> list[str]:
    """The cast's limits were set by nobody; all else must be as the audit says."""
    return [fault for check in verifying.verify(session) for fault in check.faults if "set limit edition" not in fault]


def test_the_books_of_an_erased_customer_still_verify(database: Database, people: People) -> None:
    with database.writing() as session:
        carla = session.get_one(Customer, 1)
        for sku, who in (("tea", "ana"), ("jam", "bo")):
            item = session.get_one(Item, cast.item_id(session, sku))
            grants.give(session, people[who], carla, item, None, key=f"gift-key-{sku}", now=cast.NOW)
        assert len(session.exec(select(Grant)).all()) == 2
        lines = len(session.exec(select(Ledger)).all())
        before = faults(session)
    run(database, ask(database, people["mo"], 1, "C-1"))
    with database.reading() as session:
        assert faults(session) == before == []
        assert len(session.exec(select(Ledger)).all()) == lines


def test_it_goes_on_where_it_was_killed_and_counts_nothing_twice(
    database: Database, people: People, twins: tuple[int, int], monkeypatch
) -> None:
    gone, _ = twins
    asked = ask(database, people["mo"], gone, number_of(database, gone))
    whole, steps = erasure._step, iter(range(100))

    def dies(session: Session, erasure_id: int, one: object) -> None:
        if next(steps) % 3 == 2:
            raise KeyboardInterrupt
        whole(session, erasure_id, one)

    monkeypatch.setattr(erasure, "_step", dies)
    kills = 0
    for _ in range(60):
        try:
            run(database, asked)
            break
        except KeyboardInterrupt:
            kills += 1
            if kills == 20:
                monkeypatch.setattr(erasure, "_step", whole)
    assert kills == 20
    assert "zqmarker" not in dump(database)
    with database.reading() as session:
        receipt = erasure.get_receipt(session, asked)
    assert receipt.done_at == cast.NOW
    assert set(receipt.counts.values()) <= {1, 2}  # one row of each table, and two customers who were one
    run(database, asked)
    with database.reading() as session:
        assert erasure.get_receipt(session, asked) == receipt


def test_from_the_moment_it_is_asked_the_person_is_nobody_and_nothing_is_written(
    database: Database, people: People
) -> None:
    ask(database, people["mo"], 1, "C-1")
    with database.reading() as session:
        assert session.get_one(Customer, 1).email is None
        with pytest.raises(Erased):
            customers.get_customer(session, 1)
        assert "Carla" not in dump(database)


def test_nobody_waits_for_a_parcel_whose_name_is_gone(database: Database, people: People) -> None:
    with database.reading() as session:
        assert "C-1" in [one.external_id for one in customers.list_customers_waiting(session, 10)]
    ask(database, people["mo"], 1, "C-1")
    with database.reading() as session:
        assert 1 not in [one.id for one in customers.list_customers_waiting(session, 10)]


def test_asking_twice_is_one_erasure_and_one_job(database: Database, people: People) -> None:
    first = ask(database, people["mo"], 1, "C-1")
    assert ask(database, people["mo"], 1, "anything", key="erase-key-2") == first
    with database.reading() as session:
        assert len([job for job in jobs.overview(session).latest if job.kind == "erase"]) == 1


def test_another_number_is_not_taken_for_a_yes(database: Database, people: People) -> None:
    with pytest.raises(Invalid, match="C-1"):
        ask(database, people["mo"], 1, "C-2")


def test_who_is_held_is_not_erased_and_it_says_who_held_them(database: Database, people: People) -> None:
    with database.writing() as session:
        form = NewHold(form_key="hold-key-1", reason="The lamp was broken, and we talk about it")
        holds.place(session, people["bo"], 1, form, today=TODAY, now=cast.NOW)
    with pytest.raises(Conflict, match="Bo placed a hold on 14 March: “The lamp was broken"):
        ask(database, people["mo"], 1, "C-1")
    with database.writing() as session:
        holds.lift(session, people["bo"], 1, now=cast.NOW)
    assert ask(database, people["mo"], 1, "C-1")


def test_a_refusal_under_its_key_does_not_tell_why_any_more(database: Database, people: People, monkeypatch) -> None:
    """As they were kept before."""
    stop = "Nuts must not be given to this customer (allergy: nuts)."
    answer = {"kind": "refused", "why": "hard-stop", "sentence": stop, "value": 1}
    monkeypatch.setattr(erasure, "_BATCH", 1)
    with database.writing() as session:
        row = {"scope": "grant:1", "request_hash": "", "created_at": cast.NOW}
        session.add(Idempotency(key="key-1", answer=answer, **row))
        session.add(Idempotency(key="key-2", answer={"kind": "granted", "sentence": "Tea is given."}, **row))
        session.add(Idempotency(key="key-3", answer=answer, **row))
        session.add(Idempotency(key="key-4", answer=answer | {"why": "bait", "sentence": "A sale."}, **row))
    run(database, ask(database, people["mo"], 1, "C-1"))
    with database.reading() as session:
        said = [
            one.answer["sentence"] for one in session.exec(select(Idempotency).order_by(Idempotency.key)) if one.answer
        ]
    assert said == ["This was refused.", "Tea is given.", "This was refused.", "A sale."]


def test_what_another_was_refused_stays_as_it_was_told_without_the_words_of_the_stop(
    database: Database, people: People
) -> None:
    def give() -> Outcome:
        with database.writing() as session:
            dan, tea = session.get_one(Customer, 2), session.get_one(Item, cast.item_id(session, "tea"))
            return grants.give(session, people["ana"], dan, tea, None, key="gift-key-1", now=cast.NOW)

    with database.writing() as session:
        form = NewPreference(form_key="taste-key-1", kind="no-gifts", value="zqmarker", is_stated=True)
        preferences.record(session, people["ana"], 2, form, now=cast.NOW)
    assert "zqmarker" in give().sentence
    again = give()
    assert (again.why, again.sentence) == ("hard-stop", f"{again.item_name} must not be given to this customer.")
    asked = ask(database, people["mo"], 1, "C-1")
    run(database, asked)
    assert give() == again
    with database.reading() as session:
        assert "idempotency" not in erasure.get_receipt(session, asked).counts


def test_what_did_not_come_to_its_end_is_asked_for_again(database: Database, people: People) -> None:
    asked = ask(database, people["mo"], 1, "C-1")
    with database.writing() as session:
        ticket = jobs.take(session, frozenset({"erase"}), now=cast.NOW)
        assert ticket is not None
        jobs.fail(session, ticket, "The machine was switched off.", now=cast.NOW)
    assert erasure.go_on(database, now=cast.NOW + timedelta(days=9)) == 1
    with database.writing() as session:
        again = jobs.take(session, frozenset({"erase"}), now=cast.NOW + timedelta(days=9))
        assert again is not None
        assert again.payload == {"erasure": asked}
    run(database, asked)
    assert erasure.go_on(database, now=cast.NOW + timedelta(days=9)) == 0


def test_the_file_is_written_anew_once_after_the_last_of_those_who_wait(
    database: Database, people: People, monkeypatch
) -> None:
    scrubbed: list[object] = []
    monkeypatch.setattr(erasing, "scrub", scrubbed.append)
    asked = [ask(database, people["mo"], one, f"C-{one}", f"erase-key-{one}") for one in (1, 2)]
    counts = []
    for one in asked:
        with database.writing() as session:
            ticket = jobs.take(session, frozenset({"erase"}), now=cast.NOW)
            assert ticket is not None
            assert ticket.payload == {"erasure": one}
        run(database, one)
        counts.append(len(scrubbed))
    assert counts == [0, 1]


def test_at_night_only_what_came_late_makes_a_new_job(database: Database, people: People) -> None:
    def waiting() -> int:
        with database.reading() as session:
            return len(session.exec(select(Job).where(Job.kind == "erase", Job.state == "waiting")).all())

    asked = ask(database, people["mo"], 1, "C-1")
    with database.writing() as session:
        jobs.take(session, frozenset({"erase"}), now=cast.NOW)
    run(database, asked)
    with database.writing() as session:
        session.connection().execute(text("UPDATE job SET state = 'done'"))
    assert (erasure.go_on(database, now=cast.NOW), waiting()) == (1, 0)
    with database.writing() as session:
        session.add(Occasion(customer_id=1, kind="birthday", words="", month=1, day=1, heard_by=1, heard_at=cast.NOW))
    assert (erasure.go_on(database, now=cast.NOW), waiting()) == (1, 1)
    with database.reading() as session:
        assert session.exec(select(Occasion)).all() == []
        assert erasure.get_receipt(session, asked).counts["occasion"] == 1


def test_the_file_is_written_anew_in_the_turn_of_the_writers(sqlite: Database, monkeypatch) -> None:
    turns: list[bool] = []
    whole = erasing._bytes

    def looks(raw: object) -> int:
        with Path(f"{sqlite.engine.url.database}-queue").open("ab") as queue:
            try:
                fcntl.flock(queue, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                turns.append(sqlite._one_writer.locked())
        return whole(raw)

    monkeypatch.setattr(erasing, "_bytes", looks)
    erasing.scrub(sqlite)
    assert turns == [True]


def test_a_number_that_comes_again_is_known_by_its_mark_and_by_nothing_else(database: Database, people: People) -> None:
    run(database, ask(database, people["mo"], 1, "C-1"))
    with database.reading() as session:
        former = Former(session, KEY)
        assert former.find("C-1") == 1
        assert former.find("C-2") is None
        assert Former(session, b"another key").find("C-1") is None
        assert session.exec(select(Erasure.number)).one() == "E-2026-1"


def test_marks_are_found_where_the_database_compares_words_without_their_hyphens(
    database: Database, people: People
) -> None:
    """As PostgreSQL does with most languages of a machine."""
    if not database.is_sqlite:
        with database.writing() as session:
            for change in (
                "CREATE COLLATION hyphenless (provider = icu, locale = 'en-US-u-ka-shifted')",
                "DROP TRIGGER search_customer_changed ON customer",
                "ALTER TABLE customer ALTER COLUMN external_id TYPE varchar COLLATE hyphenless",
            ):
                session.connection().execute(text(change))
    run(database, ask(database, people["mo"], 1, "C-1"))
    with database.reading() as session:
        assert Former(session, KEY).find("C-1") == 1


def test_marks_are_read_anew_only_when_somebody_was_erased(database: Database, people: People, monkeypatch) -> None:
    looks: list[int] = []
    whole = erasing.list_erased_numbers
    monkeypatch.setattr(erasing, "list_erased_numbers", lambda session: looks.append(1) or whole(session))
    with database.reading() as session:
        former = Former(session, KEY)
        former.look(session)
        assert (former.find("C-1"), len(looks)) == (None, 1)
    ask(database, people["mo"], 1, "C-1")
    with database.reading() as session:
        former.look(session)
        former.look(session)
        assert (former.find("C-1"), len(looks)) == (1, 2)


def test_an_import_of_the_same_number_does_not_bring_the_person_back(
    database: Database, people: People, tmp_path: Path
) -> None:
    run(database, ask(database, people["mo"], 1, "C-1"))
    (tmp_path / "customers.csv").write_text("customer_id,name,email\nC-1,Carla,carla@example.com\nC-3,Eve,\n")
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,placed_at,store,currency,status\n"
        "O-1,C-1,2026-01-05T10:00:00Z,Main St,USD,delivered\nO-9,C-1,2026-03-05T10:00:00Z,Main St,USD,open\n"
    )
    for both in (True, False):
        if not both:
            (tmp_path / "customers.csv").unlink()
        imports.take_in(
            database, None, tmp_path, currency="USD", now=cast.NOW, progress=lambda _share, _words: None, key=KEY
        )
        with database.reading() as session:
            names = [one.name for one in session.exec(select(Customer).order_by(Customer.id))]
            owners = session.exec(select(Order.customer_id).where(Order.external_id.in_(["O-1", "O-9"]))).all()
        assert names == ["A former customer", "Dan", "Eve"]
        assert list(owners) == [1, 1]


def test_a_taste_read_before_a_merge_was_undone_does_not_keep_the_other_from_going(
    database: Database, people: People, twins: tuple[int, int]
) -> None:
    gone, stays = twins
    with database.writing() as session:
        note = session.exec(select(Note).where(Note.customer_id == gone)).one()
        taste = session.exec(select(Preference).where(Preference.customer_id == stays)).one()
        taste.note_id = note.id
    run(database, ask(database, people["mo"], gone, number_of(database, gone)))
    after = dump(database)
    assert "zqmarker" not in after
    assert {one for one in markers("xytwin") if one not in after} == set()


def test_a_note_on_a_talk_of_the_other_one_takes_the_talk_along(
    database: Database, people: People, twins: tuple[int, int]
) -> None:
    gone, stays = twins
    with database.writing() as session:
        talk = session.exec(select(Interaction).where(Interaction.customer_id == gone)).one()
        talk.channel = "phone"
        note = session.exec(select(Note).where(Note.customer_id == stays)).one()
        note.interaction_id = talk_id = talk.id
    run(database, ask(database, people["mo"], gone, number_of(database, gone)))
    assert "zqmarker" not in dump(database)
    with database.reading() as session:
        assert session.get_one(Interaction, talk_id).customer_id == stays
        assert session.exec(select(Note).where(Note.interaction_id == talk_id)).one().customer_id == stays


def test_a_topic_called_by_the_words_of_whoever_goes_has_another_name_from_then_on(
    database: Database, people: People, twins: tuple[int, int]
) -> None:
    gone, _ = twins
    with database.writing() as session:
        for customer in twins:
            voice = session.exec(select(RequestVoice).where(RequestVoice.customer_id == customer)).one()
            voice.words = f"{voice.words}\nfor {'my daughter Zoe ' * 9}"
            session.get_one(RequestTopic, voice.topic_id).title = title_of(voice.words)
    run(database, ask(database, people["mo"], gone, number_of(database, gone)))
    with database.reading() as session:
        titles = list(session.exec(select(RequestTopic.title).order_by(RequestTopic.id)))
    assert titles[0] == "Something somebody asked for"
    assert titles[1].startswith("xytwin")
    assert "zqmarker" not in dump(database)


def test_who_was_erased_is_called_so_in_the_readers_tongue_and_who_only_has_such_a_name_by_it(
    database: Database, people: People
) -> None:
    with database.writing() as session:
        session.get_one(Customer, 2).name = "A former customer"
        tea = session.get_one(Item, cast.item_id(session, "tea"))
        for who in (1, 2):
            customer = session.get_one(Customer, who)
            grants.give(session, people["ana"], customer, tea, None, key=f"gift-key-{who}", now=cast.NOW)
    ask(database, people["mo"], 1, "C-1")
    with database.reading() as session:
        found = customers.names(session, [1, 2])
        own = {one.customer_id: one.customer for one in given.list_own(session, people["ana"].staff_id, cast.NOW)}
        assert customers.called(session.get_one(Customer, 1)) is personal.FORMER
    assert found == own == {1: "A former customer", 2: "A former customer"}
    for names in (found, own):
        assert (names[1], type(names[2])) == (personal.FORMER, str)
        assert isinstance(names[1], Said)
