"""The engine for Spark, against the one of this machine. What needs Spark itself is slow, and runs where it is installed."""

import os
import re
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from reco.toys import everything, purchases, quiet, random_shop
from threadpoolctl import threadpool_limits

from deskapp.reco import model, parquet, spark
from deskapp.reco.counted import TASTE_RIDGE, Companions, Counted
from deskapp.reco.matrix import Purchases, by_customer
from deskapp.reco.ranking import suggest
from deskapp.rules.errors import Conflict

SEED = 3
MASTER = "local[2]"


def needs_spark(test):
    """Java and Python talk over the loopback, and leave it to the garbage collector to close what they talked through."""
    for mark in (
        pytest.mark.slow,
        pytest.mark.allow_hosts(["127.0.0.1", "::1"]),
        pytest.mark.filterwarnings("ignore::ResourceWarning"),
        pytest.mark.usefixtures("spark_here"),
    ):
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def spark_here():
    try:
        spark.make_sure()
    except spark.NoSpark as what:
        pytest.skip(str(what))


# --- without Spark --------------------------------------------------------------------------------------------------


def test_without_the_extra_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setattr(spark, "find_spec", lambda _name: None)
    with pytest.raises(spark.NoSpark, match=re.escape("pip install 'deskapp[spark]'")):
        spark.Engine(MASTER)(random_shop(1), seed=1, progress=quiet)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [(None, "Spark needs Java, and there is none"), ('openjdk version "11.0.2"', "Java 11 is too old for Spark")],
)
def test_without_a_java_that_is_new_enough_the_sentence_says_which(monkeypatch, tmp_path, said, sentence):
    monkeypatch.setattr(spark, "find_spec", lambda _name: True)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    if said is not None:
        (tmp_path / "java").write_text(f"#!/bin/sh\necho '{said}' >&2\n")
        (tmp_path / "java").chmod(0o755)
    with pytest.raises(spark.NoSpark, match=f"{sentence}: version 17 or newer"):
        spark.make_sure()


def test_java_is_found_where_java_home_says(monkeypatch, tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").write_text("#!/bin/sh\necho 'openjdk version \"21\" 2023-09-19' >&2\n")
    (tmp_path / "bin" / "java").chmod(0o755)
    monkeypatch.setattr(spark, "find_spec", lambda _name: True)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    spark.make_sure()


def test_ids_that_mllib_cannot_hold_are_refused_before_anything_starts(monkeypatch):
    monkeypatch.setattr(spark, "make_sure", lambda: None)
    with pytest.raises(spark.NoSpark, match=re.escape("up to number 2,147,483,647; here is 2,147,483,648")):
        spark.Engine(MASTER)(purchases((2**31, [1, 2])), seed=1, progress=quiet)


def test_the_ridge_weighs_as_much_as_ours_on_an_average_row():
    customers, items, ratings = 50, 20, 400
    assert spark.taste_ridge(ratings, customers, items) * np.sqrt(8 * 20) == pytest.approx(TASTE_RIDGE)


def test_on_one_machine_spark_is_told_to_keep_to_the_loopback(monkeypatch, tmp_path):
    monkeypatch.delenv("SPARK_LOCAL_IP", raising=False)
    settings = spark._settings(MASTER, tmp_path, 10)
    assert {settings["spark.driver.bindAddress"], settings["spark.driver.host"]} == {"127.0.0.1"}
    assert os.environ.pop("SPARK_LOCAL_IP") == "127.0.0.1"
    assert "spark.driver.host" not in spark._settings("spark://far:7077", tmp_path, 10)


# --- Parquet --------------------------------------------------------------------------------------------------------


def test_what_is_written_reads_back_the_same(tmp_path):
    from pyarrow import parquet as files

    bought = random_shop(2)
    manifest = parquet.write(bought, tmp_path / "out", {"stores": ["Main St"]})
    table = files.read_table(tmp_path / "out" / parquet.FILE)
    assert table.column_names == [column.name for column in fields(Purchases)]
    for name in table.column_names:
        np.testing.assert_array_equal(table[name].to_numpy(), getattr(bought, name))
    assert manifest["lines"] == len(bought)
    assert manifest["stores"] == ["Main St"]


def test_nothing_is_written_over(tmp_path):
    (tmp_path / "keep").touch()
    with pytest.raises(Conflict, match="not an empty folder"):
        parquet.write(random_shop(2), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["keep"]


def test_a_write_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_args):
        raise OSError("the disk is full")

    monkeypatch.setattr(parquet, "_describe", fail)
    with pytest.raises(OSError, match="full"):
        parquet.write(random_shop(2), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


# --- with Spark -----------------------------------------------------------------------------------------------------


class Run(NamedTuple):
    """One session's work on one shop, and this machine's."""

    shop: Purchases
    counted: Counted
    ours: Counted
    users: dict[int, np.ndarray]  # MLlib's own, by id
    items: dict[int, np.ndarray]
    listening: set[str]


@pytest.fixture(scope="module")
def ran(spark_here, tmp_path_factory):
    shop = random_shop(SEED, items=60, orders=900, customers=120)
    folder = tmp_path_factory.mktemp("spark")
    parquet.write(shop, folder / "purchases")
    with spark.session(MASTER, folder, lines=len(shop)) as session:
        counted = spark.count(session, folder, shop, seed=SEED, progress=quiet)
        homes = session.read.parquet(str(folder / "homes"))
        tastes = spark.fit_tastes(homes, ridge=_ridge(shop), seed=SEED)
        users, items = (_by_id(factors.collect()) for factors in (tastes.userFactors, tastes.itemFactors))
        listening = _listening()
    with threadpool_limits(1, "blas"):  # or implicit warns
        ours = model.count(shop, seed=SEED, progress=quiet)
    return Run(shop, counted, ours, users, items, listening)


def _by_id(rows: Any) -> dict[int, np.ndarray]:
    return {row["id"]: np.array(row["features"]) for row in rows}


def _ridge(shop: Purchases) -> float:
    homes = by_customer(shop, shop.vocabulary())
    return spark.taste_ridge(homes.nnz, *homes.shape)


def _listening() -> set[str]:
    """Local addresses, as the kernel writes them, on which a child of ours or its children listen."""
    tree = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout.split()
    parent = dict(zip(map(int, tree[::2]), map(int, tree[1::2]), strict=True))
    ours = {os.getpid()}
    while more := {pid for pid, above in parent.items() if above in ours} - ours:
        ours |= more
    sockets = set()
    for pid in ours - {os.getpid()}:
        for handle in Path(f"/proc/{pid}/fd").glob("*"):
            sockets |= set(re.findall(r"socket:\[(\d+)\]", str(handle.readlink()) if handle.is_symlink() else ""))
    lines = [line.split() for kind in ("tcp", "tcp6") for line in Path("/proc/net", kind).read_text().splitlines()[1:]]
    return {words[1].split(":")[0] for words in lines if words[3] == "0A" and words[9] in sockets}


def _pairs(companions: Companions, values: np.ndarray) -> dict[tuple[int, int], float]:
    rows, ranks = np.nonzero(companions.nearest.item >= 0)
    near = companions.nearest.item[rows, ranks]
    return dict(zip(zip(rows.tolist(), near.tolist(), strict=True), values[rows, ranks].tolist(), strict=True))


@needs_spark
@pytest.mark.parametrize("part", ["in_orders", "in_homes"])
def test_the_counts_are_those_of_this_machine(ran, part):
    theirs, ours = getattr(ran.counted, part), getattr(ran.ours, part)
    np.testing.assert_array_equal(theirs.occurrences, ours.occurrences)
    np.testing.assert_array_equal(theirs.head.place, ours.head.place)
    np.testing.assert_array_equal(theirs.head.counts, ours.head.counts)
    assert _pairs(theirs, theirs.nearest.together) == _pairs(ours, ours.nearest.together)


@needs_spark
def test_first_times_and_lift_are_those_of_this_machine(ran):
    np.testing.assert_array_equal(ran.counted.vocabulary.ids, ran.ours.vocabulary.ids)
    np.testing.assert_array_equal(ran.counted.lift, ran.ours.lift)
    assert _pairs(ran.counted.in_orders, ran.counted.first) == _pairs(ran.ours.in_orders, ran.ours.first)


@needs_spark
def test_the_nearest_come_first(ran):
    orders = ran.counted.in_orders
    length = np.sqrt(orders.occurrences.astype(float))
    cosine = orders.nearest.together / (length[:, None] * length[orders.nearest.item])
    assert np.all(np.diff(cosine, axis=1)[orders.nearest.item[:, 1:] >= 0] <= 1e-9)


@needs_spark
def test_a_customers_taste_is_the_closed_form_of_the_objective_that_we_say_mllib_has(ran):
    """Confidence 1 + log(1 + orders), preference 1, and a ridge times the number of ratings."""
    homes, ids = by_customer(ran.shop, ran.shop.vocabulary()), ran.shop.vocabulary().ids
    customers = np.unique(ran.shop.customer)
    factors = np.array([ran.items[item] for item in ids.tolist()])
    gram, ridge = factors.T @ factors, _ridge(ran.shop)
    for row, customer in enumerate(customers.tolist()):
        bought, rating = factors[homes[row].indices], np.log1p(homes[row].data.astype(float))[:, None]
        system = gram + bought.T @ (rating * bought) + ridge * len(bought) * np.eye(factors.shape[1])
        expected = np.linalg.solve(system, ((1 + rating) * bought).sum(axis=0))
        np.testing.assert_allclose(ran.users[customer], expected, atol=1e-5 * np.abs(expected).max())


def _loss(confidence: np.ndarray, users: np.ndarray, items: np.ndarray, ridge: float) -> float:
    wanted = confidence > 1
    counts = wanted.sum(axis=1), wanted.sum(axis=0)
    penalty = counts[0] @ (users**2).sum(axis=1) + counts[1] @ (items**2).sum(axis=1)
    return float((confidence * (wanted - users @ items.T) ** 2).sum() + ridge * penalty)


def _reference(confidence: np.ndarray, ridge: float, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """The same objective by plain, exact alternating least squares."""

    def half(weights, other):
        return np.array(
            [
                np.linalg.solve(
                    (other.T * row) @ other + ridge * (row > 1).sum() * np.eye(other.shape[1]),
                    other.T @ (row * (row > 1)),
                )
                for row in weights
            ]
        )

    items = np.random.default_rng(SEED).normal(0, 0.1, (confidence.shape[1], model.FACTORS))
    users = half(confidence, items)
    for _ in range(rounds):
        items = half(confidence.T, users)
        users = half(confidence, items)
    return users, items


@needs_spark
def test_mllib_comes_within_two_per_cent_of_the_loss_where_exact_steps_stand_still(ran):
    homes, ridge = by_customer(ran.shop, ran.shop.vocabulary()), _ridge(ran.shop)
    confidence = 1 + np.log1p(homes.toarray().astype(float))
    users = np.array([ran.users[one] for one in np.unique(ran.shop.customer).tolist()])
    items = np.array([ran.items[one] for one in ran.shop.vocabulary().ids.tolist()])
    plateau = _loss(confidence, *_reference(confidence, ridge, 60), ridge)
    assert _loss(confidence, users, items, ridge) <= 1.02 * plateau


@needs_spark
def test_nothing_but_the_loopback_is_listened_on(ran):
    assert ran.listening
    assert ran.listening <= {"0100007F", "0" * 24 + "01000000", "0" * 16 + "FFFF00000100007F"}


@needs_spark
def test_what_goes_wrong_in_spark_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(spark, "count", lambda session, *_args, **_kwargs: session.sql("SELECT nothing FROM nowhere"))
    with pytest.raises(spark.NoSpark, match="Spark could not finish"):
        spark.Engine(MASTER, tmp_path)(random_shop(1), seed=1, progress=quiet)
    assert list(tmp_path.iterdir()) == []


@needs_spark
def test_both_engines_find_as_many_hidden_items(tmp_path):
    """Not the same ones: two seeds of one engine agree on half of their first ten."""
    shop = random_shop(SEED, items=60, orders=1_500, customers=120)
    past, future = shop.where(shop.day < 18_200), shop.where(shop.day >= 18_200)
    trainers = (model.train, spark.Engine(MASTER, tmp_path))
    ours, theirs = (_hits(trainer(past, seed=SEED, progress=quiet), past, future) for trainer in trainers)
    difference = theirs.astype(float) - ours
    assert abs(difference.mean()) <= 2 * difference.std() / np.sqrt(len(difference)) + 0.01
    assert list(tmp_path.iterdir()) == []  # and it has cleared up


def _hits(fitted, past, future):
    """For each order of the future whether its last item is among the first ten for its customer and the rest of it."""
    ids, homes = past.vocabulary().ids, by_customer(past, past.vocabulary())
    row = {customer: number for number, customer in enumerate(np.unique(past.customer).tolist())}
    hits = []
    for order in np.unique(future.order).tolist():
        lines = future.where(future.order == order)
        *basket, hidden = lines.item.tolist()
        home = homes[row[int(lines.customer[0])]]
        history = dict(zip(ids[home.indices].tolist(), home.data.astype(int).tolist(), strict=True))
        found = suggest(fitted, basket=basket, history=history, allowed=everything(fitted), novel=False, k=10)
        hits.append(hidden in {one.item for one in found})
    return np.array(hits)
