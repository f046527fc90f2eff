"""The lists prove themselves: what their own files say is caught is caught, and what is harmless is let be."""

import tomllib

import pytest

from deskapp.rules import guard, guard_reading
from deskapp.rules.guard import Kind, Policy, built_in, check
from deskapp.rules.guard_kinds import ALWAYS_REFUSED, DEFAULTS
from deskapp.rules.guard_reading import BadList, read

EXAMPLES = [(kind, text) for language in built_in().languages for kind, text in language.examples]
HARMLESS = [(kind, text) for language in built_in().languages for kind, text in language.harmless]
IDS = tomllib.loads(guard_reading.built_in("ids"))["id"]


def kinds(text: str) -> set[Kind]:
    return {finding.kind for finding in check(text)}


def test_every_kind_of_words_has_examples_in_every_language() -> None:
    for language in built_in().languages:
        assert {kind for kind, _ in language.examples} == set(guard_reading.BY_WORDS)
        assert {kind for kind, _ in language.harmless} == set(guard_reading.BY_WORDS)


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_an_example_is_caught(kind: Kind, text: str) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(("kind", "text"), HARMLESS)
def test_what_a_list_calls_harmless_is_harmless_to_every_list(kind: Kind, text: str) -> None:
    assert kinds(text) == set(), kind


@pytest.mark.parametrize("row", IDS, ids=[f"{row['country']} {row['name']}" for row in IDS])
def test_a_number_of_a_state_is_found_by_its_shape_and_its_check_digit(row: dict[str, list[str]]) -> None:
    for text in row["examples"]:
        assert Kind.NATIONAL_ID in kinds(text), text
    for text in row["harmless"]:
        assert Kind.NATIONAL_ID not in kinds(text), text


@pytest.mark.parametrize("row", [row for row in IDS if row["check"] and "near" not in row], ids=lambda row: row["name"])
def test_one_wrong_digit_is_seen(row: dict[str, list[str]]) -> None:
    """Most rules promise to notice every single digit that is wrong; those of France and Belgium miss none of these either."""
    (text, *_) = row["examples"]
    at = next(at for at, character in enumerate(text) if character.isdigit() and at > 1)
    for digit in set("0123456789") - {text[at]}:
        assert Kind.NATIONAL_ID not in kinds(f"{text[:at]}{digit}{text[at + 1 :]}")


@pytest.mark.parametrize(
    "text", ["order 533380006", "her passport cover, order 100023948", "ssn unknown, parcel 536228726"]
)
def test_near_a_word_that_says_otherwise_a_number_is_no_states(text: str) -> None:
    assert kinds(text) == set()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("she has diab\u0435tes", Kind.HEALTH),  # a Cyrillic letter
        ("she has d\u200bia\u00adbetes", Kind.HEALTH),  # zero width, soft hyphen
        ("d i a b e t e s", Kind.HEALTH),
        ("d.i.a.b.e.t.e.s", Kind.HEALTH),
        ("d1ab3tes", Kind.HEALTH),
        ("ＤＩＡＢＥＴＥＳ", Kind.HEALTH),
        (
            "\U0001d41d\U0001d422\U0001d41a\U0001d41b\U0001d41e\U0001d42d\U0001d41e\U0001d42c",
            Kind.HEALTH,
        ),  # bold letters
        ("di\u0301abe\u0308tes", Kind.HEALTH),  # marks on the letters
        ("diabtes, diabetse, diabettes, dlabetes", Kind.HEALTH),  # slips
        ("schwerhoerig", Kind.HEALTH),
        ("4111\n1111\r\n1111 1111", Kind.CARD_NUMBER),
        ("4111 - 1111 - 1111 - 1111", Kind.CARD_NUMBER),
        ("4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", Kind.CARD_NUMBER),
        ("४१११ ११११ ११११ ११११", Kind.CARD_NUMBER),
        ("\u0665\u0663\u0666-\u0662\u0662-\u0668\u0667\u0662\u0666", Kind.NATIONAL_ID),  # Arabic-Indic
        ("ｌｏｕ＠example.org", Kind.EMAIL),
        ("lou [at] example [dot] org", Kind.EMAIL),
    ],
)
def test_a_disguise_is_seen_through(text: str, kind: Kind) -> None:
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    ["di ab etes", "setebaid", "d-i-a-b-etes", "four one one one one one one one", "4111 1111 then later 1111 1111"],
)
def test_these_disguises_are_not_seen_through(text: str) -> None:
    """Known, and left so: whoever goes to such lengths means to, and the audit shows who wrote it."""
    assert kinds(text) == set()


@pytest.mark.parametrize(
    "text", ["сос диабет", "ορα", "Straße für ½ Äpfel ﷺ", "W32 L34 5CG1234XYZ", "\u200b\u200b", "^", "a" * 20_000]
)
def test_other_scripts_and_oddities_are_let_be(text: str) -> None:
    assert kinds(text) == set()


def test_phrases_are_found_over_filling_words_and_commas_but_not_over_everything() -> None:
    assert kinds("she is really very fat") == {Kind.LOOKS}
    assert kinds("the wool is soft and the lamp is fat") == set()


def test_a_beginning_of_a_sentence_stands_for_the_person() -> None:
    assert kinds("Came again. Is black, about forty") == {Kind.ETHNICITY}
    assert kinds("The mug is black") == set()


def test_card_numbers_and_numbers_of_states_are_refused_by_themselves() -> None:
    refused = {kind for kind, policy in DEFAULTS.items() if policy is Policy.REFUSE}
    assert refused == {Kind.CARD_NUMBER, Kind.BANK_ACCOUNT, Kind.NATIONAL_ID}
    assert refused >= ALWAYS_REFUSED


def test_a_list_can_be_read_by_itself() -> None:
    one = read(
        "xx",
        '[words]\nas = ["wie", "als"]\n[health]\nphrases = ["krank <as> nie", "übel*"]\nallowed = ["übel gelaunt"]\n',
    )
    assert one.phrases[Kind.HEALTH] == ("krank wie nie", "krank als nie", "übel*", "uebel*")
    lists = guard.Lists.of([one])
    assert [f.words for f in check("Krank als nie. Übelkeit, uebelst, übel gelaunt", lists)] == [
        "krank als nie",
        "ubelkeit",
        "uebelst",
    ]


def test_a_word_of_a_group_is_put_inside_a_word() -> None:
    one = read("xx", '[words]\norgan = ["herz", "nieren"]\n[health]\nphrases = ["<organ>leiden"]\n')
    assert one.phrases[Kind.HEALTH] == ("herzleiden", "nierenleiden")


def test_too_large_a_file_is_refused() -> None:
    with pytest.raises(BadList, match="a million"):
        read("xx", "#" * 1_000_001)
