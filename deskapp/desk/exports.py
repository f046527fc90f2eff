"""What there is to learn from, for engines outside: ids, days and amounts, nobody's name or address."""

from datetime import datetime
from pathlib import Path

from deskapp.desk import audit
from deskapp.reco import parquet
from deskapp.reco.matrix import Purchases
from deskapp.rules.errors import Invalid
from deskapp.rules.people import Actor
from deskapp.store.db import Database
from deskapp.store.purchases import list_stores, read_all


def export_training(database: Database, actor: Actor | None, folder: Path, *, now: datetime) -> int:
    """The number of lines now in `folder`, which must be new or empty; whole or not at all, and in the audit.

    Raises Invalid where nothing was bought yet, Conflict where `folder` holds anything.
    """
    with database.reading() as session:
        purchases, stores = Purchases(*read_all(session, until=now)), list_stores(session)
    if not len(purchases):
        raise Invalid({"": "There are no purchases to export yet. Import some first."})
    parquet.refuse_unless_empty(folder)
    with (
        database.writing() as session
    ):  # first: an export that nobody knows of is worse than a line about one that failed
        audit.write(session, actor, "training.exported", "training:purchases", now=now, lines=len(purchases))
    parquet.write(purchases, folder, {"exported_at": now.isoformat(), "stores": stores})
    return len(purchases)
