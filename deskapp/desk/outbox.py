"""Letters and calls that go out at most once, ever, whatever crashes.

What is to go out is written down in the transaction that wants it. A sender commits SENDING before it touches the wire; a
row found so after its lease may have gone out and becomes DOUBTFUL, which no machine sends again: a person decides.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from deskapp.store import outbox as rows
from deskapp.store.card_tables import Carrier, Sending

_FOR = "for"  # whose it was when it was put; joined customers take their rows along


def put(
    session: Session, *, key: str, carrier: Carrier, customer_id: int | None, payload: Mapping[str, Any], now: datetime
) -> bool:
    """False, and nothing is put, if the key was there already, or the customer is erased or joined with another.

    `key`: at most 200 characters, ids and no words; what stands before its first colon says which check of
    `postman.CHECKS` is asked again just before it goes out. Payload of MAIL: to, subject, text, language [, unsubscribe: a link]; of WEBHOOK:
    event and ids. Both go out with the key, so that a receiver can tell a duplicate.
    """
    if customer_id is not None and not rows.is_reachable(session, customer_id):
        return False
    return rows.add_once(
        session,
        key=key,
        carrier=carrier,
        customer_id=customer_id,
        payload={**payload, _FOR: customer_id},
        state=Sending.WAITING,
        run_at=now,
        made_at=now,
    )
