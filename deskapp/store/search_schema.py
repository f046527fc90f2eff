"""What searching stands on: rows derived from customers and notes by triggers, so that no import, merge, retraction or erasure
can forget them. They are no tables of SQLModel; whatever is called `search_…` is theirs.

`search_key (key, customer_id)`: what the beginning of is typed to find a customer, see `rules.search.customer_keys`.
`search_note` on SQLite: FTS5 over the words of a note, taken as they are since `rules.search` has made them, and without positions, which
halves it. Its row id is the day a note was written and the note's id: the newest come first, and a span of days is one of rows.
On PostgreSQL (note_id, written_at, review_on, words tsvector) with GIN, and no pending list, which every search would read to its end.
What notes are filtered by stands among their words: `§c17` of customer 17, `§k…` kind, `§h…` channel in hex, `§a…` author,
and on PostgreSQL `§m…` month, counted from the year nought.
Only what may be found has a row: nothing retracted, wiped or of somebody erased.
"""

import sqlite3
import sys
import unicodedata

from sqlalchemy import Connection

from deskapp.rules.search import (
    FEWEST_DIGITS,
    LONGEST_WORD,
    MARKS_OF_A_WORD,
    SEPARATORS,
    UNSPACED,
    customer_keys_as_json,
    tokens,
)
from deskapp.store import search_sql

ID_BITS = 40
LISTED_LETTERS = 4  # at the beginning of a word, for which FTS5 keeps lists
TRIGGERS = {
    "search_customer_new": "customer",
    "search_customer_changed": "customer",
    "search_customer_gone": "customer",
    "search_note_new": "note",
    "search_note_changed": "note",
    "search_note_gone": "note",
    "search_channel_changed": "interaction",
}
_PREFIX = "search_"
_NOTE_COLUMNS = "text, kind, author_id, written_at, review_on, customer_id, interaction_id, retracted_at, wiped_at"
_CUSTOMER_COLUMNS = "name_folded, email_folded, phone, external_id, erased_at"
_SMALL_LETTERS = ("pg_c_utf8", "und-x-icu")


def prepare(connection: sqlite3.Connection) -> None:
    """What SQLite's triggers call. A connection without it can read everything, and write all but customers and notes."""
    connection.create_function("search_words", 1, tokens, deterministic=True)
    connection.create_function("search_keys", 4, customer_keys_as_json, deterministic=True)


def is_compared(name: str | None, _kind: str, _parents: object) -> bool:
    """For Alembic: what SQL alone has made is not looked for among SQLModel's tables."""
    return not (name or "").startswith(_PREFIX)


def create(connection: Connection) -> None:
    """The tables, empty, and the triggers."""
    _run(connection, _sqlite() if connection.dialect.name == "sqlite" else _postgresql(connection))


def drop(connection: Connection) -> None:
    is_sqlite = connection.dialect.name == "sqlite"
    for name, table in TRIGGERS.items():
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}" + ("" if is_sqlite else f" ON {table}"))
    for table in ("search_key", "search_note"):
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")


def fill(connection: Connection) -> None:
    """Empty tables from all that is there. On PostgreSQL the indexes are made afterwards, which takes a part of the time."""
    is_sqlite = connection.dialect.name == "sqlite"
    keys, notes = _expected(connection)
    _run(
        connection,
        _filled_in(search_sql.FILL_SQLITE if is_sqlite else search_sql.FILL_POSTGRESQL, keys=keys, notes=notes),
    )


def rebuild(connection: Connection) -> None:
    drop(connection)
    create(connection)
    fill(connection)


def count_faults(connection: Connection) -> tuple[int, int]:
    """Rows of customers and of notes that are missing, wrong or left over. Reads all there is."""
    keys, notes = _expected(connection)
    kept = "rowid, words" if connection.dialect.name == "sqlite" else "note_id, written_at, review_on, words"
    checks = ((keys, "SELECT key, customer_id FROM search_key"), (notes, f"SELECT {kept} FROM search_note"))  # noqa: S608 - ours
    customers, noted = (_filled_in(search_sql.CHECK, expected=expected, kept=there) for expected, there in checks)
    return connection.exec_driver_sql(customers).scalar_one(), connection.exec_driver_sql(noted).scalar_one()


def lost_triggers(connection: Connection) -> list[str]:
    """Names of those that somebody has taken away, or a migration that made a table anew."""
    catalogue = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if connection.dialect.name == "sqlite"
        else "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'"
    )
    return sorted(TRIGGERS.keys() - set(connection.exec_driver_sql(catalogue).scalars()))


def _expected(connection: Connection) -> tuple[str, str]:
    if connection.dialect.name == "sqlite":
        return search_sql.KEYS_SQLITE, search_sql.NOTES_SQLITE.replace("{row_id}", _row_id("note"))
    return search_sql.KEYS_POSTGRESQL, search_sql.NOTES_POSTGRESQL


def _run(connection: Connection, statements: str) -> None:
    for statement in statements.strip().split("\n\n"):
        connection.exec_driver_sql(statement)


def _filled_in(statements: str, **words: object) -> str:
    for name, word in words.items():
        statements = statements.replace(f"{{{name}}}", str(word))
    return statements


def _changed(differs: str) -> str:
    return " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in _CUSTOMER_COLUMNS.split(", "))


def _row_id(note: str) -> str:
    return search_sql.SQLITE_ROW_ID.replace("{id_bits}", str(ID_BITS)).replace("NEW", note)


def _sqlite() -> str:
    return _filled_in(
        search_sql.SQLITE,
        add_keys=search_sql.SQLITE_ADD_KEYS,
        add_note=search_sql.SQLITE_ADD_NOTE.replace("{row_id}", _row_id("NEW")),
        old_row_id=_row_id("OLD"),
        customer_columns=_CUSTOMER_COLUMNS,
        customer_changed=_changed("IS NOT"),
        note_columns=_NOTE_COLUMNS,
    )


def _postgresql(connection: Connection) -> str:
    return _filled_in(
        search_sql.POSTGRESQL,
        lower=_lower(connection),
        unseen=_unseen(),
        separators=SEPARATORS,
        unspaced=UNSPACED,
        hyphen=MARKS_OF_A_WORD[-1],
        longest=LONGEST_WORD,
        fewest_digits=FEWEST_DIGITS,
        customer_columns=_CUSTOMER_COLUMNS,
        customer_changed=_changed("IS DISTINCT FROM"),
        note_columns=_NOTE_COLUMNS,
    )


def _lower(connection: Connection) -> str:
    """Of `t`, by a collation that knows more than ASCII whatever the database was made with, and the letters that have no parts."""
    found = connection.exec_driver_sql("SELECT collname FROM pg_collation").scalars()
    known = {name for name in found if name in _SMALL_LETTERS}
    collation = next((f' COLLATE "{name}"' for name in _SMALL_LETTERS if name in known), "")
    letters = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "\u0131": "i", "\u03c2": "\u03c3"}
    letters |= dict.fromkeys("\u2018\u2019\u02bb\u02bc", "''")
    return f"translate(lower(normalize(t, NFKD){collation}), '{''.join(letters)}', '{''.join(letters.values())}')"


def _unseen() -> str:
    """The inside of a bracket: what `rules.stops.fold` leaves out, combining marks and characters of format."""
    every = map(chr, range(1, sys.maxunicode + 1))
    return "".join(f"\\U{ord(c):08x}" for c in every if unicodedata.combining(c) or unicodedata.category(c) == "Cf")
