"""What somebody owes customers goes to somebody else when they leave: nothing stays with who is not here any more."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit, promises, visits
from deskapp.desk.colleagues import Colleagues, colleagues
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor
from deskapp.rules.words import and_list, nsay, say
from deskapp.store import handover as rows
from deskapp.store import promises as stored_promises
from deskapp.store import visits as stored_visits
from deskapp.store.memory_tables import RequestVoice
from deskapp.store.staff import Colleague
from deskapp.store.tables import Staff
from deskapp.store.today import HANDED_OVER

LEADS = "leads"
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Work:
    """How many promises, visits and calls to come, and answers one of the staff still has before them."""

    promises: int = 0
    visits: int = 0
    answers: int = 0

    @property
    def words(self) -> str:
        """As in "2 promises, 1 expected visit or call and 3 owed answers"; "" for nothing."""
        parts = (
            (self.promises, nsay("{n} promise", "{n} promises", self.promises)),
            (self.visits, nsay("{n} expected visit or call", "{n} expected visits and calls", self.visits)),
            (self.answers, nsay("{n} owed answer", "{n} owed answers", self.answers)),
        )
        return and_list([words for count, words in parts if count])


def list_work(session: Session, *, now: datetime) -> dict[int, Work]:
    """By staff, those alone who have some. Three queries."""
    promised = stored_promises.count_by_owner(session)
    expected = stored_visits.count_by_staff(session, _since(now))
    answers = rows.count_answers(session)
    return {
        one: Work(promised.get(one, 0), expected.get(one, 0), answers.get(one, 0))
        for one in {*promised, *expected, *answers}
    }


def hand_over(session: Session, actor: Actor, row: Staff, to: str, *, now: datetime) -> None:
    """All of it to a colleague by number, or, one customer's together, spread over the leads.

    Raises Invalid for "to" where there is something and nobody to take it.
    """
    work = list_work(session, now=now).get(row.id)
    if work is None:
        return
    takers = _takers(colleagues(session), row, to, work)
    taken: defaultdict[int, dict[str, int]] = defaultdict(lambda: {"promises": 0, "visits": 0, "answers": 0})

    def next_of(customer_id: int, kind: str) -> int:
        taker = takers[customer_id % len(takers)].id
        taken[taker][kind] += 1
        return taker

    _hand_all(session, actor, row.id, next_of, now)
    for taker, counts in taken.items():
        audit.write(session, actor, HANDED_OVER, f"staff:{taker}", now=now, was=row.id, **counts)


def _hand_all(session: Session, actor: Actor, from_id: int, next_of: Callable[[int, str], int], now: datetime) -> None:
    for promise in stored_promises.list_to_change_of(session, from_id):
        promises.give_to(session, actor, promise, next_of(promise.customer_id, "promises"), now=now)
    for visit in stored_visits.list_to_change_with(session, from_id, _since(now)):
        visits.give_to(session, actor, visit, next_of(visit.customer_id, "visits"), now=now)
    for voice in rows.list_answers_to_change_of(session, from_id):
        _give_answer(session, actor, voice, next_of(voice.customer_id, "answers"), now)


def _give_answer(session: Session, actor: Actor, voice: RequestVoice, to_id: int, now: datetime) -> None:
    """Who heard it stays who heard it."""
    was, voice.owed_by = voice.owed_by or voice.heard_by, to_id
    subject = f"customer:{voice.customer_id}"
    audit.write(session, actor, "request.answer-handed", subject, now=now, voice=voice.id, was=was, to=to_id)


def _takers(known: Colleagues, row: Staff, to: str, work: Work) -> Sequence[Colleague]:
    others = [one for one in known.takers if one.id != row.id]
    if to == LEADS:
        if found := known.leads_of(row.team, but=row.id):
            return found
        raise Invalid({"to": say("There is no lead here who could take it. Please choose a colleague.")})
    found = [one for one in others if str(one.id) == to]
    if not found:
        raise Invalid(
            {"to": say("{name} still has {work}. Please choose who takes them over.", name=row.name, work=work.words)}
        )
    return found


def _since(now: datetime) -> date:
    """In the west of the shop it may still be yesterday; what lies further back nobody waits for."""
    return (now - _A_DAY).date()
