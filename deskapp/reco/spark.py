"""Training on Spark: what grows with the square of an order is counted by a cluster, the rest is as on one machine.

The only file that knows Spark. Everything is told in DataFrames and MLlib, so no worker needs Python; results come back as
Parquet, so the driver's Java never has to hold them. Settings of a cluster, memory above all, belong in its spark-defaults.conf.

Factors come from MLlib's ALS, whose objective is implicit's but for the ridge: it takes 1 + rating for the confidence, so a rating
is log(1 + orders), and multiplies the ridge by the number of a row's ratings; `taste_ridge` finds the one of the same weight on
the average.
"""
# ruff: noqa: PLC0415 - an extra that only this engine needs, imported when it starts

import os
import re
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deskapp.reco import parquet
from deskapp.reco.counted import TASTE_RIDGE, Companions, Counted, assemble
from deskapp.reco.fitted import Model
from deskapp.reco.matrix import Purchases, present_lift
from deskapp.reco.model import FACTORS, LIFT_DAYS, NEAREST, NEAREST_PER_SALE, TASTE_ROUNDS
from deskapp.reco.neighbours import HEAD, HeadCounts, Neighbours
from deskapp.reco.trainer import Progress
from deskapp.reco.vocabulary import Vocabulary
from deskapp.rules.errors import DeskError
from deskapp.rules.words import say

if TYPE_CHECKING:
    from pyspark.ml.recommendation import ALSModel
    from pyspark.sql import DataFrame, SparkSession

OLDEST_JAVA = 17
_LARGEST_ID = 2**31 - 1  # MLlib's ids are of 32 bits
_LINES_PER_PART = 100_000
_LAST_WORDS_SECONDS = 20

Columns = dict[str, NDArray[Any]]


class NoSpark(DeskError):
    """It cannot be used as things are; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A Trainer. `scratch`: a folder that the driver and all workers reach; None, on one machine: a temporary one."""

    master: str
    scratch: Path | None = None

    def __call__(self, purchases: Purchases, *, seed: int, progress: Progress) -> Model:
        make_sure()
        _check_ids(purchases)
        with tempfile.TemporaryDirectory(prefix="deskapp-spark-", dir=self.scratch, ignore_cleanup_errors=True) as name:
            folder = Path(name)
            progress(0.0, say("Handing the orders to Spark"))
            parquet.write(purchases, folder / "purchases")
            with _told_plainly(), session(self.master, folder, lines=len(purchases)) as spark:
                counted = count(
                    spark, folder, purchases, seed=seed, progress=lambda done, words: progress(0.7 * done, words)
                )
            progress(0.7, say("Weighing what speaks for what"))
            model = assemble(counted)
        progress(1.0, say("Trained"))
        return model


def make_sure() -> None:
    """Raises NoSpark, with what to install."""
    if find_spec("pyspark") is None:
        raise NoSpark(
            "Training on Spark needs an extra: pip install 'deskapp[spark]'. In a checkout: ./run setup spark"
        )
    if (found := _java_version()) < OLDEST_JAVA:
        what = f"Java {found} is too old for Spark" if found else "Spark needs Java, and there is none"
        raise NoSpark(
            f"{what}: version {OLDEST_JAVA} or newer, in PATH or JAVA_HOME. On Debian: apt-get install openjdk-17-jre-headless"
        )


@contextmanager
def _told_plainly() -> Iterator[None]:
    """What Spark itself says is a page of Java; it stands on stderr by now."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (Py4JError, PySparkException) as error:
        raise NoSpark(
            "Spark could not finish; its own words are above. If it was short of memory: spark.driver.memory and"
            " spark.executor.memory in its spark-defaults.conf."
        ) from error


def _java_version() -> int:
    """Major; 0 if there is none that runs."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home, "bin", "java")) if home else shutil.which("java")
    try:
        said = subprocess.run([java or "java", "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    except OSError:
        return 0
    found = re.search(r'version "(\d+)', said.stderr)
    return int(found[1]) if found else 0


def _check_ids(purchases: Purchases) -> None:
    largest = max(purchases.item.max(initial=0), purchases.customer.max(initial=0))
    if largest > _LARGEST_ID:
        raise NoSpark(f"MLlib can tell customers and items apart up to number {_LARGEST_ID:,}; here is {largest:,}.")


@contextmanager
def session(master: str, folder: Path, *, lines: int) -> Iterator["SparkSession"]:
    """Ended with its Java when the block ends. On one machine nothing but the loopback is listened on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyspark looks at versions of libraries that we do not use with it
        from pyspark.ml import recommendation as _all_of_it  # noqa: F401
        from pyspark.sql import SparkSession

        builder = SparkSession.builder.appName("deskapp").master(master)
        for name, value in _settings(master, folder, lines).items():
            builder = builder.config(name, value)
        spark = builder.getOrCreate()
    try:
        yield spark
    finally:
        spark.stop()
        _end_java()


def _end_java() -> None:
    """`stop` ends the work but not the process, which would keep its memory, and its folders, for as long as we live."""
    from pyspark import SparkContext

    gateway, SparkContext._gateway, SparkContext._jvm = SparkContext._gateway, None, None  # noqa: SLF001 - the only door
    gateway.shutdown()
    gateway.proc.stdin.close()
    try:
        gateway.proc.wait(_LAST_WORDS_SECONDS)
    except subprocess.TimeoutExpired:
        gateway.proc.kill()
        gateway.proc.wait()


def _settings(master: str, folder: Path, lines: int) -> dict[str, str]:
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
        "spark.local.dir": str(folder / "local"),
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.sql.shuffle.partitions": str(min(max(lines // _LINES_PER_PART, 4), 2_000)),
    }
    if master.startswith("local"):
        os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
        settings |= {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    return settings


# --- counting -------------------------------------------------------------------------------------------------------


def count(spark: "SparkSession", folder: Path, purchases: Purchases, *, seed: int, progress: Progress) -> Counted:
    """What model.count counts. `purchases` lie in `folder`/purchases too, where parquet.write put them.

    Counts are equal to those of one machine. Where neighbours are equally similar, either engine may keep others of them.
    """
    from pyspark.sql import functions as f

    vocabulary = purchases.vocabulary()
    bench = _Bench(spark, folder)
    held = bench.kept("held", _held(spark.read.parquet(str(folder / "purchases" / parquet.FILE))))
    progress(0.05, say("Finding what is bought together"))
    in_orders, first = _companions(bench, "orders", held.withColumnRenamed("order", "unit"), vocabulary)
    progress(0.5, say("Finding what one customer buys over time"))
    homes = bench.kept("homes", held.groupBy("customer", "item").agg(f.count("*").alias("orders")))
    units = homes.select(f.col("customer").alias("unit"), "item", f.lit(0).alias("is_first"))
    in_homes, _ = _companions(bench, "homes", units, vocabulary)
    progress(0.8, say("Finding tastes"))
    lift = present_lift(purchases, vocabulary, days=LIFT_DAYS)
    return Counted(vocabulary, in_orders, first, in_homes, lift, _factors(bench, homes, vocabulary, seed))


@dataclass(frozen=True, slots=True)
class _Bench:
    """Where results are laid down as Parquet: for the next job to start from, or for us to read."""

    spark: "SparkSession"
    folder: Path

    def kept(self, name: str, frame: "DataFrame") -> "DataFrame":
        """Computed once, now, and read from there by whoever needs it."""
        path = str(self.folder / name)
        frame.write.parquet(path)
        return self.spark.read.parquet(path)

    def fetched(self, name: str, frame: "DataFrame") -> Columns:
        """As arrays, rows in any order."""
        from pyarrow import parquet as files

        self.kept(name, frame)
        table = files.read_table(self.folder / name)
        return {column: table[column].to_numpy() for column in table.column_names}

    def sent(self, name: str, columns: Columns) -> "DataFrame":
        import pyarrow as pa
        from pyarrow import parquet as files

        path = self.folder / f"{name}.parquet"
        files.write_table(pa.table(columns), path)
        return self.spark.read.parquet(str(path))


def _held(lines: "DataFrame") -> "DataFrame":
    """(order, item, customer, is_first), once however many lines say so; see matrix.first_times."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    earliest = Window.partitionBy("customer", "item").orderBy("day", "order")
    once = lines.groupBy("order", "item", "customer").agg(f.min("day").alias("day"))
    return once.select("order", "item", "customer", (f.row_number().over(earliest) == 1).cast("int").alias("is_first"))


def _companions(
    bench: _Bench, name: str, units: "DataFrame", vocabulary: Vocabulary
) -> tuple[Companions, NDArray[np.float32]]:
    """`units`: (unit, item, is_first), a unit being an order or a home. With the companions, Counted.first."""
    occurrences = _occurrences(bench, name, units, vocabulary)
    items = bench.sent(f"{name}-items", _item_facts(vocabulary, occurrences))
    pairs = bench.kept(f"{name}-pairs", _pairs(units, items))
    found = bench.fetched(f"{name}-nearest", _nearest(pairs, width=_width(vocabulary)))
    nearest, first = _as_neighbours(found, vocabulary)
    common = bench.fetched(f"{name}-head", pairs.where("head_a and head_b").select("a", "b", "together"))
    return Companions(occurrences, nearest, _head_counts(common, vocabulary, occurrences)), first


def _occurrences(bench: _Bench, name: str, units: "DataFrame", vocabulary: Vocabulary) -> NDArray[np.int32]:
    found = bench.fetched(f"{name}-occurrences", units.groupBy("item").count())
    occurrences = np.zeros(len(vocabulary), dtype=np.int32)
    occurrences[vocabulary.columns(found["item"])] = found["count"]
    return occurrences


def _item_facts(vocabulary: Vocabulary, occurrences: NDArray[np.int32]) -> Columns:
    head = np.zeros(len(vocabulary), dtype=np.bool_)
    head[_head(occurrences)] = True
    return {"item": vocabulary.ids, "occurs": occurrences.astype(np.int64), "head": head}


def _head(occurrences: NDArray[np.int32]) -> NDArray[np.int64]:
    """Columns of the commonest items, as neighbours.HeadCounts chooses them."""
    head: NDArray[np.int64] = np.sort(np.argsort(-occurrences, kind="stable")[:HEAD])
    return head


def _pairs(units: "DataFrame", items: "DataFrame") -> "DataFrame":
    """(a, b, together, first_a, first_b, ...) for a < b: units with both, and where a, or b, was there for the first time."""
    from pyspark.sql import functions as f

    def side(name: str) -> "DataFrame":
        return units.select("unit", f.col("item").alias(name), f.col("is_first").alias(f"first_{name}"))

    def facts(name: str) -> "DataFrame":
        return f.broadcast(items.toDF(name, f"occurs_{name}", f"head_{name}"))

    together = side("a").join(side("b"), "unit").where("a < b").groupBy("a", "b")
    counted = together.agg(
        f.count("*").alias("together"), f.sum("first_a").alias("first_a"), f.sum("first_b").alias("first_b")
    )
    return counted.join(facts("a"), "a").join(facts("b"), "b")


def _width(vocabulary: Vocabulary) -> int:
    return max(min(NEAREST, len(vocabulary) - 1), 0)


def _nearest(pairs: "DataFrame", *, width: int) -> "DataFrame":
    """(item, rank, neighbour, together, first): of each item the most similar by cosine, as model.count keeps them."""
    from pyspark.sql import Window
    from pyspark.sql import functions as f

    cosine = (f.col("together") / f.sqrt(f.col("occurs_a") * f.col("occurs_b"))).alias("cosine")

    def told(item: str, neighbour: str) -> "DataFrame":
        chosen = {item: "item", neighbour: "neighbour", f"occurs_{item}": "occurs", f"first_{item}": "first"}
        return pairs.select(*(f.col(c).alias(n) for c, n in chosen.items()), "together", cosine)

    best = Window.partitionBy("item").orderBy(f.col("cosine").desc(), "neighbour")
    ranked = told("a", "b").unionByName(told("b", "a")).withColumn("rank", f.row_number().over(best) - 1)
    few = f.least(f.lit(width), NEAREST_PER_SALE * f.col("occurs"))
    return ranked.where(f.col("rank") < few).select("item", "rank", "neighbour", "together", "first")


def _as_neighbours(found: Columns, vocabulary: Vocabulary) -> tuple[Neighbours, NDArray[np.float32]]:
    shape = (len(vocabulary), _width(vocabulary))
    item, together, first = np.full(shape, -1, np.int32), np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    place = vocabulary.columns(found["item"]), found["rank"]
    item[place] = vocabulary.columns(found["neighbour"])
    together[place], first[place] = found["together"], found["first"]
    return Neighbours(item, together), first


def _head_counts(common: Columns, vocabulary: Vocabulary, occurrences: NDArray[np.int32]) -> HeadCounts:
    head = _head(occurrences)
    place = np.full(len(vocabulary), len(head))
    place[head] = np.arange(len(head))
    counts = np.zeros((len(head) + 1, len(head) + 1), dtype=np.float32)
    a, b = (place[vocabulary.columns(common[side])] for side in ("a", "b"))
    counts[a, b] = counts[b, a] = common["together"]
    counts[np.arange(len(head)), np.arange(len(head))] = occurrences[head]
    return HeadCounts(place, counts)


# --- tastes ---------------------------------------------------------------------------------------------------------


def taste_ridge(ratings: int, customers: int, items: int) -> float:
    """MLlib multiplies its ridge by how many ratings a row has: about the same weight as TASTE_RIDGE on the average."""
    return TASTE_RIDGE / float(np.sqrt(ratings / customers * (ratings / items)))


def _factors(bench: _Bench, homes: "DataFrame", vocabulary: Vocabulary, seed: int) -> NDArray[np.float32]:
    from pyspark.sql import functions as f

    ratings, customers = homes.agg(f.count("*"), f.countDistinct("customer")).first() or (0, 0)
    if min(customers, len(vocabulary)) < 2:  # nobody to compare with, or nothing
        return np.zeros((len(vocabulary), 1), dtype=np.float32)
    ridge = taste_ridge(ratings, customers, len(vocabulary))
    return _as_factors(bench.fetched("factors", fit_tastes(homes, ridge=ridge, seed=seed).itemFactors), vocabulary)


def fit_tastes(homes: "DataFrame", *, ridge: float, seed: int) -> "ALSModel":
    """`homes`: (customer, item, orders), every pair once: MLlib would not add up two."""
    from pyspark.ml.recommendation import ALS
    from pyspark.sql import functions as f

    blocks = max(int(homes.sparkSession.conf.get("spark.sql.shuffle.partitions") or 0) // 10, 2)
    als = ALS(
        rank=FACTORS,
        maxIter=TASTE_ROUNDS,
        regParam=ridge,
        implicitPrefs=True,
        alpha=1.0,
        userCol="customer",
        itemCol="item",
        ratingCol="rating",
        seed=seed,
        numUserBlocks=blocks,
        numItemBlocks=blocks,
    )
    return als.fit(homes.select("customer", "item", f.log1p("orders").alias("rating")))


def _as_factors(found: Columns, vocabulary: Vocabulary) -> NDArray[np.float32]:
    factors = np.zeros((len(vocabulary), FACTORS), dtype=np.float32)
    factors[vocabulary.columns(found["id"])] = np.stack(list(found["features"]))
    return factors
