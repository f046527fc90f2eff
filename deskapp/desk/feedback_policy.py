"""When customers are asked how it was: one sentence that a manager sets, every version of it, and whom it would have asked lately."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator
from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.feedback import Means, known_of, policy_of
from deskapp.desk.inputs import Keyed
from deskapp.rules import feedback
from deskapp.rules.feedback import SHORT, Ask, Policy, Rule, Withheld
from deskapp.rules.people import Actor
from deskapp.rules.words import Said, say
from deskapp.store import feedback as rows
from deskapp.store.card_tables import FeedbackPolicy

PREVIEW_DAYS = 30
_MOST_LOOKED_AT = 5_000  # parcels
_AS_IT_CAME = Policy(is_on=False, days_after=3, cool_down_days=90, lapses_days=21)


def _within(allowed: range) -> AfterValidator:
    def check(days: int) -> int:
        if days not in allowed:
            raise ValueError(
                say("Please write a number of days from {least} to {most}.", least=allowed[0], most=allowed[-1])
            )
        return days

    return AfterValidator(check)


class NewFeedbackPolicy(Keyed):
    is_on: bool
    days_after: Annotated[int, _within(feedback.DAYS_AFTER)]
    cool_down_days: Annotated[int, _within(feedback.COOL_DOWN_DAYS)]
    lapses_days: Annotated[int, _within(feedback.LAPSES_DAYS)]

    @property
    def policy(self) -> Policy:
        return Policy(self.is_on, self.days_after, self.cool_down_days, self.lapses_days)


@dataclass(frozen=True, slots=True)
class Version:
    policy: Policy
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Preview:
    """Of parcels that arrived in the last 30 days. `left_out`: how many, and why in a few words, the most frequent first."""

    asked: int
    left_out: list[tuple[int, Said]]
    is_cut: bool  # there were more parcels than are looked at

    @property
    def left_out_in_all(self) -> int:
        return sum(count for count, _ in self.left_out)


@dataclass(frozen=True, slots=True)
class FeedbackPanel:
    """`missing`: what has to be set before anybody is asked, a sentence each; `preview`: of `policy`."""

    policy: Policy
    versions: list[Version]
    missing: list[Said]
    preview: Preview
    is_tried: bool  # the preview is of what was typed, and nothing is saved


def panel(session: Session, means: Means, *, now: datetime, tried: NewFeedbackPolicy | None = None) -> FeedbackPanel:
    """Seven queries, however many parcels. `tried`: what was typed just now, to be shown and not kept."""
    versions = [Version(policy_of(row), by, row.set_at) for row, by in rows.list_policies(session)]
    policy = versions[0].policy if versions else _AS_IT_CAME
    shown = tried.policy if tried else policy
    return FeedbackPanel(
        policy=shown,
        versions=versions,
        missing=_missing(means),
        preview=preview(session, shown, means, now=now),
        is_tried=tried is not None,
    )


def _missing(means: Means) -> list[Said]:
    found = []
    if not means.public_url:
        found.append(
            say(
                "Set {setting} to where customers reach the desk, such as {example}.",
                setting="DESKAPP_PUBLIC_URL",
                example="https://desk.example.com",
            )
        )
    if not means.has_mail:
        settings = {"url": "DESKAPP_MAIL_URL", "sender": "DESKAPP_MAIL_FROM"}
        found.append(say("Set {url} and {sender}, so that letters can go out.", **settings))
    return found


def preview(session: Session, policy: Policy, means: Means, *, now: datetime) -> Preview:
    """As if it had been in force and set up: each parcel judged on the day it would have been asked about."""
    since = now - timedelta(days=PREVIEW_DAYS)
    found = rows.list_delivered(session, since=since, limit=_MOST_LOOKED_AT + 1)
    parcels = found[:_MOST_LOOKED_AT]
    known = known_of(session, parcels, since=since)
    set_up = Means(means.shop_name, means.zone, "-", has_mail=True)
    as_if_on = Policy(True, policy.days_after, policy.cool_down_days, policy.lapses_days)
    asked: dict[int, datetime] = {}
    left_out: Counter[Rule] = Counter()
    for parcel in parcels:
        delivered_at = parcel.delivery.delivered_at or now
        at = delivered_at + timedelta(days=policy.days_after)
        facts = known.facts(parcel, set_up, at=at, asked_at=asked.get(parcel.customer.id))
        match feedback.decide(facts, as_if_on):
            case Ask():
                asked[parcel.customer.id] = at
            case Withheld(rule):
                left_out[rule] += 1
    counted = [(count, SHORT[rule]) for rule, count in left_out.most_common()]
    return Preview(len(parcels) - left_out.total(), counted, len(found) > _MOST_LOOKED_AT)


def set_policy(session: Session, actor: Actor, form: NewFeedbackPolicy, *, now: datetime) -> None:
    """A new version; one that changes nothing is none."""
    if idempotency.claim(session, actor, "feedback-policy", form.form_key, form.model_dump(), now=now) is not None:
        return
    row = rows.find_policy(session)
    if row is not None and policy_of(row) == form.policy:
        return
    new = FeedbackPolicy(**form.model_dump(exclude={"form_key"}), set_by=actor.staff_id, set_at=now)
    session.add(new)
    session.flush()
    audit.write(
        session, actor, "feedback.policy", f"feedback:{new.id}", now=now, **form.model_dump(exclude={"form_key"})
    )
