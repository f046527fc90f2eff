"""T2: a key that is sent many times at once, some with other words, is one act with one answer."""

import dataclasses
from collections import defaultdict

import pytest
from money.crowd import Answer, Request, crowd, requests, url_of
from money.oracle import problems
from money.shop import open_tight_shop

from deskapp.store.db import Database

STOCK = 25
SENDERS = 6


def six_times_each(asked: list[Request], items: list[int]) -> list[Request]:
    """Every key by six senders; of every third key one sender asks for another thing."""
    sent = []
    for n, request in enumerate(asked):
        other = items[(items.index(request.item) + 1) % len(items)]
        altered = dataclasses.replace(request, item=other)
        sent += [altered if n % 3 == 0 and sender == n % SENDERS else request for sender in range(SENDERS)]
    return sent


def by_key(answers: list[Answer]) -> dict[tuple[int, str], list[Answer]]:
    found = defaultdict(list)
    for one in answers:
        found[one.request.giver.staff_id, one.request.key].append(one)
    return found


def judge(database: Database, keys: int, *, in_processes: bool) -> None:
    with database.writing() as session:
        shop = open_tight_shop(session, stock=STOCK)
    sent = six_times_each(requests(shop, keys, seed=7), shop.items)
    answers = crowd(url_of(database), sent, lanes=SENDERS, in_processes=in_processes)
    for same in by_key(answers).values():
        taken = {(one.said, one.grant_id, one.request.item) for one in same if one.said != "conflict"}
        refused = {one.request.item for one in same if one.said == "conflict"}
        assert len(taken) == 1, "one key, one answer"
        assert refused.isdisjoint({item for _, _, item in taken}), "only what was altered is a conflict"
        assert len({one.request.item for one in same}) == 1 + len(refused), "whoever alters a request is told"
    assert problems(database, stock=dict.fromkeys(shop.items, STOCK)) == []


@pytest.mark.asvs(19)
@pytest.mark.asvs(20)
def test_a_key_of_six_senders_is_one_gift_and_an_altered_repeat_a_conflict(database: Database) -> None:
    judge(database, 25, in_processes=False)


@pytest.mark.slow
def test_a_hundred_and_fifty_keys_of_six_processes_each(database: Database) -> None:
    judge(database, 150, in_processes=True)
