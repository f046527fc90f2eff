"""Several who do the same thing at the same moment."""

import threading
from collections.abc import Callable
from typing import Any


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What `act(n)` returned or raised in so many threads that start together."""
    barrier, results = threading.Barrier(count), [None] * count

    def run(n: int) -> None:
        barrier.wait()
        try:
            results[n] = act(n)
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results[n] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
