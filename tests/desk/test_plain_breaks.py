"""A browser counts a line break as one character and sends it as two: what fits into a field is taken."""

import pytest
from pydantic import BaseModel

from deskapp.desk.cards import NewCard
from deskapp.desk.request_board import Decision
from deskapp.desk.requests import NewVoice

KEYED = {"form_key": "a-key-of-a-form"}
VOICE = KEYED | {"words": "Gift wrap"}
DECISION = KEYED | {"state": "declined", "seen": "new"}


@pytest.mark.parametrize(
    ("model", "field", "most", "rest"),
    [
        (NewVoice, "words", 500, VOICE),
        (NewVoice, "would_let", 500, VOICE),
        (Decision, "because", 500, DECISION),
        (NewCard, "text", 2_000, KEYED),
    ],
)
def test_as_many_characters_as_a_field_takes_are_taken_with_line_breaks(
    model: type[BaseModel], field: str, most: int, rest: dict[str, str]
) -> None:
    typed = "a\n" * (most // 2 - 1) + "aa"
    assert getattr(model(**rest | {field: typed.replace("\n", "\r\n")}), field) == typed
