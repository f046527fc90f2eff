"""The page that says how good the suggestions are, and for whom."""

from datetime import timedelta
from pathlib import Path

import cast
import pytest
from cast import NOW
from sold import a_part, a_report, an_old_report, tiny_model

from deskapp.desk import jobs, models
from deskapp.desk.jobs import Kind
from deskapp.reco.report import Group
from deskapp.store.db import Database

STORES = {"store": [Group("Main St", a_part(60)), Group("others", a_part(40))]}


def publish(db: Database, instance: Path, report: dict[str, object], days: int = 0) -> None:
    with db.reading() as session:
        ids = sorted(cast.item_id(session, sku) for sku in cast.ITEMS)
    models.publish(db, None, instance / "models", tiny_model(ids), report, now=NOW + timedelta(days=days))


def end_training(db: Database, words: str) -> None:
    with db.writing() as session:
        jobs.enqueue(session, None, Kind.TRAIN, {}, now=NOW)
        ticket = jobs.take(session, frozenset(Kind), now=NOW)
        assert ticket is not None
        jobs.finish(session, ticket, words, now=NOW + timedelta(days=1))


def test_a_manager_sees_the_verdict_the_figures_and_the_pictures(at_desk, db: Database, tmp_path: Path) -> None:
    publish(db, tmp_path, a_report(STORES, in_service=0.09))
    page = at_desk("mo").get("/model").text
    assert "finds the hidden item in 20.0\xa0% of the orders" in page
    assert "model before it in 18.0\xa0%" in page
    assert "Items ever shown" in page
    assert "1 in 362" in page  # 8.5 bits
    assert 'aria-label="By store. Ahead of popularity in 2 of 2, in 2 by more than chance.' in page
    assert page.count('<svg class="dots"') == 5  # three kinds of question, two stores
    assert "Main St" in page


def test_every_picture_says_its_numbers_in_a_table(at_desk, db: Database, tmp_path: Path) -> None:
    publish(db, tmp_path, a_report(STORES))
    page = at_desk("mo").get("/model").text
    assert page.count('role="img"') == page.count("<table") == 2
    assert "(0.080 to 0.120)" in page


def test_dots_stay_within_their_picture(at_desk, db: Database, tmp_path: Path) -> None:
    publish(db, tmp_path, a_report({"store": [Group("Main St", a_part(60, 0.95))]}))
    page = at_desk("mo").get("/model").text
    assert 'x2="100.00%"' in page
    assert 'cx="95.00%"' in page


def test_a_model_of_the_release_before_is_still_shown(at_desk, db: Database, tmp_path: Path) -> None:
    publish(db, tmp_path, an_old_report())
    page = at_desk("mo").get("/model").text
    assert "20.0\xa0%" in page
    assert "judged by an earlier release" in page
    assert "<svg class=" not in page


def test_a_model_of_which_nothing_is_known_is_shown_as_that(at_desk, db: Database, tmp_path: Path) -> None:
    publish(db, tmp_path, {})
    page = at_desk("mo").get("/model").text
    assert "too few orders to judge it by" in page
    assert "knows what is popular with everyone and nothing more" in page


def test_where_the_model_before_was_not_asked_the_page_says_why(at_desk, db: Database, tmp_path: Path) -> None:
    publish(db, tmp_path, a_report() | {"unseen": 12})
    assert "had seen nearly all of these orders" in at_desk("mo").get("/model").text


def test_its_history_tells_what_was_published_and_why_the_rest_was_not(at_desk, db: Database, tmp_path: Path) -> None:
    publish(db, tmp_path, an_old_report())
    end_training(db, "It finds less. The model in service stays.")
    end_training(db, "It finds more. It is in service now.")
    publish(db, tmp_path, a_report(), days=2)
    text = at_desk("mo").get("/model").text
    history = text[text.index("How it came here") :]
    assert history.index("Version 2") < history.index("Trained, and not published") < history.index("Version 1")
    assert "It finds less." in history
    assert "It finds more." not in history
    assert history.count("in service<") == 1


def test_without_a_model_it_says_so(at_desk) -> None:
    page = at_desk("mo").get("/model").text
    assert "There is no model yet, so nothing is suggested." in page


def test_a_model_that_cannot_be_used_is_named_here_too(at_desk, db: Database, tmp_path: Path) -> None:
    publish(db, tmp_path, a_report())
    client = at_desk("mo")
    for file in (tmp_path / "models").glob("*/ids.npy"):
        file.unlink()
    assert "Model 1 cannot be used" in client.get("/model").text


def test_with_htmx_the_panel_comes_alone(at_desk, htmx) -> None:
    assert at_desk("mo").get("/model", headers=htmx).text.lstrip().startswith('<section id="report"')


@pytest.mark.parametrize("who", ["ana", "bo", "del"])
def test_only_managers_and_admins_see_it(at_desk, who: str) -> None:
    client = at_desk(who)
    assert client.get("/model").status_code == 403
    assert 'href="/model"' not in client.get("/password").text


def test_managers_and_admins_find_it_from_where_they_are(at_desk, db: Database, tmp_path: Path) -> None:
    publish(db, tmp_path, a_report())
    assert 'href="/model"' in at_desk("mo").get("/limits").text
    assert "How good it is, and for whom" in at_desk("ada").get("/work").text
    assert 'href="/work"' not in at_desk("mo").get("/model").text
