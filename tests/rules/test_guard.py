"""Invented notes and numbers; the card numbers are the schemes' published test numbers."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.desk.tongues import tongue
from deskapp.rules.guard import Kind, Policy, check, in_the_way, sentence
from deskapp.rules.guard_kinds import DEFAULTS, INSTEAD, NAMES, WHY
from deskapp.rules.guard_numbers import is_card_number


def kinds(text: str) -> list[Kind]:
    return [finding.kind for finding in check(text)]


@pytest.mark.parametrize(
    "number",
    [
        "4111111111111111",
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111\u20111111\u20111111\u20111111",
        "4111\u00a01111\u00a01111\u00a01111",
        "4111  1111  1111  1111",
        "4222222222222",
        "5555555555554444",
        "2223003122003222",
        "3782 822463 10005",
        "30569309025904",
        "6011111111111117",
        "3530111333300000",
        "6240008631401148",
        "٤١١١ ١١١١ ١١١١ ١١١١",
        "４１１１１１１１１１１１１１１１",
        "4111\u200b1111\u200b1111\u200b1111",
    ],
)
@pytest.mark.parametrize(
    "around", ["{}", "card {} exp 03/27 cvc 123", "his card is {}, ring 555 0100", "{} 03/27", "12 {}", "no{}x"]
)
def test_a_card_number_is_seen_however_it_is_written(number, around):
    assert Kind.CARD_NUMBER in kinds(around.format(number))


@pytest.mark.parametrize(
    "text",
    [
        "order 4111111111111112",  # fails the check digit
        "parcel 00340434161094042557",
        "EAN 4006381333931",
        "ring +1 555 010 0199 or 555 0100",
        "2026-03-14 12:00, 2026-03-15 12:00",
        "0000 0000 0000 0000",
        "1234567890123456789012345678901234567890",
        "table 4 at 11 11, party of 11",
    ],
)
def test_other_numbers_are_let_be(text):
    assert kinds(text) == []


def test_a_number_of_one_issuer_has_that_issuers_length():
    assert is_card_number("378282246310005")
    assert not is_card_number("3782822463100000")


@pytest.mark.parametrize(
    "iban",
    [
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "gb82 west 1234 5698 7654 32",
        "NO93 8601 1117 947",
        "MT84MALT011000012345MTLCAST001S",
        "FR14-2004-1010-0505-0001-3M02-606",
    ],
)
@pytest.mark.parametrize("around", ["{}", "account {} is hers", "AB12 {}", "IBAN:{}."])
def test_a_bank_account_is_seen_however_it_is_written(iban, around):
    assert Kind.BANK_ACCOUNT in kinds(around.format(iban))


@pytest.mark.parametrize(
    "text", ["DE89370400440532013001", "XX89370400440532013000", "SKU AB12CD34EF56GH78", "DE89 3704"]
)
def test_what_only_looks_like_a_bank_account_is_let_be(text):
    assert kinds(text) == []


@pytest.mark.parametrize("text", ["4111 1111 1111 1111", "DE89370400440532013000"])
def test_an_account_number_is_refused_even_if_confirmed_and_not_repeated(text):
    (finding,) = in_the_way(text, is_confirmed=True)
    assert finding.is_refused
    assert finding.words in {"…1111", "…3000"}
    assert text not in sentence((finding,))
    assert "Keep it as it is" not in sentence((finding,))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("She told me she has diabetes", Kind.HEALTH),
        ("is PREGNANT", Kind.HEALTH),
        ("Goes to church on Sundays", Kind.FAITH),
        ("is a Muslim", Kind.FAITH),
        ("Voted for the other one", Kind.POLITICS),
        ("He is a trade-union man", Kind.UNION),
        ("having an affair", Kind.SEX_LIFE),
        ("a black guy", Kind.ETHNICITY),
        ("two Asian ladies and an Asian lady", Kind.ETHNICITY),
        ("good-looking", Kind.LOOKS),
        ("an old lady", Kind.LOOKS),
        ("looks rich", Kind.WEALTH),
        ("can’t afford it", Kind.WEALTH),
        ("so rude!", Kind.JUDGING),
        ("what an idiot", Kind.JUDGING),
        ("two idiots", Kind.JUDGING),
    ],
)
def test_words_that_are_nobodys_business_are_warned_of_and_can_be_confirmed(text, kind):
    assert kind in kinds(text)
    assert in_the_way(text, is_confirmed=False)
    assert in_the_way(text, is_confirmed=True) == ()
    assert "Keep it as it is" in sentence(in_the_way(text, is_confirmed=False))


@pytest.mark.parametrize(
    "text",
    [
        "She is allergic to nuts",
        "Full fat milk, a rich chocolate cake and non-alcoholic wine",
        "Asked for the pretty blue one, and a black mug",
        "Christian asked about Christmas cards",
        "Her order broke the record; the white shelf was heavy",
        "Old Street 4, Poor Knights Lane",
        "Wants the strawberry jam she had before, and soon",
        "Likes hot tea, cheap pens and loaded fries",
        "ist die Tasse noch da?",
        "",
    ],
)
def test_a_harmless_note_is_let_be(text):
    assert kinds(text) == []


def test_each_word_is_named_once_and_numbers_come_first():
    found = check("Rude, rude, RUDE and wealthy; card 4111 1111 1111 1111")
    assert [finding.words for finding in found] == ["…1111", "rude", "wealthy"]


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("card 4111 1111 1111 1111 here", "4111 1111 1111 1111"),
        ("ja, de89 3704 0044 0532 0130 00!", "de89 3704 0044 0532 0130 00"),
        ("mail to lou@example.org now", "lou@example.org"),
        ("her SSN 536-22-8726.", "536-22-8726"),
        ("süß, aber hässlich angezogen", "hässlich"),
        ("she is so very RUDE", "RUDE"),
        ("ﷺ and Straße: he has d\u200bementia", "has d\u200bementia"),
        ("he has d i a b e t e s", "d i a b e t e s"),
        ("\U0001f382\U0001f382 \uff14\uff11\uff11\uff11111111111111 x", "\uff14\uff11\uff11\uff11111111111111"),
    ],
)
def test_a_finding_says_where_its_words_stand(text, marked):
    (finding,) = check(text)
    assert text[finding.start : finding.end] == marked


def test_a_shops_policy_decides_what_may_stay():
    strict = DEFAULTS | {Kind.HEALTH: Policy.REFUSE, Kind.BANK_ACCOUNT: Policy.WARN}
    assert in_the_way("She has diabetes", is_confirmed=True, policies=strict)
    assert not in_the_way("DE89370400440532013000", is_confirmed=True, policies=strict)
    reasons = DEFAULTS | {Kind.FAITH: Policy.REASON}
    assert sentence(check("is a Muslim"), reasons).endswith("Or say why it stays.")


def test_a_number_is_found_as_one_thing_only():
    assert kinds("4111 1111 1111 1111") == [Kind.CARD_NUMBER]


def test_every_kind_says_why_and_what_to_write_instead():
    for kind in Kind:
        assert WHY[kind].endswith(".")
        assert INSTEAD[kind].endswith((".", "”."))
        assert NAMES[kind]
        assert kind in DEFAULTS


def test_nothing_found_says_nothing():
    assert sentence(()) == ""


@pytest.mark.parametrize("text", ["4 " * 10_000, "1" * 20_000, "DE89 " * 4_000, "AA00" + "A" * 20_000, "is " * 6_000])
def test_the_longest_note_is_read_whatever_is_in_it(text):
    assert kinds(text) == []


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_text_is_read(text):
    assert all(finding.words for finding in check(text))


@settings(deadline=None)
@given(st.text("0123456789", min_size=15, max_size=15), st.sampled_from(["", " ", "-"]))
def test_of_sixteen_digits_exactly_one_check_digit_of_ten_is_a_card_number(digits, joint):
    numbers = ["4" + digits[1:] + str(last) for last in range(10)]
    assert sum(is_card_number(number) for number in numbers) == 1
    joined = [joint.join(number[at : at + 4] for at in range(0, 16, 4)) for number in numbers]
    assert any(Kind.CARD_NUMBER in kinds(number) for number in joined)


@pytest.mark.parametrize("policy", Policy)
def test_the_guard_speaks_arabic_and_quotes_what_was_typed(policy):
    said = sentence(check("rude, has diabetes"), dict.fromkeys(Kind, policy)).inside(tongue("ar"))
    assert re.findall("[A-Za-z]+", said) == ["rude", "has", "diabetes"]
    assert all(kind.inside(tongue("ar")) in said for kind in (WHY[Kind.HEALTH], INSTEAD[Kind.JUDGING]))
