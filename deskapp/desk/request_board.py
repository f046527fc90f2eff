"""The board of what customers ask for: counted by customers, never by clicks or by what they spend, and decided in the open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlmodel import Session

from deskapp.desk import audit, guarding, idempotency
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import Keyed, RowId, no_nul, plain_breaks
from deskapp.desk.requests import STATE_WORDS, Owed, Topics, VoiceRow, list_due, row_of
from deskapp.desk.wording import number
from deskapp.rules import requests as rules
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor, Permission
from deskapp.rules.words import Said, nsay, psay, say
from deskapp.store import customers, staff
from deskapp.store import requests as rows
from deskapp.store.memory_tables import RequestTopic, TopicState
from deskapp.store.requests import Voice

_ACTIONS = {
    "request.opened": psay("of a request", "opened"),
    "request.merged": say("counted with another"),
    "request.parted": say("counted by itself again"),
    "request.decided": "",
}


class Decision(Guarded):
    """`seen`: the state it was in on the page, so that two who decide at once do not overrule each other unread."""

    state: TopicState
    because: Annotated[str, Field(max_length=500), AfterValidator(no_nul), plain_breaks] = ""
    seen: TopicState


class Merging(Keyed):
    into: RowId


@dataclass(frozen=True, slots=True)
class TopicRow:
    """`customers`: distinct ones. `used` of `asked` customers use it, once it is here; `loud`: a warning in a sentence, or ""."""

    id: int
    title: str
    state: str
    state_words: str
    customers: int
    hearers: int
    last_at: datetime | None
    used: int
    asked: int
    loud: str


@dataclass(frozen=True, slots=True)
class BoardPanel:
    """`reading`: the board in one sentence. Most customers first; what is decided below what is open."""

    open: list[TopicRow]
    decided: list[TopicRow]
    reading: str
    owed: list[Owed]
    to_ask: list[Owed]


@dataclass(frozen=True, slots=True)
class HistoryRow:
    words: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class TopicPanel:
    """`voices`: those that the actor may read; `unread`: customers behind the others. `merged`: topics that are counted here."""

    row: TopicRow
    because: str
    decided_by: str
    decided_at: datetime | None
    voices: list[VoiceRow]
    unread: int
    merged: list[tuple[int, str]]
    others: list[tuple[str, str]]
    states: list[tuple[str, str]]
    history: list[HistoryRow]


# --- reading --------------------------------------------------------------------------------------------------------


def board(session: Session, actor: Actor, *, now: datetime) -> BoardPanel:
    """Six queries, however many the topics."""
    topics = Topics.read(session)
    of_root = _by_root(topics, rows.list_voices(session))
    loud = _loud(session, actor, of_root)
    found = [_row(topic, of_root.get(topic.id, []), loud.get(topic.id, "")) for topic in topics.roots()]
    found.sort(key=lambda row: (-row.customers, row.title.casefold(), row.id))
    due = list_due(session, actor, now=now, topics=topics)
    is_over = {TopicState.RELEASED.value, TopicState.DECLINED.value}
    return BoardPanel(
        open=[row for row in found if row.state not in is_over],
        decided=[row for row in found if row.state in is_over],
        reading=_reading(found, {voice.customer_id for voices in of_root.values() for voice in voices}),
        owed=due.owed,
        to_ask=due.to_ask,
    )


def _by_root(topics: Topics, voices: Sequence[Voice]) -> dict[int, list[Voice]]:
    found: dict[int, list[Voice]] = {}
    for voice in voices:
        found.setdefault(topics.root(voice.topic_id).id, []).append(voice)
    return found


def _reading(found: list[TopicRow], askers: set[int]) -> str:
    if not askers:
        return ""
    return say(
        "{customers} asked for {things}, most of all for “{title}” ({askers}).",
        customers=_people(len(askers)),
        things=nsay("{n} thing", "{n} things", len(found)),
        title=found[0].title,
        askers=_people(found[0].customers),
    )


def _people(count: int) -> Said:
    return nsay("{n} customer", "{n} customers", count, n=number(count))


def _row(topic: RequestTopic, voices: list[Voice], loud: str) -> TopicRow:
    used = {voice.customer_id for voice in voices if voice.is_used}
    asked = {voice.customer_id for voice in voices if voice.is_used is not None}
    return TopicRow(
        id=topic.id,
        title=topic.title,
        state=topic.state.value,
        state_words=STATE_WORDS[topic.state],
        customers=len({voice.customer_id for voice in voices}),
        hearers=len({voice.heard_by for voice in voices}),
        last_at=max((voice.heard_at for voice in voices), default=None),
        used=len(used),
        asked=len(asked),
        loud=loud,
    )


def _loud(session: Session, actor: Actor, of_root: Mapping[int, list[Voice]]) -> dict[int, str]:
    """Topic -> a sentence on who speaks louder than all others. Names are for who runs the board; two queries at most."""
    found = {
        topic_id: loud
        for topic_id, voices in of_root.items()
        if (loud := rules.loud([(voice.customer_id, voice.heard_by) for voice in voices])) is not None
    }
    askers = [loud.who for loud in found.values() if loud.is_customer]
    hearers = [loud.who for loud in found.values() if not loud.is_customer]
    named = actor.may(Permission.MANAGE_REQUESTS)
    customer = customers.names(session, askers) if named and askers else {}
    by = staff.names(session, hearers) if named and hearers else {}
    return {
        topic_id: _loud_words(loud, customer.get(loud.who, "") if loud.is_customer else by.get(loud.who, ""))
        for topic_id, loud in found.items()
    }


def _loud_words(loud: rules.Loud, name: str) -> Said:
    """`name` "": it is not said who."""
    if loud.is_customer:
        customer = name or psay("whose voices they are", "one customer")
        return say("{voices} of {of} voices are those of {name}.", voices=loud.voices, of=loud.of, name=customer)
    hearer = name or psay("who heard them", "one of us")
    return say("{voices} of {of} voices were heard by {name} alone.", voices=loud.voices, of=loud.of, name=hearer)


def topic(session: Session, actor: Actor, topic_id: int, *, now: datetime) -> TopicPanel:
    """Of a topic that is counted with another, the other one's. Six queries."""
    topics = Topics.read(session)
    if topic_id not in topics.by_id:
        raise NotFound(say("Nobody asked for that."))
    root = topics.root(topic_id)
    members = topics.members(root.id)
    said = rows.list_said(session, topic_ids=[one.id for one in members])
    sees_all = actor.may(Permission.MANAGE_REQUESTS)
    read = [one for one in said if sees_all or actor.staff_id in {one.voice.heard_by, one.voice.owed_by}]
    counted = [Voice(v.topic_id, v.customer_id, v.heard_by, v.heard_at, v.is_used) for v in (one.voice for one in said)]
    seen_customers = {one.voice.customer_id for one in read}
    by = staff.names(session, [root.decided_by]) if root.decided_by else {}
    return TopicPanel(
        row=_row(root, counted, _loud(session, actor, {root.id: counted}).get(root.id, "")),
        because=root.because,
        decided_by=by.get(root.decided_by or 0, ""),
        decided_at=root.decided_at,
        voices=[row_of(one, topics, now) for one in read],
        unread=len({voice.customer_id for voice in counted} - seen_customers),
        merged=[(one.id, one.title) for one in members if one is not root],
        others=[(str(one.id), one.title) for one in topics.roots() if one is not root],
        states=[(state, STATE_WORDS[TopicState(state)]) for state in rules.NEXT[root.state.value]],
        history=[_history(line, topics) for line in rows.list_history(session, root.id)],
    )


def _history(line: rows.Line, topics: Topics) -> HistoryRow:
    words = _ACTIONS.get(line.action, line.action)
    if line.action == "request.decided":
        words = STATE_WORDS[TopicState(line.details["state"])]
    if (other := topics.by_id.get(line.details.get("other", 0))) is not None:
        words = say("{act}: “{title}”", act=words, title=other.title)
    return HistoryRow(words, line.by or say("the desk"), line.at)


# --- deciding -------------------------------------------------------------------------------------------------------


def decide(session: Session, actor: Actor, topic_id: int, form: Decision, *, now: datetime) -> None:
    """A no has a reason. From then on everybody who heard of it owes their askers an answer, see rules.requests.ANSWERED."""
    topic = _root(session, topic_id)
    sent = [topic_id, form.model_dump()]
    if idempotency.claim(session, actor, "request-decision", form.form_key, sent, now=now) is not None:
        return
    if topic.state is not form.seen:
        state = STATE_WORDS[topic.state]
        raise Conflict(say("Somebody decided meanwhile: it is {state} now. Please look at it anew.", state=state))
    if form.state.value not in rules.NEXT[topic.state.value]:
        raise Invalid({"state": say("That cannot follow. Please choose one of the list.")})
    if form.state is TopicState.DECLINED and not form.because:
        raise Invalid({"because": say("Please write why not, since whoever asked is told.")})
    guarding.ensure(
        session,
        actor,
        form.because,
        where="request",
        field="because",
        form=form,
        now=now,
    )
    before, topic.state, topic.because = topic.state, form.state, form.because
    topic.decided_by, topic.decided_at = actor.staff_id, now
    details = {"before": before.value, "state": form.state.value}
    audit.write(session, actor, "request.decided", f"request:{topic.id}", now=now, **details)


def merge(session: Session, actor: Actor, topic_id: int, form: Merging, *, now: datetime) -> int:
    """The id of the topic that stands for both from now on. Voices stay where they are, so that it can be undone."""
    topics = Topics.of(rows.lock_topics(session))
    if topic_id not in topics.by_id:
        raise NotFound(say("Nobody asked for that."))
    sent = [topic_id, form.model_dump()]
    if idempotency.claim(session, actor, "request-merge", form.form_key, sent, now=now) is not None:
        return topics.root(topic_id).id
    if form.into not in topics.by_id:
        raise Invalid({"into": say("Please choose one of the list.")})
    topic, into = topics.root(topic_id), topics.root(form.into)
    if topic is into:
        raise Invalid({"into": say("These two are counted together already.")})
    topic.merged_into = into.id
    for one, other in ((topic, into), (into, topic)):
        audit.write(session, actor, "request.merged", f"request:{one.id}", now=now, other=other.id)
    return into.id


def part(session: Session, actor: Actor, topic_id: int, form: Keyed, *, now: datetime) -> int:
    """The id of the topic that it was counted with. Undoes `merge`; a second time changes nothing."""
    topics = Topics.of(rows.lock_topics(session))
    if topic_id not in topics.by_id:
        raise NotFound(say("Nobody asked for that."))
    topic = topics.by_id[topic_id]
    idempotency.claim(session, actor, "request-part", form.form_key, topic_id, now=now)
    if topic.merged_into is None:
        return topic.id
    into, topic.merged_into = topic.merged_into, None
    for one, other in ((topic_id, into), (into, topic_id)):
        audit.write(session, actor, "request.parted", f"request:{one}", now=now, other=other)
    return topics.root(into).id


def _root(session: Session, topic_id: int) -> RequestTopic:
    topics = Topics.of(rows.lock_topics(session))
    if topic_id not in topics.by_id:
        raise NotFound(say("Nobody asked for that."))
    return topics.root(topic_id)
