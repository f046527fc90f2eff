"""What the shop lets the guard do: a policy for each kind, how often it was asked, and a text to try."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.desk import audit, guarding, idempotency
from deskapp.desk.guarding import OUTCOMES, Piece, Reason
from deskapp.desk.inputs import Input, Keyed, Words
from deskapp.rules.errors import Invalid
from deskapp.rules.guard_kinds import ALWAYS_REFUSED, INSTEAD, NAMES, WHY, Kind, Policy
from deskapp.rules.people import Actor
from deskapp.rules.words import say
from deskapp.store import guarding as rows
from deskapp.store import staff

POLICY_WORDS = {
    Policy.WARN: say("Ask, and keep it after one tick"),
    Policy.REASON: say("Ask why, and keep it with the reason"),
    Policy.REFUSE: say("Never keep it"),
}
_LOOKS_BACK = timedelta(days=30)


class NewPolicy(Keyed):
    kind: Kind
    policy: Policy


class Trial(Input):
    text: Words


@dataclass(frozen=True, slots=True)
class KindRow:
    """Counts are of the last 30 days: how often it was asked about, refused and kept, and kept as meaning something else."""

    kind: str
    name: str
    why: str
    instead: str
    policy: Policy
    is_fixed: bool
    set_by: str
    set_at: datetime | None
    warned: int
    refused: int
    allowed: int
    other_meaning: int


@dataclass(frozen=True, slots=True)
class TriedKind:
    name: str
    words: str
    why: str
    instead: str
    policy: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What the guard says of a text that is kept nowhere."""

    pieces: list[Piece]
    found: list[TriedKind]


@dataclass(frozen=True, slots=True)
class GuardPanel:
    rows: list[KindRow]
    choices: list[tuple[str, str]]
    complaints: tuple[str, ...]
    tried: Tried | None


def panel(session: Session, *, tried: str = "", now: datetime) -> GuardPanel:
    """Three queries. `tried`: a text to look through, "" for none."""
    chosen = guarding.policies(session)
    return GuardPanel(
        rows=_rows(session, chosen, now),
        choices=[(policy.value, words) for policy, words in POLICY_WORDS.items()],
        complaints=guarding.complaints(),
        tried=_tried(tried, chosen) if tried else None,
    )


def _rows(session: Session, chosen: dict[Kind, Policy], now: datetime) -> list[KindRow]:
    names = staff.names(session)
    known = {row.kind: row for row in rows.list_policies(session)}
    asked = _asked(session, now)
    found = []
    for kind in Kind:
        row = known.get(kind)
        found.append(
            KindRow(
                kind=kind.value,
                name=NAMES[kind],
                why=WHY[kind],
                instead=INSTEAD[kind],
                policy=chosen[kind],
                is_fixed=kind in ALWAYS_REFUSED,
                set_by=names.get(row.set_by, "") if row else "",
                set_at=row.set_at if row else None,
                other_meaning=asked[kind.value, Reason.OTHER_MEANING.value],
                **{outcome: asked[kind.value, outcome] for outcome in OUTCOMES},
            )
        )
    return found


def _asked(session: Session, now: datetime) -> Counter[tuple[str, str]]:
    """By kind and outcome, and by kind and the reason why it was kept."""
    counted: Counter[tuple[str, str]] = Counter()
    for action, details in rows.list_asked(session, now - _LOOKS_BACK):
        for kind in details.get("kinds", ()):
            counted[kind, action.removeprefix("guard.")] += 1
            counted[kind, str(details.get("reason", ""))] += 1
    return counted


def _tried(text: str, chosen: dict[Kind, Policy]) -> Tried:
    found = guarding.look(text)
    said = [TriedKind(NAMES[f.kind], f.words, f.why, f.instead, POLICY_WORDS[chosen[f.kind]]) for f in found]
    return Tried(guarding.pieces(text, found), said)


def put(session: Session, actor: Actor, form: NewPolicy, *, now: datetime) -> None:
    """Counts for the next text; what is kept already stays as it is."""
    if form.kind in ALWAYS_REFUSED and form.policy is not Policy.REFUSE:
        raise Invalid({"policy": say("Payment card numbers are never kept: the card schemes forbid it.")})
    if idempotency.claim(session, actor, "guard-policy", form.form_key, form.model_dump(), now=now) is not None:
        return
    before = guarding.policies(session)[form.kind]
    rows.put_policy(session, form.kind.value, form.policy.value, actor.staff_id, now)
    change = {"before": before.value, "after": form.policy.value}
    audit.write(session, actor, "guard.policy-set", f"guard-policy:{form.kind.value}", now=now, **change)
