"""T1: many give at once, under every ceiling there is; afterwards the books are judged from the rows alone."""

from collections import Counter

import pytest
from money.conftest import Twin
from money.crowd import Answer, crowd, requests, url_of
from money.oracle import problems, unjustified
from money.shop import Shop, open_tight_shop

from deskapp.store.db import Database

STOCK = 25


def hammer(database: Database, seed: int, *, gifts: int, in_processes: bool) -> tuple[Shop, list[Answer]]:
    with database.writing() as session:
        shop = open_tight_shop(session, stock=STOCK)
    return shop, crowd(url_of(database), requests(shop, gifts, seed), in_processes=in_processes)


def judged(database: Database, shop: Shop, answers: list[Answer], fresh: Database) -> None:
    assert problems(database, stock=dict.fromkeys(shop.items, STOCK)) == []
    with fresh.writing() as session:
        assert open_tight_shop(session, stock=STOCK) == shop
    assert unjustified(answers, fresh) == []
    said = Counter(one.said for one in answers)
    assert said["granted"] > 10, "too tight to show anything"
    assert said["refused"] > 10, "too roomy to show anything"


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.asvs(19)
def test_many_at_once_never_pass_a_ceiling_and_nobody_is_turned_away_without_cause(
    database: Database, twin: Twin, seed: int
) -> None:
    shop, answers = hammer(database, seed, gifts=160, in_processes=False)
    judged(database, shop, answers, twin())


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_eight_processes_at_once_never_pass_a_ceiling(database: Database, twin: Twin, seed: int) -> None:
    shop, answers = hammer(database, seed, gifts=800, in_processes=True)
    judged(database, shop, answers, twin())
