"""Whether somebody is asked how it was, and when: thousands of cases in milliseconds."""

import re
import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules import feedback, feedback_said, feedback_words
from deskapp.rules.feedback import Ask, Facts, Policy, Rule, Withheld, decide

BERLIN = ZoneInfo("Europe/Berlin")
POLICY = Policy(is_on=True, days_after=3, cool_down_days=90, lapses_days=21)
ARRIVED = datetime(2026, 3, 10, 14, tzinfo=UTC)
WELL = Facts(zone=BERLIN, today=date(2026, 3, 13), delivered_at=ARRIVED)
ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in "UTC Europe/Berlin America/New_York Asia/Kathmandu Pacific/Apia Australia/Lord_Howe".split()
    ]
)


def test_where_nothing_speaks_against_it_they_are_asked_so_many_days_after_the_parcel_came():
    assert decide(WELL, POLICY) == Ask(date(2026, 3, 13))


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (Rule.NOT_SET_UP, {"can_send": False}),
        (Rule.ERASED, {"is_erased": True}),
        (Rule.JOINED, {"is_joined": True}),
        (Rule.NOT_DELIVERED, {"delivered_at": None}),
        (Rule.RETURNED, {"returned_at": ARRIVED}),
        (Rule.NO_QUESTIONS, {"wishes_no_questions": True}),
        (Rule.NO_CONTACT, {"wishes_no_contact": True}),
        (Rule.OTHER_WAY, {"wishes_other_way": True}),
        (Rule.NOT_A_PERSON, {"is_person": False}),
        (Rule.NO_ADDRESS, {"has_address": False}),
        (Rule.DISPUTE, {"in_dispute": True}),
        (Rule.PROBLEM_HERE, {"problem_here": True}),
        (Rule.PROBLEM_ELSEWHERE, {"problem_elsewhere": True}),
        (Rule.GIFT_DECLINED, {"gift_declined": True}),
        (Rule.GIFT_DECLINED_LATELY, {"declined_on": date(2026, 2, 12)}),
        (Rule.COOL_DOWN, {"asked_on": date(2025, 12, 14)}),
        (Rule.MISSED, {"today": date(2026, 3, 28)}),
    ],
)
def test_each_of_these_alone_keeps_the_question_back_and_says_why(rule: Rule, told):
    assert decide(replace(WELL, **told), POLICY) == Withheld(rule, feedback.WORDS[rule])


@pytest.mark.parametrize(
    "told",
    [
        {"declined_on": date(2026, 2, 11)},
        {"asked_on": date(2025, 12, 13)},
        {"today": date(2026, 3, 27)},
        {"today": date(2026, 3, 10)},
    ],
)
def test_a_day_beyond_each_of_these_they_are_asked(told):
    assert decide(replace(WELL, **told), POLICY) == Ask(date(2026, 3, 13))


def test_switched_off_nobody_is_asked():
    verdict = decide(WELL, replace(POLICY, is_on=False))
    assert isinstance(verdict, Withheld)
    assert verdict.rule is Rule.OFF


def test_nobody_is_asked_twice_on_a_day_even_without_a_cool_down():
    verdict = decide(replace(WELL, asked_on=WELL.today), replace(POLICY, cool_down_days=0))
    assert isinstance(verdict, Withheld)
    assert verdict.rule is Rule.COOL_DOWN


def test_every_rule_has_its_sentence_and_its_short_form():
    for rule in Rule:
        assert feedback.WORDS[rule].endswith(".")
        assert feedback.SHORT[rule]
        assert len(rule) <= 40


@given(
    delivered_at=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001
    zone=ZONES,
    days=st.integers(1, 60),
    later=st.timedeltas(timedelta(), timedelta(days=70)),
)
def test_never_before_so_many_days_of_their_calendar_whatever_the_zone_and_its_clocks_do(
    delivered_at, zone, days, later
):
    due_on = feedback.day_after(delivered_at, zone, days)
    now = delivered_at + later
    if feedback.is_moment(due_on, zone, now):
        there = now.astimezone(zone)
        assert (there.date() - delivered_at.astimezone(zone).date()).days >= days
        assert 9 <= there.hour < 20


@given(zone=ZONES, day=st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_on_every_day_in_every_zone_there_is_an_hour_for_it(zone, day):
    hours = [datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=n) for n in range(-14, 38)]
    assert any(feedback.is_moment(day, zone, at) and at.astimezone(zone).date() == day for at in hours)


@pytest.mark.parametrize(
    ("hour", "moment"),
    [(19, (30, 7, 0)), (3, (29, 7, 0)), (8, (29, 8, 30))],  # of the day on which the clocks go forward there
)
def test_what_may_not_go_now_goes_at_the_next_nine_of_theirs(hour, moment):
    now = datetime(2026, 3, 29, hour, 30, tzinfo=UTC)
    day, at, minute = moment
    then = feedback.next_moment(BERLIN, now)
    assert then == datetime(2026, 3, day, at, minute, tzinfo=UTC)
    assert feedback.is_moment(date(2026, 3, 1), BERLIN, then)


FLAGS = "is_erased is_joined wishes_no_questions wishes_no_contact wishes_other_way in_dispute problem_here problem_elsewhere gift_declined"


@given(
    flags=st.fixed_dictionaries({name: st.booleans() for name in FLAGS.split()}),
    asked=st.none() | st.integers(0, 800),
    policy=st.builds(Policy, st.booleans(), st.integers(1, 60), st.integers(0, 730), st.integers(3, 60)),
)
def test_who_is_asked_has_nothing_open_and_said_nothing_against_it(flags, asked, policy):
    last = None if asked is None else WELL.today - timedelta(days=asked)
    if isinstance(decide(replace(WELL, **flags, asked_on=last), policy), Ask):
        assert policy.is_on
        assert not any(flags.values())
        assert asked is None or asked >= policy.cool_down_days


@pytest.mark.parametrize(
    ("value", "is_meant"),
    [("No contact", True), ("no contact.", True), ("", True), ("Only by phone, after six", False)],
)
def test_a_wish_about_how_to_be_reached_is_not_one_for_silence(value, is_meant):
    assert feedback.no_contact(value) is is_meant


@pytest.mark.parametrize(
    ("wish", "speaks_against"),
    [
        ("Only by e-mail, please", False),
        ("Am liebsten per Mail", False),
        ("بريد إلكتروني فقط", False),
        ("E-Mail bitte", False),
        ("Email only", False),
        ("بالإيميل من فضلك", False),
        ("Only by phone, after six", True),
        ("Never by e-mail", True),
        ("Doesn't want e-mail", True),
        ("Stop e-mails", True),
        ("Unsubscribe from e-mails", True),
        ("Phone instead of e-mail", True),
        ("Lieber anrufen statt E-Mail", True),
        ("E-Mails unerwünscht", True),
        ("E-mail only if urgent", True),
        ("Only by e-mail?", True),
        ("Only by mail", True),
        ("لا تراسلني عبر البريد الإلكتروني", True),
        ("أرجو عدم استخدام البريد الإلكتروني", True),
        ("Keine E-Mails", True),
        ("No contact", True),
    ],
)
def test_a_wish_to_be_reached_another_way_keeps_letters_back(wish, speaks_against):
    assert feedback.other_way(wish) is speaks_against


# --- the words -------------------------------------------------------------------------------------------------------


def keys(language: str) -> set[str]:
    tables = tomllib.loads(resources.files(feedback_words).joinpath(f"{language}.toml").read_text("utf-8"))
    return {"direction"} | {f"{t}.{k}" for t, found in tables.items() if isinstance(found, dict) for k in found}


@pytest.mark.parametrize("language", feedback_said.LANGUAGES)
def test_every_language_has_the_same_keys_and_the_same_places_to_fill(language: str):
    assert keys(language) == keys("en")
    mine, english = feedback_said._read(language)[1], feedback_said._read("en")[1]
    for key, text in mine.items():
        assert text.strip()
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", english[key])), key


def test_there_is_no_file_of_a_language_that_nobody_is_asked_in():
    files = {one.name.removesuffix(".toml") for one in resources.files(feedback_words).iterdir() if ".toml" in one.name}
    assert files == set(feedback_said.LANGUAGES)


@pytest.mark.parametrize("language", feedback_said.LANGUAGES)
def test_a_letter_names_the_shop_the_link_and_the_day_and_leaves_no_place_unfilled(language: str):
    subject, text = feedback_said.letter(
        language, shop="Corner\n& Co", link="https://x.example/a", until=date(2026, 4, 3)
    )
    assert "Corner & Co" in subject
    assert "\n" not in subject
    assert "https://x.example/a" in text.splitlines()
    assert "2026" in text
    assert "{" not in subject + text


@pytest.mark.parametrize(
    ("known", "asked", "language"),
    [("de-AT", (), "de"), ("AR", (), "ar"), (None, ("fr", "de_CH"), "de"), ("tlh", (), "en"), ("", (), "en")],
)
def test_they_are_asked_in_their_language_if_we_speak_it(known, asked, language):
    assert feedback_said.language_of(known, asked) == language


def test_arabic_is_written_from_the_right():
    assert feedback_said.said("ar", "x").direction == "rtl"
