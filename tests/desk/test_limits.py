import cast
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, select

from deskapp.desk import limits
from deskapp.rules.errors import Forbidden, Invalid
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.gift_tables import LimitVersion

People = dict[str, Actor]


def edition(role: str = "agent", key: str = "limit-key", **amounts: str) -> limits.NewLimit:
    plain = {"per_gift": "8", "per_giver_per_day": "40.50", "per_customer_per_month": "20"}
    return limits.NewLimit.model_validate({"role": role, "form_key": key} | plain | amounts)


def set_limit(session: Session, actor: Actor, form: limits.NewLimit, currency: str = "USD") -> None:
    limits.set_limit(session, actor, form, currency=currency, zone="Europe/Madrid", now=cast.NOW)


def test_a_manager_sets_a_new_edition_and_the_old_one_stays(session: Session, people: People) -> None:
    set_limit(session, people["mo"], edition())
    row = next(row for row in limits.panel(session, "USD").rows if row.role == "agent")
    assert row.limit is not None
    assert (row.limit.per_gift_minor, row.limit.per_giver_per_day_minor, row.set_by) == (800, 4050, "Mo")
    assert len(session.exec(select(LimitVersion).where(LimitVersion.role == "agent")).all()) == 2


def test_every_role_that_gives_has_a_row_and_delivery_has_none(session: Session, people: People) -> None:
    assert [row.role for row in limits.panel(session, "USD").rows] == ["agent", "lead", "manager", "admin"]


def test_an_agent_sets_no_limits(session: Session, people: People) -> None:
    with pytest.raises(Forbidden):
        set_limit(session, people["ana"], edition())


def test_a_role_that_gives_nothing_gets_no_limit(session: Session, people: People) -> None:
    with pytest.raises(Invalid):
        set_limit(session, people["mo"], edition(role="delivery"))


@pytest.mark.parametrize("amount", ["-1", "1e3", "1_000", "NaN", "٨", "8,50", "", "8.505", "9" * 13])
def test_an_amount_that_is_not_plain_money_is_named_at_its_field(session: Session, people: People, amount: str) -> None:
    with pytest.raises(Invalid) as refused:
        set_limit(session, people["mo"], edition(per_gift=amount))
    assert set(refused.value.problems) == {"per_gift"}


def test_yen_have_no_decimals(session: Session, people: People) -> None:
    with pytest.raises(Invalid, match="JPY"):
        set_limit(session, people["mo"], edition(), currency="JPY")


def test_an_unknown_role_never_reaches_the_desk() -> None:
    with pytest.raises(ValidationError):
        edition(role="emperor")


def test_setting_twice_with_one_form_is_one_edition(session: Session, people: People) -> None:
    for _ in range(2):
        set_limit(session, people["mo"], edition())
    assert len(session.exec(select(LimitVersion).where(LimitVersion.role == "agent")).all()) == 2


@pytest.mark.parametrize("statement", ["UPDATE limit_version SET per_gift_minor = 1", "DELETE FROM limit_version"])
def test_an_edition_can_be_neither_changed_nor_deleted(database: Database, people: People, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), database.writing() as session:
        session.connection().exec_driver_sql(statement)


@given(minor=st.integers(0, 10**12), currency=st.sampled_from(["USD", "JPY", "KWD"]))
def test_money_survives_text_and_back(minor: int, currency: str) -> None:
    from deskapp.rules.money import parse_minor, to_text

    if minor < 10 ** (12):
        assert parse_minor(to_text(minor, currency), currency) == minor
