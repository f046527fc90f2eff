"""Carries what is in the outbox, beside everything else: a slow server holds up neither pages nor jobs, nor another carrier."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

import structlog

from deskapp.desk import feedback, outbox
from deskapp.desk.outbox import Checks, Clock, Endings
from deskapp.outgoing.mail import Mail, parse_sender, parse_server
from deskapp.outgoing.webhook import Webhook, parse_address
from deskapp.outgoing.wire import Deliver
from deskapp.store.card_tables import Carrier
from deskapp.store.db import Database

if TYPE_CHECKING:
    from deskapp.config import Settings

LOOKS_EVERY_SECONDS = 5.0
LAST_WORDS_SECONDS = 45.0  # more than any carrier takes: who is cut off in the middle leaves a doubt behind

CHECKS: Checks = {"feedback": feedback.may_go}  # by kind: what stands before the first colon of a key
ENDINGS: Endings = {"feedback": feedback.did_not_go}  # the same

log = structlog.get_logger()


def carriers(settings: "Settings") -> dict[Carrier, Deliver]:
    """Those whose settings are given."""
    found: dict[Carrier, Deliver] = {}
    if mail_url := settings.mail_url.get_secret_value():
        found[Carrier.MAIL] = Mail(parse_server(mail_url), parse_sender(settings.mail_from)).deliver
    if webhook_url := settings.webhook_url.get_secret_value():
        secret = settings.webhook_secret.get_secret_value()
        found[Carrier.WEBHOOK] = Webhook(parse_address(webhook_url), secret).deliver
    return found


@contextmanager
def at_work(
    database: Database,
    carry: Mapping[Carrier, Deliver],
    *,
    now: Clock,
    checks: Checks = CHECKS,
    endings: Endings = ENDINGS,
    last_words_seconds: float = LAST_WORDS_SECONDS,
) -> Iterator[None]:
    """One thread a carrier, as long as the block lasts. At its end what is on its way may arrive, nothing new begins."""
    stop = threading.Event()
    threads = [
        threading.Thread(
            target=_run, args=(database, {one: deliver}, checks, endings, stop, now), name=f"postman {one}", daemon=True
        )
        for one, deliver in carry.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(last_words_seconds)


def _run(
    database: Database,
    carry: Mapping[Carrier, Deliver],
    checks: Checks,
    endings: Endings,
    stop: threading.Event,
    now: Clock,
) -> None:
    while not stop.is_set():
        try:
            went = outbox.send_due(database, carry, checks, now=now, limit=1, endings=endings).total()
        except Exception as error:
            log.exception("postman", kind=type(error).__name__)
            went = 0
        if not went:
            stop.wait(LOOKS_EVERY_SECONDS)
