"""A report read back: of this release, of the one before, and none at all."""

import json

import pytest
from sold import a_part, a_report, an_old_report

from deskapp.desk import model_report
from deskapp.desk.model_report import Range, as_text, view
from deskapp.desk.tongues import tongue
from deskapp.reco.report import Group


def stored(report: dict) -> dict:
    """As it comes back from the database."""
    return json.loads(json.dumps(report))


def groups(*ndcg: float) -> dict[str, list[Group]]:
    names = ["1", "2", "others"]
    return {"spending": [Group(name, a_part(40, one)) for name, one in zip(names, ndcg, strict=False)], "store": []}


def test_a_report_comes_back_as_it_was() -> None:
    found = view(stored(a_report(in_service=0.09)))
    assert [one.name for one in found.kinds] == ["plus-one", "new", "refill"]
    assert found.plus_one.ours.ndcg == Range(0.1, pytest.approx(0.08), pytest.approx(0.12))
    assert found.plus_one.in_service is not None
    assert found.plus_one.in_service.ndcg.value == 0.09
    assert found.from_on is not None
    assert found.from_on.isoformat() == "2024-10-04"


def test_a_report_of_the_release_before_has_no_intervals_and_no_pictures() -> None:
    found = view(stored(an_old_report()))
    assert found.plus_one.ours.ndcg == Range(0.1)
    assert found.plus_one.ours.novelty is None
    assert found.charts == ()
    assert "20.0\xa0%" in found.sentence
    assert "chance" not in found.sentence


@pytest.mark.parametrize("report", [{}, {"questions": 0, "beats_popularity": False}])
def test_where_nothing_was_measured_nothing_is_said_to_be(report: dict) -> None:
    found = view(report)
    assert found.sentence == "There were too few orders to judge it by."
    assert found.from_on is None
    assert found.charts == ()


def test_the_sentence_says_what_was_found_and_what_may_be_chance() -> None:
    found = view(stored(a_report(in_service=0.09)))
    assert found.sentence == (
        "Among its first ten it finds the hidden item in 20.0\xa0% of the orders, popularity alone in 10.0\xa0% and the model"
        " before it in 18.0\xa0%. Its lead over the model before it may be chance."
    )


def test_a_picture_has_a_scale_that_holds_all_of_it_and_a_sentence() -> None:
    found = view(stored(a_report(groups(0.04, 0.14, 0.02))))
    kinds, spending = found.charts
    assert kinds.title == "What was asked"
    assert [row.name for row in spending.rows] == ["Tenth 1, the least", "Tenth 2", "All others"]
    assert spending.top == 0.2
    assert spending.reading == (
        "Ahead of popularity in 3 of 3, in 1 by more than chance. Best: Tenth 2, 0.140. Weakest: All others, 0.020."
    )


def test_ways_to_group_without_groups_are_no_pictures() -> None:
    assert [one.title for one in view(stored(a_report({"store": []}))).charts] == ["What was asked"]


def test_the_terminal_shows_all_figures_with_their_intervals() -> None:
    text = as_text(view(stored(a_report(groups(0.04, 0.14), in_service=0.09))))
    assert "plus-one: an order with one item hidden that its customer had never bought (100 questions)" in text
    assert "0.1000 (0.0800 to 0.1200)" in text
    assert "over in service: NDCG +0.0100 (-0.0100 to +0.0300), which may be chance; hit rate +0.0200" in text
    assert "8.5 bits" in text
    assert "plus-one by spending" in text
    assert "too few questions to tell groups apart" in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_terminal_says_why_the_model_in_service_was_not_asked() -> None:
    text = as_text(view(stored(a_report() | {"unseen": 12})))
    assert "The model in service has seen nearly all of these (12 it has not), so it is not asked." in text


def test_the_terminal_can_show_nothing_too() -> None:
    assert as_text(view({})) == "There were too few orders to judge it by."


def test_the_sentences_are_whole_in_german_with_its_own_decimals() -> None:
    """A stitched sentence would keep English pieces."""
    quality = model_report.Quality(0.123, model_report.Range(0.1, 0.05, 0.2), 0.5)
    lead = model_report.Lead(model_report.Range(0.01, -0.1, 0.2), model_report.Range(0.0))
    part = model_report.Asked("plus-one", 10, quality, quality, quality, lead, lead)
    german = tongue("de")
    assert model_report.ReportView(10, None, None, (part,), {}).sentence.inside(german) == (
        "Unter seinen ersten zehn findet es den verdeckten Artikel in 12,3\xa0% der Bestellungen, die Beliebtheit allein in"
        " 12,3\xa0% und das Modell davor in 12,3\xa0%. Sein Vorsprung vor der Beliebtheit allein und vor dem Modell davor kann"
        " Zufall sein."
    )
    (chart,) = model_report.ReportView(10, None, None, (part,), {"spending": (part,)}).charts
    assert chart.title.inside(german) == "Nach bisherigen Ausgaben, in Zehnteln aller Kunden"
    assert (
        chart.reading.inside(german) == "Besser als die Beliebtheit in 1 von 1 Fällen, in 0 davon um mehr als Zufall."
    )
