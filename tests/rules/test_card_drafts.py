"""What goes out to a model, and what is believed of what comes back."""

import json

import pytest

from deskapp.rules.card_drafts import Material, Untraceable, material, read

FACTS = ["Mentioned that the garden is doing well this year.", "They ordered Blue mug.", "Order O-2 was their 3rd."]
STARTERS = ["Dear Carla, thank you for asking about the mug.", "All the best,"]


def sent(**more: object) -> Material:
    said = {"name": "Carla Núñez", "withheld": ["O-2"], "language": "en", "tone": "warm", "most_characters": 240}
    return material(FACTS, STARTERS, **(said | more))


def answer(*sentences: tuple[str, list[str]]) -> str:
    return json.dumps({"sentences": [{"text": text, "from": cited} for text, cited in sentences]})


def card(*sentences: tuple[str, list[str]]) -> str:
    return read(answer(*sentences), sent(), is_refused=lambda _text: "")


# --- out ------------------------------------------------------------------------------------------------------------


def test_texts_go_out_without_names_numbers_of_orders_or_our_keys() -> None:
    told = json.loads(sent().text)
    assert told == {
        "pieces": [
            {"id": "p1", "text": FACTS[0]},
            {"id": "p2", "text": FACTS[1]},
            {"id": "p3", "text": "Dear {name}, thank you for asking about the mug."},
            {"id": "p4", "text": STARTERS[1]},
        ],
        "language": "en",
        "tone": "warm",
        "most_characters": 240,
    }


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("Dear Carla Núñez,", "Dear {name},"),
        ("CARLA said so.", "{name} said so."),
        ("Mrs Núñez's garden", "Mrs {name}'s garden"),
        ("Carlas Garten", "{name} Garten"),
        ("Nunez, and CARLA-NÚÑEZ.", "{name}, and {name2}."),
        ("A carlass is no name, scarlatti neither.", "A {name} is no name, scarlatti neither."),
        ("Write {name} and {name2} here.", "Write  and  here."),
    ],
)
def test_each_word_of_the_name_is_taken_out(text: str, out: str) -> None:
    (piece,) = material([text], [], name="Carla Núñez", withheld=[], language="", tone="", most_characters=1).pieces
    assert piece.text == out


@pytest.mark.parametrize(
    ("address", "text", "out"),
    [
        ("Lotti Zimmermann", "Dear Lotti Zimmermann,", "Dear {name},"),
        ("by her first name, lotti", "Lottis first order, by hand", "{name} first order, by hand"),
        ("Du", "Wie geht es Du und Ed?", "Wie geht es Du und {name}?"),
        ("ليلى", "هذه هدية لليلى", "هذه هدية {name}"),
    ],
)
def test_the_name_they_wish_to_be_addressed_by_is_taken_out_too(address: str, text: str, out: str) -> None:
    found = material([text], [], name="Ed", address=address, withheld=[], language="", tone="", most_characters=1)
    assert found.pieces[0].text == out


def test_names_of_two_forms_go_back_where_they_were() -> None:
    said = material(
        ["Dear Carla,", "Mrs Núñez likes jam."],
        [],
        name="Carla Núñez",
        withheld=[],
        language="en",
        tone="",
        most_characters=99,
    )
    assert [piece.text for piece in said.pieces] == ["Dear {name},", "Mrs {name2} likes jam."]
    text = answer(("Dear {name},", ["p1"]), ("Mrs {name2} likes jam.", ["p2"]))
    assert read(text, said, is_refused=lambda _text: "") == "Dear Carla, Mrs Núñez likes jam."


# --- back -----------------------------------------------------------------------------------------------------------


def test_what_is_made_of_the_pieces_is_believed_and_named_again() -> None:
    text = card(
        ("Dear {name}, thank you for asking about the mug.", ["p3"]),
        ("We hope your garden goes on doing well and the blue mug too.", ["p1", "p2"]),
        ("All the best", ["p4"]),
    )
    assert text == (
        "Dear Carla, thank you for asking about the mug."
        " We hope your garden goes on doing well and the blue mug too. All the best"
    )


@pytest.mark.parametrize(
    ("sentence", "cited"),
    [
        ("Enjoy your holiday in Lisbon with the whole family.", ["p1"]),
        ("Your garden is doing well.", []),
        ("Your garden is doing well.", ["p9"]),
        ("Your garden is doing well.", ["note:17"]),
        ("Your garden is doing well.", ["p2"]),
        ("Your garden is doing well at 80.", ["p1"]),
        ("Dear {name9}, your garden is doing well.", ["p1"]),
        ("The garden burglar stole roses.", ["p1"]),
        ("Enjoy a free mug in the garden.", ["p1", "p2"]),
        ("Get a free voucher, garden friend.", ["p1"]),
        ("You are divorced.", ["p1"]),
        ("We know about the cancer.", ["p1"]),
        ("Give my love to your mistress.", ["p2"]),
        ("We do not like you.", ["p1"]),
        ("We don't want you.", ["p1"]),
        ("We never ordered the blue mug.", ["p2"]),
        ("Wir mögen keine.", ["p1"]),
        ("لا نحبك", ["p1"]),
    ],
)
def test_what_is_in_none_of_the_pieces_it_names_is_not_believed(sentence: str, cited: list[str]) -> None:
    with pytest.raises(Untraceable):
        card((sentence, cited))


def test_a_fact_that_denies_is_not_turned_into_its_opposite() -> None:
    said = material(
        ["Likes no sugar in the tea."], [], name="", withheld=[], language="en", tone="", most_characters=99
    )
    assert read(answer(("Tea without sugar.", ["p1"])), said, is_refused=lambda _text: "") == "Tea without sugar."
    with pytest.raises(Untraceable, match="opposite"):
        read(answer(("We know that you like sugar in the tea.", ["p1"])), said, is_refused=lambda _text: "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dear Carla, here is your card.",
        "[]",
        '{"sentences": []}',
        '{"sentences": "Hello."}',
        '{"sentences": ["Hello."]}',
        '{"sentences": [{"text": "Hello."}]}',
        '{"sentences": [{"text": 7, "from": ["p1"]}]}',
        '{"sentences": [{"text": "Hello.", "from": "p1"}]}',
        '{"sentences": [{"text": "Hello.", "from": [1]}]}',
        '{"sentences": [{"text": "Hel\\u0000lo.", "from": ["p1"]}]}',
        '{"sentences": [{"text": "  ", "from": ["p1"]}]}',
        answer(*[("The garden.", ["p1"])] * 9),
        answer((f"The garden {'garden ' * 200}", ["p1"])),
        "[" * 100_000,
        "{" * 5_000,
    ],
)
def test_an_answer_in_another_form_is_refused(text: str) -> None:
    with pytest.raises(Untraceable):
        read(text, sent(), is_refused=lambda _text: "")


def test_the_whole_is_judged_with_its_names_and_may_be_refused() -> None:
    judged = []
    with pytest.raises(Untraceable, match="Too long"):
        read(answer(("Dear {name},", ["p3"])), sent(), is_refused=lambda text: judged.append(text) or "Too long.")
    assert judged == ["Dear Carla,"]
