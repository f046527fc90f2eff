import secrets

import cast
import pytest
from sqlmodel import Session

from deskapp.desk import channels, notes
from deskapp.desk.channels import NewChannel, Step
from deskapp.desk.inputs import Keyed
from deskapp.rules.card_phrases import SOURCE_BY_CHANNEL
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.store.notes import list_seen

People = dict[str, Actor]


def add(session: Session, mo: Actor, words: str) -> None:
    form = NewChannel(words=words, form_key=f"add-channel-{abs(hash(words))}")
    channels.add(session, mo, form, now=cast.NOW)


def take(session: Session, mo: Actor, code: str, step: Step, key: str = "") -> None:
    form = Keyed(form_key=key or secrets.token_urlsafe())
    channels.take(session, mo, code, step, form, now=cast.NOW)


def reword(session: Session, mo: Actor, code: str, words: str) -> None:
    channels.reword(session, mo, code, NewChannel(words=words, form_key=f"reword-{abs(hash(words))}"), now=cast.NOW)


def note(session: Session, who: Actor, channel: str) -> None:
    form = notes.NewNote(text="Hello", kind="observation", channel=channel, form_key=f"note-on-{channel}")
    notes.record(session, who, cast.customer_id(session), form, now=cast.NOW)


def test_a_desk_begins_in_person_and_cards_have_words_for_all_it_begins_with(session: Session) -> None:
    assert list(channels.in_use(session)) == ["in-person", "phone", "chat", "e-mail", "delivery"]
    assert set(SOURCE_BY_CHANNEL) == set(channels.in_use(session))


@pytest.mark.parametrize(
    ("words", "code"),
    [("at the market", "at-the-market"), ("Él — aquí!", "el-aqui"), ("市場で", "channel"), ("x" * 60, "x" * 30)],
)
def test_a_channel_of_the_shops_own_is_one_tap_on_every_note(
    session: Session, people: People, words: str, code: str
) -> None:
    add(session, people["mo"], words)
    assert channels.in_use(session)[code] == words
    note(session, people["ana"], code)
    assert channels.panel(session).in_use[-1].talks == 1


def test_two_codes_are_never_the_same(session: Session, people: People) -> None:
    for words in ("市場で", "電話で", "店で"):
        add(session, people["mo"], words)
    assert list(channels.in_use(session))[5:] == ["channel", "channel-2", "channel-3"]


@pytest.mark.parametrize("words", ["In Person", "on the phone"])
def test_there_is_one_of_each_name(session: Session, people: People, words: str) -> None:
    with pytest.raises(Invalid, match="There is one of this name already"):
        add(session, people["mo"], words)


def test_twenty_in_use_are_enough(session: Session, people: People) -> None:
    for n in range(15):
        add(session, people["mo"], f"at stall {n}")
    with pytest.raises(Invalid, match="too many"):
        add(session, people["mo"], "at stall 15")


def test_another_word_is_shown_on_old_notes_too(session: Session, people: People) -> None:
    note(session, people["ana"], "chat")
    reword(session, people["mo"], "chat", "on the website")
    assert list_seen(session, cast.customer_id(session))[0].channel == "on the website"


def test_a_retired_one_stays_readable_but_takes_no_note(session: Session, people: People) -> None:
    note(session, people["ana"], "chat")
    take(session, people["mo"], "chat", Step.RETIRE)
    assert "chat" not in channels.in_use(session)
    assert channels.all_words(session)["chat"] == "in chat"
    with pytest.raises(Invalid):
        notes.record(
            session,
            people["ana"],
            cast.customer_id(session),
            notes.NewNote(text="Hi", kind="observation", channel="chat", form_key="another-key"),
            now=cast.NOW,
        )
    take(session, people["mo"], "chat", Step.BRING_BACK)
    assert "chat" in channels.in_use(session)


def test_the_last_one_in_use_stays(session: Session, people: People) -> None:
    *others, last = channels.in_use(session)
    for code in others:
        take(session, people["mo"], code, Step.RETIRE)
    with pytest.raises(Conflict, match="the last one in use"):
        take(session, people["mo"], last, Step.RETIRE)


def test_they_are_put_in_the_shops_order_and_the_ends_are_the_ends(session: Session, people: People) -> None:
    take(session, people["mo"], "phone", Step.UP, "step-key-1")
    assert list(channels.in_use(session))[:2] == ["phone", "in-person"]
    take(session, people["mo"], "phone", Step.UP, "step-key-2")
    take(session, people["mo"], "phone", Step.DOWN, "step-key-3")
    take(session, people["mo"], "phone", Step.DOWN, "step-key-3")  # a double tap
    take(session, people["mo"], "delivery", Step.DOWN, "step-key-4")
    assert list(channels.in_use(session)) == ["in-person", "phone", "chat", "e-mail", "delivery"]


def test_what_is_not_there_is_not_found(session: Session, people: People) -> None:
    with pytest.raises(NotFound):
        take(session, people["mo"], "pigeon", Step.UP)
    with pytest.raises(NotFound):
        reword(session, people["mo"], "pigeon", "by pigeon")
