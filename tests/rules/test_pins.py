"""PINs that people try first are refused, and enough are left."""

import pytest

from deskapp.rules.pins import problem_with

DATES = ["140385", "031485", "850314", "198503", "031985", "010100", "290224", "311299"]
PLAIN = ["000000", "123456", "654321", "890123", "135791", "121212", "123123", "123321", "112233", "474747", "696969"]


@pytest.mark.parametrize("pin", DATES)
def test_a_date_is_no_pin(pin: str) -> None:
    assert "reads as a date" in problem_with(pin)


@pytest.mark.parametrize("pin", [*PLAIN, "147258", "159753"])
def test_what_is_tried_first_is_no_pin(pin: str) -> None:
    assert "first PINs" in problem_with(pin) or "date" in problem_with(pin)


@pytest.mark.parametrize(
    "pin", ["", "1", "12345", "1234567", "12345a", "-12345", " 73915", "٧٣٩١٥٨", "7391 5", "²³⁴⁵⁶⁷"]
)
def test_a_pin_is_six_plain_digits(pin: str) -> None:
    assert problem_with(pin) == "Please choose 6 digits."


@pytest.mark.parametrize("pin", ["739158", "508264", "962751"])
def test_what_says_nothing_may_be_used(pin: str) -> None:
    assert problem_with(pin) == ""


def test_seven_of_eight_pins_are_left() -> None:
    every = [f"{n:06}" for n in range(0, 1_000_000, 37)]  # a prime with 10, so that all endings are met
    assert sum(not problem_with(pin) for pin in every) / len(every) > 7 / 8
