"""Limits as people say them: each sentence is read as prose."""

from dataclasses import replace
from datetime import date

import pytest
from cast import agents_limit

from deskapp.rules.authority import AuthorityLimit, Basis, GiverKind
from deskapp.rules.eligibility import Explained, explained, parse
from deskapp.rules.limit_words import counted, doubts, giver_words, left_out, sentence
from deskapp.rules.people import Role
from deskapp.rules.words import Said

PLAIN = agents_limit(
    per_gift_minor=800,
    per_giver_per_week_minor=4000,
)
RULE = "last order late or customer for 2 years"
AGENT = giver_words(GiverKind.ROLE, Role.AGENT, "", "")


def money(minor: int) -> str:
    return f"${minor / 100:.2f}"


def say(limit: AuthorityLimit, rule: str = "") -> Said:
    return sentence(limit, AGENT, money, explained(parse(rule)) if rule else Explained())


def test_the_sentence_of_the_promise() -> None:
    once = replace(PLAIN, per_customer_gifts=1, per_customer_days=60)
    assert say(once, RULE) == (
        "An agent may give up to $8.00 a gift and $40.00 a week, one gift per customer in 60 days, to customers whose"
        " last order arrived late, or who have been with us for two years or longer."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "An agent may give up to $8.00 a gift and $40.00 a week."),
        (
            {"order_share_percent": 10, "per_giver_per_day_minor": 1600, "per_giver_per_month_minor": 9900},
            "An agent may give up to $8.00 a gift, 10 % of the order, $16.00 a day, $40.00 a week and $99.00 a month.",
        ),
        (
            {"per_customer_per_month_minor": 1000},
            "An agent may give up to $8.00 a gift and $40.00 a week, $10.00 per customer a month.",
        ),
        (
            {"per_customer_gifts": 2, "per_customer_minor": 1200, "per_customer_days": 30},
            "An agent may give up to $8.00 a gift and $40.00 a week, two gifts and $12.00 per customer in 30 days.",
        ),
        (
            {"gap_days": 1, "per_customer_per_year_gifts": 13},
            (
                "An agent may give up to $8.00 a gift and $40.00 a week, 13 gifts per customer a year,"
                " gifts to one customer 1 day or more apart."
            ),
        ),
        (
            {"approves_up_to_minor": 5000},
            "An agent may give up to $8.00 a gift and $40.00 a week. May approve a colleague's gift of up to $50.00.",
        ),
        (
            {"is_never_bait": True, "is_never_regular": True},
            "An agent may give up to $8.00 a gift and $40.00 a week. Never before a sale and never like clockwork.",
        ),
        ({"per_gift_minor": 0}, "An agent may give nothing on their own."),
    ],
)
def test_every_ceiling_has_its_words(changes: dict[str, object], words: str) -> None:
    assert say(replace(PLAIN, **changes)) == words  # type: ignore[arg-type]


def test_whoever_is_not_asked_what_they_spend_is_said_in_a_sentence_of_its_own() -> None:
    assert say(PLAIN, 'tier is "St. Gold"') == (
        "An agent may give up to $8.00 a gift and $40.00 a week, to customers whose tier is “St. Gold”. Whoever has a"
        " problem, with the last order or an open one, is not asked about the tier: making good is for everybody."
    )


@pytest.mark.parametrize(
    ("giver", "who"),
    [
        ((GiverKind.ROLE, Role.ADMIN, "", ""), "An admin"),
        ((GiverKind.TEAM, None, "Phone", ""), "Everybody in the team Phone"),
        ((GiverKind.PERSON, None, "", "Ana"), "Ana"),
    ],
)
def test_who_gives_begins_the_sentence(giver: tuple[GiverKind, Role | None, str, str], who: str) -> None:
    assert giver_words(*giver) == who


def test_how_it_is_counted_from_when_and_whose_word_it_is() -> None:
    def day(on: date) -> str:
        return f"{on.day}/{on.month}"

    march = date(2026, 3, 14)
    assert counted(PLAIN, day, "Mo", "Ada", since=march) == (
        "Counted at the price in the shop; since 14/3; set by Mo, agreed by Ada."
    )
    summer = replace(PLAIN, basis=Basis.COST, valid_from=date(2026, 6, 1), valid_until=date(2026, 8, 31))
    assert counted(summer, day, "Mo", since=march) == "Counted at what it costs us; from 1/6 until 31/8; set by Mo."


def test_what_is_hardly_meant_is_doubted() -> None:
    assert doubts(PLAIN, money) == []
    assert doubts(replace(PLAIN, per_giver_per_day_minor=500, per_giver_per_month_minor=300), money) == [
        "A gift of more than $5.00 never fits: a giver has no more than that for a day.",
        "A gift of more than $3.00 never fits: a giver has no more than that for a month.",
        "The amount for a week is larger than that for a month, so it never counts.",
        "The amount for a day is larger than that for a month, so it never counts.",
    ]
    assert len(doubts(replace(PLAIN, approves_up_to_minor=700), money)) == 1
    assert len(doubts(replace(PLAIN, per_customer_days=30, per_customer_gifts=2, gap_days=30), money)) == 1


FULL = replace(
    PLAIN,
    order_share_percent=10,
    per_customer_gifts=1,
    per_customer_days=60,
    gap_days=30,
    approves_up_to_minor=5000,
    is_never_bait=True,
    eligibility="last order late",
)


def test_what_a_limit_asks_that_takes_its_place_does_not_is_told_one_by_one() -> None:
    assert left_out(FULL, replace(PLAIN, per_giver_per_week_minor=None, per_giver_per_day_minor=900), money) == [
        "the rule “last order late”",
        "10 % of the order",
        "$40.00 a week",
        "one gift per customer in 60 days",
        "gifts to one customer 30 days or more apart",
        "never before a sale",
        "approving a colleague's gift of up to $50.00",
    ]


def test_what_both_ask_is_not_left_out_however_large_and_another_rule_is() -> None:
    assert left_out(FULL, replace(FULL, per_giver_per_week_minor=9900, per_customer_gifts=9), money) == []
    assert left_out(FULL, replace(FULL, eligibility="orders > 3"), money) == ["the rule “last order late”"]
    assert left_out(PLAIN, FULL, money) == []
