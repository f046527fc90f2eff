"""What machines ask, and what the logs say: health, readiness, metrics, one line a request."""

import html
import io
import json
import logging
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import cast
import pytest
import structlog
from cast import NOW
from sold import a_report, tiny_model
from sqlalchemy.exc import OperationalError

from deskapp.desk import jobs, models, seals, upkeep
from deskapp.desk.jobs import Kind
from deskapp.desk.shelf import Shelf
from deskapp.reco.artefacts import save
from deskapp.store.db import Database
from deskapp.store.models import CATALOGUE, bump
from deskapp.store.tables import ModelVersion
from deskapp.web import logs


def publish(db: Database, instance: Path, days: int = 0) -> None:
    with db.reading() as session:
        ids = sorted(cast.item_id(session, sku) for sku in cast.ITEMS)
    models.publish(db, None, instance / "models", tiny_model(ids), a_report(), now=NOW + timedelta(days=days))


def break_database(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise OperationalError("SELECT 1", {}, Exception("could not connect to secret-host"))

    monkeypatch.setattr(db, "reading", away)


# --- health ---------------------------------------------------------------------------------------------------------


def test_a_desk_with_a_model_is_ready(visitor, db: Database, tmp_path: Path) -> None:
    publish(db, tmp_path)
    answer = visitor.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {
        "ok": True,
        "database": {"ok": True, "says": "The database answers."},
        "migrations": {"ok": True, "says": "The tables are up to date."},
        "model": {"ok": True, "says": "The model in service knows 7 items."},
        "clock": {"ok": True, "says": "The clocks agree."},
        "seal": {"ok": True, "says": "Nothing is sealed yet; the hourly upkeep does so."},
        "outbox": {"ok": True, "says": "What is to go out goes out."},
    }


def test_a_seal_that_is_long_ago_is_a_warning(visitor, db: Database, clock) -> None:
    with db.writing() as session:
        seals.seal(session, now=clock())
    assert visitor.get("/readyz").json["seal"]["says"] == "Sealed last at 2026-03-14 15:09 UTC."
    clock.moves(hours=4)
    answer = visitor.get("/readyz")
    assert answer.json["ok"]
    assert answer.json["seal"]["says"].endswith("That is long ago: does a worker run?")


@pytest.mark.postgres
def test_a_clock_that_is_far_from_the_databases_is_told(postgres_copy: str, tmp_path: Path) -> None:
    database = Database(postgres_copy)
    assert upkeep.checks(database, Shelf(tmp_path), now=datetime.now(UTC))["clock"].says == "The clocks agree."
    told = upkeep.checks(database, Shelf(tmp_path), now=datetime.now(UTC) - timedelta(hours=2))["clock"]
    assert told.is_ok
    assert "that of the database" in told.says
    database.close()


def test_a_desk_without_a_model_serves_and_says_so(visitor) -> None:
    answer = visitor.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["model"] == {"ok": True, "says": "There is no model yet, so nothing is suggested."}


def cut_short(folder: Path) -> None:
    file = folder / "in_orders.weight.npy"
    content = file.read_bytes()
    file.unlink()
    file.write_bytes(content[:100])


def other_format(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    (folder / "manifest.json").write_text('{"format": 99}')


def another_model(folder: Path) -> None:
    shutil.rmtree(folder)
    save(tiny_model([1, 2]), folder)


def unreadable(folder: Path) -> None:
    """As after a wrong chmod; the tests may run as root, who may read everything, but nobody reads a folder as a file."""
    (folder / "ids.npy").unlink()
    (folder / "ids.npy").mkdir()


FAULTS: dict[Callable[[Path], None], str] = {
    cut_short: "The file in_orders.weight.npy is not the one that was saved.",
    other_format: "The model in {folder} is not the one that was published.",
    another_model: "The model in {folder} is not the one that was published.",
    unreadable: "The model in {folder} cannot be read: Is a directory (ids.npy).",
    shutil.rmtree: "The model in {folder} cannot be read: No such file or directory (manifest.json).",
}


def folder_of(db: Database, instance: Path, version: int) -> Path:
    with db.reading() as session:
        return instance / "models" / session.get_one(ModelVersion, version).folder


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("is_running", [True, False])
def test_a_spoilt_model_is_told_and_the_one_before_goes_on_answering(
    visitor, at_desk, db: Database, tmp_path: Path, fault: Callable[[Path], None], is_running: bool
) -> None:
    publish(db, tmp_path)
    if is_running:
        assert visitor.get("/readyz").json["model"]["says"] == "The model in service knows 7 items."
    publish(db, tmp_path, days=1)
    folder = folder_of(db, tmp_path, 2)
    fault(folder)
    says = f"Model 2 cannot be used: {FAULTS[fault].format(folder=folder.name)} The one before it answers instead."
    answer = visitor.get("/readyz")
    assert answer.status_code == 200
    assert answer.json["model"] == {"ok": True, "says": says}
    for page in ("/work", "/model"):
        assert says in html.unescape(at_desk("ada").get(page).text)


@pytest.mark.parametrize("page", ["/work", "/model"])
def test_with_no_model_left_the_desk_serves_without_suggestions_and_says_why(
    visitor, at_desk, db: Database, tmp_path: Path, page: str
) -> None:
    publish(db, tmp_path)
    other_format(folder_of(db, tmp_path, 1))
    page = at_desk("ada").get(page)  # asked before anything else wanted the model
    says = visitor.get("/readyz").json["model"]["says"]
    assert says.startswith("Model 1 cannot be used: ")
    assert says.endswith(". Nothing is suggested.")
    assert says in html.unescape(page.text)


def test_a_model_whose_files_are_taken_away_while_it_serves_goes_on_serving(
    visitor, at_desk, db: Database, tmp_path: Path
) -> None:
    publish(db, tmp_path)
    before = at_desk("ana").get("/customers/1").text
    shutil.rmtree(tmp_path / "models")
    assert visitor.get("/readyz").json["model"]["says"] == "The model in service knows 7 items."
    with db.writing() as session:  # so that the page is drawn anew
        bump(session, CATALOGUE)
    after = at_desk("ana").get("/customers/1").text
    assert "Popular with everyone." in before
    assert "Popular with everyone." in after


def test_a_desk_whose_database_is_away_is_alive_and_not_ready(
    visitor, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_database(db, monkeypatch)
    assert visitor.get("/healthz").json == {"ok": True, "says": "The desk is running."}
    answer = visitor.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"ok": False, "database": {"ok": False, "says": "The database cannot be reached."}}


@pytest.mark.parametrize(("revision", "sentence"), [("9999", "newer release"), (None, "no desk here yet")])
def test_tables_of_another_release_are_not_served(visitor, db: Database, revision: str | None, sentence: str) -> None:
    with db.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM alembic_version")
        if revision:
            session.connection().exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (revision,))
    answer = visitor.get("/readyz")
    assert answer.status_code == 503
    assert answer.json["database"]["ok"] is True
    assert sentence in answer.json["migrations"]["says"]
    assert "model" not in answer.json


# --- metrics --------------------------------------------------------------------------------------------------------


@pytest.mark.asvs(34)
def test_metrics_count_requests_by_route_and_never_by_path(at_desk, visitor) -> None:
    at_desk("ana").get("/customers/1")
    visitor.get("/no/such/place/Carla")
    text = visitor.get("/metrics").text
    assert re.search(r'deskapp_request_seconds_count\{method="GET",route="/customers/<int:\w+>",status="200"\} ', text)
    assert 'route="none",status="404"' in text
    assert "Carla" not in text


def test_an_invented_method_makes_no_series_of_its_own(visitor) -> None:
    visitor.open("/healthz", method="BREW")
    text = visitor.get("/metrics").text
    assert 'method="other"' in text
    assert "BREW" not in text


def test_metrics_count_jobs_by_state(visitor, db: Database) -> None:
    with db.writing() as session:
        jobs.enqueue(session, None, Kind.TRAIN, {}, now=NOW)
    assert 'deskapp_jobs{kind="train",state="waiting"} 1.0' in visitor.get("/metrics").text


def test_metrics_count_gifts_by_state(app, at_desk, db: Database, staff) -> None:
    from deskapp.desk import grants
    from deskapp.store.customers import get_customer
    from deskapp.store.items import get_by_sku

    with db.writing() as session:
        customer = get_customer(session, cast.customer_id(session))
        grants.give(session, staff["ana"], customer, get_by_sku(session, "tea"), None, key="gift-key-1", now=NOW)
    assert 'deskapp_grants{state="reserved"} 1.0' in app.test_client().get("/metrics").text


def test_without_a_token_metrics_are_for_this_machine_alone(visitor) -> None:
    assert visitor.get("/metrics").status_code == 200
    assert visitor.get("/metrics", environ_base={"REMOTE_ADDR": "::1"}).status_code == 200
    for other in ("192.0.2.7", "10.0.0.1", "2001:db8::1", "", "nonsense"):
        assert visitor.get("/metrics", environ_base={"REMOTE_ADDR": other}).status_code == 403


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_from_this_machine(visitor, header: str) -> None:
    assert visitor.get("/metrics", headers={header: "for=127.0.0.1"}).status_code == 403


def test_with_a_token_metrics_are_for_who_has_it(open_desk) -> None:
    client = open_desk(metrics_token="a token for the scraper").test_client()
    far = {"REMOTE_ADDR": "192.0.2.7"}
    good = {"Authorization": "Bearer a token for the scraper"}
    assert client.get("/metrics", headers=good, environ_base=far).status_code == 200
    assert client.get("/metrics", environ_base=far).status_code == 403
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer ä"}).status_code == 403


# --- logs -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def lines():
    """Takes the lines logged so far, as production writes them."""
    before, written = structlog.get_config(), io.StringIO()
    logs.configure(is_production=True, level=logging.DEBUG)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(written))

    def take() -> list[dict[str, Any]]:
        taken = [json.loads(line) for line in written.getvalue().splitlines()]
        written.seek(0)
        written.truncate()
        return taken

    yield take
    structlog.configure(**before)


@pytest.mark.asvs(34)
def test_a_request_is_one_line_without_a_name_or_a_path(at_desk, staff, lines) -> None:
    client = at_desk("ana")
    lines()
    client.get("/customers/1?query=Carla", headers={"User-Agent": "Carla"})
    (line,) = [line for line in lines() if line["event"] == "request"]
    assert line.pop("timestamp")
    assert len(line.pop("request_id")) == 16
    assert 0 <= line.pop("ms") < 60_000
    assert re.fullmatch(r"/customers/<int:\w+>", line.pop("route"))
    assert line == {
        "event": "request",
        "level": "info",
        "method": "GET",
        "status": 200,
        "staff_id": staff["ana"].staff_id,
    }


@pytest.mark.asvs(36)
def test_nothing_that_is_sent_can_forge_a_line(visitor, lines) -> None:
    visitor.get("/nowhere%0a%0d{forged}")
    assert [line["route"] for line in lines()] == ["none"]


def test_machines_that_ask_every_second_are_not_news(visitor, lines) -> None:
    visitor.get("/healthz")
    assert [line["level"] for line in lines()] == ["debug"]


@pytest.mark.asvs(35)
def test_a_fault_is_logged_by_kind_and_place_and_never_with_words(app, visitor, lines) -> None:
    def view() -> None:
        carla = "Carla is allergic"
        raise ValueError(carla)

    app.view_functions["health.alive"] = view
    view.__dict__.update({"deskapp_may_use": "everybody"})
    assert visitor.get("/healthz").status_code == 500
    found = lines()
    fault = next(line for line in found if line["level"] == "error")
    assert fault["error"] == "ValueError"
    assert any(place.endswith(" view") for place in fault["at"])
    assert "Carla" not in json.dumps(found)


@pytest.mark.asvs(36)
def test_whoever_is_refused_is_in_the_log_by_number(at_desk, staff, lines) -> None:
    client = at_desk("ana")
    lines()
    assert client.get("/staff").status_code == 403
    (line,) = [line for line in lines() if line["event"] == "denied"]
    assert (line["staff_id"], line["permission"]) == (staff["ana"].staff_id, "manage-staff")


@pytest.mark.asvs(36)
def test_readable_logs_escape_line_breaks_too(capsys: pytest.CaptureFixture[str]) -> None:
    before = structlog.get_config()
    logs.configure(is_production=False)
    structlog.get_logger().warning("told", words="one\r\ntwo")
    structlog.configure(**before)
    assert len(capsys.readouterr().err.splitlines()) == 1
