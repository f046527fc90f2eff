"""Words of what is kept and of what is typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskapp.rules.search import (
    MOST_WORDS,
    Term,
    customer_keys,
    excerpt,
    holds_phrases,
    is_phone,
    likeness,
    mistaken,
    phone_key,
    pieces,
    sought,
    tokens,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Crème brûlée, twice!", "creme brulee twice"),
        ("O’Brien-Smith", "o brien smith"),
        ("Łódź Straße", "lodz strasse"),
        ("ΜΑΡΙΑ Μαρία", "μαρια μαρια"),
        ("茶が", "茶 茶か か"),  # が is か with a mark
        ("tea茶", "tea 茶"),
        ("a🎂b", "a b"),
        ("x" * 99, "x" * 60),
        (" \t…—", ""),
    ],
)
def test_a_text_is_found_by_its_words(text: str, words: str) -> None:
    assert tokens(text) == words


def test_a_customer_is_found_by_each_word_with_the_whole_name_behind_it() -> None:
    assert customer_keys("ana o'brien", "ana@b.example", "+49 (0)171 123456", "C-1") == [
        "#c-1 ",
        "+65432117194",
        "@ana@b.example",
        "ana ana o brien ",
        "brien ana o brien ",
        "o ana o brien ",
        "obrien ana o brien ",
    ]


def test_a_name_without_blanks_is_found_by_each_of_its_ends() -> None:
    assert customer_keys("山田太郎", None, "12345", "1") == [
        "#1 ",
        *(f"{end} 山田太郎 " for end in sorted(("山田太郎", "田太郎", "太郎", "郎"))),
    ]


def test_a_phone_is_known_by_its_end_with_its_country_or_without() -> None:
    assert phone_key("+49 (0)171 12 34 56").startswith(phone_key("0171/123456"))
    assert is_phone("+49 (0)171 12-34.56")
    assert not is_phone("C-123456")


@pytest.mark.parametrize(
    ("typed", "terms", "phrases"),
    [
        ("plum ja", [Term("plum"), Term("ja", is_start=True)], ()),
        ("plum jam ", [Term("plum"), Term("jam")], ()),
        ("plum j", [Term("plum"), Term("j")], ()),
        ('"plum jam" te', [Term("te", is_start=True), Term("plum"), Term("jam")], ("plum jam",)),
        ("“plum jam”", [Term("plum"), Term("jam")], ("plum jam",)),
        ("山田", [Term("山田")], ()),
        ("山田太", [Term("山田"), Term("田太")], ("山田太",)),
        ('" * ( NEAR', [Term("near", is_start=True)], ()),
        ("", [], ()),
    ],
)
def test_what_is_typed_is_words_and_nothing_else(typed: str, terms: list[Term], phrases: tuple[str, ...]) -> None:
    assert (list(sought(typed).terms), sought(typed).phrases) == (terms, phrases)


@given(st.text())
def test_whatever_is_typed_is_read(typed: str) -> None:
    found = sought(typed)
    assert len(found.terms) <= MOST_WORDS
    assert all(not set(term.word) & set("\"'\\ *():&|!<>-") for term in found.terms)


def test_phrases_stand_together() -> None:
    assert holds_phrases("A PLUM, jam!", ("plum jam",))
    assert not holds_phrases("plums jam", ("plum jam",))
    assert holds_phrases("我喜欢绿茶。", ("喜欢绿",))


def test_every_single_slip_of_a_finger_is_thought_of() -> None:
    for slip in ("nuez", "nunnez", "nunes", "nnuez", "unez"):
        assert "nunez" in mistaken(slip)
    assert "мария" in mistaken("маря")
    assert mistaken("dan") == mistaken("山田太郎山田") == []


def test_the_closest_has_the_words_together_and_little_else() -> None:
    typed = sought("plum jam ")
    best = sorted(
        ["jam of plum", "long " * 90 + "plum jam", "plum jam", "plum and jam and tea"], key=lambda t: likeness(t, typed)
    )
    assert best[-2:] == ["long " * 90 + "plum jam", "plum jam"]


# --- excerpts -------------------------------------------------------------------------------------------------------


def marked(text: str, typed: str, length: int = 240) -> str:
    return "".join(
        f"[{piece}]" if is_marked else piece for piece, is_marked in excerpt(text, sought(typed).terms, length)
    )


@pytest.mark.parametrize(
    ("text", "typed", "seen"),
    [
        ("She likes Crème brûlée.", "creme bru", "She likes [Crème] [brû]lée."),
        ("plums and plum", "plum ", "plums and [plum]"),
        ("<b>plum</b>", "plum ", "<b>[plum]</b>"),
        ("我喜欢绿茶", "绿茶", "我喜欢[绿茶]"),
        ("nothing here", "zzz", "nothing here"),
        ("", "zzz", ""),
        ("ﬁne", "fine ", "[ﬁne]"),
        ("STRASSE, Straße", "strasse ", "[STRASSE], [Straße]"),
    ],
)
def test_an_excerpt_marks_what_was_looked_for_as_it_was_written(text: str, typed: str, seen: str) -> None:
    assert marked(text, typed) == seen


def test_an_excerpt_begins_a_little_before_the_first_word_and_is_cut_between_words() -> None:
    text = "before " * 40 + "plum " + "after " * 60
    seen = marked(text, "plum ", 120)
    assert seen.startswith("…before")
    assert "[plum]" in seen
    assert seen.endswith("after…")


@given(st.text(), st.text(max_size=20))
def test_an_excerpt_is_a_piece_of_the_text_unchanged(text: str, typed: str) -> None:
    pieces_seen = excerpt(text, sought(typed).terms)
    whole = "".join(piece for piece, _ in pieces_seen)
    assert whole in text or whole.removeprefix("…").removesuffix("…") in text


@given(st.text())
def test_words_have_no_blanks_and_nothing_unseen(text: str) -> None:
    assert all(word and not word.isspace() and word == "".join(pieces(word)) for word in pieces(text) if len(word) < 40)
