"""Whoever writes much lets others in."""

import threading

from deskapp.store.db import Database
from deskapp.store.turns import let_others_in


def test_alone_nobody_was_in_line(sqlite: Database) -> None:
    let_others_in(sqlite)  # which also opens the first connection
    assert not all(let_others_in(sqlite) for _ in range(20))


def test_it_tells_that_somebody_was_there_and_does_not_wait_for_ever(sqlite: Database) -> None:
    over = threading.Event()

    def hammer() -> None:
        while not over.is_set():
            with sqlite.writing():
                over.wait(0.005)

    writers = [threading.Thread(target=hammer) for _ in range(3)]
    for one in writers:
        one.start()
    assert any(let_others_in(sqlite) for _ in range(3))
    over.set()
    for one in writers:
        one.join()
