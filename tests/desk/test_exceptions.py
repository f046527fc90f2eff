"""The report for managers, and each giver's own part of it, over a small shop's quarter."""

import cast
import pytest
from cast import NOW
from given import customers, put
from sqlalchemy import event
from sqlmodel import select

from deskapp.desk import exceptions, own_gifts
from deskapp.rules.exceptions import Kind, Share
from deskapp.store.gift_tables import Approval, GrantState, LimitVersion
from deskapp.store.tables import Staff


@pytest.fixture
def quarter(session, people):
    """Bo and Mo gave twelve tiny gifts each, every one to somebody else; of Ana's twelve three went to Carla."""
    others = iter(customers(session, 40))
    for who in ("bo", "mo"):
        for day in range(1, 13):
            put(session, people[who], next(others), days_ago=day)
    for day in range(1, 10):
        put(session, people["ana"], next(others), days_ago=day)
    for day in (10, 31, 50):
        put(session, people["ana"], cast.customer_id(session), days_ago=day)
    return session


def report(session, days=90):
    return exceptions.panel(session, days, zone="UTC", now=NOW)


def own(session, who, days=90):
    return own_gifts.panel(session, who, days, zone="UTC", now=NOW)


def found(panel):
    return {finding.kind: finding for finding in panel.findings}


def test_a_finding_is_a_question_in_words_with_its_figures_and_a_way_to_the_customer(quarter):
    finding = found(report(quarter))[Kind.SAME_RECEIVER]
    assert finding.reading == "3 of Ana’s 12 gifts went to Carla Núñez; by chance about 0.4 would. Worth asking why."
    (row,) = finding.rows
    assert (row.giver, row.count, row.of) == ("Ana", 3, 12)
    assert row.customers == [(cast.customer_id(quarter), "Carla Núñez")]


@pytest.mark.parametrize(("rows", "others"), [(3, ""), (4, "So it is with one other."), (5, "So it is with 2 others.")])
def test_what_is_not_read_aloud_is_counted(session, rows, others):
    shares = [Share(giver, 3, 12, 0.1, is_notable=True, customers=(1,)) for giver in range(1, rows + 1)]
    (finding,) = exceptions.word(
        session, exceptions.look(session, 30, zone="UTC", now=NOW), {Kind.SAME_RECEIVER: shares}
    )
    assert finding.reading.endswith(f"by chance about 1.2 would. {others} Worth asking why.".replace("  ", " "))


def test_what_was_looked_at_and_does_not_stand_out_is_named(quarter):
    panel = report(quarter)
    assert [finding.kind for finding in panel.findings] == [Kind.SAME_RECEIVER]
    assert len(panel.quiet) == len(Kind) - 1
    assert (panel.gifts, panel.givers) == (36, 3)


def test_only_the_period_is_looked_at(quarter):
    assert report(quarter, days=30).findings == []
    assert report(quarter, days=30).gifts == 34


def test_a_desk_that_gave_nothing_has_nothing_to_ask(session):
    panel = report(session)
    assert (panel.gifts, panel.findings) == (0, [])


def test_gifts_just_under_the_ceiling_are_told_beside_the_middle_of_all(quarter, people):
    for day in range(1, 7):
        put(quarter, people["ana"], customers_next(quarter, day), days_ago=day, price=495)
    finding = found(report(quarter))[Kind.JUST_UNDER]
    assert finding.reading == (
        "6 of Ana’s 18 gifts were worth within a tenth of the most that may be given at once;"
        " half of all givers have none. Worth asking why."
    )
    assert finding.rows[0].more_customers == 1


@pytest.mark.parametrize(
    ("kind", "usual", "words"),
    [
        (Kind.TAKEN_BACK, 0.1, "; for the middle one of all givers it is 10 %"),
        (Kind.TAKEN_BACK, 0.0, "; half of all givers have none"),
        (Kind.TAKEN_BACK, None, ""),
        (Kind.ROUND, 0.004, "; of the shop’s prices less than 1 % are"),
        (Kind.ROUND, 0.0, "; of the shop’s prices 0 % are"),
    ],
)
def test_what_is_usual_is_said_in_words(kind, usual, words):
    assert exceptions._beside(kind, usual) == words


def customers_next(session, number):
    from deskapp.store.tables import Customer

    return session.exec(select(Customer.id).where(Customer.external_id == f"N-{number}")).one()


def test_an_approved_gift_is_judged_by_the_approvers_ceiling_and_is_no_habit(quarter, people):
    limit = quarter.exec(select(LimitVersion).where(LimitVersion.role == people["bo"].role)).one()
    assert limit.per_gift_minor == 1500
    for day in range(1, 7):
        put(quarter, people["ana"], customers_next(quarter, day), days_ago=day, price=1490, approver=people["bo"])
    assert Kind.JUST_UNDER not in found(report(quarter))


def test_two_gifts_in_a_day_instead_of_one_are_told(quarter, people):
    for _ in range(2):
        put(quarter, people["bo"], customers_next(quarter, 39), days_ago=3, price=1000)
    finding = found(report(quarter))[Kind.SPLIT]
    assert (
        finding.reading == "Once Bo gave one customer within a day more than one gift may be worth. Worth asking why."
    )


def test_what_nobody_handed_over_is_told(quarter, people):
    for number in range(4):
        put(quarter, people["bo"], customers_next(quarter, number), days_ago=20, state=GrantState.RESERVED)
    for who in ("ana", "mo"):
        for number in range(10, 16):
            put(quarter, people[who], customers_next(quarter, number), days_ago=20)
    put(quarter, people["bo"], customers_next(quarter, 5), days_ago=20)
    assert (
        found(report(quarter))[Kind.WAITING].rows[0].words.startswith("4 of Bo’s 5 gifts that are older than two weeks")
    )


def test_a_customer_called_like_somebody_of_the_staff_is_told_with_who_it_may_be(quarter, people):
    quarter.get_one(Staff, people["mo"].staff_id).name = "CARLA NUÑEZ"
    words = [row.words for row in found(report(quarter))[Kind.STAFF].rows]
    assert words == ["3 of Ana’s 12 gifts went to Carla Núñez, who may be CARLA NUÑEZ."]


def test_an_address_that_begins_with_an_account_tells_who_it_may_be_too(quarter, people):
    quarter.get_one(Staff, people["ana"].staff_id).username = "carla"
    (row,) = found(report(quarter))[Kind.STAFF].rows
    assert row.words == "3 of Ana’s 12 gifts went to Carla Núñez, who may be the giver."


def test_givers_stand_by_name_and_by_nothing_else(quarter, people):
    for number in range(10, 15):
        put(quarter, people["mo"], customers_next(quarter, 0), days_ago=number)
    rows = found(report(quarter))[Kind.SAME_RECEIVER].rows
    assert [(row.giver, row.count) for row in rows] == [("Ana", 3), ("Mo", 5)]


def test_the_report_asks_eight_queries_however_much_was_given(quarter):
    asked = []
    connection = quarter.connection()
    event.listen(connection, "before_cursor_execute", lambda *args: asked.append(args[2]))
    report(quarter)
    assert len(asked) <= 8


# --- one's own ------------------------------------------------------------------------------------------------------


def test_the_giver_sees_the_very_finding_that_the_manager_sees(quarter, people):
    (finding,) = own(quarter, people["ana"]).findings
    assert finding.reading == "3 of your 12 gifts went to Carla Núñez; by chance about 0.4 would. Worth asking why."
    assert own(quarter, people["bo"]).findings == []


def test_nobody_sees_a_colleagues_figures(quarter, people):
    panel = own(quarter, people["bo"])
    assert {row.giver for finding in own(quarter, people["ana"]).findings for row in finding.rows} == {"Ana"}
    assert all(figure.of <= 12 for figure in panel.figures)
    assert {gift.customer for gift in panel.gifts} == {f"Customer {n}" for n in range(12)}


def test_of_fewer_than_five_gifts_nothing_is_compared(session, people):
    for customer in customers(session, 4):
        put(session, people["ana"], customer)
    panel = own(session, people["ana"])
    assert (panel.total, panel.figures, panel.findings) == (4, [], [])


def test_each_gift_says_what_became_of_it_and_who_approved_it(session, people):
    carla = cast.customer_id(session)
    put(session, people["ana"], carla, days_ago=2, state=GrantState.UNDONE)
    put(session, people["ana"], carla, sku="lamp", approver=people["mo"], state=GrantState.RESERVED)
    put(session, people["bo"], carla)
    newest, older = own(session, people["ana"]).gifts
    assert (newest.item, newest.state, newest.approver) == ("Reading lamp", "to be handed over", "Mo")
    assert (older.item, older.state, older.is_kept) == ("Green tea, 20 bags", "taken back", False)


def test_a_week_runs_from_monday_in_the_zone_of_the_limit_and_counts_what_was_kept(session, people):
    limit = session.exec(select(LimitVersion).where(LimitVersion.role == people["ana"].role)).one()
    first, second, third, fourth = customers(session, 4)
    put(session, people["ana"], first, days_ago=5, price=300)  # Monday the 9th, 15:09 UTC
    put(session, people["ana"], second, days_ago=6, price=400)  # Sunday
    put(session, people["ana"], third, days_ago=1, price=50)
    put(session, people["ana"], fourth, days_ago=1, state=GrantState.RETURNED)
    weeks = own(session, people["ana"]).weeks
    assert [(str(week.starts_on), week.gifts, week.own_minor) for week in weeks] == [
        ("2026-03-09", 2, 350),
        ("2026-03-02", 1, 400),
    ]
    assert {week.most_minor for week in weeks} == {limit.per_giver_per_week_minor}


def test_what_is_left_now_stands_beside_it(session, people):
    assert [room.left for room in own(session, people["ana"]).left.rooms if room.fills] == [1200]


def test_what_others_approved_counts_as_theirs_and_what_one_lent_as_ones_own(session, people):
    carla = cast.customer_id(session)
    put(session, people["ana"], carla, price=100)
    put(session, people["ana"], carla, price=4497, approver=people["bo"])
    put(session, people["ana"], carla, price=900, approver=people["bo"], state=GrantState.UNDONE)
    (anas,), (bos,) = own(session, people["ana"]).weeks, own(session, people["bo"]).weeks
    assert (anas.gifts, anas.own_minor, anas.approved_minor, anas.lent_minor) == (2, 100, 4497, 0)
    assert (bos.gifts, bos.own_minor, bos.approved_minor, bos.lent_minor) == (0, 0, 0, 4497)


def test_what_was_approved_for_somebody_who_is_away_drew_on_them(session, people):
    grant = put(session, people["ana"], cast.customer_id(session), price=4497, approver=people["bo"])
    session.get_one(Approval, grant.approval_id).on_behalf_of = people["mo"].staff_id
    session.flush()
    assert own(session, people["bo"]).weeks == []
    assert [week.lent_minor for week in own(session, people["mo"]).weeks] == [4497]
