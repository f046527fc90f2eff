"""A process that sends what is due and is killed by itself, as by `kill -9`, at a named point of the way.

Started by test_outbox: python -m desk.outbox_killed URL PORT POINT; without a POINT it goes on until somebody else kills it.
"""

import os
import signal
import sys
from datetime import UTC, datetime

from deskapp.desk import outbox
from deskapp.outgoing import mail
from deskapp.outgoing.mail import Mail, Sender, Server
from deskapp.store.card_tables import Carrier
from deskapp.store.db import Database

POINTS = ("before SENDING is committed", "before the wire", "when the letter is out", "after the wire")


def die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def set_trap(point: str) -> None:
    found, end = outbox.rows.next_due, mail._end

    def find_and_die(*args, **kwargs) -> None:
        assert found(*args, **kwargs) is not None
        die()

    def end_and_die(line) -> None:
        end(line)
        die()

    match point:
        case "before SENDING is committed":
            outbox.rows.next_due = find_and_die
        case "before the wire":
            outbox.carry = die
        case "when the letter is out":
            mail._end = end_and_die
        case "after the wire":
            outbox.record = die


def main() -> None:
    url, port, *points = sys.argv[1:]
    for point in points:
        set_trap(point)
    server = Server("127.0.0.1", int(port), is_tls=False, user="", password="")
    carriers = {Carrier.MAIL: Mail(server, Sender("Corner", "hello@corner.example")).deliver}
    database = Database(url)
    print("begun", flush=True)
    while not points or outbox.send_due(database, carriers, {}, now=lambda: datetime.now(UTC), limit=1):
        if not points:
            outbox.send_due(database, carriers, {}, now=lambda: datetime.now(UTC), limit=1)


if __name__ == "__main__":
    main()
