"""What the prompt of a card may look at, read for many parcels at once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlmodel import Session

from deskapp.desk import guarding
from deskapp.desk.delivery_rows import DeliveryRow, Shop
from deskapp.rules.card_facts import Heard, KeptPromise, Known, Taste
from deskapp.store import deliveries as store
from deskapp.store.deliveries import Sent

_HEARD_DAYS = 730


def known_of(
    session: Session, sent: Sequence[Sent], rows: Sequence[DeliveryRow], shop: Shop, now: datetime
) -> dict[int, Known]:
    """Delivery id -> what its prompt may look at. Five queries."""
    orders, customers = [one.order.id for one in sent], [one.customer.id for one in sent]
    since = now - timedelta(days=_HEARD_DAYS)
    items = store.items_of(session, orders)
    earlier = store.earlier_orders(session, orders)
    stated = store.stated_by(session, customers)
    observed = store.observed_of(session, customers, since)
    kept = store.kept_promises_of(session, customers, since)

    def known(one: Sent, row: DeliveryRow) -> Known:
        before, first_at = earlier.get(one.order.id, (0, None))
        return Known(
            customer=row.customer_name,
            shop=shop.name,
            today=shop.day(now),
            ship_on=row.ship_on,
            placed_on=shop.day(one.order.placed_at),
            items=tuple(items.get(one.order.id, ())),
            gifts=tuple(row.gifts),
            earlier_orders=before,
            since=one.customer.joined_on or (shop.day(first_at) if first_at else None),
            language=one.customer.language or "",
            need_by_on=row.need_by_on,
            estimated_on=row.expected_on,
            notes=tuple(
                Heard(
                    note.text,
                    channel,
                    author,
                    shop.day(note.written_at),
                    channel_words=words,
                    mentionable=note.mentionable,
                    id=note.id,
                )
                for note, channel, words, author in observed.get(one.customer.id, ())
            ),
            tastes=tuple(
                Taste(said.kind, said.value, heard_by, shop.day(said.heard_at), id=said.id)
                for said, heard_by in stated.get(one.customer.id, ())
            ),
            promises=tuple(
                KeptPromise(promise.text, owner, shop.day(promise.kept_at), id=promise.id)
                for promise, owner in kept.get(one.customer.id, ())
                if promise.kept_at
            ),
            look=guarding.look,
            id=row.id,
        )

    return {row.id: known(one, row) for one, row in zip(sent, rows, strict=True)}
