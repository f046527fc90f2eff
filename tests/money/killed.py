"""A process that gives until it is killed; `acknowledged` holds a line for each gift that it was told of.

Started by test_kill: python -m money.killed URL SHOP ACKNOWLEDGED NAME, the shop as JSON.
"""

import itertools
import json
import os
import sys
from pathlib import Path

from money.shop import Shop, give

from deskapp.rules.people import Actor, Role
from deskapp.store.db import Database


def load(shop: str) -> Shop:
    said = json.loads(shop)
    actors = [Actor(one["staff_id"], one["username"], one["name"], Role(one["role"])) for one in said["givers"]]
    return Shop(actors, said["customers"], said["items"])


def request(shop: Shop, name: str, n: int) -> tuple[Actor, int, int, str]:
    """The n-th of this writer: what it is follows from the key, so that anybody can ask for it again."""
    lane = int(name.rsplit("-", 1)[-1])
    customer = shop.customers[(lane + 7 * n) % len(shop.customers)]
    return shop.givers[lane % len(shop.givers)], customer, shop.items[n % len(shop.items)], f"{name}-{n}"


def main() -> None:
    url, shop, acknowledged, name = sys.argv[1:]
    database, desk = Database(url), load(shop)
    log = os.open(Path(acknowledged), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for n in itertools.count():
        told = give(database, *request(desk, name, n))
        os.write(log, f"{n} {told.kind} {told.grant_id}\n".encode())


if __name__ == "__main__":
    main()
