"""Customers and notes by what somebody typed, from the rows of `search_schema`. Every question has a bound on the rows it reads.

A customer is found by ranges of one index, the same on both engines: `_SCANNED` keys at most of the rarest word are compared with
the other words. Notes: SQLite walks FTS5's lists from the newest and stops at the limit. GIN has no such walk and gives every
row it finds, so on PostgreSQL the newest `_WALKED` notes are looked through first, which answers whatever is common; GIN is then
asked for two months, then for as many as these let expect to do: what cannot be filled so is rare enough to be asked for at once.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from math import ceil
from typing import Any

from sqlalchemy import text
from sqlmodel import Session, col, select

from deskapp.rules import search
from deskapp.rules.search import FACET, FEWEST_DIGITS, Sought, Term
from deskapp.rules.stops import fold
from deskapp.store.memory_tables import Interaction, Note, NoteKind
from deskapp.store.notes import AUTHOR
from deskapp.store.search_schema import ID_BITS, LISTED_LETTERS
from deskapp.store.tables import Customer, Order, Staff

_SCANNED = 20_000
_COUNTED = 2_000  # keys of a word, to see which is the rarest
_MEANT = 40  # words that may have been meant by one
_LOOKED_AT = 400  # notes with the first letters of a word, of which those with more of its letters are taken
_WALKED = 2_000
_WALKED_AGAIN = 15_000  # where what was found lets expect that these are enough
_MONTHS = 2  # asked for first
_MOST_MONTHS = 5  # then as many as will do: each takes GIN 3 ms to put together, all time 20 where it finds so little
_SAMPLED = 500  # newest notes, to see which beginnings of words are common
_GATHERED_FOR_ONE = 25  # rows that GIN gathers for a beginning while one is read
_SELDOM = 0.4  # of the sample, where none of it has a word
_BEGINS = ":*"
_WEIGHED = 100  # notes that have all words, of which phrases are looked for and the best are told
_LAST = "\U0010ffff"
_EPOCH = date(1970, 1, 1)


class Close(IntEnum):
    """How near a name is to what was typed, the nearest first."""

    EXACT = 0  # a whole word each, or a number, an address, a phone
    START = 1  # the beginning of a word
    MISTAKE = 2  # but for one letter


@dataclass(frozen=True, slots=True)
class Wanted:
    """Notes with all that is given. `since`, `until`: aware, the latter not itself. `today` says what has faded."""

    sought: Sought
    today: date
    customer_id: int | None = None
    kind: NoteKind | None = None
    channel: str = ""
    author_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    with_faded: bool = False

    def facets(self) -> list[str]:
        said = {
            "c": self.customer_id,
            "k": self.kind.value if self.kind else None,
            "a": self.author_id,
            "h": self.channel.encode().hex() or None,
        }
        return [f"{FACET}{mark}{value}" for mark, value in said.items() if value is not None]

    def is_nothing(self) -> bool:
        return not (self.sought.terms or self.facets() or self.since or self.until)


@dataclass(frozen=True, slots=True)
class FoundNote:
    note: Note
    channel: str  # its code
    author: str
    customer: str


# --- customers ------------------------------------------------------------------------------------------------------


def find_customer_ids(session: Session, typed: str, limit: int, *, with_mistakes: bool = False) -> dict[int, Close]:
    """The nearest first; one mistyped letter is forgiven only `with_mistakes` and where less than `limit` are nearer.

    Three queries, four with several words, and two for each word that may be mistyped.
    """
    found = dict.fromkeys(_by_number(session, typed), Close.EXACT)
    words = [] if "@" in typed else list(dict.fromkeys(search.pieces(typed)))[: search.MOST_WORDS]
    if words:
        rows = _by_name(session, words, limit)
        near = sorted((Close.EXACT if search.is_exact(key, words) else Close.START, key, one) for key, one in rows)
        for close, _, one in near:
            found.setdefault(one, close)
    if with_mistakes and len(found) < limit:
        for one in _by_mistake(session, words, limit):
            found.setdefault(one, Close.MISTAKE)
    return dict(list(found.items())[:limit])


def _by_number(session: Session, typed: str) -> list[int]:
    """By e-mail from its beginning, phone from its end, the customer's number or that of an order. Two queries at most."""
    folded = fold(typed)
    ranges = [_range(f"#{folded} ")]
    ranges += [_range(f"@{folded}")] if "@" in folded else []
    digits = search.phone_key(typed) if search.is_phone(typed) else ""
    ranges += [_range(f"+{digits}")] if len(digits) >= FEWEST_DIGITS else []
    found = [one for start, end in ranges for _, one in _keys(session, start, end, _MEANT)]
    numbers = {folded, folded.upper(), typed.strip()}
    orders = select(Order.customer_id).where(col(Order.external_id).in_(numbers))
    return [*found, *session.exec(orders).all()]


def _by_name(session: Session, words: Sequence[str], limit: int) -> list[tuple[str, int]]:
    if len(words) == 1:
        return _keys(session, *_range(words[0]), limit)
    counts = _count(session, words)
    if not all(counts):
        return []
    rarest = min(zip(counts, words, strict=True))[1]
    return _keys(session, *_range(rarest), limit, *(word for word in words if word != rarest))


def _keys(session: Session, start: str, end: str, limit: int, *others: str) -> list[tuple[str, int]]:
    """(key, customer) from `start` to before `end` in their order, of names that have `others` too. One query."""
    tests, bound = _others(session, others)
    query = (
        "SELECT named, customer_id FROM (SELECT key AS named, customer_id FROM search_key WHERE key >= :start AND key < :end"  # noqa: S608
        f" ORDER BY key LIMIT :scanned) part WHERE {tests} LIMIT :limit"
    )
    return _rows(session, query, start=start, end=end, scanned=_SCANNED, limit=limit, **bound)


def _count(session: Session, words: Sequence[str]) -> list[int]:
    """How many keys begin with each, `_COUNTED` at most. One query."""
    one = (
        "(SELECT count(*) FROM (SELECT 1 FROM search_key WHERE key >= :start{0} AND key < :end{0} LIMIT :most) part{0})"
    )
    query = "SELECT " + ", ".join(one.format(n) for n in range(len(words)))
    bound = {
        f"{name}{n}": at
        for n, word in enumerate(words)
        for name, at in zip(("start", "end"), _range(word), strict=True)
    }
    return [int(count) for count in _rows(session, query, most=_COUNTED, **bound)[0]]


def _by_mistake(session: Session, words: Sequence[str], limit: int) -> list[int]:
    """With one letter of one word set right; the last word may go on, unless it would become shorter.

    Two queries for each word of four letters or more.
    """
    found: list[int] = []
    for word in words:
        may_go_on = word == words[-1]
        starts = [one if may_go_on and len(one) >= len(word) else f"{one} " for one in search.mistaken(word)]
        if meant := _meant(session, starts):
            found += _keys_of(session, meant, limit, [other for other in words if other != word])
    return found


def _meant(session: Session, starts: list[str]) -> list[str]:
    """Those that some key begins with, `_MEANT` at most."""
    if not starts:
        return []
    query = (
        f"SELECT value FROM {_listed(session)} WHERE EXISTS (SELECT 1 FROM search_key"  # noqa: S608 - the words are bound
        " WHERE search_key.key >= value AND search_key.key < value || :last) ORDER BY value LIMIT :limit"
    )
    return [start for (start,) in _rows(session, query, starts=_list(session, starts), last=_LAST, limit=_MEANT)]


def _keys_of(session: Session, starts: list[str], limit: int, others: Sequence[str]) -> list[int]:
    tests, bound = _others(session, others)
    query = (
        f"SELECT customer_id FROM (SELECT search_key.key AS named, customer_id FROM {_listed(session)} CROSS JOIN search_key"  # noqa: S608
        f" WHERE search_key.key >= value AND search_key.key < value || :last LIMIT :scanned) part WHERE {tests} LIMIT :limit"
    )
    listed = _list(session, starts)
    return [one for (one,) in _rows(session, query, starts=listed, last=_LAST, scanned=_SCANNED, limit=limit, **bound)]


def _others(session: Session, words: Sequence[str]) -> tuple[str, dict[str, str]]:
    """That each is in `named` too."""
    at = "instr" if _is_sqlite(session) else "strpos"
    tests = " AND ".join(f"{at}(named, :other{n}) > 0" for n in range(len(words)))
    return tests or "1 = 1", {f"other{n}": search.inside(word) for n, word in enumerate(words)}


def _range(start: str) -> tuple[str, str]:
    return start, start + _LAST


def _listed(session: Session) -> str:
    return "json_each(:starts)" if _is_sqlite(session) else "unnest(CAST(:starts AS text[])) AS listed (value)"


def _list(session: Session, words: list[str]) -> str | list[str]:
    return json.dumps(words) if _is_sqlite(session) else words


# --- notes ----------------------------------------------------------------------------------------------------------


def find_notes(session: Session, wanted: Wanted, limit: int, *, is_best_first: bool = False) -> list[FoundNote]:
    """The newest first, or the best of the newest `_WEIGHED`. Two queries, on PostgreSQL up to four."""
    if wanted.is_nothing():
        return []
    most = _WEIGHED if wanted.sought.phrases or is_best_first else limit
    found = _walk_lists(session, wanted, most) if _is_sqlite(session) else _walk_then_ask(session, wanted, most)
    notes = _load(session, found)
    held = [one for one in notes if search.holds_phrases(one.note.text, wanted.sought.phrases)]
    if is_best_first:
        held.sort(
            key=lambda one: search.likeness(one.note.text, wanted.sought), reverse=True
        )  # stable: else the newest
    return held[:limit]


def _load(session: Session, ids: Sequence[int]) -> list[FoundNote]:
    query = (
        select(Note, Interaction.channel, AUTHOR, Customer.name)
        .join(Interaction, col(Interaction.id) == Note.interaction_id)
        .join(Staff, col(Staff.id) == Note.author_id)
        .join(Customer, col(Customer.id) == Note.customer_id)
        .where(col(Note.id).in_(ids), col(Note.retracted_at).is_(None), col(Customer.erased_at).is_(None))
        .order_by(col(Note.written_at).desc(), col(Note.id).desc())
    )
    return [FoundNote(*row) for row in session.exec(query).all()] if ids else []


def _seen(wanted: Wanted) -> tuple[list[str], dict[str, object]]:
    """Conditions on what is not among the words, and what they ask for."""
    tests, bound = [], dict[str, object]()
    if not wanted.with_faded:
        tests.append("(review_on IS NULL OR review_on > :today)")
        bound["today"] = wanted.today
    for name, at, sign in (("since", wanted.since, ">="), ("until", wanted.until, "<")):
        if at is not None:
            tests.append(f"written_at {sign} :{name}")
            bound[name] = at
    return tests, bound


def _walk_lists(session: Session, wanted: Wanted, limit: int) -> list[int]:
    """SQLite: FTS5 goes through its lists from the newest day and stops at the limit.

    It has a list of every beginning of up to four letters. Of a longer one it would put together the lists of all words that
    begin like that, to their ends (60 ms): so the newest with its first four letters are looked at, which answers whatever is
    common, and what they cannot answer is rare enough to be asked for.
    """
    long = next((term.word for term in wanted.sought.terms if term.is_start and len(term.word) > LISTED_LETTERS), "")
    if long:
        terms = [Term(term.word[:LISTED_LETTERS], True) if term.word == long else term for term in wanted.sought.terms]
        rows = _ask_lists(session, wanted, terms, _LOOKED_AT, long)
        found = [note_id for note_id, begins_so in rows if begins_so]
        if len(found) >= limit or len(rows) < _LOOKED_AT:
            return found[:limit]
    return [note_id for note_id, _ in _ask_lists(session, wanted, wanted.sought.terms, limit)]


def _ask_lists(
    session: Session, wanted: Wanted, terms: Sequence[Term], limit: int, begins: str = ""
) -> list[tuple[int, bool]]:
    """(note, whether a word of it begins with `begins`), the newest first."""
    tests, bound = _seen(wanted)
    words = [f'"{term.word}"' + ("*" if term.is_start else "") for term in terms]
    if match := " AND ".join([*words, *(f'"{facet}"' for facet in wanted.facets())]):
        tests.append("search_note MATCH :match")
        bound["match"] = match
    for name, at, sign in (("first", wanted.since, ">="), ("last", wanted.until, "<")):
        if at is not None:
            tests.append(f"search_note.rowid {sign} :{name}")
            bound[name] = ((at.astimezone(UTC).date() - _EPOCH).days + (name == "last")) << ID_BITS
    bound |= {name: _as_text(value) for name, value in bound.items()}
    query = (
        "SELECT note.id, instr(' ' || words, :begins) > 0"  # noqa: S608
        f" FROM search_note CROSS JOIN note ON note.id = (search_note.rowid & {2**ID_BITS - 1})"
        f" WHERE {' AND '.join(tests) or '1 = 1'} ORDER BY search_note.rowid DESC LIMIT :limit"
    )
    return [(note_id, bool(so)) for note_id, so in _rows(session, query, limit=limit, begins=f" {begins}", **bound)]


def _as_text(value: object) -> object:
    """As SQLite keeps times and days."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value.isoformat() if isinstance(value, date) else value


def _walk_then_ask(session: Session, wanted: Wanted, limit: int) -> list[int]:
    """PostgreSQL. Of one customer, who has few notes, GIN gives all of them, and their words are looked at."""
    terms = [_lexeme(term) for term in wanted.sought.terms]
    if wanted.customer_id is not None:
        theirs, *facets = [_quoted(facet) for facet in wanted.facets()]
        return _ask(session, wanted, [theirs], [*terms, *facets], limit)
    terms += [_quoted(facet) for facet in wanted.facets()]
    found = _walk(session, wanted, terms, limit, _WALKED)
    if limit > len(found) >= limit * _WALKED / _WALKED_AGAIN:
        found = _walk(session, wanted, terms, limit, _WALKED_AGAIN)
    if len(found) >= limit or not terms:
        return found
    is_dense, seen = bool(found), _sample(session, wanted.sought.terms)
    of_all_time = _common_starts(wanted.sought.terms, seen, _GATHERED_FOR_ONE, _SELDOM)
    common = _common_starts(wanted.sought.terms, seen, 1, 0) if is_dense else of_all_time
    rare = [one for one in terms if one not in common]
    if not is_dense and len(rare) > 1 and any(one.endswith(_BEGINS) for one in rare):
        return _ask(
            session, wanted, rare, common, limit
        )  # GIN gathers all that begins so, however few months are asked for
    found = _ask(session, wanted, [*rare, _in_months(wanted, 0, _MONTHS)], common, limit)
    more = _months_for(limit - len(found), len(found) / _MONTHS)
    if 0 < more <= _MOST_MONTHS:
        found += _ask(session, wanted, [*rare, _in_months(wanted, _MONTHS, more)], common, limit - len(found))
    if len(found) >= limit:
        return found
    return _ask(session, wanted, [one for one in terms if one not in of_all_time], of_all_time, limit)


def _months_for(missing: int, a_month: float) -> int:
    """How many will do, and half as many again; 0 if none are missing, more than are worth it if there is nothing to go by."""
    if missing <= 0:
        return 0
    return ceil(1.5 * missing / a_month) if a_month else _MOST_MONTHS + 1


def _walk(session: Session, wanted: Wanted, terms: Sequence[str], limit: int, most: int) -> list[int]:
    tests, bound = _seen(wanted)
    span = " AND ".join(one for one in tests if one.startswith("written_at")) or "TRUE"
    if terms:
        tests.append("words @@ CAST(:terms AS tsquery)")
        bound["terms"] = " & ".join(terms)
    query = (
        f"SELECT note_id FROM (SELECT * FROM search_note WHERE {span}"  # noqa: S608 - the words are bound
        " ORDER BY written_at DESC, note_id DESC LIMIT :walked) part"
        f" WHERE {' AND '.join(tests) or 'TRUE'} ORDER BY written_at DESC, note_id DESC LIMIT :limit"
    )
    return [note_id for (note_id,) in _rows(session, query, walked=most, limit=limit, **bound)]


def _ask(session: Session, wanted: Wanted, terms: Sequence[str], common: Sequence[str], limit: int) -> list[int]:
    """GIN for `terms`; whether a note has `common` too is looked at in the rows it gives."""
    tests, bound = _seen(wanted)
    tests.append("words @@ CAST(:terms AS tsquery)")
    bound["terms"] = " & ".join(terms)
    if common:
        tests.append("ts_match_vq(words, CAST(:common AS tsquery))")  # the function, since no index answers it
        bound["common"] = " & ".join(common)
    query = (
        f"WITH part AS MATERIALIZED (SELECT note_id, written_at FROM search_note WHERE {' AND '.join(tests)})"  # noqa: S608
        " SELECT note_id FROM part ORDER BY written_at DESC, note_id DESC LIMIT :limit"
    )
    return [note_id for (note_id,) in _rows(session, query, limit=limit, **bound)]


def _in_months(wanted: Wanted, after: int, count: int) -> str:
    """One of `count` months, but for the newest `after`."""
    last = wanted.until.astimezone(UTC).date() if wanted.until else wanted.today + timedelta(days=1)
    newest = last.year * 12 + last.month - after
    return f"({' | '.join(_quoted(f'{FACET}m{month}') for month in range(newest - count + 1, newest + 1))})"


def _sample(session: Session, terms: Sequence[Term]) -> dict[str, int]:
    """How many of the newest notes have each; nothing without both a whole word and a beginning of one."""
    if len({term.is_start for term in terms}) < len((True, False)):
        return {}
    every = [_lexeme(term) for term in terms]
    counts = ", ".join(f"count(*) FILTER (WHERE words @@ CAST(:term{n} AS tsquery))" for n in range(len(every)))
    query = f"SELECT {counts} FROM (SELECT words FROM search_note ORDER BY written_at DESC, note_id DESC LIMIT :sampled) part"  # noqa: S608
    bound = {f"term{n}": term for n, term in enumerate(every)}
    return dict(zip(every, _rows(session, query, sampled=_SAMPLED, **bound)[0], strict=True))


def _common_starts(terms: Sequence[Term], seen: Mapping[str, int], gathered: int, seldom: float) -> list[str]:
    """Beginnings of words that so many notes have that it takes GIN longer to gather these than us to read what has the rarest
    whole word: `gathered` are gathered while one is read, which is many in all of time, and hardly more than one in two months,
    where most of what is gathered is not looked for.
    """
    if not seen:
        return []
    most = gathered * max(seldom, min(seen[_lexeme(term)] for term in terms if not term.is_start))
    return [start for term in terms if term.is_start and seen[start := _lexeme(term)] >= most]


def _lexeme(term: Term) -> str:
    return _quoted(term.word) + (_BEGINS if term.is_start else "")


def _quoted(word: str) -> str:
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _rows(session: Session, query: str, **bound: object) -> list[tuple[Any, ...]]:
    values: Mapping[str, object] = bound
    return [tuple(row) for row in session.connection().execute(text(query), values)]
