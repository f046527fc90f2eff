"""What limits, rules and verdicts say is a sentence in every tongue, not an English one with other words in it."""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from cast import agents_limit

from deskapp.desk import verdicts
from deskapp.desk.limit_forms import EXAMPLES
from deskapp.desk.tongues import tongue
from deskapp.desk.wording import day_words, money
from deskapp.rules.authority import (
    Basis,
    Ceiling,
    GiverKind,
    Granted,
    NeedsApproval,
    Refused,
    Room,
    Unit,
    Verdict,
    Why,
    Worth,
)
from deskapp.rules.eligibility import Facts, NotARule, explain, explained, parse, why_not
from deskapp.rules.limit_words import counted, giver_words, sentence
from deskapp.rules.people import Role
from deskapp.rules.words import Said

GERMAN, ARABIC = tongue("de"), tongue("ar")
ISOLATES = str.maketrans("", "", "\u2066\u2067\u2068\u2069\u200e\u200f")
AGENT = giver_words(GiverKind.ROLE, Role.AGENT, "", "")
NOW = datetime(2026, 3, 14, 9, tzinfo=UTC)
TEA: Any = SimpleNamespace(name="Tee", currency="USD")
PROMISED = replace(
    agents_limit(per_gift_minor=800, per_giver_per_week_minor=4000),
    per_customer_gifts=1,
    per_customer_days=60,
    approves_up_to_minor=5000,
)
dollars = partial(money, currency="USD")


def in_arabic(said: Said) -> str:
    return said.inside(ARABIC).translate(ISOLATES)


def test_the_promise_is_a_german_and_an_arabic_sentence() -> None:
    said = sentence(PROMISED, AGENT, dollars, explained(parse("last order late or customer for 2 years")))
    assert said.inside(GERMAN) == (
        "Ein Agent darf bis zu 8,00\xa0$ je Geschenk und 40,00\xa0$ pro Woche geben, ein Geschenk je Kunde in 60 Tagen,"
        " an Kunden, deren letzte Bestellung zu spät kam oder die seit zwei Jahren oder länger bei uns sind."
        " Darf Geschenke von Kollegen bis 50,00\xa0$ freigeben."
    )
    arabic = in_arabic(said)
    assert arabic.startswith("يُسمح للموظف بمنح ما يصل إلى ")
    assert (
        "، هدية واحدة لكل عميل خلال 60 يومًا، للعملاء الذين تأخرت طلبيتهم الأخيرة أو الذين هم معنا منذ سنتين أو أكثر."
        in arabic
    )


def test_how_it_is_counted_is_one_too() -> None:
    summer = replace(PROMISED, basis=Basis.COST, valid_from=date(2026, 6, 1), valid_until=date(2026, 8, 31))
    said = counted(summer, partial(day_words, today=NOW.date()), "Mo", "Ada")
    assert said.inside(GERMAN) == (
        "Gezählt zu unseren Kosten; vom 1. Juni bis zum 31. August; festgelegt von Mo, mit Zustimmung von Ada."
    )


@pytest.mark.parametrize(
    ("rule", "german"),
    [
        ("orders > 1", "Kunden, die öfter als einmal bestellt haben."),
        ("customer for under 1 year", "Kunden, die seit weniger als einem Jahr bei uns sind."),
        ("spent at most 1000.50", "Kunden, die im letzten Jahr höchstens 1000,50 EUR ausgegeben haben."),
        ("days since gift > 90", "Kunden, deren letztes Geschenk, falls es eines gibt, vor mehr als 90 Tagen war."),
        ("tier is not gold, silver", "Kunden, deren Stufe weder „gold“ noch „silver“ ist."),
    ],
)
def test_each_condition_is_a_german_clause(rule: str, german: str) -> None:
    assert explain(parse(rule), "EUR").inside(GERMAN).startswith(german)


@pytest.mark.parametrize("rule", EXAMPLES)
def test_no_word_of_an_example_stays_english_but_names(rule: str) -> None:
    names = {"gold", "silver", "Airport", "EUR"}
    assert set(re.findall(r"[A-Za-z]+", in_arabic(explain(parse(rule), "EUR")))) <= names


def test_of_a_mistake_only_the_words_of_the_rule_language_stay_english() -> None:
    with pytest.raises(NotARule) as caught:
        parse("customer for 2")
    odd = caught.value.args[0]
    assert (
        odd.inside(GERMAN)
        == "Am Ende: Schreiben Sie nach 2 „days“, „weeks“, „months“ oder „years“: „customer for 2 years“."
    )


# --- verdicts -------------------------------------------------------------------------------------------------------

WORTH = Worth(450, 450)


def room(ceiling: Ceiling, left: int = 250, **more: Any) -> Room:
    return Room(ceiling, 4000, left, NOW + timedelta(days=9), name="Frühling", **more)


def told(verdict: Verdict) -> verdicts.Outcome:
    return verdicts.outcome(verdict, TEA, "USD", zone="UTC", now=NOW)


WEEK, GIFTS = room(Ceiling.PER_GIVER_PER_WEEK), room(Ceiling.GIFTS_IN_DAYS, 0, unit=Unit.GIFTS, days=60)
GERMAN_OF: Mapping[str, tuple[Verdict, str]] = {
    "granted": (Granted(WORTH, (WEEK,)), "Tee wird geschenkt. Sie dürfen diese Woche noch 2,50\xa0$ ausgeben."),
    "asked": (
        NeedsApproval(WORTH, WEEK, (WEEK,), ("Bo", "Mo")),
        "Tee kostet 2,00\xa0$ mehr, als für Sie diese Woche noch bleibt (2,50\xa0$). Bo oder Mo kann es freigeben.",
    ),
    "budget": (
        Refused(Why.OVER_BUDGET, WORTH, room(Ceiling.BUDGET), ()),
        "Tee kostet 4,50\xa0$; im Budget „Frühling“ bleiben noch 2,50\xa0$. Das nächste ist ab dem 23. März möglich.",
    ),
    "count": (
        Refused(Why.TOO_MANY, WORTH, replace(GIFTS, most=1), ()),
        "Ein Kunde bekommt höchstens ein Geschenk innerhalb von 60 Tagen. Das nächste ist ab dem 23. März möglich.",
    ),
}


@pytest.mark.parametrize("case", GERMAN_OF)
def test_a_verdict_names_the_ceiling_and_what_is_left_in_german(case: str) -> None:
    verdict, german = GERMAN_OF[case]
    said = told(verdict).sentence
    assert isinstance(said, Said)
    assert said.inside(GERMAN) == german


@pytest.mark.parametrize("case", GERMAN_OF)
def test_a_verdict_that_is_told_again_has_its_first_facts_and_the_readers_words(case: str) -> None:
    verdict, german = GERMAN_OF[case]
    first = told(verdict)
    again = verdicts.Outcome(**json.loads(json.dumps(first.to_keep())))
    assert again == first
    assert json.dumps(again.sentence) == json.dumps(first.sentence)
    assert isinstance(again.sentence, Said)
    assert again.sentence.inside(GERMAN) == german
    assert again.sentence.inside(ARABIC) == first.sentence.inside(ARABIC)  # type: ignore[attr-defined]


def test_a_verdict_that_was_kept_in_english_alone_is_told_as_it_is() -> None:
    kept = told(GERMAN_OF["granted"][0]).to_keep() | {"sentence": "Tee is given. That was long ago."}
    assert verdicts.Outcome(**kept).sentence.inside(GERMAN) == "Tee is given. That was long ago."  # type: ignore[attr-defined]


def test_nothing_is_kept_of_why_a_customer_must_not_get_it() -> None:
    stopped = told(Refused(Why.HARD_STOP, detail="nuts"))
    assert "nuts" in stopped.sentence
    kept = stopped.to_keep()
    assert "nuts" not in json.dumps(kept)
    assert verdicts.Outcome(**kept).sentence == "Tee must not be given to this customer."


def test_why_nothing_may_be_given_ends_in_the_rule_that_was_failed() -> None:
    failed = Refused(Why.NOT_ELIGIBLE, detail=why_not(parse("orders >= 3"), Facts(NOW.date(), "USD")))
    assert verdicts.why_nothing(failed, "USD").inside(GERMAN) == (
        "Dieser Kunde gehört nicht zu denen, die etwas bekommen dürfen:"
        " Geschenke sind für Kunden, die drei Mal oder öfter bestellt haben."
    )
