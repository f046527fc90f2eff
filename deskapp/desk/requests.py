"""What customers ask for: heard on the panel in their words, and owed a personal answer once something became of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from sqlmodel import Session

from deskapp.desk import audit, guarding, idempotency
from deskapp.desk.guarding import Guarded
from deskapp.desk.inputs import Keyed, no_nul, plain_breaks
from deskapp.rules import requests as rules
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.people import Actor, Permission, Role
from deskapp.rules.stops import fold
from deskapp.rules.words import say
from deskapp.store import customers, staff
from deskapp.store import requests as rows
from deskapp.store.memory_tables import RequestTopic, RequestVoice, TopicState
from deskapp.store.personal import FORMER
from deskapp.store.requests import Said

STATE_WORDS = {
    TopicState.NEW: say("new"),
    TopicState.CONSIDERED: say("being considered"),
    TopicState.PLANNED: say("planned"),
    TopicState.RELEASED: say("here now"),
    TopicState.DECLINED: say("not for us"),
}
NEW_TOPIC = "new"


class NewVoice(Guarded):
    """`topic`: what they ask for in a few words of ours, which a new topic needs; `choice`: a topic's id, or "new"."""

    words: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(no_nul), plain_breaks]
    would_let: Annotated[str, Field(max_length=500), AfterValidator(no_nul), plain_breaks] = ""
    topic: Annotated[str, Field(max_length=rules.TITLE), AfterValidator(no_nul)] = ""
    choice: Annotated[str, Field(max_length=20)] = ""


class Used(Keyed):
    used: Literal["yes", "no"]
    back: Literal["", "today", "requests"] = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """A voice whose asker is to be told what became of it, or asked whether they use it."""

    voice_id: int
    customer_id: int
    customer_name: str
    title: str
    state: str
    heard_at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """`owed`: whom the actor still has to tell; `to_ask`: whether they use what is here for a month."""

    owed: list[Owed]
    to_ask: list[Owed]


@dataclass(frozen=True, slots=True)
class VoiceRow:
    """`is_owed`: they are still to be told. `asks_use`: it is here for a month, and nobody asked them whether they use it."""

    id: int
    topic_id: int
    customer_id: int
    customer_name: str
    title: str
    state: str
    because: str
    words: str
    would_let: str
    heard_by: str
    heard_at: datetime
    answered_at: datetime | None
    is_owed: bool
    asks_use: bool
    is_used: bool | None


@dataclass(frozen=True, slots=True)
class RequestsPanel:
    """`choices`: topics that may be meant by what was typed just now, (id, title); `titles`: of all that are open."""

    customer_id: int
    customer_name: str
    rows: list[VoiceRow]
    choices: list[tuple[str, str]]
    titles: list[str]


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics by id, and the id of the one that stands for each, as it was when they were read."""

    by_id: dict[int, RequestTopic]
    root_ids: dict[int, int]

    @classmethod
    def of(cls, by_id: dict[int, RequestTopic]) -> "Topics":
        merged = {topic.id: topic.merged_into for topic in by_id.values() if topic.merged_into is not None}
        return cls(by_id, {topic_id: rules.root_of(topic_id, merged) for topic_id in by_id})

    @classmethod
    def read(cls, session: Session) -> "Topics":
        """One query."""
        return cls.of({topic.id: topic for topic in rows.list_topics(session)})

    def root(self, topic_id: int) -> RequestTopic:
        return self.by_id[self.root_ids[topic_id]]

    def roots(self) -> list[RequestTopic]:
        return [topic for topic in self.by_id.values() if self.root(topic.id) is topic]

    def members(self, root_id: int) -> list[RequestTopic]:
        """Those that it stands for, itself among them."""
        return [topic for topic in self.by_id.values() if self.root(topic.id).id == root_id]


# --- on the customer's page -----------------------------------------------------------------------------------------


def panel(session: Session, customer_id: int, *, asked: str = "", now: datetime) -> RequestsPanel:
    """Three queries, one more where words were typed (`asked`) that no topic took."""
    customer = customers.get_customer(session, customer_id)
    topics = Topics.read(session)
    said = rows.list_said(session, customer_id=customer_id)
    likest = _alike(session, topics, asked) if asked else []
    return RequestsPanel(
        customer_id=customer.id,
        customer_name=customer.name,
        rows=[row_of(one, topics, now) for one in said],
        choices=[(str(topic.id), topic.title) for topic in likest],
        titles=[topic.title for topic in topics.roots()],
    )


def row_of(one: Said, topics: Topics, now: datetime) -> VoiceRow:
    voice, topic = one.voice, topics.root(one.voice.topic_id)
    return VoiceRow(
        id=voice.id,
        topic_id=topic.id,
        customer_id=voice.customer_id,
        customer_name=one.customer,
        title=topic.title,
        state=topic.state.value,
        because=topic.because,
        words=FORMER if voice.words == FORMER else voice.words,
        would_let=voice.would_let,
        heard_by=one.hearer,
        heard_at=voice.heard_at,
        answered_at=voice.answered_at,
        is_owed=_is_owed(voice, topic),
        asks_use=_asks_use(voice, topic, now),
        is_used=voice.is_used,
    )


def _is_owed(voice: RequestVoice, topic: RequestTopic) -> bool:
    """Each time something became of it anew; who asks afterwards hears it on the spot and is told all the same."""
    if topic.state.value not in rules.ANSWERED or topic.decided_at is None:
        return False
    return voice.answered_at is None or voice.answered_at < topic.decided_at


def _asks_use(voice: RequestVoice, topic: RequestTopic, now: datetime) -> bool:
    if voice.is_used is not None or _is_owed(voice, topic):  # who was never told of it cannot use it
        return False
    return _is_used_by_now(topic, now)


def _is_used_by_now(topic: RequestTopic, now: datetime) -> bool:
    if topic.state is not TopicState.RELEASED or topic.decided_at is None:
        return False
    return now >= topic.decided_at + rules.USED_AFTER


def hear(session: Session, actor: Actor, customer_id: int, form: NewVoice, *, now: datetime) -> None:
    """Raises Invalid for "choice" where topics are alike and nobody said which one is meant, for "topic" where it is a new one
    without a name: the customer's own words are never it, since everybody reads it and it stays when the customer is forgotten.
    """
    customer = customers.get_customer(session, customer_id)
    sent = [customer_id, form.model_dump()]
    if idempotency.claim(session, actor, "request", form.form_key, sent, now=now) is not None:
        return
    guarding.ensure_all(
        session,
        actor,
        {"words": form.words, "would_let": form.would_let, "topic": form.topic},
        where="request",
        form=form,
        now=now,
    )
    topic_id = _meant(session, form) or _open(session, actor, form, now)
    voice = RequestVoice(
        topic_id=topic_id,
        customer_id=customer.id,
        words=form.words,
        would_let=form.would_let,
        heard_by=actor.staff_id,
        heard_at=now,
    )
    session.add(voice)
    session.flush()
    audit.write(session, actor, "request.heard", f"customer:{customer.id}", now=now, voice=voice.id, topic=topic_id)


def _meant(session: Session, form: NewVoice) -> int | None:
    """The topic that was chosen or is called so; None for a new one."""
    if form.choice == NEW_TOPIC:
        return None
    topics = Topics.read(session)
    if form.choice:
        if not form.choice.isascii() or not form.choice.isdigit() or int(form.choice) not in topics.by_id:
            raise Invalid({"choice": say("Please choose one of the list.")})
        return int(form.choice)
    asked = form.topic or form.words
    same = [topic for topic in topics.by_id.values() if fold(topic.title) == fold(asked)]
    if same:
        return same[0].id
    if _alike(session, topics, asked):
        raise Invalid({"choice": say("Others asked for something like it. Is it one of these?")})
    return None


def _alike(session: Session, topics: Topics, asked: str) -> list[RequestTopic]:
    texts: dict[int, list[str]] = {}
    for topic in topics.by_id.values():
        texts.setdefault(topics.root(topic.id).id, []).append(topic.title)
    for topic_id, words in rows.list_words(session, topics.by_id):
        texts[topics.root(topic_id).id].append(words)
    return [topics.by_id[topic_id] for topic_id in rules.alike(asked, texts)]


def _open(session: Session, actor: Actor, form: NewVoice, now: datetime) -> int:
    if not form.topic:
        raise Invalid({"topic": say("Please say in a few words what they ask for.")})
    topic = RequestTopic(title=form.topic, state=TopicState.NEW, opened_by=actor.staff_id, opened_at=now)
    session.add(topic)
    session.flush()
    audit.write(session, actor, "request.opened", f"request:{topic.id}", now=now)
    return topic.id


# --- what is owed ---------------------------------------------------------------------------------------------------


def list_due(session: Session, actor: Actor, *, now: datetime, topics: Topics | None = None) -> Due:
    """Who waits longest first; of one customer on one topic one. At most three queries, which read what is due alone."""
    topics = topics or Topics.read(session)
    decided = _decided(topics)
    released = [topic_id for topic_id in decided if _is_used_by_now(topics.root(topic_id), now)]
    owed: dict[tuple[int, int], Owed] = {}
    to_ask: dict[tuple[int, int], Owed] = {}
    for said in reversed(rows.list_due(session, _hearers(session, actor), decided, released) if decided else []):
        voice, topic = said.voice, topics.root(said.voice.topic_id)
        one = Owed(voice.id, voice.customer_id, said.customer, topic.title, topic.state.value, voice.heard_at)
        (owed if _is_owed(voice, topic) else to_ask).setdefault((voice.customer_id, topic.id), one)
    return Due(list(owed.values()), list(to_ask.values()))


def _decided(topics: Topics) -> dict[int, datetime]:
    """Topic -> when something became of it that its askers are told."""
    roots = {topic_id: topics.root(topic_id) for topic_id in topics.by_id}
    return {
        topic_id: root.decided_at
        for topic_id, root in roots.items()
        if root.decided_at is not None and root.state.value in rules.ANSWERED
    }


def _hearers(session: Session, actor: Actor) -> list[int]:
    """The actor, and those who left and whose part the actor takes: their team's leads, else any lead, else who is above."""
    everybody = staff.list_colleagues(session)
    active = [one for one in everybody if one.is_active]
    gone = [one for one in everybody if not one.is_active]
    return [actor.staff_id, *(one.id for one in gone if actor.staff_id in _heirs(one.team, active))]


def _heirs(team: str, active: Iterable[staff.Colleague]) -> set[int]:
    above = [one for one in active if Actor(one.id, "", "", one.role).may(Permission.REVIEW_MEMORY)]
    leads = [one for one in above if one.role is Role.LEAD]
    theirs = [one for one in leads if team and one.team == team]
    return {one.id for one in theirs or leads or above}


class Answered(Keyed):
    back: Literal["", "today", "requests"] = ""


def answer(session: Session, actor: Actor, voice_id: int, form: Answered, *, now: datetime) -> int:
    """The customer's id. They were told in person what became of it: that answers all they said on it. Twice is once."""
    voice = rows.get_voice(session, voice_id)
    if idempotency.claim(session, actor, "request-answer", form.form_key, voice_id, now=now) is not None:
        return voice.customer_id
    topics = Topics.read(session)
    topic = topics.root(voice.topic_id)
    if topic.state.value not in rules.ANSWERED:
        raise Conflict(say("Nothing has been decided about it yet, so there is nothing to tell."))
    for one in _said_by(session, topics, voice):
        if _is_owed(one, topic):
            one.answered_at, one.answered_by = now, actor.staff_id
            subject = f"customer:{one.customer_id}"
            audit.write(session, actor, "request.answered", subject, now=now, voice=one.id, topic=topic.id)
    return voice.customer_id


def note_use(session: Session, actor: Actor, voice_id: int, form: Used, *, now: datetime) -> int:
    """The customer's id. The last word counts."""
    voice = rows.get_voice(session, voice_id)
    sent = [voice_id, form.model_dump()]
    if idempotency.claim(session, actor, "request-use", form.form_key, sent, now=now) is not None:
        return voice.customer_id
    topics = Topics.read(session)
    topic = topics.root(voice.topic_id)
    if topic.state is not TopicState.RELEASED:
        raise Conflict(say("It is not here yet, so nobody can use it."))
    for one in _said_by(session, topics, voice):
        if one.is_used is not (form.used == "yes"):
            one.is_used, one.used_asked_at, one.used_asked_by = form.used == "yes", now, actor.staff_id
            subject = f"customer:{one.customer_id}"
            audit.write(session, actor, "request.use-noted", subject, now=now, voice=one.id, topic=topic.id)
    return voice.customer_id


def customer_of(session: Session, voice_id: int) -> int:
    return rows.get_voice(session, voice_id).customer_id


def _said_by(session: Session, topics: Topics, voice: RequestVoice) -> list[RequestVoice]:
    """All that the customer of `voice` said on its topic."""
    members = [topic.id for topic in topics.members(topics.root(voice.topic_id).id)]
    return [said.voice for said in rows.list_said(session, topic_ids=members, customer_id=voice.customer_id)]
