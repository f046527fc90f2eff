"""Jobs on both engines, with the faults that queues are known for."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cast import NOW
from sqlmodel import select

from deskapp.desk import jobs, progress, worker
from deskapp.desk.jobs import Kind
from deskapp.desk.tongues import tongue
from deskapp.desk.wording import number
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store.db import Database
from deskapp.store.tables import Audit, Job, JobState

People = dict[str, Actor]
ALL = frozenset(Kind)
MINUTE = timedelta(minutes=1)


def at(moment: datetime) -> worker.Clock:
    return lambda: moment


def ask(database: Database, actor: Actor | None = None, **payload: Any) -> int:
    with database.writing() as session:
        return jobs.enqueue(session, actor, Kind.TRAIN, payload, now=NOW)


def row(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def take(database: Database, now: datetime = NOW) -> jobs.Ticket | None:
    with database.writing() as session:
        return jobs.take(session, ALL, now=now)


def saying(words: str) -> worker.Handler:
    return lambda _payload, _progress: words


def raising(error: BaseException) -> worker.Handler:
    def handler(_ticket: jobs.Ticket, _progress: worker.Progress) -> str:
        raise error

    return handler


def test_a_job_is_run_and_says_what_came_of_it(database: Database, people: People) -> None:
    job_id = ask(database, people["ada"])
    assert worker.run_once(database, {"train": saying("It is better.")}, now=at(NOW))
    job = row(database, job_id)
    assert (job.state, job.progress, job.words, job.ended_at) == (JobState.DONE, 100, "It is better.", NOW)
    assert job.asked_by == people["ada"].staff_id


def test_asking_is_audited(database: Database, people: People) -> None:
    job_id = ask(database, people["ada"])
    with database.reading() as session:
        line = session.exec(select(Audit).where(Audit.action == "job.asked")).one()
    assert (line.subject, line.staff_id) == (f"job:{job_id}", people["ada"].staff_id)


def test_with_nothing_to_do_nothing_is_done(database: Database) -> None:
    assert not worker.run_once(database, {"train": saying("")}, now=at(NOW))


def test_a_job_of_a_kind_that_this_worker_does_not_know_is_left_alone(database: Database) -> None:
    job_id = ask(database)
    assert not worker.run_once(database, {"import": saying("")}, now=at(NOW))
    assert row(database, job_id).state == JobState.WAITING


def test_asking_twice_for_the_same_is_one_job_until_it_has_ended(database: Database) -> None:
    first = ask(database)
    assert ask(database) == first
    assert ask(database, other=1) != first
    worker.run_once(database, {"train": saying("")}, now=at(NOW))
    assert ask(database) != first


def test_a_job_that_died_for_good_is_not_the_one_that_is_asked_for_next(database: Database) -> None:
    with database.writing() as session:
        dead = jobs.begin(session, None, Kind.TRAIN, {}, now=NOW)
        assert jobs.enqueue(session, None, Kind.TRAIN, {}, now=NOW) == dead.job_id
        assert jobs.enqueue(session, None, Kind.TRAIN, {}, now=NOW + MINUTE) != dead.job_id


def test_a_leased_job_is_nobody_elses(database: Database) -> None:
    ask(database)
    assert take(database) is not None
    assert take(database, NOW + timedelta(seconds=59)) is None


def test_an_abandoned_job_is_taken_again_when_its_lease_has_run_out(database: Database) -> None:
    job_id = ask(database)
    take(database)
    again = take(database, NOW + MINUTE)
    assert again is not None
    assert (again.job_id, again.attempt) == (job_id, 2)


def test_what_reports_progress_keeps_its_lease(database: Database) -> None:
    ask(database)
    ticket = take(database)
    assert ticket is not None
    with database.writing() as session:
        jobs.report(session, ticket, 40, "half way", now=NOW + timedelta(seconds=50))
    assert take(database, NOW + timedelta(seconds=100)) is None
    assert take(database, NOW + timedelta(seconds=110)) is not None


def test_a_lease_is_renewed_although_others_are_always_in_the_way(sqlite: Database) -> None:
    """As beside an import, whose steps follow each other: half a lease it looks for a gap, then it stands in line."""
    job_id = ask(sqlite)
    ticket = take(sqlite)
    assert ticket is not None
    clock = iter([NOW, *[NOW + timedelta(seconds=40)] * 9])
    pulse = worker._Pulse(sqlite, ticket, lambda: next(clock), None)
    waiting = threading.Thread(target=pulse._write, args=((50, "half way"),))
    with sqlite.writing():
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
    waiting.join()
    assert row(sqlite, job_id).lease_until == NOW + timedelta(seconds=40) + jobs.LEASE


def test_the_word_of_a_worker_that_lost_its_lease_counts_for_nothing(database: Database) -> None:
    job_id = ask(database)
    slow = take(database)
    quick = take(database, NOW + MINUTE)
    assert slow is not None
    assert quick is not None
    for act in (jobs.finish, jobs.fail, jobs.stumble):
        with pytest.raises(jobs.Lost), database.writing() as session:
            act(session, slow, "mine", now=NOW + MINUTE)
    with database.writing() as session:
        jobs.finish(session, quick, "done by the second", now=NOW + MINUTE)
    assert row(database, job_id).words == "done by the second"


def test_after_three_abandoned_attempts_a_job_has_failed(database: Database) -> None:
    job_id = ask(database)
    for attempt in range(3):
        assert take(database, NOW + attempt * MINUTE) is not None
    assert take(database, NOW + 3 * MINUTE) is None
    job = row(database, job_id)
    assert (job.state, job.ended_at) == (JobState.FAILED, NOW + 3 * MINUTE)
    assert "stopped in the middle" in job.words


def test_a_failed_job_does_not_hide_the_next_one(database: Database) -> None:
    ask(database)
    for attempt in range(3):
        take(database, NOW + attempt * MINUTE)
    with database.writing() as session:
        other = jobs.enqueue(session, None, Kind.IMPORT, {}, now=NOW)
    ticket = take(database, NOW + 3 * MINUTE)
    assert ticket is not None
    assert ticket.job_id == other


def test_what_was_asked_wrongly_fails_at_once_with_its_sentence(database: Database) -> None:
    job_id = ask(database)
    worker.run_once(database, {"train": raising(Invalid({"": "There are no purchases yet."}))}, now=at(NOW))
    job = row(database, job_id)
    assert (job.state, job.words, job.attempts) == (JobState.FAILED, "There are no purchases yet.", 1)


def test_a_fault_of_ours_is_tried_three_times_and_tells_no_secrets(database: Database) -> None:
    job_id = ask(database)
    handlers = {"train": raising(ValueError("Carla is allergic"))}
    for attempt in range(3):
        assert worker.run_once(database, handlers, now=at(NOW + attempt * 2 * MINUTE))
    job = row(database, job_id)
    assert (job.state, job.attempts) == (JobState.FAILED, 3)
    assert job.words == "Something went wrong on our side (ValueError)."


def test_a_stumbling_job_waits_before_it_is_tried_again(database: Database) -> None:
    ask(database)
    handlers = {"train": raising(ValueError())}
    assert worker.run_once(database, handlers, now=at(NOW))
    assert not worker.run_once(database, handlers, now=at(NOW + timedelta(seconds=19)))
    assert worker.run_once(database, handlers, now=at(NOW + timedelta(seconds=20)))


@pytest.mark.parametrize("signal_", [KeyboardInterrupt(), SystemExit(0)])
def test_a_worker_that_is_told_to_stop_gives_its_job_back(database: Database, signal_: BaseException) -> None:
    job_id = ask(database)
    with pytest.raises(type(signal_)):
        worker.run_once(database, {"train": raising(signal_)}, now=at(NOW))
    job = row(database, job_id)
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


def test_what_is_run_by_hand_is_never_tried_again_by_others(database: Database) -> None:
    with database.writing() as session:
        ticket = jobs.begin(session, None, Kind.TRAIN, {}, now=NOW)
    assert take(database, NOW + 2 * MINUTE) is None
    assert row(database, ticket.job_id).state == JobState.FAILED


def test_what_is_run_by_hand_and_stopped_by_hand_has_failed(database: Database) -> None:
    with database.writing() as session:
        ticket = jobs.begin(session, None, Kind.TRAIN, {}, now=NOW)
    with pytest.raises(KeyboardInterrupt):
        worker.run(database, ticket, raising(KeyboardInterrupt()), now=at(NOW))
    job = row(database, ticket.job_id)
    assert (job.state, job.words) == (JobState.FAILED, "Stopped by hand.")


def test_progress_is_written_while_the_job_runs(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_BEAT_SECONDS", 0.001)
    job_id = ask(database)
    seen: list[tuple[int, str]] = []

    def handler(_ticket: jobs.Ticket, progress: worker.Progress) -> str:
        progress(0.4, "Reading the orders")
        until(lambda: row(database, job_id).progress == 40)
        seen.append((row(database, job_id).progress, row(database, job_id).words))
        return "Done."

    worker.run_once(database, {"train": handler}, now=at(NOW))
    assert seen == [(40, "Reading the orders")]


def test_progress_is_seen_while_the_job_holds_the_write_lock(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an import on SQLite does, from its first row to its last."""
    monkeypatch.setattr(worker, "_BEAT_SECONDS", 0.001)
    ask(database)

    def seen() -> tuple[int, str]:
        with database.reading() as session:
            (job,) = jobs.overview(session).latest
        return job.percent, job.words

    def handler(_ticket: jobs.Ticket, progress: worker.Progress) -> str:
        with database.writing():
            progress(0.4, "orders.csv: 40 rows")
            until(lambda: seen() == (40, "orders.csv: 40 rows"))
        progress(0.9, "Almost there")
        until(lambda: seen() == (90, "Almost there"))
        return "Done."

    assert worker.run_once(database, {"train": handler}, now=at(NOW))
    assert seen() == (100, "Done.")


def test_nothing_is_left_beside_the_database_when_a_job_is_over(sqlite: Database, tmp_path: Path) -> None:
    ask(sqlite)
    ticket = take(sqlite)
    assert ticket is not None
    left = (sqlite.engine, ticket.job_id, ticket.attempt)
    progress.leave(*left, (40, say("Rows written: {done} of {total}", done=number(1234), total="2")))
    found = progress.find(*left)
    assert found == (40, "Rows written: 1,234 of 2")
    assert "1.234" in found[1].inside(tongue("de"))
    assert progress.find(sqlite.engine, ticket.job_id, 2) is None
    worker.run(sqlite, ticket, saying("Done."), now=at(NOW))
    assert progress.find(*left) is None
    assert list((tmp_path / "progress").iterdir()) == []


def test_a_job_that_was_lost_is_told_at_its_next_word(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_BEAT_SECONDS", 0.001)
    job_id = ask(database)

    def handler(_ticket: jobs.Ticket, progress: worker.Progress) -> str:
        assert take(database, NOW + MINUTE) is not None
        for step in range(1_000_000):
            progress(step % 100 / 100, "working for nothing")
        return "never said"

    worker.run_once(database, {"train": handler}, now=at(NOW))
    assert row(database, job_id).state == JobState.RUNNING  # the second worker's still


def test_two_workers_never_have_the_same_job(database: Database) -> None:
    ids = {ask(database, number=n) for n in range(12)}
    ran: list[int] = []
    barrier = threading.Barrier(4)

    def handler(ticket: jobs.Ticket, _progress: worker.Progress) -> str:
        ran.append(ticket.payload["number"])
        return ""

    def work() -> None:
        barrier.wait()
        while worker.run_once(database, {"train": handler}, now=at(NOW)) or unfinished(database):
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ran) == list(range(12))
    assert all(row(database, job_id).state == JobState.DONE for job_id in ids)


def test_a_job_whose_worker_is_killed_is_run_again(database: Database) -> None:
    job_id = ask(database)
    url = database.engine.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, "-c", STUCK, url], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"begun\n" in process.stdout  # reads until then
        assert row(database, job_id).state == JobState.RUNNING
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert not worker.run_once(database, {"train": saying("")}, now=at(NOW + timedelta(seconds=30)))
    assert worker.run_once(database, {"train": saying("Second time lucky.")}, now=at(NOW + MINUTE))
    job = row(database, job_id)
    assert (job.state, job.words, job.attempts) == (JobState.DONE, "Second time lucky.", 2)


@pytest.mark.parametrize("last_words_seconds", [0, 30])
def test_a_desk_that_stops_gives_back_what_its_deaf_worker_held(
    sqlite: Database, monkeypatch: pytest.MonkeyPatch, last_words_seconds: float
) -> None:
    """Deaf: SIGTERM changes nothing, as in the midst of a library's own loops. Or it dies of it without a word."""
    monkeypatch.setattr(worker, "POLL_SECONDS", 0)
    monkeypatch.setattr(worker, "_LAST_WORDS_SECONDS", last_words_seconds)
    job_id, stop = ask(sqlite), threading.Event()
    is_deaf = not last_words_seconds
    url = sqlite.engine.url.render_as_string(hide_password=False)

    def start(slip: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", STUCK, url, str(slip), "deaf" if is_deaf else ""]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, pass_fds=[slip])
        assert process.stdout is not None
        assert b"begun\n" in process.stdout  # reads until then
        process.stdout.close()
        assert row(sqlite, job_id).state is JobState.RUNNING
        stop.set()
        return process

    worker.oversee(sqlite, ALL, start, stop, now=at(NOW))
    job = row(sqlite, job_id)
    assert (job.state, job.attempts) == (JobState.WAITING, 0)


def test_what_a_worker_ended_itself_is_not_given_back_once_more(sqlite: Database, tmp_path: Path) -> None:
    """By then it may be another's, under the same number."""
    ask(sqlite)
    with (tmp_path / "slip").open("wb+") as file:
        slip = worker.Slip(file.fileno())
        assert slip.held() is None
        held = []

        def handler(ticket: jobs.Ticket, _progress: worker.Progress) -> str:
            held.append((slip.held(), ticket))
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            worker.run_once(sqlite, {"train": handler}, now=at(NOW), slip=slip)
        assert slip.held() is None
    ((written, ticket),) = held
    assert written == ticket  # this one has no payload


def test_a_worker_goes_on_when_the_database_was_away(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0)
    stop, tries = threading.Event(), []

    def away(*_args: Any, **_kw: Any) -> bool:
        tries.append(1)
        if len(tries) == 3:
            stop.set()
        raise OSError("no route to the database")

    monkeypatch.setattr(worker, "run_once", away)
    worker.run_forever(database, {}, stop, now=at(NOW))
    assert len(tries) == 3


def test_the_overview_shows_who_asked_and_how_far_it_is(database: Database, people: People) -> None:
    ask(database, people["ada"])
    ticket = take(database)
    assert ticket is not None
    with database.writing() as session:
        jobs.report(session, ticket, 30, "Counting", now=NOW)
    with database.reading() as session:
        shown = jobs.overview(session)
    assert shown.are_moving
    (job,) = shown.latest
    assert (job.kind, job.is_running, job.percent, job.words, job.asked_by) == ("train", True, 30, "Counting", "Ada")


# --- cancelling -----------------------------------------------------------------------------------------------------


def cancel(database: Database, actor: Actor, job_id: int) -> None:
    with database.writing() as session:
        jobs.cancel(session, actor, job_id, now=NOW)


def audited(database: Database, action: str) -> list[Audit]:
    with database.reading() as session:
        return list(session.exec(select(Audit).where(Audit.action == action)).all())


def test_a_waiting_job_that_is_cancelled_is_never_run(database: Database, people: People) -> None:
    job_id = ask(database)
    cancel(database, people["ada"], job_id)
    assert take(database) is None
    job = row(database, job_id)
    assert (job.state, job.ended_at) == (JobState.CANCELLED, NOW)
    assert job.words == "Cancelled by Ada. Everything is as it was before."


def test_a_running_job_that_is_cancelled_stops_at_its_next_word(
    database: Database, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_BEAT_SECONDS", 0.001)
    job_id = ask(database)
    words: list[int] = []

    def handler(_ticket: jobs.Ticket, progress: worker.Progress) -> str:
        progress(0.5, "half way")
        cancel(database, people["ada"], job_id)
        for step in range(1_000_000):
            words.append(step)
            progress(0.5, "half way")
        return "never said"

    assert worker.run_once(database, {"train": handler}, now=at(NOW))
    assert row(database, job_id).state == JobState.CANCELLED
    assert len(words) < 1_000_000


def test_cancelling_twice_is_cancelling_once_and_it_is_audited(database: Database, people: People) -> None:
    job_id = ask(database)
    cancel(database, people["ada"], job_id)
    cancel(database, people["ada"], job_id)
    (line,) = audited(database, "job.cancelled")
    assert (line.subject, line.staff_id) == (f"job:{job_id}", people["ada"].staff_id)


def test_a_job_that_has_ended_cannot_be_cancelled(database: Database, people: People) -> None:
    job_id = ask(database)
    worker.run_once(database, {"train": saying("It is better.")}, now=at(NOW))
    with pytest.raises(Conflict, match="had ended before"):
        cancel(database, people["ada"], job_id)
    assert row(database, job_id).words == "It is better."
    assert audited(database, "job.cancelled") == []


def test_a_running_import_cannot_be_cancelled_but_a_waiting_one_can(database: Database, people: People) -> None:
    with database.writing() as session:
        job_id = jobs.enqueue(session, None, Kind.IMPORT, {}, now=NOW)
        later = jobs.enqueue(session, None, Kind.IMPORT, {"folder": "another"}, now=NOW)
    take(database)
    with pytest.raises(Conflict, match="to its end"):
        cancel(database, people["ada"], job_id)
    cancel(database, people["ada"], later)
    assert row(database, later).state == JobState.CANCELLED


def test_what_is_not_there_cannot_be_cancelled(database: Database, people: People) -> None:
    with pytest.raises(NotFound):
        cancel(database, people["ada"], 999)


def test_after_a_cancelled_training_another_may_be_asked_for(database: Database, people: People) -> None:
    first = ask(database)
    cancel(database, people["ada"], first)
    assert ask(database) != first


def test_a_training_by_hand_that_is_cancelled_says_so(database: Database, people: People) -> None:
    with database.writing() as session:
        ticket = jobs.begin(session, None, Kind.TRAIN, {}, now=NOW)

    def handler(_ticket: jobs.Ticket, _progress: worker.Progress) -> str:
        cancel(database, people["ada"], ticket.job_id)
        raise jobs.Lost

    with pytest.raises(jobs.Lost, match="was cancelled"):
        worker.run(database, ticket, handler, now=at(NOW))
    assert row(database, ticket.job_id).state == JobState.CANCELLED


def until(is_so: Callable[[], bool]) -> None:
    """Spins without sleeping; the test's own time-out is the bound."""
    for _ in range(100_000):
        if is_so():
            return
    raise AssertionError("it never came about")


def unfinished(database: Database) -> bool:
    with database.reading() as session:
        return any(job.is_unfinished for job in jobs.overview(session).latest)


STUCK = f"""
import signal, sys, threading
from datetime import datetime
from deskapp.desk import worker
from deskapp.store.db import Database

def stuck(ticket, progress):
    print("begun", flush=True)
    threading.Event().wait()

_, url, slip, deaf = [*sys.argv, "", ""][:4]
if deaf:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
now = lambda: datetime.fromisoformat({NOW.isoformat()!r})
worker.run_once(Database(url), {{"train": stuck}}, now=now, slip=worker.Slip(int(slip)) if slip else None)
"""
