"""Which passwords are turned away, and that good ones are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.passwords import LONGEST, SHORTEST, problem_with

GUESSED_FIRST = """
    password password1 Password123! p@ssw0rd P4$$w0rd 12345678 123456789 1234567890 qwertyuiop qwerty123 1q2w3e4r 1qaz2wsx
    iloveyou sunshine1 princess football baseball welcome1 Welcome2024 admin123 letmein1 trustno1 abc12345 11111111 00000000
    abcd1234 passpass 87654321 superman1 starwars1 changeme1 deskapp2024 monkey123 asdfghjkl zxcvbnm1 qwer1234 aaaaaaaa
    20202020 19841984 1234abcd test1234 hello123 summer2025 Winter2024! password! qwertyqwerty 12341234 123123123 88888888
    q1w2e3r4 zaq12wsx 1234qwer asdf1234 asdfasdf a1234567 computer michelle jennifer qwertz123 01234567 76543210
    """.split()


@pytest.mark.parametrize("password", GUESSED_FIRST)
@pytest.mark.asvs(12)
def test_what_everybody_tries_first_is_turned_away_in_any_capitals(password):
    for spelled in (password, password.upper(), password.capitalize()):
        assert "first passwords" in problem_with(spelled)


@pytest.mark.parametrize(
    "password",
    [
        *("correct horse 42", "Tulpen-im-Regen", "x7#kQ!2m", "plum jam on toast", "rosebud-92-left", "myshop is open"),
        *("7431 9082 55", "correcthorse", "manana es otro dia", "staff entrance left", "8417 a b 9 22 7"),
        *("анна любит чай", "日本語のパスワード", "🐱🐶🐭🐹🐰🦊🐻🐼"),
    ],
)
def test_what_nobody_tries_first_is_taken(password):
    assert problem_with(password, "ana", "Ana Lim") == ""


@pytest.mark.parametrize("password", ["ana.lim1", "Ana Lim 2024", "ANALIMANALIM", "4n4l1m!!"])
def test_ones_own_name_is_no_password(password):
    assert problem_with(password, "ana.lim", "Ana Lim", "analim")


@pytest.mark.parametrize(
    ("password", "words"), [("", "at least 8"), ("7 chars", "at least 8"), ("ab " * 67, "at most 200")]
)
def test_the_length_is_said_first(password, words):
    assert words in problem_with(password)


@given(st.text(max_size=300), st.text(max_size=20))
def test_any_text_gets_an_answer_and_only_the_right_lengths_pass(password, name):
    problem = problem_with(password, name)
    assert problem or SHORTEST <= len(password) <= LONGEST
