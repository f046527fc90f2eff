from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import cast
import pytest
from sqlalchemy import event
from sqlmodel import Session, select

from deskapp.desk import guarding, request_board, requests
from deskapp.desk.tongues import tongue
from deskapp.rules import requests as rules
from deskapp.rules.errors import Conflict, Invalid, NotFound
from deskapp.rules.people import Actor
from deskapp.rules.words import said_in
from deskapp.store.memory_tables import RequestTopic, RequestVoice, TopicState
from deskapp.store.tables import Audit, Customer, Staff

People = dict[str, Actor]
LATER = cast.NOW + timedelta(days=1)


def hear(session: Session, actor: Actor, who: str, words: str, **more: str) -> int:
    """The topic's id."""
    key = f"hear-{actor.username}-{who}-{words}".replace(" ", "-")[:150]
    form = requests.NewVoice(**{"words": words, "topic": words, "form_key": key} | more)
    requests.hear(session, actor, cast.customer_id(session, who), form, now=cast.NOW)
    return session.exec(select(RequestTopic.id).order_by(RequestTopic.id.desc())).first()


def decide(
    session: Session, actor: Actor, topic: int, state: str, seen: str = "new", because: str = "", at=LATER
) -> None:
    form = request_board.Decision(
        state=state,
        seen=seen,
        because=because,
        form_key=f"decide-{topic}-{state}-{len(because)}-{at}".replace(" ", "-"),
    )
    request_board.decide(session, actor, topic, form, now=at)


def merge(session: Session, actor: Actor, topic: int, into: int) -> int:
    form = request_board.Merging(into=into, form_key=f"merge-{topic}-{into}")
    return request_board.merge(session, actor, topic, form, now=LATER)


def owed_by(session: Session, actor: Actor) -> list[requests.Owed]:
    return requests.list_due(session, actor, now=LATER).owed


def counts(session: Session, actor: Actor) -> dict[str, int]:
    board = request_board.board(session, actor, now=LATER)
    return {row.title: row.customers for row in board.open + board.decided}


def test_what_is_called_the_same_is_one_topic(session: Session, people: People) -> None:
    hear(session, people["ana"], "C-1", "Gift wrap at the door")
    hear(session, people["bo"], "C-2", "gift wrap at the door", topic="")
    assert counts(session, people["ana"]) == {"Gift wrap at the door": 2}


def test_who_asks_often_is_one_customer(session: Session, people: People) -> None:
    for who in ("ana", "bo", "mo"):
        hear(session, people[who], "C-1", "Gift wrap")
    assert counts(session, people["ana"]) == {"Gift wrap": 1}
    (row,) = request_board.board(session, people["mo"], now=LATER).open
    assert row.loud == "3 of 3 voices are those of Carla Núñez."
    (row,) = request_board.board(session, people["ana"], now=LATER).open
    assert row.loud == "3 of 3 voices are those of one customer."
    assert said_in(tongue("de"), row.loud) == "3 von 3 Stimmen kommen von einem einzigen Kunden."


def test_something_alike_is_asked_about_before_a_topic_is_opened(session: Session, people: People) -> None:
    first = hear(session, people["ana"], "C-1", "Gift wrap at the door")
    with pytest.raises(Invalid) as caught:
        hear(session, people["ana"], "C-2", "Could you wrap gifts?", topic="")
    assert set(caught.value.problems) == {"choice"}
    shown = requests.panel(session, cast.customer_id(session), asked="Could you wrap gifts?", now=LATER)
    assert shown.choices == [(str(first), "Gift wrap at the door")]
    hear(session, people["ana"], "C-2", "Could you wrap gifts, please?", choice=str(first))
    assert counts(session, people["ana"]) == {"Gift wrap at the door": 2}
    hear(session, people["bo"], "C-2", "Could you wrap gifts in cloth?", choice="new")
    assert len(counts(session, people["ana"])) == 2


@pytest.mark.parametrize("choice", ["999", "x", "²", "-1"])
def test_a_topic_that_is_not_there_cannot_be_chosen(session: Session, people: People, choice: str) -> None:
    with pytest.raises(Invalid):
        hear(session, people["ana"], "C-1", "Gift wrap", choice=choice)


@pytest.mark.parametrize("choice", ["", "new"])
def test_a_new_topic_is_never_called_by_the_words_of_a_customer(session: Session, people: People, choice: str) -> None:
    with pytest.raises(Invalid) as caught:
        hear(session, people["ana"], "C-1", "Wrap it for my daughter Zoe", topic="", choice=choice)
    assert caught.value.problems == {"topic": "Please say in a few words what they ask for."}


def test_merging_counts_nobody_twice_and_is_undone(session: Session, people: People) -> None:
    mo = people["mo"]
    wrap = hear(session, people["ana"], "C-1", "Gift wrap")
    door = hear(session, people["ana"], "C-1", "Something at the door", choice="new")
    hear(session, people["bo"], "C-2", "Something at the door")
    assert merge(session, mo, door, wrap) == wrap
    assert counts(session, mo) == {"Gift wrap": 2}
    assert request_board.topic(session, mo, door, now=LATER).row.title == "Gift wrap"
    request_board.part(session, mo, door, request_board.Keyed(form_key="part-door"), now=LATER)
    assert counts(session, mo) == {"Gift wrap": 1, "Something at the door": 2}


def test_topics_are_merged_along_and_never_in_a_circle(session: Session, people: People) -> None:
    mo = people["mo"]
    one, two, three = (
        hear(session, people["ana"], "C-1", words, choice="new") for words in ("Refills", "Cloth", "Maps")
    )
    merge(session, mo, one, two)
    assert merge(session, mo, two, three) == three
    assert counts(session, mo) == {"Maps": 1}
    for topic, into in ((three, one), (one, one), (two, one)):
        with pytest.raises(Invalid):
            merge(session, mo, topic, into)
    with pytest.raises(NotFound):
        merge(session, mo, 999, one)


def test_a_no_has_a_reason_and_what_cannot_follow_is_refused(session: Session, people: People) -> None:
    topic = hear(session, people["ana"], "C-1", "Gift wrap")
    with pytest.raises(Invalid) as caught:
        decide(session, people["mo"], topic, "declined")
    assert set(caught.value.problems) == {"because"}
    decide(session, people["mo"], topic, "declined", because="It makes too much waste.")
    with pytest.raises(Invalid):
        decide(session, people["mo"], topic, "released", seen="declined")


def test_two_who_decide_at_once_do_not_overrule_each_other(session: Session, people: People) -> None:
    topic = hear(session, people["ana"], "C-1", "Gift wrap")
    decide(session, people["mo"], topic, "planned")
    with pytest.raises(Conflict, match="planned"):
        decide(session, people["ada"], topic, "considered")


@pytest.mark.parametrize(
    ("state", "is_owed"), [("considered", False), ("planned", True), ("released", True), ("declined", True)]
)
def test_whoever_heard_it_owes_each_asker_an_answer(
    session: Session, people: People, state: str, is_owed: bool
) -> None:
    topic = hear(session, people["ana"], "C-1", "Gift wrap")
    hear(session, people["bo"], "C-2", "Gift wrap")
    assert owed_by(session, people["ana"]) == []
    decide(session, people["mo"], topic, state, because="Since")
    owed = owed_by(session, people["ana"])
    assert [(one.customer_name, one.title, one.state) for one in owed] == (
        [("Carla Núñez", "Gift wrap", state)] if is_owed else []
    )


def test_telling_once_is_enough_for_all_they_said_until_something_new_becomes_of_it(
    session: Session, people: People
) -> None:
    ana, bo = people["ana"], people["bo"]
    topic = hear(session, ana, "C-1", "Gift wrap")
    hear(session, bo, "C-1", "Gift wrap")
    decide(session, people["mo"], topic, "planned")
    (owed,) = owed_by(session, ana)
    for n in range(2):
        requests.answer(session, ana, owed.voice_id, requests.Answered(form_key=f"told-key-{n}"), now=LATER)
    assert owed_by(session, ana) == owed_by(session, bo) == []
    told = [line for line in session.exec(select(Audit)) if line.action == "request.answered"]
    assert len(told) == 2, "one for each voice"
    decide(session, people["mo"], topic, "released", seen="planned", at=LATER + timedelta(days=1))
    assert len(owed_by(session, ana)) == len(owed_by(session, bo)) == 1


def test_there_is_nothing_to_tell_before_anything_became_of_it(session: Session, people: People) -> None:
    hear(session, people["ana"], "C-1", "Gift wrap")
    with pytest.raises(Conflict):
        requests.answer(session, people["ana"], 1, requests.Answered(form_key="told-key"), now=LATER)


def leaves(session: Session, actor: Actor, team: str = "") -> None:
    row = session.get(Staff, actor.staff_id)
    row.is_active, row.team = False, team


def test_what_somebody_owed_who_left_falls_to_the_leads(session: Session, people: People) -> None:
    topic = hear(session, people["ana"], "C-1", "Gift wrap")
    decide(session, people["mo"], topic, "planned")
    leaves(session, people["ana"])
    session.flush()
    assert len(owed_by(session, people["bo"])) == 1
    assert owed_by(session, people["mo"]) == []
    leaves(session, people["bo"])
    session.flush()
    assert len(owed_by(session, people["mo"])) == 1, "where there is no lead, to who is above"


def test_of_several_leads_to_that_of_their_team(session: Session, people: People) -> None:
    theirs = Staff(username="lu", name="Lu", role="lead", password_hash="", created_at=cast.NOW, team="Door")
    session.add(theirs)
    topic = hear(session, people["ana"], "C-1", "Gift wrap")
    decide(session, people["mo"], topic, "planned")
    leaves(session, people["ana"], "Door")
    session.flush()
    lu = replace(people["bo"], staff_id=theirs.id)
    assert len(owed_by(session, lu)) == 1
    assert owed_by(session, people["bo"]) == []


def test_a_month_after_it_is_here_askers_are_asked_whether_they_use_it(session: Session, people: People) -> None:
    ana, mo = people["ana"], people["mo"]
    topic = hear(session, ana, "C-1", "Gift wrap")
    hear(session, ana, "C-2", "Gift wrap")
    decide(session, mo, topic, "released")
    month = LATER + timedelta(days=30)
    assert requests.list_due(session, ana, now=month).to_ask == [], "nobody told them yet that it is here"
    for owed in owed_by(session, ana):
        requests.answer(session, ana, owed.voice_id, requests.Answered(form_key=f"told-{owed.voice_id}-key"), now=LATER)
    assert requests.list_due(session, ana, now=month - timedelta(seconds=1)).to_ask == []
    first, _ = requests.list_due(session, ana, now=month).to_ask
    requests.note_use(session, ana, first.voice_id, requests.Used(used="yes", form_key="used-key"), now=month)
    assert len(requests.list_due(session, ana, now=month).to_ask) == 1
    (row,) = request_board.board(session, mo, now=month).decided
    assert (row.used, row.asked, row.customers) == (1, 1, 2)


def test_what_is_not_here_is_used_by_nobody(session: Session, people: People) -> None:
    hear(session, people["ana"], "C-1", "Gift wrap")
    with pytest.raises(Conflict):
        requests.note_use(session, people["ana"], 1, requests.Used(used="yes", form_key="used-key"), now=LATER)


def test_agents_read_the_words_they_heard_and_count_the_others(session: Session, people: People) -> None:
    topic = hear(session, people["ana"], "C-1", "Gift wrap")
    hear(session, people["bo"], "C-2", "Gift wrap", would_let="Hand it over at once")
    seen = request_board.topic(session, people["ana"], topic, now=LATER)
    assert ([voice.customer_name for voice in seen.voices], seen.unread) == (["Carla Núñez"], 1)
    seen = request_board.topic(session, people["mo"], topic, now=LATER)
    assert ([voice.customer_name for voice in seen.voices], seen.unread) == (["Dan", "Carla Núñez"], 0)


def test_the_history_tells_who_did_what_without_anybodys_words(session: Session, people: People) -> None:
    mo = people["mo"]
    wrap = hear(session, people["ana"], "C-1", "Gift wrap")
    door = hear(session, people["ana"], "C-1", "Something at the door", choice="new")
    merge(session, mo, door, wrap)
    decide(session, mo, wrap, "planned")
    told = [(row.words, row.by) for row in request_board.topic(session, mo, wrap, now=LATER).history]
    assert told == [("planned", "Mo"), ("counted with another: “Something at the door”", "Mo"), ("opened", "Ana")]
    assert "wrap" not in str([line.details for line in session.exec(select(Audit))]).casefold()


def test_a_double_tap_is_one_voice(session: Session, people: People) -> None:
    form = requests.NewVoice(words="Gift wrap", topic="Gift wrap", form_key="the-same-key")
    for _ in range(2):
        requests.hear(session, people["ana"], cast.customer_id(session), form, now=cast.NOW)
    assert len(requests.panel(session, cast.customer_id(session), now=LATER).rows) == 1


def test_the_board_reads_itself_aloud(session: Session, people: People) -> None:
    assert request_board.board(session, people["mo"], now=LATER).reading == ""
    hear(session, people["ana"], "C-1", "Gift wrap")
    hear(session, people["ana"], "C-2", "Gift wrap")
    hear(session, people["ana"], "C-2", "Longer hours")
    reading = request_board.board(session, people["mo"], now=LATER).reading
    assert reading == "2 customers asked for 2 things, most of all for “Gift wrap” (2 customers)."
    assert said_in(tongue("de"), reading) == "2 Kunden mit 2 Anliegen, am häufigsten „Gift wrap“ (2 Kunden)."
    assert TopicState.NEW.value == request_board.board(session, people["mo"], now=LATER).open[0].state


def test_one_erased_customer_does_not_close_the_board_and_is_owed_nothing(session: Session, people: People) -> None:
    mo = people["mo"]
    for n in range(3):
        topic = hear(session, people["ana"], "C-1", f"Gift wrap{'!' * n}", topic="Gift wrap")
    hear(session, people["ana"], "C-2", "Gift wrap")
    decide(session, mo, topic, "planned")
    carla = session.get_one(Customer, cast.customer_id(session))
    carla.name, carla.erased_at = "A former customer", LATER
    session.flush()
    (row,) = request_board.board(session, mo, now=LATER).open
    assert row.loud == "3 of 4 voices are those of A former customer."
    assert request_board.topic(session, mo, topic, now=LATER).row.loud == row.loud
    assert [one.customer_name for one in owed_by(session, people["ana"])] == ["Dan"]


def statements(session: Session, run: Callable[[], object]) -> int:
    """How many `run` sends."""
    sent: list[str] = []
    bind = session.get_bind()

    def note(_connection, _cursor, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(bind, "before_cursor_execute", note)
    run()
    event.remove(bind, "before_cursor_execute", note)
    return len(sent)


def test_the_board_asks_no_more_questions_for_more_topics_and_finds_each_root_once(
    session: Session, people: People, monkeypatch
) -> None:
    mo, found = people["mo"], []
    once = rules.root_of
    monkeypatch.setattr(rules, "root_of", lambda topic, merged: found.append(topic) or once(topic, merged))
    asked = []
    for topic in ("Gift wrap", "Longer hours", "Refills", "Maps"):
        for who in ("ana", "bo", "mo"):
            hear(session, people[who], "C-1", f"{topic}, said {who}", topic=topic, choice="" if who != "ana" else "new")
        decide(session, mo, hear(session, mo, "C-2", topic), "planned")
        session.flush()
        found.clear()
        asked.append(statements(session, lambda: request_board.board(session, mo, now=LATER)))
        assert len(found) == len(asked), "each topic once"
    assert len(set(asked)) == 1


def test_of_what_was_answered_nothing_is_read_again(session: Session, people: People) -> None:
    """A voice on what is not decided, and one that was told, whose use is not asked about yet."""
    ana, read = people["ana"], []
    hear(session, ana, "C-1", "Longer hours")
    topic = hear(session, ana, "C-1", "Gift wrap")
    hear(session, ana, "C-2", "Gift wrap")
    decide(session, people["mo"], topic, "released")
    first, _ = owed_by(session, ana)
    requests.answer(session, ana, first.voice_id, requests.Answered(form_key="told-key-1"), now=LATER)
    session.flush()
    session.expunge_all()
    event.listen(RequestVoice, "load", note := lambda voice, _context: read.append(voice))
    assert len(owed_by(session, ana)) == 1
    event.remove(RequestVoice, "load", note)
    assert len(read) == 1


def test_one_tick_keeps_nothing_that_was_not_shown(session: Session, people: People) -> None:
    said = {"words": "Sugar free, she has diabetes", "would_let": "Since she is pregnant", "topic": "Sugar free things"}
    with pytest.raises(guarding.Stopped) as caught:
        hear(session, people["ana"], "C-1", **said)
    assert set(caught.value.problems) == {"words", "would_let", "is_confirmed"}
    assert (caught.value.outcome, caught.value.kinds["health"]) == ("warned", 2)
    hear(session, people["ana"], "C-1", **said, is_confirmed="true", form_key="the-second-key")
    assert counts(session, people["mo"]) == {"Sugar free things": 1}


def test_what_must_go_and_what_may_stay_are_said_at_once(session: Session, people: People) -> None:
    said = {"words": "She has diabetes", "would_let": "Card 4111 1111 1111 1111", "topic": "Sugar free things"}
    with pytest.raises(guarding.Stopped) as caught:
        hear(session, people["ana"], "C-1", **said)
    assert set(caught.value.problems) == {"words", "would_let", "is_confirmed"}
    assert caught.value.outcome == "refused"
