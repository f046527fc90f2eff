"""The base of everything that comes in from a form or the API."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from deskapp.rules.words import say

_TOO_LARGE = 2**63  # BIGINT: PostgreSQL's driver refuses to look for a larger number


def no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError(say("Please leave out the character that cannot be shown."))
    return text


def _with_plain_breaks(text: object) -> object:
    """A browser sends each line break of a field as two characters, though it counts and shows it as one."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if isinstance(text, str) else text


def _no_larger_than_a_row(number: int) -> int:
    if not 0 <= number < _TOO_LARGE:
        raise ValueError(say("Please choose one of the list."))
    return number


RowId = Annotated[int, AfterValidator(_no_larger_than_a_row)]
Key = Annotated[str, StringConstraints(min_length=8, max_length=200, pattern=r"^[\x21-\x7e]+$")]
plain_breaks = BeforeValidator(_with_plain_breaks)  # goes first, though it stands last
Words = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(no_nul), plain_breaks]
ShortWords = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(no_nul)]


class Input(BaseModel):
    """Unknown fields are refused; surrounding blanks are not kept."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Keyed(Input):
    """A form that writes: the same `form_key` twice is one act."""

    form_key: Key
