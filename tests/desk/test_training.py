"""Training on both engines: what is published, what is not, and what a killed one leaves behind."""

import signal
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cast import NOW
from sold import a_report, an_old_report, sell, steady, the_same, tiny_model
from sqlmodel import select

from deskapp.desk import jobs, models, training, worker
from deskapp.desk.handlers import handlers
from deskapp.desk.shelf import Shelf
from deskapp.reco.fitted import Model
from deskapp.reco.matrix import Purchases
from deskapp.reco.model import train as fit
from deskapp.reco.questions import set_exam
from deskapp.reco.ranking import Source, suggest
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.purchases import list_stores, read_all
from deskapp.store.tables import Audit, Customer, Item, ItemKind, Job, JobState, ModelVersion, Order, OrderLine

People = dict[str, Actor]
EPOCH = date(1970, 1, 1).toordinal()


@pytest.fixture
def models_folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def quiet(_share: float, _words: str) -> None:
    pass


def never(*_args: object, **_kw: object) -> Model:
    raise AssertionError("nothing should have been trained")


def train(database: Database, folder: Path, days: int = 0, **more: Any) -> training.Trained:
    return training.train(database, None, folder, now=lambda: NOW + timedelta(days=days), progress=quiet, **more)


def sell_after_training(database: Database, folder: Path, model: Model | None) -> int:
    """The number of days later; so many orders have come in since `model` was published that it can be judged."""
    days = 60
    if model is not None:
        models.publish(database, None, folder, model, a_report() | {"trained_until": today() - 1}, now=NOW)
    with database.writing() as session:
        sell(session, orders=900, until=NOW + timedelta(days=days), shoppers=300, a_day=8)
    return days


def today() -> int:
    return NOW.date().toordinal() - EPOCH


def shop(database: Database, basket=steady) -> None:
    with database.writing() as session:
        sell(session, basket=basket)


def publish(database: Database, folder: Path, days: int = 0) -> int:
    return models.publish(database, None, folder, tiny_model(), a_report(), now=NOW + timedelta(days=days))


def versions(database: Database) -> list[ModelVersion]:
    with database.reading() as session:
        return list(session.exec(select(ModelVersion).order_by(ModelVersion.id)).all())


def folders(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


def test_a_model_that_beats_popularity_is_put_in_service(database: Database, models_folder: Path) -> None:
    shop(database)
    trained = train(database, models_folder)
    assert trained.is_published
    assert trained.report.beats_popularity
    assert trained.sentence.endswith("It is in service now.")
    (version,) = versions(database)
    assert version.report["trained_until"] == NOW.date().toordinal() - EPOCH
    assert [one["name"] for one in version.report["groups"]["store"]] == ["Main St"]
    assert folders(models_folder) == {version.folder}
    with database.reading() as session:
        assert Shelf(models_folder).stand(session).model is not None


def test_items_of_one_name_speak_for_each_other_though_never_sold_together(
    sqlite: Database, models_folder: Path
) -> None:
    shop(sqlite)
    with sqlite.writing() as session:
        one, other = session.exec(select(Item).where(Item.sku.in_(["thing-0", "thing-30"])).order_by(Item.id)).all()
        one.name = other.name = "Yogurt"
        ids = [one.id, other.id]
    train(sqlite, models_folder)
    with sqlite.reading() as session:
        model = Shelf(models_folder).stand(session).model
    anything = np.ones(len(model.vocabulary), dtype=bool)
    answer = suggest(model, basket=ids[:1], history={}, allowed=anything, novel=True, k=len(anything))
    assert ids[:1] == [one for candidate in answer if candidate.item == ids[1] for one in candidate.because]


def test_publishing_is_audited(sqlite: Database, models_folder: Path) -> None:
    shop(sqlite)
    train(sqlite, models_folder)
    with sqlite.reading() as session:
        (line,) = session.exec(select(Audit).where(Audit.action == "model.published")).all()
    assert line.subject == f"model:{versions(sqlite)[0].id}"


def test_without_purchases_there_is_nothing_to_learn(database: Database, models_folder: Path) -> None:
    with pytest.raises(Invalid, match="Import some first"):
        train(database, models_folder)
    assert versions(database) == []


def test_where_nothing_can_be_learnt_what_is_popular_serves_and_says_so(sqlite: Database, models_folder: Path) -> None:
    shop(sqlite, the_same)
    trained = train(sqlite, models_folder)
    assert trained.is_published
    assert trained.sentence.endswith("What is popular with everyone is in service for now.")
    with sqlite.reading() as session:
        view = models.find_in_service(session)
        stand = Shelf(models_folder).stand(session)
    assert view is not None
    assert not view.is_personal
    everything = np.ones(len(stand.item), bool)
    found = suggest(
        stand.model, basket=[int(stand.item[0])], history={int(stand.item[1]): 2}, allowed=everything, novel=True, k=5
    )
    assert found
    assert all(one.source is Source.POPULAR and not one.because for one in found)


def test_a_model_that_is_no_better_than_popularity_leaves_the_one_in_service(
    sqlite: Database, models_folder: Path
) -> None:
    shop(sqlite, the_same)
    train(sqlite, models_folder)
    again = train(sqlite, models_folder, days=1)
    assert not again.is_published
    assert again.sentence.endswith("The model in service stays.")
    assert len(versions(sqlite)) == 1


def test_without_orders_that_the_one_in_service_has_not_seen_it_stays_and_nothing_is_trained(
    sqlite: Database, models_folder: Path
) -> None:
    shop(sqlite)
    train(sqlite, models_folder)
    again = train(sqlite, models_folder, days=1, trainer=never)
    assert not again.is_published
    assert again.sentence == (
        "There are too few orders that the model in service has not seen (0; it takes 100 to tell two models apart)."
        " Train again when there are more. The model in service stays."
    )
    assert len(versions(sqlite)) == 1


def test_a_model_that_beats_the_one_in_service_takes_its_place(sqlite: Database, models_folder: Path) -> None:
    days = sell_after_training(sqlite, models_folder, tiny_model())
    trained = train(sqlite, models_folder, days=days)
    assert trained.is_published
    assert trained.report.beats_in_service
    assert "the model in service in" in trained.sentence
    part = versions(sqlite)[-1].report["plus_one"]
    assert part["in_service"]["ndcg"]["value"] < part["model"]["ndcg"]["value"]


def test_a_model_that_does_not_beat_the_one_in_service_stays_out(sqlite: Database, models_folder: Path) -> None:
    """The one in service is the very model that the new one would be judged by: no better, so it stays."""
    days = sell_after_training(sqlite, models_folder, None)
    with sqlite.reading() as session:
        purchases = Purchases(*read_all(session, until=NOW + timedelta(days=days)))
    last = int(purchases.day.max())
    from_day = set_exam(purchases, served_until=last - 60, seed=training.SEED).from_day
    twin = fit(purchases.where(purchases.day < from_day), seed=training.SEED, progress=quiet)
    report = a_report() | {"trained_until": last - 60}
    models.publish(sqlite, None, models_folder, twin, report, now=NOW)
    trained = train(sqlite, models_folder, days=days)
    assert trained.report.beats_popularity
    assert not trained.is_published
    assert trained.sentence.endswith("The model in service stays.")
    assert len(versions(sqlite)) == 1


def test_a_model_of_the_release_before_counts_as_trained_when_it_was_published(
    sqlite: Database, models_folder: Path
) -> None:
    models.publish(sqlite, None, models_folder, tiny_model(), an_old_report(), now=NOW)
    with sqlite.reading() as session:
        served = models.find_served(session, models_folder)
        view = models.find_in_service(session)
    assert served is not None
    assert served.trained_until == NOW.date().toordinal() - EPOCH
    assert served.is_personal
    assert view is not None
    assert (view.questions, view.ours.ndcg.value, view.ours.novelty) == (100, 0.1, None)


def test_judging_changes_nothing(sqlite: Database, models_folder: Path) -> None:
    shop(sqlite)
    report = training.judge(sqlite, models_folder, now=NOW, progress=quiet)
    assert report.beats_popularity
    assert versions(sqlite) == []
    assert not models_folder.exists()
    with pytest.raises(Invalid):
        training.judge(sqlite, models_folder, now=NOW - timedelta(days=999), progress=quiet)


def test_what_the_closing_refuses_is_not_published(database: Database, models_folder: Path) -> None:
    shop(database)

    def refuse(_session: object, sentence: str) -> None:
        assert "It is in service now." in sentence
        raise LookupError

    with pytest.raises(LookupError):
        train(database, models_folder, closing=refuse)
    assert versions(database) == []
    assert folders(models_folder) == set()


def test_a_model_that_cannot_be_read_does_not_stay(sqlite: Database, models_folder: Path) -> None:
    shop(sqlite, the_same)
    train(sqlite, models_folder)
    (models_folder / versions(sqlite)[0].folder / "manifest.json").unlink()
    assert train(sqlite, models_folder, days=1).is_published
    with sqlite.reading() as session:
        assert models.is_served(session, models_folder)


def test_the_last_two_models_are_kept_and_older_ones_swept(sqlite: Database, models_folder: Path) -> None:
    for day in range(3):
        publish(sqlite, models_folder, days=day)
    _, before, newest = versions(sqlite)
    assert folders(models_folder) == {before.folder, newest.folder}


def test_what_a_killed_training_left_is_swept_after_a_day(sqlite: Database, models_folder: Path) -> None:
    for left in (".draft-dead", "model-never-published"):
        (models_folder / left).mkdir(parents=True)
    publish(sqlite, models_folder)  # "now" lies before these folders were made
    assert folders(models_folder) > {".draft-dead", "model-never-published"}
    publish(sqlite, models_folder, days=365 * 1000)
    assert folders(models_folder) == {version.folder for version in versions(sqlite)}


@pytest.mark.parametrize("where", ["artefacts.save", "models.add_version", "_sweep"])
def test_a_training_that_is_killed_leaves_the_old_model_or_the_new_one(
    database: Database, models_folder: Path, where: str
) -> None:
    publish(database, models_folder)
    url = database.engine.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", KILLED, url, str(models_folder), where]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"now\n" in process.stdout
        process.send_signal(signal.SIGKILL)
    newest = versions(database)[-1]
    assert newest.id == (2 if where == "_sweep" else 1)
    with database.reading() as session:
        shelf = Shelf(models_folder)
        assert shelf.stand(session).model is not None
    assert shelf.problem == ""
    publish(database, models_folder, days=2)  # and the next one is not in its way


# --- as a job -------------------------------------------------------------------------------------------------------


def ask(database: Database) -> int:
    with database.writing() as session:
        return jobs.enqueue(session, None, jobs.Kind.TRAIN, {}, now=NOW)


def job_of(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def work(database: Database, folder: Path, now: datetime = NOW) -> bool:
    known = handlers(database, folder, currency="USD", now=lambda: now)
    return worker.run_once(database, known, now=lambda: now)


@pytest.mark.parametrize("where", ["evaluate", "save"])
def test_a_training_that_is_cancelled_at_work_leaves_everything_as_it_was(
    database: Database, models_folder: Path, people: People, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """Cancelled in the last moment before it would be published, too."""
    shop(database)
    job_id = ask(database)
    module = {"evaluate": training, "save": models.artefacts}[where]
    really = getattr(module, where)

    def after_a_cancel(*args: Any, **kw: Any) -> Any:
        with database.writing() as session:
            jobs.cancel(session, people["ada"], job_id, now=NOW)
        return really(*args, **kw)

    monkeypatch.setattr(module, where, after_a_cancel)
    assert work(database, models_folder)
    assert job_of(database, job_id).state is JobState.CANCELLED
    assert versions(database) == []
    assert not models_folder.exists() or folders(models_folder) == set()


def test_a_training_and_its_job_end_together(sqlite: Database, models_folder: Path) -> None:
    """So that nobody can cancel what is in service already, and no second worker publishes it again."""
    shop(sqlite)
    job_id = ask(sqlite)
    ended: list[JobState] = []
    really = models._sweep

    def sweep(*args: Any) -> None:
        ended.append(job_of(sqlite, job_id).state)
        really(*args)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(models, "_sweep", sweep)
        work(sqlite, models_folder)
    assert ended == [JobState.DONE]
    assert job_of(sqlite, job_id).words.endswith("It is in service now.")


def test_a_training_that_was_killed_is_begun_anew_by_the_next_worker(database: Database, models_folder: Path) -> None:
    shop(database)
    job_id = ask(database)
    url = database.engine.url.render_as_string(hide_password=False)
    with subprocess.Popen([sys.executable, "-c", DIES, url, str(models_folder)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"now\n" in process.stdout
        process.send_signal(signal.SIGKILL)
    assert job_of(database, job_id).state is JobState.RUNNING
    assert not work(database, models_folder)  # the lease has not run out
    assert work(database, models_folder, NOW + timedelta(minutes=2))
    job = job_of(database, job_id)
    assert (job.state, job.attempts) == (JobState.DONE, 2)
    assert len(versions(database)) == 1


def test_returns_are_not_purchases(database: Database) -> None:
    shop(database)
    with database.reading() as session:
        before = read_all(session, until=NOW)
    with database.writing() as session:
        line = session.exec(select(OrderLine).limit(1)).one()
        line.quantity = -1
    with database.reading() as session:
        assert len(read_all(session, until=NOW).item) == len(before.item) - 1


def test_gift_cards_and_orders_of_tomorrow_are_not_learnt_from(database: Database) -> None:
    shop(database)
    later = NOW + timedelta(seconds=1)
    with database.writing() as session:
        card = session.exec(select(OrderLine.item_id).limit(1)).one()
        session.get_one(Item, card).kind = ItemKind.GIFT_CARD
        tomorrow = session.exec(select(Order).order_by(Order.id.desc()).limit(1)).one()
        tomorrow.placed_at = later
    with database.reading() as session:
        found, everything = read_all(session, until=NOW), read_all(session, until=later)
    assert card not in everything.item
    assert tomorrow.id in everything.order
    assert set(found.order) == set(everything.order) - {tomorrow.id}
    assert all(len(column) == len(found.item) for column in found)


def test_purchases_are_read_with_their_customer_day_store_and_price(database: Database) -> None:
    shop(database)
    with database.reading() as session:
        found, stores = read_all(session, until=NOW), list_stores(session)
        rows = session.exec(select(OrderLine, Order).join(Order, Order.id == OrderLine.order_id)).all()
    expected = {
        (
            line.item_id,
            line.order_id,
            order.customer_id,
            order.placed_at.date().toordinal() - 719163,
            stores.index(order.store),
            line.quantity * line.unit_price_minor,
        )
        for line, order in rows
    }
    assert set(zip(*(column.tolist() for column in found), strict=True)) == expected


def test_an_empty_shop_reads_as_nothing(database: Database) -> None:
    with database.reading() as session:
        assert all(len(column) == 0 for column in read_all(session, until=NOW))
        assert session.exec(select(Customer)).all() == session.exec(select(Item)).all() == []


KILLED = f"""
import sys, threading
from pathlib import Path
from deskapp.desk import models
from deskapp.store.db import Database

sys.path.insert(0, {str(Path(__file__).parents[1])!r})
from sold import tiny_model, a_report

def hang(*args, **kwargs):
    print("now", flush=True)
    threading.Event().wait()

*module, name = sys.argv[3].split(".")
setattr(getattr(models, module[0]) if module else models, name, hang)
from cast import NOW
from datetime import date, datetime, timedelta
models.publish(Database(sys.argv[1]), None, Path(sys.argv[2]), tiny_model(), a_report(), now=NOW + timedelta(days=1))
"""


DIES = f"""
import sys, threading
from datetime import datetime
from pathlib import Path
from deskapp.desk import training, worker
from deskapp.desk.handlers import handlers
from deskapp.store.db import Database

def hang(*args, **kwargs):
    print("now", flush=True)
    threading.Event().wait()

training.evaluate = hang
now = lambda: datetime.fromisoformat({NOW.isoformat()!r})
database = Database(sys.argv[1])
worker.run_once(database, handlers(database, Path(sys.argv[2]), currency="USD", now=now), now=now)
"""


def test_popularity_of_old_gives_way_to_popularity_of_today(sqlite: Database, models_folder: Path) -> None:
    with sqlite.writing() as session:
        sell(session, 40, the_same, until=NOW - timedelta(days=30))
    assert train(sqlite, models_folder).is_published
    with sqlite.writing() as session:
        order = session.exec(select(Order).order_by(Order.id.desc())).first()
        order.placed_at = NOW - timedelta(days=1)
    again = train(sqlite, models_folder, days=1)
    assert again.is_published
    assert not again.report.beats_popularity
    assert not train(sqlite, models_folder, days=2).is_published  # nothing was bought since


def test_a_training_that_was_overtaken_by_another_publishes_nothing(sqlite: Database, models_folder: Path) -> None:
    first = publish(sqlite, models_folder)
    second = publish(sqlite, models_folder, days=1)
    with pytest.raises(Conflict, match="Another training"):
        models.publish(sqlite, None, models_folder, tiny_model(), a_report(), now=NOW + timedelta(days=2), over=first)
    assert [version.id for version in versions(sqlite)] == [first, second]


def test_the_model_before_a_spoilt_one_is_the_one_to_beat(sqlite: Database, models_folder: Path) -> None:
    first = publish(sqlite, models_folder)
    publish(sqlite, models_folder, days=1)
    (models_folder / versions(sqlite)[1].folder / "manifest.json").unlink()
    with sqlite.reading() as session:
        served = models.find_served(session, models_folder)
    assert served is not None
    assert served.version == first
