"""What a manager types for a limit, and the limit that it comes to."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from deskapp.desk.inputs import Keyed
from deskapp.rules import eligibility
from deskapp.rules.authority import AuthorityLimit, Basis, GiverKind
from deskapp.rules.counts import figure
from deskapp.rules.eligibility import Explained
from deskapp.rules.errors import Invalid
from deskapp.rules.money import parse_minor, to_text
from deskapp.rules.people import Actor, Permission, Role, givers
from deskapp.rules.words import say

_MOST_MINOR = 10**12
_MOST_DAYS = 3660
_MOST_GIFTS = 1000
_MOST_PERCENT = 100

MONEY = (
    "per_gift",
    "approves_up_to",
    "per_giver_per_day",
    "per_giver_per_week",
    "per_giver_per_month",
    "per_customer_per_month",
    "per_customer",
)
_SHARE = say("Please write a share from 1 to {most}, or leave it blank.", most=_MOST_PERCENT)
_DAYS = say("Please write a number of days from 1 to {most}, or leave it blank.", most=figure(_MOST_DAYS))
_GIFTS = say("Please write a number of gifts from 1 to {most}, or leave it blank.", most=figure(_MOST_GIFTS))
_COUNTS = {
    "order_share_percent": (_MOST_PERCENT, _SHARE),
    "per_customer_days": (_MOST_DAYS, _DAYS),
    "per_customer_gifts": (_MOST_GIFTS, _GIFTS),
    "gap_days": (_MOST_DAYS, _DAYS),
    "per_customer_per_year_gifts": (_MOST_GIFTS, _GIFTS),
}
EXAMPLES = (  # of what a rule may ask, one of each kind; brackets where it should be otherwise
    "last order late or customer for 2 years",
    "last order problem",
    "open problem",
    "promise late",
    "orders >= 3 and days since order < 90",
    "last order over 50",
    "spent over 200",
    "gifts < 2 and days since gift > 90",
    "tier is gold, silver",
    "not (store is Airport)",
)
_PERIODS = ("per_giver_per_day", "per_giver_per_week", "per_giver_per_month")


def _blank_is_none(typed: object) -> object:
    return None if isinstance(typed, str) and not typed.strip() else typed


MaybeDay = Annotated[date | None, BeforeValidator(_blank_is_none)]
MaybeCount = Annotated[int | None, BeforeValidator(_blank_is_none)]
Amount = Annotated[str, Field(max_length=40)]


class NewLimit(Keyed):
    """Amounts as plain decimals of the desk's currency; a blank is no such ceiling.

    `giver`: role:agent, team:Phone, person:7. `seen`: the newest edition that stood on the page, 0 for none, None where
    nobody looked. `tried`: the mark of the rule that was tried out.
    """

    giver: Annotated[str, Field(max_length=100)]
    exception: Annotated[str, Field(max_length=80)] = ""
    valid_from: MaybeDay = None
    valid_until: MaybeDay = None
    per_gift: Amount
    approves_up_to: Amount = ""
    order_share_percent: MaybeCount = None
    per_giver_per_day: Amount = ""
    per_giver_per_week: Amount = ""
    per_giver_per_month: Amount = ""
    per_customer_per_month: Amount = ""
    per_customer_days: MaybeCount = None
    per_customer: Amount = ""
    per_customer_gifts: MaybeCount = None
    gap_days: MaybeCount = None
    per_customer_per_year_gifts: MaybeCount = None
    is_never_bait: bool = False
    is_never_regular: bool = False
    basis: Basis = Basis.PRICE
    eligibility: Annotated[str, Field(max_length=20_000)] = ""
    seen: MaybeCount = None
    tried: Annotated[str, Field(max_length=64)] = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the desk's settings say of every limit."""

    currency: str
    zone: str
    agree_above_minor: int


@dataclass(frozen=True, slots=True)
class Giver:
    """Whom a limit is for; with the name of an exception it names a line of editions."""

    kind: GiverKind
    role: Role | None = None
    team: str = ""
    staff_id: int | None = None

    @property
    def value(self) -> str:
        """As the form carries it."""
        return f"{self.kind.value}:{self.role.value if self.role else self.team or self.staff_id}"

    def covers(self, actor: Actor) -> bool:
        match self.kind:
            case GiverKind.ROLE:
                return actor.role is self.role
            case GiverKind.TEAM:
                return actor.team == self.team
            case GiverKind.PERSON:
                return actor.staff_id == self.staff_id


def giver_of(limit: AuthorityLimit) -> Giver:
    return Giver(limit.giver_kind, limit.role, limit.team, limit.staff_id)


def known_givers(staff: list[Actor]) -> list[Giver]:
    """Every role that gives, every team there is, everybody who gives."""
    teams = sorted({one.team for one in staff if one.team}, key=str.casefold)
    return [
        *(Giver(GiverKind.ROLE, role=role) for role in givers()),
        *(Giver(GiverKind.TEAM, team=team) for team in teams),
        *(Giver(GiverKind.PERSON, staff_id=one.staff_id) for one in staff if one.may(Permission.GIVE)),
    ]


def mark_of(rule: str) -> str:
    """Of a rule that was tried out, so that no other is switched on in its name."""
    return hashlib.sha256(rule.encode()).hexdigest()


def explained(rule: str, currency: str) -> Explained:
    """In words. Raises NotARule."""
    return eligibility.explained(eligibility.parse(rule), currency) if rule else Explained()


def candidate(form: NewLimit, known: list[Giver], *, terms: Terms, today: date) -> AuthorityLimit:
    """The limit that the form comes to, of no edition yet (0). Raises Invalid with a sentence per field."""
    found, problems = _amounts(form, terms.currency)
    giver = next((one for one in known if one.value == form.giver), None)
    if giver is None:
        problems["giver"] = say("Nobody here is meant by this, or they give nothing. Please choose who may give.")
    problems |= _odd_counts(form) | _odd_days(form, today) | _odd_rule(form.eligibility)
    problems |= {name: words for name, words in _endless(form, found).items() if name not in problems}
    if problems or giver is None:
        raise Invalid(problems)
    counts = {name: getattr(form, name) for name in _COUNTS}
    return AuthorityLimit(
        version_id=0,
        giver_kind=giver.kind,
        role=giver.role,
        team=giver.team,
        staff_id=giver.staff_id,
        exception=" ".join(form.exception.split()),
        currency=terms.currency,
        basis=form.basis,
        zone=terms.zone,
        is_never_regular=form.is_never_regular,
        is_never_bait=form.is_never_bait,
        eligibility=form.eligibility,
        valid_from=form.valid_from,
        valid_until=form.valid_until,
        **{f"{name}_minor": minor for name, minor in found.items()},  # type: ignore[arg-type]  # per_gift is never None here
        **counts,
    )


def typed(limit: AuthorityLimit) -> dict[str, Any]:
    """What somebody would have typed for it: the form's values, filled in to be changed."""
    money = {name: getattr(limit, f"{name}_minor") for name in MONEY}
    said = {name: getattr(limit, name) for name in (*_COUNTS, "valid_from", "valid_until", "exception", "eligibility")}
    plain = {name: "" if minor is None else to_text(minor, limit.currency) for name, minor in money.items()}
    return {
        **plain,
        **{name: "" if value is None else str(value) for name, value in said.items()},
        "giver": giver_of(limit).value,
        "basis": limit.basis.value,
        "is_never_bait": limit.is_never_bait,
        "is_never_regular": limit.is_never_regular,
    }


# --- what is odd ----------------------------------------------------------------------------------------------------


def _amounts(form: NewLimit, currency: str) -> tuple[dict[str, int | None], dict[str, str]]:
    found: dict[str, int | None] = {}
    problems: dict[str, str] = {}
    for name in MONEY:
        text = getattr(form, name)
        try:
            found[name] = parse_minor(text, currency) if text or name == "per_gift" else None
        except ValueError as error:
            problems[name] = str(error)
    problems |= {
        name: say("This is more than the desk can count.")
        for name, minor in found.items()
        if (minor or 0) > _MOST_MINOR
    }
    return found, problems


def _odd_counts(form: NewLimit) -> dict[str, str]:
    problems: dict[str, str] = {
        name: words
        for name, (most, words) in _COUNTS.items()
        if (count := getattr(form, name)) is not None and not 1 <= count <= most
    }
    wants_days = form.per_customer or form.per_customer_gifts is not None
    if wants_days and form.per_customer_days is None:
        problems["per_customer_days"] = say("Please say within how many days that counts.")
    if not wants_days and form.per_customer_days is not None:
        problems.setdefault("per_customer_gifts", say("Please say how many gifts, or how much, within these days."))
    return problems


def _odd_days(form: NewLimit, today: date) -> dict[str, str]:
    if form.exception and (form.valid_from is None or form.valid_until is None):
        missing = "valid_from" if form.valid_from is None else "valid_until"
        return {missing: say("An exception needs a first and a last day, so that nobody forgets to end it.")}
    if form.valid_until is None:
        return {}
    if form.valid_until < max(today, form.valid_from or today):
        return {"valid_until": say("Please choose a last day that is still to come and not before the first.")}
    if form.exception and form.valid_from and form.valid_until - form.valid_from > timedelta(days=366):
        return {"valid_until": say("An exception lasts a year at most. For longer, change the limit itself.")}
    return {}


def _odd_rule(text: str) -> dict[str, str]:
    try:
        explained(text, "")
    except eligibility.NotARule as odd:
        return {"eligibility": str(odd)}
    return {}


def _endless(form: NewLimit, found: Mapping[str, int | None]) -> dict[str, str]:
    """Gifts of a few dollars each, without end, are no limit at all."""
    gives = bool(found.get("per_gift") or found.get("approves_up_to"))
    if gives and not any(getattr(form, name) for name in _PERIODS):
        return {
            "per_giver_per_week": say(
                "Please say how much in a day, a week or a month; otherwise there is no end to it."
            )
        }
    return {}
