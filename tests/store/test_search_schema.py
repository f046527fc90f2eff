"""What the triggers keep is what the rules say, on both engines, whatever changed it."""

import unicodedata
from datetime import UTC, datetime

import cast
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlmodel import Session, select

from deskapp.rules.search import customer_keys, tokens
from deskapp.store import search_schema
from deskapp.store.db import Database
from deskapp.store.memory_tables import Interaction, Note, NoteKind
from deskapp.store.tables import Customer

BLOCKS = [  # of those whose letters Python and PostgreSQL know alike, whatever edition of Unicode each of them has
    (0x01, 0x17F),
    (0x300, 0x36F),
    (0x386, 0x3CE),
    (0x400, 0x45F),
    (0x5D0, 0x5EA),
    (0x600, 0x66F),
    (0x904, 0x94D),
    (0xE01, 0xE4E),
    (0x1EA0, 0x1EF9),
    (0x2000, 0x206F),
    (0x3000, 0x30FF),
    (0x4E00, 0x4E80),
    (0xAC00, 0xAC80),
    (0xFF00, 0xFF60),
    (0x1F380, 0x1F3A0),
]
SCRIPTS = [[chr(code) for code in range(a, b + 1) if unicodedata.category(chr(code)) != "Cn"] for a, b in BLOCKS]
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXTS = [
    "Crème brûlée, twice; naïve Straße Łódź Ærø þorn ıstanbul İzmir",
    "O’Brien-Smith's e-mail ana.maria@example.com 3.14 -5 a/b_c",
    "田中さんは緑茶が好き。コーヒー no",
    "สวัสดีครับ ชอบชา",
    "Μαρία ΜΑΡΙΑ Σίσυφος",
    "Ёлка йод Їжак",
    "שָׁלוֹם עולם",
    "مُحَمَّد ـ السلام عليكم ﷺ",
    "हिन्दी में",
    "김치를 샀다",
    "ﬁne ½ № ㎏ Ⅷ ｆｕｌｌ ｶﾞ",
    "a\u200db\u00adc d\u0301\u0327\u034fe 🎂 cake🎂d",
    "x" * 130 + " " + "山" * 70,
    "' OR 1=1 -- \" * NEAR( {{7*7}} <b hx-get=/x>",
    "\t\n  \u3000",
    "",
]


def add_note(session: Session, words: str, *, customer: str = "C-1", **said: object) -> Note:
    talk = Interaction(customer_id=cast.customer_id(session, customer), channel="in-person", happened_at=AT)
    session.add(talk)
    session.flush()
    note = Note(
        customer_id=talk.customer_id,
        interaction_id=talk.id,
        **{"kind": NoteKind.OBSERVATION, "revision": 1, "author_id": 1, "written_at": AT, "text": words} | said,
    )
    session.add(note)
    session.flush()
    return note


def kept_words(session: Session, note: Note) -> set[str] | None:
    if session.get_bind().dialect.name == "sqlite":
        row = text(f"SELECT words FROM search_note WHERE rowid & {2**search_schema.ID_BITS - 1} = :id")  # noqa: S608
        found = session.connection().execute(row, {"id": note.id}).scalar()
        return None if found is None else set(found.split())
    row = text("SELECT tsvector_to_array(words) FROM search_note WHERE note_id = :id")
    found = session.connection().execute(row, {"id": note.id}).scalar()
    return None if found is None else {word for word in found if not word.startswith("§m")}


def facets(note: Note, channel: str = "in-person") -> set[str]:
    return {f"§c{note.customer_id}", f"§k{note.kind.value}", f"§a{note.author_id}", f"§h{channel.encode().hex()}"}


@pytest.mark.parametrize("words", TEXTS)
def test_the_words_of_a_note_are_those_the_rules_say(session: Session, words: str) -> None:
    note = add_note(session, words)
    assert kept_words(session, note) == set(tokens(words).split()) | facets(note)


@pytest.mark.parametrize("words", TEXTS)
def test_the_keys_of_a_customer_are_those_the_rules_say(session: Session, words: str) -> None:
    folded, phone, number = words.casefold()[:150], "+49 (0)171 / 12 34 56", f"É {words[:60]}".strip()
    session.add(
        Customer(external_id=number, name=words[:200], name_folded=folded, email_folded="a@b.example", phone=phone)
    )
    session.flush()
    key = session.exec(select(Customer.id).where(Customer.external_id == number)).one()
    found = session.connection().execute(text("SELECT key FROM search_key WHERE customer_id = :id"), {"id": key})
    assert sorted(found.scalars()) == customer_keys(folded, "a@b.example", phone, number)


@pytest.mark.postgres
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.text(st.one_of(*map(st.sampled_from, SCRIPTS)), max_size=60))
def test_postgresql_makes_the_same_words_of_whatever_is_written(postgres_copies_session: Session, words: str) -> None:
    asked = text("SELECT array_to_json(search_words(:words))")
    assert postgres_copies_session.connection().execute(asked, {"words": words}).scalar() == tokens(words).split()


@pytest.fixture
def postgres_copies_session(postgres_copy: str):
    database = Database(postgres_copy)
    with database.reading() as session:
        yield session
    database.close()
