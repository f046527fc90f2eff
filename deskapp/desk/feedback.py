"""Asking how it was: every hour the parcels that arrived are thought of, those whose day has come decided, and what is old lapses.

Nothing here touches the wire. The letter goes into the outbox in the transaction that decides, and just before it leaves the
decision is asked for once more.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlmodel import Session

from deskapp.desk import audit, outbox, timetable
from deskapp.desk.jobs import Kind
from deskapp.desk.outbox import DOUBTED
from deskapp.desk.seats import hash_token
from deskapp.desk.wording import number
from deskapp.rules import feedback, feedback_said
from deskapp.rules.errors import Conflict
from deskapp.rules.feedback import Ask, Facts, Policy, Rule, Withheld
from deskapp.rules.people import Receiver
from deskapp.rules.words import say, together
from deskapp.store import feedback as rows
from deskapp.store import jobs as stored_jobs
from deskapp.store import outbox as stored_outbox
from deskapp.store.card_tables import AskState, Carrier, FeedbackAsk, FeedbackPolicy, Outbox, Sending
from deskapp.store.db import Database
from deskapp.store.feedback import Declined, Due, Parcel, Trouble
from deskapp.store.memory_tables import PreferenceKind
from deskapp.store.tables import Customer

if TYPE_CHECKING:
    from deskapp.config import Settings

Clock = Callable[[], datetime]
Secret = Callable[[], str]

PATH = "/how-was-it/"
ASKED_EVENT = "feedback.asked"
_KEY = "feedback"  # of the outbox: feedback:17, and feedback:17:webhook
_BATCH = 40  # of one transaction: 0.14 s on a busy machine, while which nobody else writes to SQLite
_NOT_OLDER = timedelta(days=feedback.DAYS_AFTER[-1] + feedback.MISSED_DAYS)
_FAILURES_KEPT = timedelta(days=7)
_SOON = timedelta(seconds=10)
_CALL_WAITS = timedelta(minutes=1)  # between two looks whether the letter has left
_NOBODY = say("Nobody is asked any more.")
_NOT_ASKED = say("The letter did not go out, so there is nothing to tell.")


@dataclass(frozen=True, slots=True)
class Means:
    """What a question goes out with. `public_url`: where customers reach the desk, "" nowhere; `zone`: of the shop, and of
    customers of whom nobody knows another.
    """

    shop_name: str
    zone: ZoneInfo
    public_url: str = ""
    has_mail: bool = False
    has_webhook: bool = False

    @property
    def can_send(self) -> bool:
        return bool(self.public_url) and self.has_mail

    def zone_of(self, customer: Customer) -> ZoneInfo:
        return feedback.zone_there(customer.zone, self.zone)

    def link(self, token: str) -> str:
        return f"{self.public_url.rstrip('/')}{PATH}{token}"


def means_of(settings: "Settings") -> Means:
    return Means(
        shop_name=settings.shop_name,
        zone=ZoneInfo(settings.zone),
        public_url=settings.public_url,
        has_mail=bool(settings.mail_url.get_secret_value() and settings.mail_from),
        has_webhook=bool(settings.webhook_url.get_secret_value()),
    )


def policy_of(row: FeedbackPolicy) -> Policy:
    return Policy(row.is_on, row.days_after, row.cool_down_days, row.lapses_days)


# --- what is known ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """Of some customers, by their id."""

    troubles: dict[int, list[Trouble]]
    disputes: dict[int, list[Trouble]]
    declined: dict[int, list[Declined]]
    declined_with: dict[int, list[datetime]]  # by order
    silent: frozenset[int]  # asked not to be asked
    left_alone: frozenset[int]  # wish no contact
    elsewhere: frozenset[int]  # wish to be reached another way

    def facts(self, parcel: Parcel, means: Means, *, at: datetime, asked_at: datetime | None) -> Facts:
        """As they were `at` a moment, but for wishes, which are as they are now. Days are the customer's."""
        who, order = parcel.customer, parcel.order
        zone = means.zone_of(who)
        open_now = [one for one in self.troubles[who.id] if _is_open(one, at)]
        declined = [one for one in self.declined[who.id] if one.at <= at]
        return Facts(
            zone=zone,
            today=_day(at, zone),
            delivered_at=parcel.delivery.delivered_at,
            returned_at=parcel.delivery.returned_at,
            can_send=means.can_send,
            is_erased=who.erased_at is not None,
            is_joined=who.merged_into is not None,
            is_person=who.receiver is Receiver.PERSON,
            has_address="@" in (who.email or ""),
            wishes_no_questions=who.id in self.silent,
            wishes_no_contact=who.id in self.left_alone,
            wishes_other_way=who.id in self.elsewhere,
            in_dispute=any(_is_open(one, at) for one in self.disputes[who.id]),
            problem_here=any(one.order_id == order.id for one in open_now),
            problem_elsewhere=any(one.order_id != order.id for one in open_now),
            gift_declined=any(when <= at for when in self.declined_with.get(order.id, ())),
            declined_on=max((_day(one.at, zone) for one in declined), default=None),
            asked_on=None if asked_at is None else _day(asked_at, zone),
        )


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _is_open(one: Trouble, at: datetime) -> bool:
    return one.since <= at and (one.until is None or one.until > at)


def known_of(session: Session, parcels: Iterable[Parcel], *, since: datetime) -> Known:
    """What was so at any time since then. Five queries."""
    about = list(parcels)
    ids = sorted({one.customer.id for one in about})
    declined_with = defaultdict(list)
    for order_id, at in rows.list_declined_with(session, {one.order.id for one in about}):
        declined_with[order_id].append(at)
    wishes = rows.list_wishes(session, ids)
    contact = [(who, value) for who, kind, value in wishes if kind is PreferenceKind.CONTACT]
    return Known(
        troubles=_by_customer(rows.list_troubles(session, ids, since=since)),
        disputes=_by_customer(rows.list_disputes(session, ids, since=since)),
        declined=_by_customer(rows.list_declined(session, ids)),
        declined_with=declined_with,
        silent=frozenset(who for who, kind, _ in wishes if kind is PreferenceKind.NO_QUESTIONS),
        left_alone=frozenset(who for who, wish in contact if feedback.no_contact(wish)),
        elsewhere=frozenset(who for who, wish in contact if feedback.other_way(wish)),
    )


def _by_customer(found: Sequence[Trouble] | Sequence[Declined]) -> defaultdict[int, list]:  # type: ignore[type-arg]
    groups = defaultdict(list)
    for one in found:
        groups[one.customer_id].append(one)
    return groups


# --- every hour ------------------------------------------------------------------------------------------------------


def run(database: Database, means: Means, job_id: int, *, secret: Secret, now: Clock) -> str:
    """Steps of transactions of their own, each idempotent. Raises Conflict where the clock cannot be believed."""
    with database.reading() as session:
        if sentence := timetable.clocks_apart(session, now=now()):
            raise Conflict(together([sentence, say("Nobody was asked.")]))
        row = rows.find_policy(session)
    counts: Counter[str] = Counter()
    if row is not None:
        think_of_new(database, means, now=now())
        counts = decide_due(database, means, secret=secret, now=now())
        counts["lapsed"] = lapse(database, means, now=now())
    with database.writing() as session:
        stored_jobs.forget_ended(session, Kind.ASK, before_id=job_id, failed_before=now() - _FAILURES_KEPT)
    return say(
        "Asked: {asked}. Not asked: {withheld}. Questions that lapsed: {lapsed}.",
        **{name: number(counts[name]) for name in ("asked", "withheld", "lapsed")},
    )


def think_of_new(database: Database, means: Means, *, now: datetime) -> int:
    """How many parcels: of those that arrived since asking was switched on, never of the years before."""
    thought_of = 0
    while True:
        with database.writing() as session:
            since, row = rows.find_on_since(session), rows.find_policy(session)
            if since is None or row is None:
                return thought_of
            found = rows.list_unasked(session, since=max(since, now - _NOT_OLDER), limit=_BATCH)
            for one in found:
                due_on = feedback.day_after(one.delivered_at, feedback.zone_there(one.zone, means.zone), row.days_after)
                if rows.add_waiting(session, one.delivery_id, one.customer_id, due_on):
                    _log(session, one.customer_id, "thought-of", now, delivery=one.delivery_id)
        thought_of += len(found)
        if len(found) < _BATCH:
            return thought_of


def decide_due(database: Database, means: Means, *, secret: Secret, now: datetime) -> Counter[str]:
    """How many were "asked" and "withheld", of those for whom it is the day and neither early nor late in it."""
    counts: Counter[str] = Counter()
    last_id = 0
    while True:
        with database.reading() as session:
            found = rows.list_due(session, today=feedback.furthest_day(now), after_id=last_id, limit=_BATCH)
        zones = {one.ask_id: feedback.zone_there(one.zone, means.zone) for one in found}
        if due := [one for one in found if feedback.is_moment(one.day, zones[one.ask_id], now)]:
            counts.update(_decide_due(database, due, means, secret, now))
        if len(found) < _BATCH:
            return counts
        last_id = found[-1].ask_id


def _decide_due(database: Database, due: Sequence[Due], means: Means, secret: Secret, now: datetime) -> list[str]:
    with database.writing() as session:
        row = rows.find_policy(session)
        rows.lock_customers(session, {one.customer_id for one in due})
        asks = rows.lock_in_state(session, [one.ask_id for one in due], AskState.WAITING)
        if row is None or not asks:
            return []
        held = {one.ask_id: one.customer_id for one in due}
        with session.no_autoflush:  # once a batch instead of once a letter
            return _decide_all(session, asks, held, policy_of(row), means, secret, now)


def _decide_all(
    session: Session,
    asks: Sequence[FeedbackAsk],
    held: dict[int, int],
    policy: Policy,
    means: Means,
    secret: Secret,
    now: datetime,
) -> list[str]:
    """`held`: the customer by the ask, as they were locked; whose order is another's since waits for the next hour."""
    parcels = rows.parcels_of(session, [ask.delivery_id for ask in asks])
    asks = [ask for ask in asks if parcels[ask.delivery_id].customer.id == held[ask.id]]
    customers = set(held.values())
    known = known_of(session, parcels.values(), since=now)
    asked = rows.last_asked(session, customers)
    ends = []
    for ask in asks:
        parcel = parcels[ask.delivery_id]
        facts = known.facts(parcel, means, at=now, asked_at=asked.get(parcel.customer.id))
        ends.append(_settle(session, ask, parcel, feedback.decide(facts, policy), policy, means, secret, now))
        if ask.state is AskState.ASKED:
            asked[parcel.customer.id] = now
    return ends


def _settle(
    session: Session,
    ask: FeedbackAsk,
    parcel: Parcel,
    verdict: Ask | Withheld,
    policy: Policy,
    means: Means,
    secret: Secret,
    now: datetime,
) -> str:
    ask.customer_id = parcel.customer.id  # an import, or a joining undone, may have given the order to another
    match verdict:
        case Withheld(rule=Rule.NOT_DELIVERED):  # the tick was taken back; once it comes, it is thought of anew
            session.delete(ask)
            _log(session, ask.customer_id, "put-off", now, delivery=ask.delivery_id)
            return "put off"
        case Withheld():
            return _withhold(session, ask, verdict.rule, now)
        case Ask() if verdict.due_on > _day(now, means.zone_of(parcel.customer)):  # the policy gives more days now
            ask.due_on = verdict.due_on
            _log(session, ask.customer_id, "put-off", now, delivery=ask.delivery_id)
            return "put off"
        case Ask():
            return _ask(session, ask, parcel, policy, means, secret(), now)


def _withhold(session: Session, ask: FeedbackAsk, rule: Rule, now: datetime) -> str:
    """Whoever has the link may still ask not to be asked again: a letter that nobody knows of may hold it."""
    ask.state, ask.rule, ask.decided_at = AskState.WITHHELD, rule.value, now
    session.add(ask)
    _log(session, ask.customer_id, "withheld", now, ask=ask.id, rule=rule.value)
    return "withheld"


def _ask(
    session: Session, ask: FeedbackAsk, parcel: Parcel, policy: Policy, means: Means, token: str, now: datetime
) -> str:
    """Only the hash of the token stays here; the letter holds it until it is sent."""
    zone = means.zone_of(parcel.customer)
    until = _day(now, zone) + timedelta(days=policy.lapses_days)
    language = feedback_said.language_of(parcel.customer.language)
    link = means.link(token)
    subject, text = feedback_said.letter(language, shop=means.shop_name, link=link, until=until)
    letter = {"to": parcel.customer.email, "subject": subject, "text": text, "language": language, "unsubscribe": link}
    letter["zone"] = zone.key  # by whose clock it may leave
    key, who = f"{_KEY}:{ask.delivery_id}", parcel.customer.id
    if not outbox.put(session, key=key, carrier=Carrier.MAIL, customer_id=who, payload=letter, now=now):
        return _withhold(session, ask, Rule.COOL_DOWN, now)  # it lies there already, or lay there
    if means.has_webhook:
        call = {"event": ASKED_EVENT, "ask": ask.id, "delivery": ask.delivery_id, "customer": who}
        outbox.put(session, key=f"{key}:webhook", carrier=Carrier.WEBHOOK, customer_id=who, payload=call, now=now)
    ask.state, ask.decided_at, ask.token_hash, ask.lapses_on = AskState.ASKED, now, hash_token(token), until
    session.add(ask)
    _log(session, who, "asked", now, ask=ask.id)
    return "asked"


def may_go(session: Session, row: Outbox, *, now: datetime) -> str | datetime:
    """Just before it goes out, in a transaction that writes: "", why it must not, or when to ask again. What stands in the way
    of a letter that never left is then told as the reason why it was withheld; a call follows its letter.
    """
    if row.carrier is Carrier.WEBHOOK:
        return _may_call(session, row, now)
    policy, seen = rows.find_policy(session), rows.find_by_delivery(session, _delivery_of(row))
    if policy is None or seen is None:
        return _NOBODY
    # Whoever joins two customers holds the ask before the letter, so this one does not wait for it.
    if (ask := rows.lock_ask(session, seen.id, waits=False)) is None:
        return now + _SOON
    may_be_out, was_not_sent = bool(row.payload.get(DOUBTED)), ask.rule == Rule.NOT_SENT.value
    if ask.state is not AskState.ASKED and not was_not_sent:
        return feedback.WORDS[Rule(ask.rule)] if ask.rule else _NOBODY
    zone = ZoneInfo(row.payload.get("zone", "UTC"))
    if rule := _against(session, ask, row, policy_of(policy), zone, now, is_anew=was_not_sent):
        if not may_be_out:
            _withhold(session, ask, rule, now)
        return feedback.WORDS[rule]
    if (moment := feedback.next_moment(zone, now)) > now:
        return moment
    if was_not_sent:
        ask.state, ask.rule, ask.decided_at = AskState.ASKED, "", now
        _log(session, ask.customer_id, "asked", now, ask=ask.id)
    return ""


def _against(
    session: Session, ask: FeedbackAsk, row: Outbox, policy: Policy, zone: ZoneInfo, now: datetime, *, is_anew: bool
) -> Rule | None:
    """What speaks against a letter that was decided on. Whether they were asked lately counts only if it begins anew."""
    parcel = rows.parcels_of(session, [ask.delivery_id])[ask.delivery_id]
    if not parcel.customer.id == ask.customer_id == row.customer_id:
        return Rule.OTHER_CUSTOMER
    means = Means("", zone, "-", has_mail=True)
    known = known_of(session, [parcel], since=now)
    last = rows.last_asked(session, [ask.customer_id]).get(ask.customer_id) if is_anew else None
    facts = known.facts(parcel, means, at=now, asked_at=last)
    verdict = feedback.decide(facts, policy)
    if isinstance(verdict, Withheld):
        return verdict.rule
    if parcel.customer.email != row.payload.get("to"):
        return Rule.OTHER_ADDRESS
    is_over = ask.lapses_on is None or ask.lapses_on < _day(feedback.next_moment(zone, now), zone)
    return Rule.MISSED if is_over else None


def _may_call(session: Session, row: Outbox, now: datetime) -> str | datetime:
    """The shop's machines hear of a question once it was asked, and of none that was not."""
    letter = stored_outbox.find_by_key(session, f"{_KEY}:{_delivery_of(row)}")
    if letter is None or (letter.state is Sending.FAILED and not letter.payload):
        return _NOT_ASKED
    return "" if letter.state is Sending.SENT else now + _CALL_WAITS


def did_not_go(session: Session, row: Outbox, *, now: datetime) -> None:
    """A letter that certainly did not go out asked nobody. Its link stays for whoever sends it anew."""
    ask = rows.find_by_delivery(session, _delivery_of(row)) if row.carrier is Carrier.MAIL else None
    if ask is not None and (ask := rows.lock_ask(session, ask.id, waits=True)) and ask.state is AskState.ASKED:
        _withhold(session, ask, Rule.NOT_SENT, now)


def _delivery_of(row: Outbox) -> int:
    return int(row.key.split(":")[1])


def lapse(database: Database, means: Means, *, now: datetime) -> int:
    """How many: their last day is over where they live, and nobody answered."""
    lapsed = last_id = 0
    while True:
        with database.reading() as session:
            found = rows.list_lapsing(session, today=feedback.furthest_day(now), after_id=last_id, limit=_BATCH)
        if over := [one.ask_id for one in found if one.day < _day(now, feedback.zone_there(one.zone, means.zone))]:
            with database.writing() as session:
                asks = rows.lock_in_state(session, over, AskState.ASKED)
                for ask in asks:
                    ask.state = AskState.LAPSED
                    _log(session, ask.customer_id, "lapsed", now, ask=ask.id)
            lapsed += len(asks)
        if len(found) < _BATCH:
            return lapsed
        last_id = found[-1].ask_id


def _log(session: Session, customer_id: int, what: str, now: datetime, **details: object) -> None:
    audit.write(session, None, f"feedback.{what}", f"customer:{customer_id}", now=now, **details)
