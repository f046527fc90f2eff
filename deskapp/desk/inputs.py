"""The base of everything that comes in from a form or the API."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


def no_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("Please leave out the character that cannot be shown.")
    return text


Key = Annotated[str, StringConstraints(min_length=8, max_length=200, pattern=r"^[\x21-\x7e]+$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(no_nul)]
ShortWords = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(no_nul)]


class Input(BaseModel):
    """Unknown fields are refused; surrounding blanks are not kept."""

    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Keyed(Input):
    """A form that writes: the same `form_key` twice is one act."""

    form_key: Key
