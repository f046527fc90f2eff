"""Where people talk to each other: the shop adds its own, says them in its own words, and retires what it does not use."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from sqlmodel import Session

from deskapp.desk import audit, idempotency
from deskapp.desk.inputs import Keyed, no_nul
from deskapp.rules.errors import Conflict, Invalid
from deskapp.rules.people import Actor
from deskapp.rules.stops import fold
from deskapp.rules.words import say
from deskapp.store import channels, models
from deskapp.store.memory_tables import Channel

ChannelWords = Annotated[str, StringConstraints(min_length=1, max_length=60), AfterValidator(no_nul)]

_LONGEST_CODE = 30
_MOST = 20  # in use at once: each is a tap away
_AT_FIRST = {  # words of the desk's own, see migration 5, and so in everybody's tongue
    str(one): one
    for one in (say("in person"), say("on the phone"), say("in chat"), say("by e-mail"), say("at the delivery"))
}


class NewChannel(Keyed):
    words: ChannelWords


class Step(StrEnum):
    UP = "up"
    DOWN = "down"
    RETIRE = "retire"
    BRING_BACK = "return"


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """`words` read in every tongue; `typed` is what is kept, and changed."""

    code: str
    words: str
    typed: str
    talks: int
    is_first: bool
    is_last: bool
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class ChannelsPanel:
    in_use: list[ChannelRow]
    retired: list[ChannelRow]


def in_tongues(words: str) -> str:
    """What a shop wrote itself is read as it wrote it."""
    return _AT_FIRST.get(words, words)


def in_use(session: Session) -> dict[str, str]:
    """Code -> words in the shop's order; the first is chosen where nobody chose. One query."""
    return {one.code: in_tongues(one.words) for one in channels.list_channels(session) if one.retired_at is None}


def all_words(session: Session) -> dict[str, str]:
    """Code -> words, of those too that are no longer in use: what was noted on them stays readable. Asks what `in_use` asks."""
    return {one.code: in_tongues(one.words) for one in channels.list_channels(session)}


def panel(session: Session) -> ChannelsPanel:
    """Two queries."""
    known, talks = channels.list_channels(session), channels.talks_by_channel(session)
    used = [one for one in known if one.retired_at is None]

    def row(one: Channel) -> ChannelRow:
        is_first, is_last = one in used[:1], one in used[-1:]
        words = in_tongues(one.words)
        return ChannelRow(one.code, words, one.words, talks.get(one.code, 0), is_first, is_last, one.retired_at)

    return ChannelsPanel([row(one) for one in used], [row(one) for one in known if one.retired_at is not None])


def make_sure_there_is(session: Session, code: str) -> None:
    channels.get_channel(session, code)


def add(session: Session, actor: Actor, form: NewChannel, *, now: datetime) -> None:
    """At the end. Raises Invalid for "words" where there is one of that name."""
    if idempotency.claim(session, actor, "channel", form.form_key, form.model_dump(), now=now) is not None:
        return
    known = channels.lock_channels(session)
    _make_sure_is_new(form.words, known)
    if sum(one.retired_at is None for one in known) >= _MOST:
        raise Invalid({"words": say("More than {most} are too many to choose from. Retire one first.", most=_MOST)})
    code = _code_of(form.words, {one.code for one in known})
    position = max((one.position for one in known), default=0) + 1
    session.add(Channel(code=code, words=form.words, position=position))
    _log(session, actor, "channel.added", code, now)


def reword(session: Session, actor: Actor, code: str, form: NewChannel, *, now: datetime) -> None:
    """Old talks are shown with the new words too: it is the same channel."""
    channel = channels.get_channel(session, code)
    if (
        idempotency.claim(session, actor, "channel-words", form.form_key, [code, form.model_dump()], now=now)
        is not None
    ):
        return
    _make_sure_is_new(form.words, [one for one in channels.lock_channels(session) if one.code != code])
    if channel.words != form.words:
        channel.words = form.words
        _log(session, actor, "channel.reworded", code, now)


def take(session: Session, actor: Actor, code: str, step: Step, form: Keyed, *, now: datetime) -> None:
    """Raises Conflict where the last one in use would go. The same step twice from one form is one."""
    channel = channels.get_channel(session, code)
    if idempotency.claim(session, actor, "channel-step", form.form_key, [code, step.value], now=now) is not None:
        return
    used = [one for one in channels.lock_channels(session) if one.retired_at is None]
    match step:
        case Step.UP | Step.DOWN:
            _move(used, channel, -1 if step is Step.UP else 1)
        case Step.RETIRE:
            if used == [channel]:
                raise Conflict(say("This is the last one in use. Add another before you retire it."))
            channel.retired_at = channel.retired_at or now
        case Step.BRING_BACK:
            channel.retired_at = None
    _log(session, actor, f"channel.{step.value}", code, now)


def _move(used: list[Channel], channel: Channel, by: int) -> None:
    """By one place; beyond the ends, and for one that is retired, nothing happens."""
    if channel not in used or not 0 <= (to := used.index(channel) + by) < len(used):
        return
    other = used[to]
    channel.position, other.position = other.position, channel.position


def _make_sure_is_new(words: str, known: Collection[Channel]) -> None:
    if any(fold(one.words) == fold(words) for one in known):
        taken = say("There is one of this name already. It may be among those retired: bring it back.")
        raise Invalid({"words": taken})


def _code_of(words: str, taken: Collection[str]) -> str:
    """For files and the API: "at-the-market". It never changes, whatever the words become."""
    plain = re.sub(r"[^a-z0-9]+", "-", fold(words)).strip("-")[:_LONGEST_CODE].strip("-") or "channel"
    numbered = (f"{plain}-{n}" for n in range(2, len(taken) + 3))
    return plain if plain not in taken else next(code for code in numbered if code not in taken)


def _log(session: Session, actor: Actor, action: str, code: str, now: datetime) -> None:
    """The pages that are remembered show channels by their words."""
    models.bump(session, channels.EDITION)
    audit.write(session, actor, action, f"channel:{code}", now=now)
