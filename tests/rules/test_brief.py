"""What stands on a brief, and above all what never does."""

import re
from dataclasses import astuple, replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.desk.tongues import tongue
from deskapp.rules.brief import Brief, Day, Idea, Known, Line, Need, Note, Owed, Trouble, brief
from deskapp.rules.brief_phrases import QUESTIONS
from deskapp.rules.card_facts import Taste
from deskapp.rules.promises import NeedBy
from deskapp.rules.words import Said, Tongue

TODAY = date(2026, 3, 14)
CARLA = Known(customer_id=1, customer="Carla Núñez", today=TODAY)


def days(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def note(text: str, ago: int = 3, **more: object) -> Note:
    return Note(text=text, channel="phone", author="Bo", on=days(ago), channel_words="on the phone", **more)


def taste(kind: str, value: str, *, is_stated: bool = True) -> Taste:
    return Taste(kind, value, "Ana", days(40), is_stated)


def of(**more: object) -> Brief:
    return brief(replace(CARLA, **more))


def words(one: Brief) -> str:
    return repr(astuple(one))


# --- what it says ---------------------------------------------------------------------------------------------------


def test_the_last_talk_has_its_channel_and_its_age() -> None:
    one = of(notes=(note("Is setting up a reading corner."), note("Older.", 9)))
    assert one.talk == Line("Is setting up a reading corner.", "Bo, on the phone, 3 days ago")


def test_hard_stops_and_tastes_say_who_heard_them_and_when() -> None:
    one = of(
        wishes=(
            taste("allergy", "hazelnuts"),
            taste("allergy", "wool"),
            taste("no-cards", ""),
            taste("like", "plum jam"),
            taste("diet", "halal"),
        )
    )
    assert one.stops == (
        Line("Allergy: hazelnuts; wool", "told Ana, 5 weeks ago"),
        Line("No cards", "told Ana, 5 weeks ago"),
    )
    assert [line.text for line in one.tastes] == ["Likes: plum jam", "Diet: halal"]


def test_how_to_say_and_to_address_them_stands_beside_the_name() -> None:
    one = of(wishes=(taste("pronunciation", "NOON-yeth"), taste("form-of-address", "Carla, never Mrs.")))
    assert (one.name, one.said_as, one.address) == ("Carla Núñez", "NOON-yeth", "Carla, never Mrs.")


def test_promises_say_whose_they_are_and_the_most_urgent_stands_first() -> None:
    one = of(
        promises=(
            Owed("Ring about the shelf", "Bo", "Ana", TODAY + timedelta(days=2)),
            Owed("Put rye flour aside", "Ana", "", days(1)),
            Owed("Order the blue lamp", "Ana", "", TODAY + timedelta(days=9), cannot_be_kept=True),
        ),
        needs=(Need("O-2", TODAY + timedelta(days=1), TODAY + timedelta(days=4), NeedBy.TOO_LATE),),
    )
    assert one.promises == (
        Line("Order O-2 is needed tomorrow: too late", "expected Wednesday 18 March", is_urgent=True),
        Line("Cannot be kept, and they are to be told: Order the blue lamp", "promised by Ana", is_urgent=True),
        Line("Put rye flour aside", "promised by Ana, was due Friday 13 March", is_urgent=True),
        Line("Ring about the shelf", "promised by Ana, now with Bo, due Monday 16 March"),
    )


def test_a_sentence_that_somebody_chose_stands_first_as_long_as_the_note_still_says_so() -> None:
    text = "Her niece bakes. The father is ill."
    one = of(
        notes=(
            note(text, mentionable="Her niece bakes."),
            note("It was changed since.", mentionable="Otto turns ten."),
        )
    )
    assert one.mention == (Line("Her niece bakes.", "Bo, 3 days ago"),)


def test_the_same_sentence_is_told_once() -> None:
    one = of(notes=tuple(note("Her niece bakes.", n, mentionable="Her niece bakes.") for n in (1, 2)))
    assert one.mention == (Line("Her niece bakes.", "Bo, yesterday"),)


def test_what_is_hushed_is_named_by_its_kind_and_day_and_never_quoted() -> None:
    one = of(
        notes=(
            note("Her father passed away in Girona. Wants the blue scarf."),
            note("The vase is a surprise for Inés.", 20),
            note("The vase is a surprise for Jordi.", 10),
            note("Was angry about the crate.", 200),  # too long ago to be warned of
        )
    )
    assert [(line.text, line.source) for line in one.silent] == [
        ("A loss or a hard time: leave it to them to speak of it", "note of Wednesday 11 March"),
        ("Something that is to stay a surprise, or between us", "note of Wednesday 4 March"),
    ]
    for word in ("Girona", "father", "scarf", "Inés", "Jordi", "crate"):
        assert word not in words(one)
    assert one.talk is not None
    assert one.talk.source == "Bo, on the phone, 3 days ago"


def test_of_a_note_about_money_the_rest_is_told() -> None:
    one = of(notes=(note("Thought the lamp too expensive. Moves in May."),))
    assert one.talk is not None
    assert one.talk.text == "Moves in May."
    assert [line.text for line in one.silent] == ["Money: what things cost them, or what they owe"]


def test_an_open_problem_says_how_to_speak_of_it_and_leaves_no_room_for_a_gift() -> None:
    one = of(problems=(Trouble("damaged", "O-2", "Bo", days(2)),), idea=Idea("Plum jam", "often with the mug"))
    assert one.open == (
        Line(
            "Came damaged: say sorry once, and say what happens next",
            "order O-2, noted by Bo, 2 days ago, open",
            is_urgent=True,
        ),
    )
    assert (one.idea, one.no_idea) == (None, "No gift idea today: first put right what went wrong.")
    assert one.question.text == "Has it been put right for you?"


def test_after_a_loss_nothing_is_proposed_and_nothing_asked() -> None:
    one = of(notes=(note("Her father passed away."),), idea=Idea("Plum jam", "often with the mug"))
    assert (one.idea, one.question.text) == (None, "Nothing: listen today.")


def test_a_planned_gift_stays_a_surprise_and_a_discreet_one_is_not_named() -> None:
    assert [line.text for line in of(gifts=("Blue mug",)).silent] == [
        "The gift that goes along, Blue mug: let it be a surprise"
    ]
    assert [line.text for line in of(gifts=("Wart remover",)).silent] == ["A gift goes along: let it be a surprise"]


def test_an_idea_has_its_because_and_else_it_is_said_why_there_is_none() -> None:
    idea = of(idea=Idea("Plum jam", "often bought with the blue mug"))
    assert idea.idea == Line("Plum jam", "often bought with the blue mug")
    assert of(no_idea="Carla asked for no gifts.").no_idea == "Carla asked for no gifts."


def test_near_days_are_told() -> None:
    assert of(days=(Day("Birthday", TODAY + timedelta(days=1)),)).days == (Line("Birthday", "tomorrow"),)


# --- in other tongues -----------------------------------------------------------------------------------------------

GERMAN, ARABIC = tongue("de"), tongue("ar")
SAYS_MUCH = {
    "wishes": (taste("allergy", "Nüsse"), taste("contact-wish", "No contact"), taste("like", "Pflaumenmus")),
    "promises": (
        Owed("Lampe bestellen", "Ana", "", TODAY + timedelta(days=9), cannot_be_kept=True),
        Owed("Roggenmehl", "Bo", "Ana", days(1)),
    ),
    "needs": (Need("O-2", TODAY + timedelta(days=1), TODAY + timedelta(days=4), NeedBy.TOO_LATE),),
    "problems": (Trouble("late", "O-1", "Bo", days(20)),),
    "gifts": ("Seife",),
    "notes": (note("Her father died last week.", ago=4),),
}


def lines(one: Brief) -> list[Line]:
    return [
        *one.stops, *one.promises, *one.tastes, *one.open, *one.silent, one.question, *([one.talk] if one.talk else []),
    ]  # fmt: skip


def test_a_brief_reads_whole_in_german() -> None:
    said = [(line.text.inside(GERMAN), line.source.inside(GERMAN)) for line in lines(of(**SAYS_MUCH)) if is_ours(line)]
    assert ("Allergie: Nüsse", "gehört von Ana, vor 5 Wochen") in said
    assert ("Kontakt: Kein Kontakt", "gehört von Ana, vor 5 Wochen") in said
    assert ("Nicht einzuhalten, Bescheid sagen: Lampe bestellen", "zugesagt von Ana") in said
    assert (
        "Bestellung O-2 wird gebraucht bis morgen: zu spät",
        "erwartet: Mittwoch, 18. März",
    ) in said
    assert (
        "Kam zu spät: einmal entschuldigen und sagen, an welchem Tag es da ist",
        "Bestellung O-1, notiert von Bo, vor 2 Wochen, offen",
    ) in said
    assert ("Ist inzwischen alles für Sie in Ordnung?", "ein Problem ist offen") in said


def is_ours(line: Line) -> bool:
    return isinstance(line.text, Said)


@pytest.mark.parametrize("read_in", [GERMAN, ARABIC], ids=["de", "ar"])
def test_nothing_of_a_brief_is_left_in_english(read_in: Tongue) -> None:
    for line in lines(of(**SAYS_MUCH)):
        assert line.source.inside(read_in) != line.source
        if is_ours(line):
            assert line.text.inside(read_in) != line.text


# --- the question ---------------------------------------------------------------------------------------------------


def test_the_question_is_the_same_all_week_and_each_customers_own() -> None:
    monday = date(2026, 3, 9)
    week = {of(today=monday + timedelta(days=n)).question for n in range(7)}
    assert len(week) == 1
    assert len({of(today=monday + timedelta(days=7 * n)).question.text for n in range(52)}) == len(QUESTIONS)
    assert len({of(customer_id=n).question.text for n in range(50)}) == len(QUESTIONS)


@pytest.mark.parametrize(
    ("known", "gone"),
    [
        ({"wishes": (taste("allergy", "nuts"),)}, "harm"),
        ({"wishes": (taste("like", "tea"),)}, "taste"),
        ({"wishes": (taste("size", "44"),)}, "size"),
        ({"has_days": True}, "day"),
    ],
)
def test_what_is_known_is_not_asked(known: dict[str, object], gone: str) -> None:
    asked = {of(customer_id=n, **known).question.text for n in range(50)}
    assert QUESTIONS[gone] not in asked
    assert asked


def test_a_guess_does_not_answer_a_question() -> None:
    guessed = of(wishes=(taste("size", "44", is_stated=False),))
    assert guessed.question == of().question


def test_it_is_asked_how_the_last_gift_pleased_for_two_months() -> None:
    asked = {of(customer_id=n, given=("Blue mug", days(60))).question.text for n in range(50)}
    assert "How did the Blue mug please?" in asked
    assert not any("please?" in of(customer_id=n, given=("Blue mug", days(61))).question.text for n in range(50))


def test_who_told_us_everything_is_asked_what_brings_them() -> None:
    kinds = ("allergy", "like", "size", "form-of-address", "pronunciation", "contact-wish")
    one = of(wishes=tuple(taste(kind, "x") for kind in kinds), has_days=True)
    assert one.question.text == "What brings you here today?"


# --- never ----------------------------------------------------------------------------------------------------------

WORD = st.text("bcdfghjklmnpqrstvwxz", min_size=9, max_size=12)  # of no language, so that it is nobody else's word
OPENERS = (
    "",
    "I think ",
    "Seems ",
    "Likes ",
    "Her father died: ",
    "It is a surprise: ",
    "Was told ",
    "مرحبا ",
    "👩‍👩‍👧 ",
)
SENTENCES = st.builds("{}{} {}.".format, st.sampled_from(OPENERS), WORD, WORD)
TEXTS = st.lists(SENTENCES, min_size=1, max_size=4).map(" ".join)
PATIENT = settings(deadline=None)  # a machine may be busy with something else
KINDS = (
    "like",
    "interest",
    "diet",
    "size",
    "dislike",
    "allergy",
    "no-gifts",
    "contact-wish",
    "pronunciation",
    "form-of-address",
)


@st.composite
def notes(draw: st.DrawFn) -> Note:
    text = draw(TEXTS)
    chosen = draw(st.sampled_from(["", *(f"{part.strip()}." for part in text.split(".") if part.strip())]))
    return note(
        text,
        draw(st.integers(0, 400)),
        is_opinion=draw(st.booleans()),
        is_retracted=draw(st.booleans()),
        mentionable=chosen,
    )


TASTES = st.builds(
    lambda kind, value, said: taste(kind, value, is_stated=said), st.sampled_from(KINDS), WORD, st.booleans()
)


def told(text: str) -> set[str]:
    return {word for word in text.replace(".", " ").split() if len(word) >= 9}


@PATIENT
@given(st.lists(notes(), max_size=6), st.lists(TASTES, max_size=8))
def test_no_opinion_no_guess_and_nothing_retracted_ever_stands_on_it(heard: list[Note], wishes: list[Taste]) -> None:
    seen = [one.text for one in heard if not (one.is_opinion or one.is_retracted)]
    stated = [one.value for one in wishes if one.is_stated]
    secret = {word for one in heard for word in told(one.text)} | {one.value for one in wishes}
    secret -= {word for text in (*seen, *stated) for word in told(text)}
    said = words(of(notes=tuple(heard), wishes=tuple(wishes)))
    assert not secret & set(re.findall(r"\w+", said))


@PATIENT
@given(st.lists(notes(), max_size=6), st.lists(TASTES, max_size=8))
def test_what_we_think_and_guess_changes_nothing_at_all(heard: list[Note], wishes: list[Taste]) -> None:
    seen = tuple(one for one in heard if not (one.is_opinion or one.is_retracted))
    stated = tuple(one for one in wishes if one.is_stated)
    assert of(notes=tuple(heard), wishes=tuple(wishes)) == of(notes=seen, wishes=stated)


GUARDED = ("Pays with 4111 1111 1111 1111", "Is diabetic", "Votes for the greens", "She is catholic", "Looks rich")


@PATIENT
@given(WORD, WORD, st.sampled_from(GUARDED), st.booleans())
def test_what_the_guard_stops_takes_its_whole_note_along(
    first: str, second: str, guarded: str, is_chosen: bool
) -> None:
    text = f"{first} spoke. {guarded} {second}."
    one = of(
        notes=(note(text, mentionable=f"{guarded} {second}." if is_chosen else ""),),
        wishes=(taste("like", f"{guarded} {second}"), taste("pronunciation", f"{guarded} {second}")),
        promises=(Owed(f"{guarded} {second}", "Bo", "", TODAY),),
        days=(Day(f"{guarded} {second}", TODAY),),
    )
    assert not any(word in words(one) for word in (first, second, guarded))
    assert any(line.text == "Something private" for line in one.silent)


@PATIENT
@given(st.text(max_size=3_000), st.text(max_size=300))
def test_whatever_people_write_a_brief_stays_short(text: str, value: str) -> None:
    one = of(
        notes=tuple(note(text, n) for n in range(8)),
        wishes=tuple(taste(kind, value) for kind in KINDS),
        promises=tuple(Owed(value or "x", "Bo", "", TODAY) for _ in range(9)),
    )
    lines = (*one.stops, *one.mention, *one.promises, *one.tastes, *one.days, *one.open, *one.silent)
    assert sum(1 + (len(line.text) + len(line.source)) // 100 for line in lines) <= 45
    assert one.talk is None or len(one.talk.text) <= 402


def test_the_more_is_known_the_shorter_each_of_it_is_told() -> None:
    promise = Owed("Ring about the shelf " * 9, "Bo", "", TODAY)
    alone = of(promises=(promise,)).promises[0].text
    crowd = of(
        promises=(promise,) * 9,
        notes=tuple(note(f"{n} Her niece bakes. " * 40, n, mentionable=f"{n} Her niece bakes.") for n in range(9)),
        wishes=tuple(taste(kind, f"{n} {kind} " * 20) for kind in KINDS for n in range(9)),
        days=tuple(Day("The day of the shop " * 9, TODAY) for _ in range(9)),
        gifts=tuple(f"{n} Blue mug" for n in range(9)),
    )
    assert alone == ("Ring about the shelf " * 9).strip()
    assert len(crowd.promises) < 9
    assert crowd.promises[0].text.endswith(" …")
