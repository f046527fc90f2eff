"""The `deskapp` command as people type it."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import cast
import pytest
import structlog
from click.testing import CliRunner, Result
from sold import sell
from sqlmodel import select
from tampering import tamper

from deskapp.cli import cli
from deskapp.desk import passwords, tokens
from deskapp.desk.jobs import Kind
from deskapp.reco import spark
from deskapp.rules.people import Role
from deskapp.store.db import Database
from deskapp.store.privacy_tables import View
from deskapp.store.tables import ApiToken, Customer, Job, JobState, LaunchLink, ModelVersion, Seat, Staff, Surface

Run = Callable[..., Result]
PASSWORD = "four words in a row\n"


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESKAPP_INSTANCE", str(tmp_path / "desk"))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    return tmp_path / "desk"


@pytest.fixture
def run(instance: Path) -> Run:
    """`run("token", "create", …)`, what is typed at a prompt being `typed`."""
    return lambda *words, typed="": CliRunner().invoke(cli, [str(word) for word in words], input=typed)


@pytest.fixture
def desk(run: Run, instance: Path) -> Iterator[Database]:
    """An empty desk with one admin, ada."""
    assert run("init").exit_code == 0
    assert run("staff", "add", "ada", "--role", "admin", typed=PASSWORD).exit_code == 0
    database = Database(f"sqlite:///{instance / 'desk.sqlite'}")
    yield database
    database.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A shop of three orders as canonical CSV."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "customers.csv").write_text("customer_id,name,email\nC-1,Carla Núñez,carla@example.com\n")
    (folder / "items.csv").write_text(
        "sku,name,category,department,brand,price,cost,currency,stock,giftable\n"
        "tea,Green tea,Tea,Shop,,3.50,2.00,USD,40,1\nmug,Blue mug,Kitchen,Shop,,4.80,2.50,USD,12,1\n"
    )
    (folder / "orders.csv").write_text(
        "order_id,customer_id,placed_at,store,currency,status\n"
        "O-1,C-1,2026-01-05T10:00:00Z,Main St,USD,delivered\nO-2,C-1,2026-02-05T10:00:00Z,Main St,USD,delivered\n"
    )
    (folder / "order_lines.csv").write_text(
        "order_id,sku,quantity,unit_price\nO-1,tea,1,3.50\nO-1,mug,1,4.80\nO-2,tea,2,3.50\n"
    )
    return folder


def refused(result: Result, sentence: str, code: int = 1) -> bool:
    """One plain sentence on stderr, nothing on stdout, no traceback."""
    assert result.exit_code == code
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    return sentence in result.stderr


def jobs_of(database: Database) -> list[Job]:
    with database.reading() as session:
        return list(session.exec(select(Job).order_by(Job.id)).all())


# --- a desk ---------------------------------------------------------------------------------------------------------


def test_the_version_is_told_without_importing_anything_heavy() -> None:
    heavy = "numpy scipy implicit sqlalchemy sqlmodel pydantic flask gunicorn pyarrow rich".split()
    script = f"import sys, deskapp.cli; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True).stdout == "[]\n"
    done = subprocess.run(
        [sys.executable, "-m", "deskapp.cli", "--version"], capture_output=True, check=True, text=True
    )
    assert done.stdout == "deskapp, version 0.1.0\n"


def test_init_makes_an_empty_desk_and_says_what_comes_next(run: Run, instance: Path) -> None:
    done = run("init")
    assert done.exit_code == 0
    assert "staff add NAME --role admin" in done.stdout
    assert (instance / "desk.sqlite").is_file()


def test_init_again_changes_nothing(run: Run, desk: Database) -> None:
    done = run("init")
    assert done.exit_code == 0
    assert "staff add" not in done.stdout
    with desk.reading() as session:
        assert [one.username for one in session.exec(select(Staff)).all()] == ["ada"]


@pytest.mark.parametrize(
    "words",
    [
        ("train",),
        ("serve",),
        ("worker", "--until-idle"),
        ("token", "create", "--staff", "ada"),
        ("launch-link", "--staff", "ada"),
    ],
)
def test_where_there_is_no_desk_nothing_is_made(run: Run, instance: Path, words: tuple[str, ...]) -> None:
    assert refused(run(*words), "There is no desk here yet. `deskapp init` makes an empty one")
    assert not instance.exists()


def test_a_database_of_a_newer_release_is_left_alone(run: Run, desk: Database) -> None:
    with desk.writing() as session:
        session.connection().exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert refused(run("train"), "newer release")
    assert refused(run("init"), "newer release")


def test_wrong_settings_are_named(run: Run, desk: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKAPP_PORT", "eighty")
    assert refused(run("train"), "port: ")


def test_a_database_that_is_away_is_said_in_a_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKAPP_DATABASE_URL", "postgresql+psycopg:///desk?host=/nowhere/at/all")
    result = run("train")
    assert refused(result, "The database cannot be reached")
    assert "nowhere" not in result.stderr


def test_a_fault_of_ours_is_one_sentence_unless_more_is_asked_for(
    run: Run, desk: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kw: object) -> None:
        raise ZeroDivisionError("Carla")

    monkeypatch.setattr(tokens, "make", broken)
    words = ("token", "create", "--staff", "ada")
    assert refused(run(*words), "Something went wrong on our side (ZeroDivisionError).")
    assert isinstance(run("--traceback", *words).exception, ZeroDivisionError)


def test_what_is_mistyped_is_explained(run: Run) -> None:
    assert refused(run("trian"), "No such command 'trian'", code=2)
    assert refused(run("import"), "Missing argument", code=2)
    assert refused(run("import", "/no/such/folder"), "does not exist", code=2)


# --- what is in it --------------------------------------------------------------------------------------------------


def test_an_import_says_what_came_in_and_is_seen_as_a_job(run: Run, desk: Database, files: Path) -> None:
    done = run("import", files)
    assert done.exit_code == 0, done.stderr
    assert done.stdout == "Imported 1 customer, 2 items, 2 orders, 3 order lines.\n"
    (job,) = jobs_of(desk)
    assert (job.kind, job.state, job.words) == (Kind.IMPORT, JobState.DONE, done.stdout.strip())
    assert "changed" in run("import", files).stdout


def test_every_bad_row_is_named_and_nothing_comes_in(run: Run, desk: Database, files: Path) -> None:
    with (files / "order_lines.csv").open("a") as file:
        file.write("O-1,nothing,1,1.00\nO-1,tea,none,1.00\n")
    result = run("import", files)
    assert refused(result, "Nothing was imported: 2 problems to put right.")
    assert "order_lines.csv, line 5" in result.stderr
    assert "order_lines.csv, line 6" in result.stderr
    with desk.reading() as session:
        assert session.exec(select(Customer)).all() == []
    (job,) = jobs_of(desk)
    assert job.state == JobState.FAILED
    assert job.words.startswith("Nothing was imported. ")


def test_what_happened_to_parcels_is_taken_in_once_and_bad_lines_are_named(
    run: Run, desk: Database, files: Path
) -> None:
    orders = (files / "orders.csv").read_text().splitlines()
    (files / "orders.csv").write_text(f"{orders[0]},ship_on\n" + "".join(f"{line},2026-02-06\n" for line in orders[1:]))
    run("import", files)
    events = files / "delivery_events.csv"
    events.write_text("order_id,kind,happened_at\nO-2,left,2026-02-06\nO-2,delivered,2026-02-07\n")
    assert run("import-events", events).stdout == "2 of 2 lines told something new.\n"
    again = run("import-events", events)
    assert again.stdout == "0 of 2 lines told something new. 2 were known already.\n"
    events.write_text("order_id,kind,happened_at\nO-9,left,2026-02-06\n")
    bad = run("import-events", events)
    assert refused(bad, "Nothing was imported: 1 problem to put right.")
    assert "delivery_events.csv, line 2, order_id: No delivery has this order number" in bad.stderr


def test_training_says_its_verdict(run: Run, desk: Database) -> None:
    with desk.writing() as session:
        sell(session)
    done = run("train")
    assert done.exit_code == 0, done.stderr
    assert ", the new model finds the hidden item among its first 10 in " in done.stdout
    assert done.stdout.endswith("It is in service now.\n")
    assert "Reading the purchases" in done.stderr
    with desk.reading() as session:
        assert session.exec(select(ModelVersion)).one().report["beats_popularity"] is True
    assert [job.state for job in jobs_of(desk)] == [JobState.DONE]


def test_an_evaluation_is_printed_and_written_and_changes_nothing(
    run: Run, desk: Database, instance: Path, tmp_path: Path
) -> None:
    assert refused(run("evaluate"), "There are no purchases to learn from yet. Import some first.")
    with desk.writing() as session:
        sell(session)
    out = tmp_path / "report.json"
    done = run("evaluate", "--out", out)
    assert "over popularity: NDCG +" in done.stdout
    assert "plus-one by store: NDCG@10\n  Main St" in done.stdout
    assert json.loads(out.read_text())["beats_popularity"] is True
    assert jobs_of(desk) == []
    assert not (instance / "models").exists()


def test_training_on_nothing_says_what_to_do(run: Run, desk: Database) -> None:
    assert refused(run("train"), "There are no purchases to learn from yet. Import some first.")


def test_what_there_is_to_learn_from_is_exported(run: Run, desk: Database, tmp_path: Path) -> None:
    assert refused(run("export-training", tmp_path / "out"), "There are no purchases to export yet.")
    with desk.writing() as session:
        sell(session, orders=40)
    assert " order lines in " in run("export-training", tmp_path / "out").stdout
    assert refused(run("export-training", tmp_path / "out"), "is not an empty folder")


def test_a_master_is_for_spark_alone(run: Run, desk: Database) -> None:
    assert refused(run("train", "--master", "local[2]"), "go with --engine spark", code=2)


@pytest.mark.slow
def test_spark_trains_what_then_serves(desk: Database, instance: Path, tmp_path: Path) -> None:
    try:
        spark.make_sure()
    except spark.NoSpark as what:
        pytest.skip(str(what))
    with desk.writing() as session:
        sell(session)
    (tmp_path / "scratch").mkdir()
    command = [sys.executable, "-m", "deskapp.cli", "train", "--engine", "spark", "--master", "local[2]"]
    done = subprocess.run(
        [*command, "--scratch", tmp_path / "scratch"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("It is in service now.")
    with desk.reading() as session:
        (version,) = session.exec(select(ModelVersion))
    assert (instance / "models" / version.folder / "manifest.json").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"desk", "scratch"}  # Spark leaves nothing lying about
    assert list((tmp_path / "scratch").iterdir()) == []


def test_an_import_then_a_training_then_suggestions(run: Run, desk: Database, files: Path, tmp_path: Path) -> None:
    run("import", files)
    assert "What is popular with everyone is in service" in run("train").stdout
    queries, out = tmp_path / "queries.jsonl", tmp_path / "out.jsonl"
    queries.write_text(
        '{"query_id": "a", "customer": null, "basket": ["tea"], "max_value": "5.00", "novel": false, "k": 3}\n'
    )
    done = run("suggest", "--queries", queries, "--out", out)
    assert done.exit_code == 0, done.stderr
    assert json.loads(out.read_text()) == {
        "query_id": "a",
        "items": [{"sku": "mug", "because": [], "source": "popular"}],
    }
    queries.write_text("nonsense\n")
    assert refused(run("suggest", "--queries", queries, "--out", out), "Line 1: this is not a line of JSON.")
    assert refused(run("suggest", "--queries", queries, "--out", tmp_path / "no" / "out"), "No such file or directory")


def test_a_worker_runs_what_waits_and_leaves(run: Run, desk: Database) -> None:
    from deskapp.desk import jobs

    with desk.writing() as session:
        job_id = jobs.enqueue(session, None, Kind.TRAIN, {}, now=cast.NOW)
    assert run("worker", "--until-idle").exit_code == 0
    with desk.reading() as session:
        job = session.get_one(Job, job_id)
    assert (job.state, job.words) == (JobState.FAILED, "There are no purchases to learn from yet. Import some first.")


# --- people and programs --------------------------------------------------------------------------------------------


def test_staff_are_hired_with_a_password_from_stdin(run: Run, desk: Database) -> None:
    done = run("staff", "add", "Bo", "--name", "Bo Lund", "--role", "lead", typed="bo waters plants\n")
    assert done.exit_code == 0, done.stderr
    with desk.reading() as session:
        bo = session.exec(select(Staff).where(Staff.username == "bo")).one()
    assert (bo.name, bo.role) == ("Bo Lund", Role.LEAD)
    assert passwords.matches("bo waters plants", bo.password_hash)


@pytest.mark.parametrize(
    ("words", "typed", "sentence"),
    [
        (("ada",), PASSWORD, "Somebody else signs in as ada"),
        (("cy",), "short\n", "password: "),
        (("cy",), "", "password: "),
        (("c y",), PASSWORD, "username: "),
    ],
)
def test_staff_who_cannot_be_hired_are_refused(run: Run, desk: Database, words, typed: str, sentence: str) -> None:
    assert refused(run("staff", "add", *words, typed=typed), sentence)


def test_a_new_password_ends_every_seat(run: Run, desk: Database) -> None:
    from datetime import timedelta

    from deskapp.desk import launches, seats

    with desk.writing() as session:
        ada = launches.owner(session, "ada")
        lifetimes = seats.Lifetimes(timedelta(hours=1), timedelta(hours=1))
        seats.take(session, ada, Surface.PAGE, secret="x" * 43, lifetimes=lifetimes, now=cast.NOW)
    assert run("staff", "password", "ada", typed="another row of words\n").exit_code == 0
    with desk.reading() as session:
        assert session.exec(select(Seat)).one().revoked_at is not None
        stored = session.exec(select(Staff)).one().password_hash
    assert passwords.matches("another row of words", stored)


def test_a_token_stands_alone_on_the_last_line_and_can_be_revoked(run: Run, desk: Database) -> None:
    done = run("token", "create", "--staff", "ada")
    token = done.stdout.splitlines()[-1]
    assert token.startswith("dk_")
    with desk.reading() as session:
        actor = tokens.find_actor(session, token, cast.NOW)
        assert actor is not None
        assert actor.username == "ada"
    assert run("token", "revoke", typed=f"{token}\n").exit_code == 0
    with desk.reading() as session:
        assert tokens.find_actor(session, token, cast.NOW) is None
        assert session.exec(select(ApiToken)).one().revoked_at is not None
    assert run("token", "revoke", token).exit_code == 1


def test_a_token_for_nobody_is_refused(run: Run, desk: Database) -> None:
    assert refused(run("token", "create", "--staff", "nobody"), "Nobody called nobody may sign in here.")


def test_a_launch_link_stands_alone_on_the_last_line(run: Run, desk: Database, files: Path) -> None:
    run("import", files)
    done = run("launch-link", "--staff", "ada", "--customer", "C-1", "--base", "https://desk.example/")
    assert done.stdout.splitlines()[-1].startswith("https://desk.example/launch/")
    with desk.reading() as session:
        assert session.exec(select(LaunchLink)).one().customer_id == cast.customer_id(session)
    assert refused(run("launch-link", "--staff", "ada", "--customer", "C-9"), "There is no such customer.")
    assert refused(run("launch-link", "--staff", "nobody"), "Nobody called nobody")


# --- the demo -------------------------------------------------------------------------------------------------------


@pytest.fixture
def small_year(monkeypatch: pytest.MonkeyPatch, files: Path) -> list[Path]:
    """Three orders in the place of a year of them; tells how often they were written."""
    from deskapp.feeds import complete_journey

    written: list[Path] = []

    def write(folder: Path, *, today: object) -> None:
        written.append(folder)
        folder.mkdir(parents=True)
        for file in files.iterdir():
            (folder / file.name).write_text(file.read_text())

    monkeypatch.setattr(complete_journey, "write", write)
    return written


def test_the_demo_tells_who_may_sign_in_and_how_to_serve(run: Run, small_year: list[Path], instance: Path) -> None:
    done = run("demo")
    assert done.exit_code == 0, done.stderr
    for username in cast.PEOPLE:
        assert f"  {username} " in done.stdout
    assert "deskapp serve" in done.stdout
    assert "http://127.0.0.1:8417" in done.stdout
    assert small_year == [instance / "demo"]


def test_the_demo_again_is_quick_and_loses_nothing(run: Run, small_year: list[Path], instance: Path) -> None:
    run("demo")
    again = run("demo")
    assert again.exit_code == 0, again.stderr
    assert len(small_year) == 1
    database = Database(f"sqlite:///{instance / 'desk.sqlite'}")
    with database.reading() as session:
        assert len(session.exec(select(Staff)).all()) == 5
        assert len(session.exec(select(ModelVersion)).all()) == 1
    database.close()


def test_the_demo_keeps_away_from_a_desk_where_people_work(run: Run, desk: Database, small_year: list[Path]) -> None:
    with desk.writing() as session:
        session.exec(select(Staff)).one().username = "someone"
    assert refused(run("demo"), "People work at this desk already.")
    assert small_year == []


def test_there_is_no_demo_in_production(run: Run, small_year: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKAPP_PRODUCTION", "true")
    monkeypatch.setenv("DESKAPP_SECRET_KEY", "s" * 40)
    assert refused(run("demo"), "passwords that everybody knows")


# --- the audit --------------------------------------------------------------------------------------------------------


def test_the_books_are_verified_line_by_line(run: Run, desk: Database) -> None:
    said = run("audit", "verify")
    assert said.exit_code == 0
    assert said.stdout.splitlines()[0] == "ok    0 buckets hold what their ledger says, and none is over its ceiling."
    assert len(said.stdout.splitlines()) == 9
    assert said.stdout.splitlines()[-1].startswith("Checked in ")


def test_what_does_not_fit_is_named_and_fails(run: Run, desk: Database, tmp_path: Path) -> None:
    assert run("audit", "seal").exit_code == 0
    tamper(desk, "UPDATE seal SET lines = 5", "INSERT INTO bucket VALUES ('giver-day|1|2026-03-14|USD', 100, 50)")
    said = run("audit", "verify")
    assert said.exit_code == 1
    assert "WRONG 1 buckets" in said.stdout
    assert "      Bucket giver-day|1|2026-03-14|USD holds 50, its ledger says 0." in said.stdout
    assert "Seal 1 was made of 5 lines" in said.stdout
    assert "2 things are not as they should be." in said.stderr


def test_the_file_of_seals_is_compared(
    run: Run, desk: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "seals.jsonl"
    monkeypatch.setenv("DESKAPP_SEAL_FILE", str(file))
    assert "Seal 1 over" in run("audit", "seal").stdout
    assert run("audit", "verify", "--seals", file).exit_code == 0
    tamper(desk, "DELETE FROM seal")
    assert "Seal 1 was exported, and is not there any more." in run("audit", "verify", "--seals", file).stdout


def test_an_export_of_a_customer_is_its_owners_alone_and_is_logged(desk: Database, run: Run, tmp_path: Path) -> None:
    with desk.writing() as session:
        session.add(Customer(external_id="C-1", name="Carla", name_folded="carla"))
    out = tmp_path / "carla.json"
    out.touch(mode=0o644)
    assert run("privacy", "export", "C-1", "--as", "ada", "--out", out).exit_code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert json.loads(out.read_bytes())["format"] == "deskapp-personal-export/1"
    with desk.reading() as session:
        assert [view.what for view in session.exec(select(View))] == ["export"]


# --- the browser extension ------------------------------------------------------------------------------------------


def test_the_extension_tells_the_id_that_its_connection_must_allow_and_then_is_written(
    run: Run, instance: Path, tmp_path: Path
) -> None:
    told = run("extension").stdout
    assert re.search(r"its id is [a-p]{32}: ", told)
    place = ("--url", "https://desk.example.com", "--connection", "AbC-1", "--to", tmp_path / "out")
    done = run("extension", *place)
    assert done.stdout.startswith(told)  # the same key as before
    assert [Path(line).name for line in done.stdout.splitlines()[1:]] == [
        f"deskapp-{name}" for name in ("chrome-0.1.0.zip", "chrome", "firefox-0.1.0.zip", "firefox")
    ]
    assert (tmp_path / "out/deskapp-chrome/manifest.json").is_file()
    assert refused(run("extension", "--url", "https://desk.example.com"), "go together", code=2)
    plain = run("extension", "--url", "http://desk.example.com", "--connection", "AbC-1")
    assert refused(plain, "https://desk.example.com, without a path")
