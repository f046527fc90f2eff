"""Phone numbers by the library, and Presidio behind the same interface."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from deskapp.desk.recognisers import phone_numbers, presidio
from deskapp.rules.guard import Kind, check

find = phone_numbers()


@pytest.mark.parametrize(
    "number",
    ["+1 202-555-0143", "(415) 555-0132", "646.555.0175", "020 7946 0018", "07700 900461", "+44 (0)20 7946 0321",
     "0151 23456789", "0171-7654321", "030 23125 014", "+34 612 34 56 78", "06 12 34 56 78", "0044 7911 123456",
     "+٤٤ ٧٧٠٠ ٩٠٠١٢٣", "０２０ ７９４６ ００１８", "020\u200b7946\u200b0018"],
)  # fmt: skip
@pytest.mark.parametrize("around", ["{}", "ring her on {} after six", "new: {}."])
def test_a_phone_number_is_seen_and_its_place_is_said(number: str, around: str) -> None:
    text = around.format(number)
    (finding,) = find(text)
    assert finding.kind is Kind.PHONE
    assert text[finding.start : finding.end].strip(".") == number
    assert len(finding.words) == 5


@pytest.mark.parametrize(
    "text",
    ["order 2025550143", "ISBN 0-306-40615-2", "invoice 2026-000341", "parcel 00340434161094042557", "14.03.2026 um 12:00",
     "EAN 4006381333931", "PO 4500012345", "192.168.10.24", "555 0100", "1,234.56 and 1,000.00", "Kundennummer 0151 23456789",
     "lot 20260314-77", "coordinates 52.5200, 13.4050", "12 34 56", "w 120 h 80 d 75 cm, 23.5 kg"],
)  # fmt: skip
def test_another_number_is_let_be(text: str) -> None:
    assert list(find(text)) == []


def test_a_number_without_any_sign_counts_beside_a_word_that_says_so() -> None:
    assert [one.words for one in find("his cell: 2025550143")] == ["…0143"]
    assert list(find("2025550143 is taken")) == []


def test_a_shop_says_whose_way_of_writing_it_knows() -> None:
    assert list(phone_numbers(["US"])("0151 23456789")) == []
    assert [one.words for one in phone_numbers(["US"])("+49 151 23456789")] == ["…6789"]


def test_few_digits_never_reach_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deskapp.desk.recognisers.parse", lambda *_: pytest.fail("asked"))
    assert list(find("0 2 4 6 8 0 and words")) == []


def test_a_card_number_is_no_phone_number_as_well() -> None:
    text = "4111 1111 1111 1111"
    assert [one.kind for one in check(text, None, find(text))] == [Kind.CARD_NUMBER]


def test_presidio_answers_through_the_same_interface(monkeypatch: pytest.MonkeyPatch) -> None:
    def analyze(*, text: str, language: str, entities: list[str]) -> list[SimpleNamespace]:
        assert language == "en"
        assert {"US_SSN", "PHONE_NUMBER"} <= set(entities)
        at = text.index("5")
        return [
            SimpleNamespace(entity_type="US_SSN", start=at, end=at + 4, score=0.85),
            SimpleNamespace(entity_type="US_PASSPORT", start=0, end=2, score=0.05),
        ]

    fake = ModuleType("presidio_analyzer")
    monkeypatch.setitem(sys.modules, "presidio_analyzer", fake)
    monkeypatch.setattr(fake, "AnalyzerEngine", lambda: SimpleNamespace(analyze=analyze), raising=False)
    (finding,) = presidio()("his 5362")
    assert (finding.kind, finding.start, finding.end) == (Kind.NATIONAL_ID, 4, 8)
