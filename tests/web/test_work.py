"""The work page: jobs with their progress, the model in service, and a button that asks for a training."""

from pathlib import Path

import cast
import pytest
from cast import NOW
from pages import form
from sold import a_report, tiny_model

from deskapp.desk import jobs, models
from deskapp.desk.jobs import Kind
from deskapp.store.db import Database
from deskapp.store.tables import Job


def publish(db: Database, instance: Path, report: dict[str, object] | None = None) -> None:
    with db.reading() as session:
        ids = sorted(cast.item_id(session, sku) for sku in cast.ITEMS)
    models.publish(db, None, instance / "models", tiny_model(ids), report or a_report(), now=NOW)


def waiting(db: Database) -> list[Job]:
    with db.reading() as session:
        return [job for job in (session.get(Job, number) for number in range(1, 9)) if job]


def run(db: Database, percent: int, words: str) -> jobs.Ticket:
    with db.writing() as session:
        jobs.enqueue(session, None, Kind.TRAIN, {}, now=NOW)
        ticket = jobs.take(session, frozenset(Kind), now=NOW)
        assert ticket is not None
        jobs.report(session, ticket, percent, words, now=NOW)
    return ticket


def test_an_admin_asks_for_a_training_and_sees_it_wait(at_desk, db: Database, staff) -> None:
    client = at_desk("ada")
    page = client.get("/work")
    answer = client.post("/work/train", data=form(page, "/work/train"))
    assert (answer.status_code, answer.location) == (303, "/work")
    (job,) = waiting(db)
    assert (job.kind, job.asked_by) == ("train", staff["ada"].staff_id)
    page = client.get("/work").text
    assert "Training the model" in page
    assert "waiting" in page
    assert "Ada" in page


def test_a_double_tap_asks_once(at_desk, db: Database) -> None:
    client = at_desk("ada")
    fields = form(client.get("/work"), "/work/train")
    client.post("/work/train", data=fields)
    client.post("/work/train", data=fields)
    assert len(waiting(db)) == 1


def test_with_htmx_the_jobs_come_back_alone_and_look_again_by_themselves(at_desk, htmx) -> None:
    client = at_desk("ada")
    fields = form(client.get("/work"), "/work/train")
    answer = client.post("/work/train", data=fields, headers=htmx)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<section id="jobs"')
    assert 'hx-trigger="every 2s"' in answer.text


def test_a_running_job_shows_how_far_it_is(at_desk, db: Database, htmx) -> None:
    run(db, 40, "Reading the orders")
    text = at_desk("ada").get("/work", headers=htmx).text
    assert '<progress max="100" value="40"' in text
    assert "Reading the orders" in text
    assert 'href="/work"' in text  # for who has no JavaScript


def test_when_all_is_done_the_page_rests_and_the_model_is_fetched_anew(at_desk, db: Database, htmx) -> None:
    ticket = run(db, 90, "Publishing")
    client = at_desk("ada")
    assert "HX-Trigger" not in client.get("/work", headers=htmx).headers
    with db.writing() as session:
        jobs.finish(session, ticket, "It is better.", now=NOW)
    answer = client.get("/work", headers=htmx)
    assert "hx-trigger" not in answer.text
    assert "work-done" in answer.headers["HX-Trigger"]
    assert client.get("/work/model", headers=htmx).text.lstrip().startswith('<section id="model"')


def test_a_failed_job_says_why(at_desk, db: Database) -> None:
    ticket = run(db, 10, "Reading")
    with db.writing() as session:
        jobs.fail(session, ticket, "There are no purchases <yet>.", now=NOW)
    assert "There are no purchases &lt;yet&gt;." in at_desk("ada").get("/work").text


def test_an_admin_cancels_a_training_that_is_at_work(at_desk, db: Database, htmx) -> None:
    ticket = run(db, 40, "Reading the orders")
    client, path = at_desk("ada"), f"/work/jobs/{ticket.job_id}/cancel"
    fields = form(client.get("/work"), path)
    answer = client.post(path, data=fields, headers=htmx)
    assert answer.text.lstrip().startswith('<section id="jobs"')
    assert "Cancelled by Ada." in answer.text
    assert f'action="{path}"' not in answer.text
    again = client.post(path, data=fields)
    assert (again.status_code, again.location) == (303, "/work")


def test_a_training_that_ended_meanwhile_says_so(at_desk, db: Database, htmx) -> None:
    ticket = run(db, 90, "Publishing")
    client, path = at_desk("ada"), f"/work/jobs/{ticket.job_id}/cancel"
    fields = form(client.get("/work"), path)
    with db.writing() as session:
        jobs.finish(session, ticket, "It is better.", now=NOW)
    answer = client.post(path, data=fields, headers=htmx)
    assert answer.status_code == 409
    assert "It had ended before it could be cancelled." in answer.text


def test_nobody_else_cancels_a_job(at_desk, db: Database) -> None:
    ticket = run(db, 40, "Reading the orders")
    assert at_desk("mo").post(f"/work/jobs/{ticket.job_id}/cancel").status_code == 403
    with db.reading() as session:
        assert jobs.overview(session).are_moving


def test_the_model_in_service_shows_its_figures_beside_popularity(at_desk, db: Database, tmp_path: Path) -> None:
    client = at_desk("ada")
    assert "There is no model yet" in client.get("/work").text
    publish(db, tmp_path)
    page = client.get("/work").text
    assert "20.0 %" in page
    assert "10.0 %" in page
    assert "basket" in page


def test_a_model_that_knows_only_what_is_popular_says_so(at_desk, db: Database, tmp_path: Path) -> None:
    publish(db, tmp_path, a_report(questions=0) | {"beats_popularity": False})
    page = at_desk("ada").get("/work").text
    assert "It knows what is popular with everyone and nothing more" in page
    assert "too few orders" in page


def test_without_htmx_each_address_is_a_whole_page(at_desk) -> None:
    client = at_desk("ada")
    for address in ("/work", "/work/model"):
        page = client.get(address).text
        assert "<!doctype html>" in page
        assert 'id="jobs"' in page
        assert 'id="model"' in page


@pytest.mark.parametrize("who", ["ana", "bo", "del", "mo"])
def test_only_an_admin_sees_and_asks_for_work(at_desk, db: Database, who: str) -> None:
    client = at_desk(who)
    assert client.get("/work").status_code == client.get("/work/model").status_code == 403
    assert client.post("/work/train").status_code == 403
    assert waiting(db) == []


def test_nobody_is_sent_to_the_door(visitor) -> None:
    assert visitor.get("/work").status_code == 303


def test_a_training_asked_for_from_another_site_is_refused(at_desk, db: Database) -> None:
    client = at_desk("ada")
    fields = form(client.get("/work"), "/work/train")
    answer = client.post("/work/train", data=fields, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert waiting(db) == []


def test_no_folder_is_ever_taken_from_the_web(app) -> None:
    assert [rule.rule for rule in app.url_map.iter_rules() if "import" in rule.rule] == []
