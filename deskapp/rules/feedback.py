"""Whether, and when, somebody is asked how it was. Once at most for a delivery, and only when the moment is right."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from deskapp.rules.words import nsay, psay, say

DECLINED_LATELY_DAYS = 30
MISSED_DAYS = 14  # a question about a parcel of long ago is no interest, it is a mailing
_AHEAD = timedelta(hours=14)  # no place on earth is further ahead of UTC
_FIRST, _LAST = time(9), time(20)  # of the customer's day; nobody's phone rings at night for this

DAYS_AFTER = range(1, 61)
COOL_DOWN_DAYS = range(731)
LAPSES_DAYS = range(3, 61)


@dataclass(frozen=True, slots=True)
class Policy:
    """`days_after` an arrival, local days; at most one question to anybody in `cool_down_days`; answered within `lapses_days`."""

    is_on: bool
    days_after: int
    cool_down_days: int
    lapses_days: int


class Rule(StrEnum):
    """What keeps a question from being asked; in this order, the first that holds is the one that is told."""

    OFF = "off"
    NOT_SET_UP = "not-set-up"
    ERASED = "erased"
    JOINED = "joined"
    NOT_DELIVERED = "not-delivered"
    RETURNED = "returned"
    NO_QUESTIONS = "no-questions"
    NO_CONTACT = "no-contact"
    OTHER_WAY = "other-way"
    NOT_A_PERSON = "not-a-person"
    NO_ADDRESS = "no-address"
    DISPUTE = "dispute"
    PROBLEM_HERE = "problem-here"
    PROBLEM_ELSEWHERE = "problem-elsewhere"
    GIFT_DECLINED = "gift-declined"
    GIFT_DECLINED_LATELY = "gift-declined-lately"
    COOL_DOWN = "cool-down"
    MISSED = "missed"
    # Found out once the letter was written:
    OTHER_CUSTOMER = "other-customer"
    OTHER_ADDRESS = "other-address"
    NOT_SENT = "not-sent"


WORDS = {
    Rule.OFF: say("Nobody is asked at the moment: asking is switched off."),
    Rule.NOT_SET_UP: say("Mail, or the address at which customers reach the desk, is not set up."),
    Rule.ERASED: say("This person was erased, so nothing is sent to them."),
    Rule.JOINED: say("They were joined with another customer, and go on there."),
    Rule.NOT_DELIVERED: say("The parcel does not count as delivered."),
    Rule.RETURNED: say("The parcel came back."),
    Rule.NO_QUESTIONS: say("They asked us not to ask how it was."),
    Rule.NO_CONTACT: say("They wish no contact."),
    Rule.OTHER_WAY: say("They said how they wish to be reached, and not that it may be by e-mail."),
    Rule.NOT_A_PERSON: say(
        "They are a business or a public office, and whoever opens its mail may know nothing of the parcel."
    ),
    Rule.NO_ADDRESS: say("There is no e-mail address."),
    Rule.DISPUTE: say("A dispute with them is open."),
    Rule.PROBLEM_HERE: say("A problem with this order is open. First it is put right."),
    Rule.PROBLEM_ELSEWHERE: say("Another problem of theirs is open. First it is put right."),
    Rule.GIFT_DECLINED: say("They declined the gift in this order."),
    Rule.GIFT_DECLINED_LATELY: nsay(
        "They declined a gift less than {n} day ago.",
        "They declined a gift less than {n} days ago.",
        DECLINED_LATELY_DAYS,
    ),
    Rule.COOL_DOWN: say("They were asked about another parcel not long ago."),
    Rule.MISSED: nsay(
        "The day for it was more than {n} day ago, or the letter would have come after its own last day.",
        "The day for it was more than {n} days ago, or the letter would have come after its own last day.",
        MISSED_DAYS,
    ),
    Rule.OTHER_CUSTOMER: say("The order is another customer's now."),
    Rule.OTHER_ADDRESS: say("Their e-mail address changed after the letter was written."),
    Rule.NOT_SENT: say("The letter could not be sent, so they were not asked."),
}
SHORT = {
    Rule.OFF: psay("left out", "switched off"),
    Rule.NOT_SET_UP: psay("left out", "mail not set up"),
    Rule.ERASED: psay("left out", "erased"),
    Rule.JOINED: psay("left out", "joined with another"),
    Rule.NOT_DELIVERED: psay("left out", "not delivered"),
    Rule.RETURNED: psay("left out", "came back"),
    Rule.NO_QUESTIONS: psay("left out", "wish no questions"),
    Rule.NO_CONTACT: psay("left out", "wish no contact"),
    Rule.OTHER_WAY: psay("left out", "wish to be reached another way"),
    Rule.NOT_A_PERSON: psay("left out", "businesses and offices"),
    Rule.NO_ADDRESS: psay("left out", "without an e-mail address"),
    Rule.DISPUTE: psay("left out", "in a dispute"),
    Rule.PROBLEM_HERE: psay("left out", "with a problem open in the order"),
    Rule.PROBLEM_ELSEWHERE: psay("left out", "with another problem open"),
    Rule.GIFT_DECLINED: psay("left out", "declined the gift"),
    Rule.GIFT_DECLINED_LATELY: psay("left out", "declined a gift lately"),
    Rule.COOL_DOWN: psay("left out", "asked not long ago"),
    Rule.MISSED: psay("left out", "missed their day"),
    Rule.OTHER_CUSTOMER: psay("left out", "with an order that is another's now"),
    Rule.OTHER_ADDRESS: psay("left out", "with a new address"),
    Rule.NOT_SENT: psay("left out", "not reached by a letter"),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one delivery and whom it went to. `zone`: the customer's, as far as anybody knows; `today` there."""

    zone: ZoneInfo
    today: date
    delivered_at: datetime | None
    returned_at: datetime | None = None
    can_send: bool = True
    is_erased: bool = False
    is_joined: bool = False
    is_person: bool = True
    has_address: bool = True
    wishes_no_questions: bool = False
    wishes_no_contact: bool = False
    wishes_other_way: bool = False
    in_dispute: bool = False
    problem_here: bool = False
    problem_elsewhere: bool = False
    gift_declined: bool = False
    declined_on: date | None = None  # the last time, whatever it came with
    asked_on: date | None = None  # the last time, about whatever parcel


@dataclass(frozen=True, slots=True)
class Ask:
    """From `due_on` on, a day at the customer's."""

    due_on: date


@dataclass(frozen=True, slots=True)
class Withheld:
    rule: Rule
    words: str


def decide(facts: Facts, policy: Policy) -> Ask | Withheld:
    """As things stand today. An Ask may lie ahead: whether its moment has come says `is_moment`."""
    if rule := next((rule for rule, holds in _rules(facts, policy).items() if holds), None):
        return Withheld(rule, WORDS[rule])
    delivered_at = facts.delivered_at
    due_on = day_after(delivered_at, facts.zone, policy.days_after) if delivered_at else facts.today
    if (facts.today - due_on).days > MISSED_DAYS:
        return Withheld(Rule.MISSED, WORDS[Rule.MISSED])
    return Ask(due_on)


def _rules(facts: Facts, policy: Policy) -> dict[Rule, bool]:
    return {
        Rule.OFF: not policy.is_on,
        Rule.NOT_SET_UP: not facts.can_send,
        Rule.ERASED: facts.is_erased,
        Rule.JOINED: facts.is_joined,
        Rule.NOT_DELIVERED: facts.delivered_at is None,
        Rule.RETURNED: facts.returned_at is not None,
        Rule.NO_QUESTIONS: facts.wishes_no_questions,
        Rule.NO_CONTACT: facts.wishes_no_contact,
        Rule.OTHER_WAY: facts.wishes_other_way,
        Rule.NOT_A_PERSON: not facts.is_person,
        Rule.NO_ADDRESS: not facts.has_address,
        Rule.DISPUTE: facts.in_dispute,
        Rule.PROBLEM_HERE: facts.problem_here,
        Rule.PROBLEM_ELSEWHERE: facts.problem_elsewhere,
        Rule.GIFT_DECLINED: facts.gift_declined,
        Rule.GIFT_DECLINED_LATELY: _within(facts.declined_on, facts.today, DECLINED_LATELY_DAYS),
        # Never twice on a day either, whatever the policy says.
        Rule.COOL_DOWN: _within(facts.asked_on, facts.today, max(policy.cool_down_days, 1)),
    }


def _within(day: date | None, today: date, days: int) -> bool:
    return day is not None and (today - day).days < days


def zone_there(name: str | None, shops: ZoneInfo) -> ZoneInfo:
    """The customer's, as far as anybody knows and this machine does: else the shop's."""
    try:
        return ZoneInfo(name) if name else shops
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return shops


def place_of(zone: str | None) -> str:
    """Of "America/Los_Angeles" Los Angeles; of none ""."""
    return (zone or "").rpartition("/")[2].replace("_", " ")


def furthest_day(now: datetime) -> date:
    """The day of whoever is furthest ahead: what is of a later one is nobody's yet."""
    return (now.astimezone(UTC) + _AHEAD).date()


def day_after(delivered_at: datetime, zone: ZoneInfo, days_after: int) -> date:
    """Whole days of the calendar there, so that a change of the clocks takes none away."""
    return delivered_at.astimezone(zone).date() + timedelta(days=days_after)


def is_moment(due_on: date, zone: ZoneInfo, now: datetime) -> bool:
    """On that day or later, between nine and eight there."""
    there = now.astimezone(zone)
    return there.date() >= due_on and _FIRST <= there.time().replace(tzinfo=None) < _LAST


def next_moment(zone: ZoneInfo, now: datetime) -> datetime:
    """`now`, or the next nine o'clock there."""
    there = now.astimezone(zone)
    if is_moment(there.date(), zone, now):
        return now
    day = there.date() + timedelta(days=there.time().replace(tzinfo=None) >= _LAST)
    return datetime.combine(day, _FIRST, zone).astimezone(UTC)


def no_contact(wish: str) -> bool:
    """Whether a wish about contact is to be left alone altogether."""
    return " ".join(_WORD.findall(wish.casefold())) in _LEFT_ALONE


def other_way(wish: str) -> bool:
    """Whether a wish about contact may speak against a letter: any that is more than "by e-mail, please". Who says no has
    a thousand ways to say it; who says yes has few. Caution costs an answer; a letter too many costs more.
    """
    words = frozenset(_WORD.findall(wish.casefold()))
    names_mail = bool(words & _MAIL) or (bool(words & _MAIL_OR_POST) and bool(words & _GERMAN))
    return not names_mail or "?" in wish or not words <= _MAIL | _MAIL_OR_POST | _GERMAN | _WITH_IT


_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
_LEFT_ALONE = frozenset({"", "no contact", "no contact please", "none", "kein kontakt", "لا تواصل"})
_MAIL = frozenset("e-mail e-mails email emails إيميل بالإيميل إلكتروني الإلكتروني".split())
_MAIL_OR_POST = frozenset("mail mails mailen".split())  # e-mail in German, of which "by mail" in English says nothing
_GERMAN = frozenset("per nur bitte gern gerne am liebsten".split())
_WITH_IT = frozenset("only just by via please thanks البريد بريد بالبريد عبر فقط رجاء رجاءً من فضلك".split())
