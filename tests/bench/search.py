"""How long it takes to find a customer among a million and a note among three, per kind of question and engine.

Invented and seeded: names and words fall off as one over the rank, one note in twenty is Chinese, notes are spread over five years.
`DESKAPP_BENCH_CUSTOMERS`, `DESKAPP_BENCH_NOTES`, `DESKAPP_BENCH_ENGINES` (sqlite,postgresql), `DESKAPP_BENCH_QUESTIONS` of each kind.
What a question costs is the whole of it: the rows with names, orders and words, ready to be drawn.
"""

import os
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import psycopg
from servers import postgres_server
from sqlmodel import Session

from deskapp.rules import search as rules
from deskapp.store import customers, search, search_schema
from deskapp.store.db import Database
from deskapp.store.memory_tables import NoteKind
from deskapp.store.migrating import is_current, migrate
from deskapp.store.search import Wanted

CUSTOMERS = int(os.environ.get("DESKAPP_BENCH_CUSTOMERS", "1000000"))
NOTES = int(os.environ.get("DESKAPP_BENCH_NOTES", "3000000"))
ENGINES = os.environ.get("DESKAPP_BENCH_ENGINES", "sqlite,postgresql").split(",")
QUESTIONS = int(os.environ.get("DESKAPP_BENCH_QUESTIONS", "300"))
SEED = 8
LIMIT = 31
FIRST = datetime(2021, 3, 14, tzinfo=UTC)
SPAN = timedelta(days=5 * 365)
TODAY = date(2026, 3, 14)
STAFF = 40
CHANNELS = ("in-person", "phone", "chat", "e-mail", "delivery")
SYLLABLES = (
    "an ba be bi bra ca che cla da de del do e el fa fer fi ga gar ger gra ha hel i in ja jo ka kar ki la le lin lo"
    " ma mar me mi mo na ne ni no o or pa pe pi ra re ri ro sa san se si so sta ta te ti to tra u va ve vi wa za"
).split()
HAN = "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装"
SURNAMES_HAN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗"


def invented(rng: random.Random, count: int) -> list[str]:
    words: dict[str, None] = {}
    while len(words) < count:
        words["".join(rng.choice(SYLLABLES) for _ in range(rng.choice((1, 2, 2, 3, 3, 4))))] = None
    return list(words)


class Drawn:
    """Words by one over their rank."""

    def __init__(self, rng: random.Random, words: list[str]) -> None:
        self.words, self._rng = words, rng
        self._sums = list(accumulate(1 / (rank + 8) for rank in range(len(words))))

    def some(self, count: int) -> list[str]:
        return self._rng.choices(self.words, cum_weights=self._sums, k=count)

    def one(self) -> str:
        return self.some(1)[0]


class Market:
    def __init__(self) -> None:
        self.rng = random.Random(SEED)
        self.first = Drawn(self.rng, invented(self.rng, 3_000))
        self.last = Drawn(self.rng, invented(self.rng, 40_000))
        self.words = Drawn(self.rng, invented(self.rng, 60_000))

    def name(self) -> str:
        if self.rng.random() < 0.03:
            return self.rng.choice(SURNAMES_HAN) + "".join(self.rng.choice(HAN) for _ in range(self.rng.choice((1, 2))))
        names = [self.first.one(), self.last.one()]
        return " ".join([*names, self.last.one()] if self.rng.random() < 0.1 else names).title()

    def customers(self) -> Iterator[tuple[object, ...]]:
        for n in range(1, CUSTOMERS + 1):
            name = self.name()
            mail, phone = f"{name.split()[0].lower()}.{n}@example.com", f"+1 555 {self.rng.randrange(10**7):07}"
            yield n, f"C-{n}", name, name.lower(), mail, mail, phone

    def text(self) -> str:
        if self.rng.random() < 0.05:
            return "".join(self.rng.choices(HAN, k=self.rng.randint(10, 60)))
        return " ".join(self.words.some(self.rng.randint(5, 25))).capitalize() + "."

    def notes(self) -> Iterator[tuple[object, ...]]:
        for n in range(1, NOTES + 1):
            kind = "opinion" if self.rng.random() < 0.1 else "observation"
            review = TODAY + timedelta(days=self.rng.randint(-300, 180)) if kind == "opinion" else None
            at = FIRST + SPAN * (n / NOTES)
            yield n, self.rng.randint(1, CUSTOMERS), n, kind, self.text(), 1, self.rng.randint(1, STAFF), at, review

    def talks(self) -> Iterator[tuple[object, ...]]:
        for n in range(1, NOTES + 1):
            yield n, 1 + n % CUSTOMERS, CHANNELS[n % 17 % 5], FIRST


TABLES = {
    "staff": "id, username, name, role, password_hash, is_active, created_at",
    "customer": "id, external_id, name, name_folded, email, email_folded, phone",
    "interaction": "id, customer_id, channel, happened_at",
    "note": "id, customer_id, interaction_id, kind, text, revision, author_id, written_at, review_on",
}


def rows(table: str) -> Iterator[tuple[object, ...]]:
    market = Market()
    if table == "staff":
        return ((n, f"s{n}", f"Staff {n}", "agent", "x", True, FIRST) for n in range(1, STAFF + 1))
    return {"customer": market.customers, "interaction": market.talks, "note": market.notes}[table]()


def load(database: Database) -> float:
    """Everything but what searching stands on; seconds."""
    with database.engine.connect().execution_options(write=True) as connection, connection.begin():
        search_schema.drop(connection)
    started = time.perf_counter()
    if database.is_sqlite:
        with sqlite3.connect(database.engine.url.database or "") as raw:
            raw.execute("PRAGMA synchronous=OFF")
            for table, columns in TABLES.items():
                marks = ", ".join("?" * (columns.count(",") + 1))
                raw.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", map(as_text, rows(table)))  # noqa: S608
        raw.close()
    else:
        plain = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as raw_pg:
            for table, columns in TABLES.items():
                with raw_pg.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for row in rows(table):
                        copy.write_row(row)
    return time.perf_counter() - started


def as_text(row: tuple[object, ...]) -> tuple[object, ...]:
    def one(value: object) -> object:
        if isinstance(value, datetime):
            return value.strftime("%Y-%m-%d %H:%M:%S.%f")
        return value.isoformat() if isinstance(value, date) else value

    return tuple(map(one, row))


def build(database: Database) -> float:
    started = time.perf_counter()
    with database.engine.connect().execution_options(write=True) as connection, connection.begin():
        search_schema.rebuild(connection)
    took = time.perf_counter() - started
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE")
    return took


def mistyped(rng: random.Random, word: str) -> str:
    at = rng.randrange(1, len(word) - 1)
    return rng.choice(
        (word[:at] + word[at + 1 :], word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[:at] + "x" + word[at:])
    )


def questions() -> dict[str, tuple[Callable[[Session, object], object], list[object]]]:
    market, rng = Market(), random.Random(SEED + 1)
    names = [row[2] for row in islice((row for row in market.customers() if str(row[2]).isascii()), 20_000)]
    texts = [str(row[4]) for row in islice(market.notes(), 20_000)]
    latin, han = [t for t in texts if t.isascii()], [t for t in texts if not t.isascii()]
    common, rare = market.words.words[:40], market.words.words[30_000:]

    def many(draw: Callable[[], object]) -> list[object]:
        return [draw() for _ in range(QUESTIONS)]

    def long_word() -> str:
        return next(word for word in iter(lambda: rng.choice(names).split()[-1], None) if len(word) > 4)

    def word() -> str:
        return rng.choice(rng.choice(latin).rstrip(".").lower().split())

    person = {
        "customer, whole name": many(lambda: rng.choice(names)),
        "customer, one common word": many(lambda: rng.choice(market.first.words[:30])),
        "customer, start of 2 or 3 letters": many(lambda: rng.choice(names)[: rng.choice((2, 3))]),
        "customer, two starts": many(
            lambda: " ".join(part[: rng.choice((2, 3))] for part in rng.choice(names).split()[::-1])
        ),
        "customer, one letter mistyped": many(lambda: mistyped(rng, long_word())),
        "customer, name with one mistyped": many(
            lambda: f"{rng.choice(names).split()[0]} {mistyped(rng, long_word())}"
        ),
        "customer, Chinese": many(lambda: rng.choice(HAN) + rng.choice(HAN)),
        "customer, phone": many(lambda: f"555 {rng.randrange(10**7):07}"),
        "customer, e-mail": many(
            lambda: f"{rng.choice(names).split()[0].lower()}.{rng.randint(1, CUSTOMERS)}@example.com"
        ),
    }
    note = {
        "note, common word": many(lambda: {"q": rng.choice(common) + " "}),
        "note, rare word": many(lambda: {"q": rng.choice(rare) + " "}),
        "note, words of one note": many(lambda: {"q": f"{word()} {word()} "}),
        "note, two common words": many(lambda: {"q": f"{rng.choice(common)} {rng.choice(common)} "}),
        "note, common and rare": many(lambda: {"q": f"{rng.choice(common)} {rng.choice(rare)} "}),
        "note, start of 2 or 3 letters": many(lambda: {"q": word()[: rng.choice((2, 3))]}),
        "note, start of 4 or more": many(lambda: {"q": word()[:6]}),
        "note, word and start": many(lambda: {"q": f"{word()} {word()[:3]}"}),
        "note, rare word and common start": many(lambda: {"q": f"{rng.choice(rare)} {rng.choice(common)[:2]}"}),
        "note, phrase": many(lambda: {"q": '"{}"'.format(" ".join(rng.choice(latin).rstrip(".").split()[:2]))}),
        "note, Chinese": many(lambda: {"q": rng.choice(han)[3:5]}),
        "note, Chinese, longer": many(lambda: {"q": rng.choice(han)[2:6]}),
        "note, of one customer": many(lambda: {"q": rng.choice(common), "customer_id": rng.randint(1, CUSTOMERS)}),
        "note, common, kind and channel": many(
            lambda: {"q": rng.choice(common) + " ", "kind": NoteKind.OPINION, "channel": "delivery"}
        ),
        "note, author, long ago": many(
            lambda: {
                "q": word() + " ",
                "author_id": rng.randint(1, STAFF),
                "until": FIRST + timedelta(days=rng.randint(30, 900)),
            }
        ),
    }
    asked = {kind: (find_person, values) for kind, values in person.items()}
    return asked | {kind: (find_note, values) for kind, values in note.items()}


def find_person(session: Session, typed: object) -> object:
    return customers.find_customers(session, str(typed), LIMIT, with_mistakes=True)


def find_note(session: Session, asked: object) -> object:
    said = dict(asked)  # type: ignore[call-overload]
    return search.find_notes(session, Wanted(rules.sought(said.pop("q")), TODAY, **said), LIMIT)


def measure(database: Database) -> list[float]:
    everything: list[float] = []
    for kind, (find, values) in questions().items():
        took, work, found = [], [], 0
        for value in values:
            with database.reading() as session:
                started, worked = time.perf_counter(), time.thread_time()
                found += bool(find(session, value))
                took.append((time.perf_counter() - started) * 1000)
                work.append((time.thread_time() - worked) * 1000)
        everything += took
        ours = sorted(work)[int(len(work) * 0.99)]
        tell(kind, took, f" {ours:8.2f}   {found / len(values):4.0%} found something")
    return everything


def tell(kind: str, took: list[float], more: str = "") -> None:
    ranked = sorted(took)
    p50, p95, p99 = (ranked[int(len(ranked) * part)] for part in (0.5, 0.95, 0.99))
    print(f"{kind:36} {p50:7.2f} {p95:7.2f} {p99:7.2f} {ranked[-1]:8.2f}{more}", flush=True)


def size(database: Database) -> str:
    with database.engine.connect() as connection:
        if database.is_sqlite:
            query = "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'search_%'"
            try:
                of_search = connection.exec_driver_sql(query).scalar_one()
            except Exception:  # noqa: BLE001 - an SQLite without dbstat
                of_search = 0
            whole = Path(database.engine.url.database or "").stat().st_size
        else:
            query = "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relname LIKE 'search\\_%'"
            of_search = connection.exec_driver_sql(query.replace("%", "%%")).scalar_one()
            whole = connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one()
    return f"{int(of_search) / 1e6:,.0f} MB for searching, of {whole / 1e6:,.0f} MB in all"


def run(database: Database) -> None:
    is_new = not is_current(database)
    migrate(database)
    print(f"\n{database.engine.name}: {CUSTOMERS:,} customers, {NOTES:,} notes; load average {os.getloadavg()[0]:.1f}")
    if is_new:
        print(f"loaded in {load(database):,.0f} s, made searchable in {build(database):,.0f} s")
    print(size(database), flush=True)
    print(
        f"{'ms':36} {'p50':>7} {'p95':>7} {'p99':>7} {'max':>8} {'work99':>8}   (processor time of this process: with SQLite all there is)"
    )
    measure_cold = questions()["customer, whole name"]
    for value in measure_cold[1][:20]:  # the first connection is not what is measured
        with database.reading() as session:
            measure_cold[0](session, value)
    tell("all of them", measure(database))
    print(f"load average {os.getloadavg()[0]:.1f} afterwards")


def main() -> None:
    keep = os.environ.get("DESKAPP_BENCH_FOLDER")  # a folder with desk.sqlite from before is measured again as it is
    if "sqlite" in ENGINES:
        with tempfile.TemporaryDirectory() as folder:
            database = Database(f"sqlite:///{keep or folder}/desk.sqlite")
            run(database)
            database.close()
    if "postgresql" in ENGINES:
        memory_mb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
        with postgres_server(buffers_mb=memory_mb // 4) as server:  # the share that PostgreSQL's manual begins with
            database = Database(server.create())
            run(database)
            database.close()


if __name__ == "__main__":
    main()
