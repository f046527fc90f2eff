"""What the writer of a card reads, whole, in the languages of the interface."""

from dataclasses import replace
from datetime import date

import pytest

from deskapp.desk.tongues import tongue
from deskapp.rules import card_sizes, feedback
from deskapp.rules.card_facts import Known, NearDay, Taste
from deskapp.rules.card_sizes import PLURALS, Hand, Length, Paper, Word
from deskapp.rules.prompts import prompt
from deskapp.rules.words import Said

TODAY = date(2026, 3, 20)
A6 = Paper("A6", 148, 105, 8)
KNOWN = Known(
    customer="Carla Núñez",
    shop="Corner & Co",
    today=TODAY,
    ship_on=date(2026, 3, 24),
    placed_on=date(2026, 3, 18),
    items=("Blue mug", "Plum jam", "Green tea", "Salt"),
    gifts=("Tea tin",),
    earlier_orders=4,
    since=date(2024, 5, 3),
    language="es",
    need_by_on=date(2026, 3, 26),
    tastes=(
        Taste("like", "roses", "Ana", date(2026, 3, 6), id=1),
        Taste("dislike", "lilies", "Ana", date(2026, 3, 6), id=2),
        Taste("pronunciation", "NOO-nyez", "Ana", date(2026, 3, 6), id=3),
    ),
    occasions=(NearDay("birthday", "", date(2026, 3, 28), "Bo", date(2026, 3, 19), id=4),),
)


def in_(code: str, text: str) -> str:
    assert isinstance(text, Said), text
    return text.inside(tongue(code))


def test_a_prompt_reads_as_german() -> None:
    made = prompt(KNOWN)
    assert in_("de", made.who) == (
        "Carla Núñez (gesprochen „NOO-nyez“). Liest Spanisch: Schreiben Sie in dieser Sprache, wenn Sie können."
    )
    assert in_("de", made.why_now) == (
        "Das Paket geht am Dienstag, 24. März hinaus. Gebraucht bis: Donnerstag, 26. März. Eine Zugabe geht mit: Tea tin."
    )
    assert [(in_("de", one.text), in_("de", one.source), in_("de", one.age)) for one in made.facts[:3]] == [
        ("Geburtstag am Samstag, 28. März", "im Gespräch mit Bo", "gestern"),
        ("Mag roses", "im Gespräch mit Ana", "vor 2 Wochen"),
        ("Bestellt: Blue mug, Plum jam und 2 weitere", "diese Bestellung", "vor 2 Tagen"),
    ]
    assert in_("de", made.facts[3].text) == "Bei uns seit Mai 2024"
    assert in_("de", made.not_to_mention[0]) == "Nicht nach dem Geschmack: lilies."


def test_the_words_of_people_keep_their_direction_within_arabic() -> None:
    facts = [in_("ar", one.text) for one in prompt(KNOWN).facts]
    assert facts[1] == "يحب \u2068roses\u2069"
    assert facts[2] == "الطلبية: \u2068Blue mug\u2069، \u2068Plum jam\u2069 وصنفان آخران"


def test_where_nothing_is_known_it_is_said_in_whole_sentences() -> None:
    nothing = prompt(replace(KNOWN, tastes=(), occasions=()))
    assert in_("de", nothing.better_next_time).startswith(
        "Noch ist nichts Persönliches bekannt. Bedanken Sie sich dafür, dass die Wahl auf „Blue mug“ fiel, und fragen Sie"
    )


@pytest.mark.parametrize(
    ("lines", "german", "arabic"),
    [
        (0, "Platz für 10 Zeilen zu etwa 44 Buchstaben.", "تتسع لـ10 أسطر، في كل منها نحو 44 حرفًا."),
        (1, "1 Zeichen, 1 von 10 Zeilen: noch Platz.", "حرف واحد، 1 من 10 أسطر: ما زال هناك متسع."),
        (
            12,
            "12 Zeichen: 2 Zeilen zu viel für A6 in mittlerer Schrift; es passt auf A6 in kleiner Schrift.",
            "12 حرفًا: زيادة بقدر سطرين على \u2068A6\u2069 بخط متوسط؛ يكفي له \u2068A6\u2069 بخط صغير.",
        ),
    ],
)
def test_the_count_below_a_card_agrees_in_every_number(lines: int, german: str, arabic: str) -> None:
    said = card_sizes.length_words(Length(lines, [[Word(0, 1)]] * lines), A6, Hand.MEDIUM, [(A6, Hand.SMALL)])
    assert (in_("de", said), in_("ar", said)) == (german, arabic)


def test_the_script_is_told_one_pattern_for_each_kind_of_plural() -> None:
    for code in ("en", "de", "ar"):
        told = card_sizes.patterns(tongue(code))
        assert {name: len(found) for name, found in told.items() if len(found) > 1} == {
            "characters": len(PLURALS),
            "lines": len(PLURALS),
        }
    assert card_sizes.patterns(tongue("en"))["lines"] == ["{n} lines", "{n} line", *["{n} lines"] * 4]
    assert card_sizes.patterns(tongue("ar"))["lines"][1:4] == ["سطر واحد", "سطرين", "{n} أسطر"]


def test_why_nobody_was_asked_reads_in_every_tongue() -> None:
    assert in_("de", feedback.WORDS[feedback.Rule.GIFT_DECLINED_LATELY]) == (
        "Vor weniger als 30 Tagen wurde ein Geschenk abgelehnt."
    )
    unsaid = [
        rule
        for rule in feedback.Rule
        for code in ("de", "ar")
        if in_(code, feedback.SHORT[rule]) == feedback.SHORT[rule]
    ]
    assert unsaid == []
