import re
from decimal import Decimal

import pytest
from babel import Locale
from babel.numbers import get_currency_precision
from hypothesis import given, settings
from hypothesis import strategies as st

from deskapp.rules.money import decimals, is_currency, parse_minor, to_decimal, to_text


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("4.50", "USD", 450),
        ("4.5", "USD", 450),
        (" 4 ", "USD", 400),
        ("0", "USD", 0),
        ("0.00", "USD", 0),
        ("007.10", "USD", 710),
        ("4.5000", "USD", 450),
        ("0.01", "USD", 1),
        ("450", "JPY", 450),
        ("450.00", "JPY", 450),
        ("1.234", "KWD", 1234),
        ("1.2", "KWD", 1200),
        ("1.2345", "CLF", 12345),
        ("999999999999.99", "USD", 99999999999999),
    ],
)
def test_plain_digits_become_minor_units(text, currency, minor):
    assert parse_minor(text, currency) == minor


@pytest.mark.parametrize(
    "text",
    [
        "", " ", ".", "4.", ".5", "+1", "1e3", "1_000", "1,000", "1,000.00", "1 000", "NaN", "inf", "0x10", "$4", "4 USD",
        "٤", "４", "4.5.0", "4.00000", "4\n5", "4\x00", "½", "-", "-inf", "4-5", "1,5,0",
    ],
)  # fmt: skip
def test_anything_else_is_no_amount(text):
    with pytest.raises(ValueError, match=r"^Write the amount as plain digits, such as 4\.50\.$"):
        parse_minor(text, "USD")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("-1", "An amount cannot be negative."),
        ("\u22124.50", "An amount cannot be negative."),
        ("8,50", "Write a point, not a comma: 8.50."),
        ("8,5", "Write a point, not a comma: 8.5."),
        ("1" * 13, "This amount is too large: write at most 12 digits."),
        ("1" * 40 + ".50", "This amount is too large: write at most 12 digits."),
    ],
)
def test_the_usual_slips_each_have_their_own_sentence(text, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        parse_minor(text, "USD")


@pytest.mark.parametrize(("text", "currency"), [("4.505", "USD"), ("4.5", "JPY"), ("1.2345", "BHD"), ("0.001", "EUR")])
def test_a_fraction_of_a_minor_unit_is_refused_and_never_rounded(text, currency):
    with pytest.raises(ValueError, match=f"^{currency} has . decimals; this amount has more"):
        parse_minor(text, currency)


@pytest.mark.parametrize("code", ["usd", "US", "USDT", "U$D", "", "ÜSD", "ＵＳＤ", "USD\n"])
def test_a_currency_is_three_capital_letters(code):
    assert is_currency("USD")
    assert not is_currency(code)


def test_no_currency_has_more_decimals_in_use_than_here():
    """CLDR writes what is customary, which is never finer than ISO 4217; BYR and the like are retired."""
    codes = [code for code in Locale("en").currencies if is_currency(code)]
    assert [code for code in codes if get_currency_precision(code) > decimals(code)] == []


def test_the_odd_currencies_have_their_own_decimals():
    odd = {"JPY": 0, "KRW": 0, "ISK": 0, "XAF": 0, "KWD": 3, "IQD": 3, "TND": 3, "CLF": 4, "UYW": 4, "USD": 2, "HUF": 2}
    assert {code: decimals(code) for code in odd} == odd


@settings(deadline=None)
@given(st.integers(0, 10**12 - 1), st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_what_is_written_is_read_back_exactly(minor, currency):
    assert parse_minor(to_text(minor, currency), currency) == minor
    assert to_decimal(minor, currency) * 10 ** decimals(currency) == Decimal(minor)


@settings(deadline=None)
@given(st.text("0123456789.,-+eE_ ٤", max_size=18), st.sampled_from(["USD", "JPY", "KWD"]))
def test_a_text_is_its_exact_value_or_a_value_error(text, currency):
    try:
        minor = parse_minor(text, currency)
    except ValueError:
        return
    assert to_decimal(minor, currency) == Decimal(text.strip())
