"""Setting limits: every field, every kind of giver, two people where it takes two, and editions that never change."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import cast
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from deskapp.desk import agreements, limit_pages, limits
from deskapp.desk.limit_forms import EXAMPLES, NewLimit, Terms, explained, mark_of, typed
from deskapp.desk.limit_lines import Line, lines
from deskapp.rules.authority import AuthorityLimit, Basis, GiverKind
from deskapp.rules.errors import Conflict, Forbidden, Invalid, NotFound
from deskapp.rules.people import Actor, Role
from deskapp.store import limits as stored
from deskapp.store.db import Database
from deskapp.store.gift_tables import Agreement, Bucket, EditionOf, LimitVersion
from deskapp.store.tables import Audit, Staff

People = dict[str, Actor]

LATE_OR_OLD = "last order late or customer for 2 years"
TODAY = cast.NOW.date()


def edition(giver: str = "role:agent", key: str = "limit-key", **typed_too: object) -> NewLimit:
    plain = {"per_gift": "8", "per_giver_per_week": "40"}
    return NewLimit.model_validate({"giver": giver, "form_key": f"key-of-{key}"} | plain | typed_too)


def set_limit(session: Session, actor: Actor, form: NewLimit, terms: Terms = cast.TERMS, *, days: int = 0) -> int:
    return limits.set_limit(session, actor, form, terms=terms, now=cast.NOW + timedelta(days=days))


def say(session: Session, actor: Actor, version_id: int, *, is_agreed: bool = True) -> None:
    agreements.answer(session, actor, EditionOf.LIMIT, version_id, is_agreed=is_agreed, now=cast.NOW)


def counts(session: Session, actor: Actor, now: datetime = cast.NOW) -> AuthorityLimit:
    found = stored.find_limit(session, actor, now)
    assert found is not None
    return found


def line_of(session: Session, title: str, exception: str = "") -> Line:
    found = lines(session, now=cast.NOW)
    return next(one for one in found if (one.title, one.exception) == (title, exception))


def page(session: Session, actor: Actor) -> limit_pages.LimitsPanel:
    return limit_pages.panel(session, actor, terms=cast.TERMS, now=cast.NOW)


def join(session: Session, actor: Actor, team: str) -> Actor:
    session.get_one(Staff, actor.staff_id).team = team
    session.flush()
    return replace(actor, team=team)


# --- editions -------------------------------------------------------------------------------------------------------


def test_a_manager_sets_a_new_edition_and_the_old_one_stays(session: Session, people: People) -> None:
    before = counts(session, people["ana"])
    set_limit(session, people["mo"], edition())
    line = line_of(session, "Agents")
    assert line.now is not None
    assert line.now.sentence == "An agent may give up to $8.00 a gift and $40.00 a week."
    assert line.now.counted == "Counted at the price in the shop; since 14 March; set by Mo."
    assert [one.limit for one in line.past] == [before]


def test_what_is_typed_is_what_is_kept_field_by_field(session: Session, people: People) -> None:
    full = edition(
        exception="  Summer   fair ",
        valid_from="2026-06-01",
        valid_until="2026-08-31",
        approves_up_to="50",
        order_share_percent="10",
        per_giver_per_day="16.50",
        per_giver_per_month="99",
        per_customer_per_month="20",
        per_customer_days="60",
        per_customer="15",
        per_customer_gifts="1",
        gap_days="7",
        per_customer_per_year_gifts="4",
        is_never_bait="true",
        is_never_regular="true",
        basis="cost",
        eligibility=f" {LATE_OR_OLD} ",
        tried=mark_of(LATE_OR_OLD),
    )
    version_id = set_limit(session, people["mo"], full)
    assert stored.get_edition(session, version_id) == AuthorityLimit(
        version_id=version_id,
        giver_kind=GiverKind.ROLE,
        role=Role.AGENT,
        team="",
        staff_id=None,
        exception="Summer fair",
        currency="USD",
        basis=Basis.COST,
        zone="UTC",
        per_gift_minor=800,
        approves_up_to_minor=5000,
        order_share_percent=10,
        per_giver_per_day_minor=1650,
        per_giver_per_week_minor=4000,
        per_giver_per_month_minor=9900,
        per_customer_per_month_minor=2000,
        per_customer_days=60,
        per_customer_minor=1500,
        per_customer_gifts=1,
        gap_days=7,
        per_customer_per_year_gifts=4,
        is_never_regular=True,
        is_never_bait=True,
        eligibility=LATE_OR_OLD,
        valid_from=date(2026, 6, 1),
        valid_until=date(2026, 8, 31),
    )


def test_the_form_of_a_change_is_filled_with_what_would_set_the_same_again(session: Session, people: People) -> None:
    first = stored.get_edition(
        session, set_limit(session, people["mo"], edition(gap_days="3", approves_up_to="9.50", is_never_bait="true"))
    )
    filled = NewLimit.model_validate(typed(first) | {"form_key": "the-same-again"})
    again = stored.get_edition(session, set_limit(session, people["mo"], filled))
    assert replace(again, version_id=first.version_id) == first


@pytest.mark.parametrize("statement", ["UPDATE limit_version SET per_gift_minor = 1", "DELETE FROM limit_version"])
def test_an_edition_can_be_neither_changed_nor_deleted(database: Database, people: People, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
        session.connection().exec_driver_sql(statement)


def test_setting_twice_with_one_form_is_one_edition_and_one_line_of_audit(session: Session, people: People) -> None:
    seen = line_of(session, "Agents").newest_id
    for _ in range(2):
        set_limit(session, people["mo"], edition(seen=seen))
    assert len(session.exec(select(LimitVersion).where(LimitVersion.role == "agent")).all()) == 2
    written = session.exec(select(Audit).where(Audit.action == "limit.set")).one()
    assert written.subject == "role:agent"
    assert (written.details["per_gift_minor"], written.details["currency"]) == (800, "USD")


def test_of_two_managers_the_second_hears_of_the_first_and_loses_nothing(session: Session, people: People) -> None:
    seen = line_of(session, "Agents").newest_id
    set_limit(session, people["ada"], edition(seen=seen, key="ada"))
    with pytest.raises(
        Conflict, match=r"Ada has set this anew in the meantime: “An agent may give up to \$8.00 a gift"
    ):
        set_limit(session, people["mo"], edition(per_gift="9", seen=seen, key="mo"))


def test_at_one_moment_one_edition_follows_another_once(database: Database, people: People) -> None:
    """As if both had read the page's newest edition before either wrote."""
    with database.writing() as session:
        line = line_of(session, "Agents")
        limits._follow(session, line, cast.NOW)
    with pytest.raises(Conflict, match="at this very moment"), database.writing() as session:
        limits._follow(session, line, cast.NOW)


def test_only_managers_set_stop_and_agree(session: Session, people: People) -> None:
    for act in (
        lambda: set_limit(session, people["bo"], edition()),
        lambda: limits.stop(session, people["ana"], 1, form_key="stop-it", terms=cast.TERMS, now=cast.NOW),
        lambda: limits.try_out(session, people["ana"], edition(), terms=cast.TERMS, now=cast.NOW),
        lambda: say(session, people["bo"], 1),
    ):
        with pytest.raises(Forbidden):
            act()


# --- what is typed --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("amount", ["-1", "1e3", "1_000", "NaN", "٨", "8,50", "", "8.505", "9" * 13, "9" * 12])
def test_an_amount_that_is_not_plain_money_is_named_at_its_field(session: Session, people: People, amount: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_limit(session, people["mo"], edition(per_gift=amount))
    assert set(refused.value.problems) == {"per_gift"}


@pytest.mark.parametrize(
    ("wrong", "at"),
    [
        ({"giver": "role:delivery"}, "giver"),
        ({"giver": "team:Nobody's"}, "giver"),
        ({"giver": "person:999"}, "giver"),
        ({"giver": ""}, "giver"),
        ({"order_share_percent": "0"}, "order_share_percent"),
        ({"order_share_percent": "101"}, "order_share_percent"),
        ({"gap_days": "0"}, "gap_days"),
        ({"gap_days": "-3"}, "gap_days"),
        ({"gap_days": "9" * 9}, "gap_days"),
        ({"per_customer_per_year_gifts": "0"}, "per_customer_per_year_gifts"),
        ({"per_customer_gifts": "1"}, "per_customer_days"),
        ({"per_customer": "5"}, "per_customer_days"),
        ({"per_customer_days": "60"}, "per_customer_gifts"),
        ({"per_giver_per_week": ""}, "per_giver_per_week"),
        ({"per_gift": "0", "approves_up_to": "50", "per_giver_per_week": ""}, "per_giver_per_week"),
        ({"valid_until": "2026-03-13"}, "valid_until"),
        ({"valid_from": "2026-05-02", "valid_until": "2026-05-01"}, "valid_until"),
        ({"exception": "Fair"}, "valid_from"),
        ({"exception": "Fair", "valid_from": "2026-05-01"}, "valid_until"),
        ({"exception": "Fair", "valid_from": "2026-05-01", "valid_until": "2027-06-01"}, "valid_until"),
        ({"eligibility": "language is Spanish"}, "eligibility"),
        ({"eligibility": "x" * 5000}, "eligibility"),
    ],
)
def test_what_makes_no_sense_is_named_at_its_field(
    session: Session, people: People, wrong: dict[str, str], at: str
) -> None:
    with pytest.raises(Invalid) as refused:
        set_limit(session, people["mo"], edition(**wrong))
    assert set(refused.value.problems) == {at}
    assert refused.value.problems[at].endswith(".")


@pytest.mark.parametrize("rule", EXAMPLES)
def test_every_example_of_a_rule_on_the_page_is_one(rule: str) -> None:
    assert explained(rule, "USD").who


def test_a_rule_of_5000_characters_is_told_its_length(session: Session, people: People) -> None:
    with pytest.raises(Invalid, match="5,000"):
        set_limit(session, people["mo"], edition(eligibility="x" * 5000))


def test_nothing_to_give_needs_no_period(session: Session, people: People) -> None:
    set_limit(session, people["mo"], edition(per_gift="0", per_giver_per_week=""))
    assert counts(session, people["ana"]).per_gift_minor == 0


def test_yen_have_no_decimals_and_a_limit_keeps_the_currency_it_was_set_in(session: Session, people: People) -> None:
    yen = replace(cast.TERMS, currency="JPY")
    with pytest.raises(Invalid, match="JPY"):
        set_limit(session, people["mo"], edition(per_gift="8.50"), yen)
    set_limit(session, people["mo"], edition(per_gift="800", per_giver_per_week="4000"), yen)
    line = line_of(session, "Agents")
    assert line.now is not None
    assert "¥800 a gift" in line.now.sentence
    assert "$5.00 a gift" in line.past[0].sentence


@given(minor=st.integers(0, 10**12 - 1), currency=st.sampled_from(["USD", "JPY", "KWD"]))
def test_money_survives_text_and_back(minor: int, currency: str) -> None:
    from deskapp.rules.money import parse_minor, to_text

    assert parse_minor(to_text(minor, currency), currency) == minor


# --- for whom, and when ---------------------------------------------------------------------------------------------


def test_a_person_goes_before_their_team_and_a_team_before_the_role(session: Session, people: People) -> None:
    ana = join(session, people["ana"], "Phone")
    set_limit(session, people["mo"], edition("team:Phone", "team-key", per_gift="9"))
    assert counts(session, ana).per_gift_minor == 900
    assert counts(session, people["ana"]).per_gift_minor == 500  # as she was before she joined
    set_limit(session, people["mo"], edition(f"person:{ana.staff_id}", "ana-key", per_gift="3"))
    assert counts(session, ana).per_gift_minor == 300
    assert [(one.title, one.now.sentence.split(" may")[0]) for one in lines(session, now=cast.NOW) if one.now] == [
        ("Agents", "An agent"),
        ("Leads", "A lead"),
        ("Managers", "A manager"),
        ("Admins", "An admin"),
        ("Team Phone", "Everybody in the team Phone"),
        ("Ana", "Ana"),
    ]


def test_an_exception_counts_on_its_days_alone_the_first_and_the_last_included(
    session: Session, people: People
) -> None:
    fair = edition(exception="Fair", valid_from="2026-03-20", valid_until="2026-03-22", per_gift="20")
    set_limit(session, people["mo"], fair)
    given = {day: counts(session, people["ana"], datetime(2026, 3, day, 12, tzinfo=UTC)) for day in (19, 20, 22, 23)}
    assert {day: limit.per_gift_minor for day, limit in given.items()} == {19: 500, 20: 2000, 22: 2000, 23: 500}
    assert line_of(session, "Agents", "Fair").ahead


def test_a_limit_with_a_first_day_leaves_the_one_before_until_then(session: Session, people: People) -> None:
    set_limit(session, people["mo"], edition(valid_from="2026-04-01"))
    assert counts(session, people["ana"]).per_gift_minor == 500
    assert counts(session, people["ana"], cast.NOW + timedelta(days=18)).per_gift_minor == 800
    line = line_of(session, "Agents")
    assert line.now is not None
    assert [one.limit.per_gift_minor for one in (line.now, *line.ahead)] == [500, 800]
    assert line.ahead[0].counted == "Counted at the price in the shop; from 1 April; set by Mo."


def test_stopping_a_limit_leaves_the_wider_one(session: Session, people: People) -> None:
    ana = people["ana"]
    version_id = set_limit(session, people["mo"], edition(f"person:{ana.staff_id}", per_gift="3"))
    for _ in range(2):
        limits.stop(session, people["mo"], version_id, form_key="stop-ana", terms=cast.TERMS, now=cast.NOW)
    assert counts(session, ana).per_gift_minor == 500
    panel = page(session, people["mo"])
    assert [line.title for line in panel.finished] == ["Ana"]
    with pytest.raises(Conflict):
        limits.stop(session, people["mo"], version_id, form_key="stop-again", terms=cast.TERMS, now=cast.NOW)
    with pytest.raises(NotFound):
        limits.stop(session, people["mo"], 10**6, form_key="stop-nobody", terms=cast.TERMS, now=cast.NOW)


def test_stopping_stops_what_was_to_come_as_well(session: Session, people: People) -> None:
    fair = edition(exception="Fair", valid_from="2026-03-20", valid_until="2026-03-22", per_gift="20")
    version_id = set_limit(session, people["mo"], fair)
    limits.stop(session, people["mo"], version_id, form_key="stop-fair", terms=cast.TERMS, now=cast.NOW)
    assert counts(session, people["ana"], cast.NOW + timedelta(days=7)).per_gift_minor == 500


def test_a_role_for_which_nothing_counts_is_missing_on_the_page(session: Session, people: People) -> None:
    limits.stop(
        session,
        people["mo"],
        line_of(session, "Agents").newest_id,
        form_key="stop-agents",
        terms=cast.TERMS,
        now=cast.NOW,
    )
    assert page(session, people["mo"]).missing == [("role:agent", "Agents")]
    assert stored.find_limit(session, people["ana"], cast.NOW) is None


def test_a_limit_below_what_is_spent_is_taken_and_says_so(session: Session, people: People) -> None:
    key = f"giver-week|{people['ana'].staff_id}|2026-W11|USD"
    session.add(Bucket(key=key, limit_minor=4000, spent_minor=3000))
    session.flush()
    set_limit(session, people["mo"], edition(per_giver_per_week="20"))
    view = next(one for one in page(session, people["mo"]).lines if one.line.title == "Agents")
    (over,) = view.over
    assert (over.name, over.used, over.most, over.when) == ("Ana", "$30.00", "$20.00", "this week")
    found = limits.left(session, people["ana"], None, now=cast.NOW)
    assert found is not None
    assert [room.left for room in found.rooms if room.fills] == [0]


def test_who_used_how_much_stands_under_the_limit_that_counts_for_them(session: Session, people: People) -> None:
    key = f"giver-week|{people['ana'].staff_id}|2026-W11|USD"
    session.add(Bucket(key=key, limit_minor=4000, spent_minor=700))
    set_limit(session, people["mo"], edition())
    set_limit(session, people["mo"], edition(f"person:{people['ana'].staff_id}", "ana-key", per_gift="3"))
    used = {one.line.title: [(u.name, u.used) for u in one.used] for one in page(session, people["mo"]).lines}
    assert used == {"Agents": [], "Leads": [], "Managers": [], "Admins": [], "Ana": [("Ana", "$7.00")]}


def test_a_rule_that_cannot_be_read_any_more_does_not_take_the_page_away(session: Session, people: People) -> None:
    session.add(
        LimitVersion(
            role=Role.AGENT,
            currency="USD",
            basis=Basis.PRICE,
            zone="UTC",
            per_gift_minor=800,
            per_giver_per_day_minor=800,
            eligibility="shoe size over 40",
            set_by=people["mo"].staff_id,
            set_at=cast.NOW,
        )
    )
    session.flush()
    line = line_of(session, "Agents")
    assert line.now is not None
    assert "The rule “shoe size over 40” cannot be read any more, so set it anew." in line.now.sentence


# --- two people -----------------------------------------------------------------------------------------------------


def test_above_the_threshold_it_counts_once_a_second_person_agreed(session: Session, people: People) -> None:
    set_limit(session, people["mo"], edition(per_gift="100", key="just-so-much"))
    assert counts(session, people["ana"]).per_gift_minor == 10_000
    version_id = set_limit(session, people["mo"], edition(per_gift="100.01"))
    assert counts(session, people["ana"]).per_gift_minor == 10_000
    (waiting,) = page(session, people["mo"]).waiting
    assert (waiting.version_id, waiting.is_own) == (version_id, True)
    assert waiting.words.endswith("Counted at the price in the shop; set by Mo.")
    say(session, people["ada"], version_id)
    assert counts(session, people["ana"]).per_gift_minor == 10_001
    line = line_of(session, "Agents")
    assert line.now is not None
    assert line.now.counted.endswith("set by Mo, agreed by Ada.")
    assert page(session, people["mo"]).waiting == []


def test_what_may_be_approved_is_a_gift_too(session: Session, people: People) -> None:
    set_limit(session, people["mo"], edition("role:lead", approves_up_to="100.01"))
    assert counts(session, people["bo"]).approves_up_to_minor == 5000


@pytest.mark.parametrize("giver", ["role:manager", "team:Office", "person"])
def test_nobody_sets_what_they_may_give_themselves_alone(session: Session, people: People, giver: str) -> None:
    mo = join(session, people["mo"], "Office")
    before = counts(session, mo)
    own = f"person:{mo.staff_id}" if giver == "person" else giver
    version_id = set_limit(session, mo, edition(own, per_gift="60"))
    assert counts(session, mo) == before
    say(session, people["ada"], version_id)
    assert counts(session, mo).per_gift_minor == 6000


def test_not_even_by_stopping_what_is_narrower_for_them(session: Session, people: People) -> None:
    mo = people["mo"]
    version_id = set_limit(session, people["ada"], edition(f"person:{mo.staff_id}", per_gift="3"))
    limits.stop(session, mo, version_id, form_key="stop-mine", terms=cast.TERMS, now=cast.NOW)
    assert counts(session, mo).per_gift_minor == 300


@pytest.mark.asvs(18)
def test_nobody_agrees_to_their_own_and_nobody_twice(session: Session, people: People) -> None:
    version_id = set_limit(session, people["mo"], edition(per_gift="200"))
    with pytest.raises(Forbidden, match="yourself"):
        say(session, people["mo"], version_id)
    for _ in range(2):
        say(session, people["ada"], version_id)
    with pytest.raises(Conflict, match="Ada has agreed to this already"):
        say(session, people["ada"], version_id, is_agreed=False)
    assert len(session.exec(select(Agreement)).all()) == 1
    written = session.exec(select(Audit).where(Audit.action == "limit.agreed")).one()
    assert (written.subject, written.staff_id) == ("role:agent", people["ada"].staff_id)


def test_what_was_declined_never_counts_and_stays_on_the_page(session: Session, people: People) -> None:
    version_id = set_limit(session, people["mo"], edition(per_gift="200"))
    say(session, people["ada"], version_id, is_agreed=False)
    assert counts(session, people["ana"]).per_gift_minor == 500
    assert page(session, people["ada"]).waiting == []
    assert [one.state for one in line_of(session, "Agents").past] == ["declined"]


def test_whoever_set_it_may_take_it_back(session: Session, people: People) -> None:
    version_id = set_limit(session, people["mo"], edition(per_gift="200"))
    say(session, people["mo"], version_id, is_agreed=False)
    with pytest.raises(Conflict, match="Mo has declined this already"):
        say(session, people["ada"], version_id)
    (past,) = line_of(session, "Agents").past
    assert past.history == "never counted: taken back by Mo"


def test_what_a_newer_edition_replaced_is_not_agreed_to(session: Session, people: People) -> None:
    version_id = set_limit(session, people["mo"], edition(per_gift="200"))
    set_limit(session, people["mo"], edition(per_gift="9", key="newer"))
    assert page(session, people["ada"]).waiting == []
    with pytest.raises(Conflict, match="Something newer counts by now"):
        say(session, people["ada"], version_id)


def test_there_is_nothing_to_agree_to_where_nobody_has_to(session: Session, people: People) -> None:
    version_id = set_limit(session, people["mo"], edition())
    with pytest.raises(Conflict, match="counts already"):
        say(session, people["ada"], version_id)
    with pytest.raises(NotFound):
        say(session, people["ada"], 10**6)


def test_a_single_manager_need_not_wait_for_nobody(session: Session, people: People) -> None:
    session.get_one(Staff, people["ada"].staff_id).is_active = False
    session.flush()
    set_limit(session, people["mo"], edition("role:manager", per_gift="500"))
    assert counts(session, people["mo"]).per_gift_minor == 50_000
    assert page(session, people["mo"]).is_alone


# --- a rule is tried before it is switched on -----------------------------------------------------------------------


def test_a_rule_that_nobody_tried_is_not_switched_on(session: Session, people: People) -> None:
    for tried in ("", mark_of("last order late")):
        with pytest.raises(Invalid, match="try this rule first"):
            set_limit(session, people["mo"], edition(key=f"with-{tried}", eligibility=LATE_OR_OLD, tried=tried))
    trial = limits.try_out(session, people["mo"], edition(eligibility=LATE_OR_OLD), terms=cast.TERMS, now=cast.NOW)
    assert "to customers whose last order arrived late" in trial.sentence
    assert trial.agreers == []
    set_limit(session, people["mo"], edition(eligibility=LATE_OR_OLD, tried=trial.mark))
    assert counts(session, people["ana"]).eligibility == LATE_OR_OLD


def test_letting_everybody_in_again_has_to_be_tried_as_well_and_what_stays_need_not(
    session: Session, people: People
) -> None:
    set_limit(session, people["mo"], edition(eligibility=LATE_OR_OLD, tried=mark_of(LATE_OR_OLD)))
    with pytest.raises(Invalid, match="try this rule first"):
        set_limit(session, people["mo"], edition(key="everybody"))
    set_limit(session, people["mo"], edition(key="dearer", per_gift="9", eligibility=LATE_OR_OLD))


def test_trying_says_what_is_doubtful_and_who_would_have_to_agree_and_changes_nothing(
    session: Session, people: People
) -> None:
    before = len(session.exec(select(LimitVersion)).all())
    trial = limits.try_out(session, people["mo"], edition(per_gift="120"), terms=cast.TERMS, now=cast.NOW)
    assert trial.doubts == ["A gift of more than $40.00 never fits: a giver has no more than that for a week."]
    assert trial.agreers == ["Ada"]
    assert len(session.exec(select(LimitVersion)).all()) == before


# --- in whose place -------------------------------------------------------------------------------------------------

ONCE = {"per_customer_gifts": "1", "per_customer_days": "60", "eligibility": LATE_OR_OLD, "tried": mark_of(LATE_OR_OLD)}
FAIR = {"exception": "Fair", "valid_from": "2026-03-14", "valid_until": "2026-03-22"}
IN_PLACE = (
    "Takes the place of: An agent may give up to $8.00 a gift and $40.00 a week, one gift per customer in 60 days, to"
    " customers whose last order arrived late, or who have been with us for two years or longer. It leaves out: the rule"
    " “last order late or customer for 2 years”; one gift per customer in 60 days."
)


def try_out(session: Session, people: People, form: NewLimit) -> limits.Trial:
    return limits.try_out(session, people["mo"], form, terms=cast.TERMS, now=cast.NOW)


@pytest.mark.parametrize("narrower", ["exception", "person", "team"])
def test_what_takes_the_place_of_a_limit_is_not_switched_on_before_it_was_said_what_it_leaves_out(
    session: Session, people: People, narrower: str
) -> None:
    set_limit(session, people["mo"], edition(**ONCE))
    ana = join(session, people["ana"], "Phone")
    giver = {"exception": "role:agent", "person": f"person:{ana.staff_id}", "team": "team:Phone"}[narrower]
    form = edition(giver, f"for-{narrower}", per_gift="20", **(FAIR if narrower == "exception" else {}))
    with pytest.raises(Invalid) as refused:
        set_limit(session, people["mo"], form)
    assert refused.value.problems["eligibility"].startswith("Please try this rule first")
    assert refused.value.problems["eligibility"].endswith(IN_PLACE)
    trial = try_out(session, people, form)
    assert trial.instead == [IN_PLACE]
    assert trial.dry_run.may_before is not None
    set_limit(session, people["mo"], form.model_copy(update={"tried": trial.mark, "form_key": "key-of-again"}))
    assert counts(session, ana).per_gift_minor == 2000
    told = {f"{one.line.title} {one.line.exception}": one.instead for one in page(session, people["mo"]).lines}
    assert [words for words in told.values() if words] == [[IN_PLACE]]


def test_with_the_same_rule_it_need_not_be_tried_and_leaves_nothing_out(session: Session, people: People) -> None:
    set_limit(session, people["mo"], edition(**ONCE))
    fair = edition(key="fair", **(ONCE | FAIR | {"tried": "", "per_gift": "20"}))
    set_limit(session, people["mo"], fair)
    (words,) = try_out(session, people, fair).instead
    assert words.endswith(" It leaves out: nothing of that.")


def test_what_changes_nothing_for_anybody_takes_nobodys_place(session: Session, people: People) -> None:
    set_limit(session, people["mo"], edition(f"person:{people['ana'].staff_id}", "ana"))
    assert try_out(session, people, edition(key="standing", per_gift="3")).instead == []
    assert try_out(session, people, edition(key="fair", **FAIR)).instead == []  # Ana, the only agent, has her own


def test_a_team_takes_the_place_of_a_limit_for_each_role_in_it(session: Session, people: People) -> None:
    for who in ("ana", "bo"):
        join(session, people[who], "Phone")
    found = try_out(session, people, edition("team:Phone")).instead
    assert [words.partition(" may give")[0] for words in found] == [
        "Takes the place of: An agent",
        "Takes the place of: A lead",
    ]


def test_a_new_one_starts_blank_or_from_any_line_in_force(session: Session, people: People) -> None:
    mo, agents = people["mo"], set_limit(session, people["mo"], edition(**(ONCE | FAIR)))
    blank = limit_pages.new_form(session, mo, "", "", terms=cast.TERMS, now=cast.NOW)
    assert "per_gift" not in blank.values
    assert (agents, "Agents, Fair") in blank.starts
    like = limit_pages.new_form(session, mo, "", "", like=agents, terms=cast.TERMS, now=cast.NOW)
    assert like.is_new
    assert (like.values["per_gift"], like.values["eligibility"], like.values["giver"]) == (
        "8.00",
        LATE_OR_OLD,
        "role:agent",
    )
    assert (like.values["exception"], like.values["valid_until"], like.seen) == ("", "", 0)
    with pytest.raises(NotFound):
        limit_pages.new_form(session, mo, "", "", like=10**6, terms=cast.TERMS, now=cast.NOW)


# --- what became of it ----------------------------------------------------------------------------------------------


def became(session: Session, title: str, *, days: float = 0, exception: str = "", zone: str = "UTC") -> list[str]:
    """Newest first."""
    found = lines(session, now=cast.NOW + timedelta(days=days))
    return [
        one.history
        for line in found
        if (line.title, line.exception) == (title, exception)
        for one in line.editions
        if one.limit.zone == zone
    ]


def test_of_earlier_editions_it_is_told_when_each_counted_and_who_ended_that(session: Session, people: People) -> None:
    at = f"{cast.NOW:%H:%M}"
    assert became(session, "Agents") == [""]
    later = cast.NOW + timedelta(minutes=90)
    limits.set_limit(session, people["ada"], edition(), terms=cast.TERMS, now=later)
    set_limit(session, people["mo"], edition(key="third", per_gift="9"), days=2)
    assert became(session, "Agents", days=2) == [
        "",
        f"counted 14 March {later:%H:%M} to 16 March {at}; replaced by Mo",
        f"counted 14 March {at} to {later:%H:%M}; replaced by Ada",
    ]
    newest = line_of(session, "Agents").newest_id
    stop_at = cast.NOW + timedelta(days=3)
    limits.stop(session, people["mo"], newest, form_key="stop-them", terms=cast.TERMS, now=stop_at)
    assert became(session, "Agents", days=3)[:2] == [
        f"stopped by Mo 17 March {at}",
        f"counted 16 March {at} to 17 March {at}; stopped by Mo",
    ]


def test_what_never_counted_says_why(session: Session, people: People) -> None:
    for key in ("declined", "waiting"):
        version_id = set_limit(session, people["mo"], edition(key=key, per_gift="200"))
        if key == "declined":
            say(session, people["ada"], version_id, is_agreed=False)
    assert became(session, "Agents")[0] == ""
    set_limit(session, people["mo"], edition(key="ahead", valid_from="2026-04-01"), days=1)
    limits.set_limit(session, people["ada"], edition(key="now"), terms=cast.TERMS, now=cast.NOW + timedelta(days=2))
    assert became(session, "Agents", days=2)[:4] == [
        "",
        "never counted: replaced by Ada before it began",
        "never counted: replaced by Ada before anybody agreed",
        "never counted: declined by Ada",
    ]


def test_an_exception_counted_to_the_end_of_its_last_day_in_the_shops_zone(session: Session, people: People) -> None:
    auckland = replace(cast.TERMS, zone="Pacific/Auckland")
    typed_in = {"exception": "Fair", "valid_from": "2026-03-20", "valid_until": "2026-03-22"}
    set_limit(session, people["mo"], edition(**typed_in), auckland)
    seen = [became(session, "Agents", days=days, exception="Fair", zone="Pacific/Auckland") for days in (0, 6, 12)]
    assert seen == [[""], [""], ["counted 20 March 00:00 to the end of 22 March"]]
