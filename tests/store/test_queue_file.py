"""What writers tell each other of the log, in the file at which they queue."""

import errno
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from deskapp.store.queue_file import Marks, QueueFile


@pytest.fixture
def queue(tmp_path: Path) -> QueueFile:
    return QueueFile(tmp_path / "desk-queue")


class Disk:
    """A log whose first sync takes until it is told how it ends."""

    def __init__(self, queue: QueueFile, log: Path) -> None:
        self._queue, self._log = queue, log
        self._is_begun, self._may_end = threading.Event(), threading.Event()
        self._ends_by: OSError | None = None
        self.syncs = 0

    def _sync(self) -> None:
        self.syncs += 1
        if self.syncs == 1:
            self._is_begun.set()
            self._may_end.wait()
            if self._ends_by is not None:
                raise self._ends_by

    def ask(self) -> bool:
        with self._log.open("ab") as file:
            return self._queue.sync(file.fileno(), self._sync)

    def wait_until_begun(self) -> None:
        self._is_begun.wait()

    def end(self, error: OSError | None = None) -> None:
        self._ends_by = error
        self._may_end.set()


@pytest.fixture
def disk(queue: QueueFile, tmp_path: Path) -> Disk:
    return Disk(queue, tmp_path / "log")


@pytest.fixture
def asking(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], list[Future[bool]]]]:
    """One whose sync has begun, and so many who asked since."""
    asked, look = threading.Semaphore(0), Marks.begun

    def noticed(marks: Marks) -> int:
        count = look(marks)
        asked.release()
        return count

    with ThreadPoolExecutor() as pool:

        def ask(others: int) -> list[Future[bool]]:
            first = pool.submit(disk.ask)
            disk.wait_until_begun()
            monkeypatch.setattr(Marks, "begun", noticed)
            rest = [pool.submit(disk.ask) for _ in range(others)]
            for _ in rest:
                asked.acquire()
            return [first, *rest]

        yield ask


def test_one_sync_stands_for_all_who_asked_before_it_began(
    disk: Disk, asking: Callable[[int], list[Future[bool]]]
) -> None:
    told = asking(3)
    disk.end()
    assert [one.result() for one in told] == [True] * 4
    assert disk.syncs == 2  # the first began too early for the others


def test_whoever_asks_after_one_ended_has_one_of_their_own(disk: Disk) -> None:
    disk.end()
    assert [disk.ask() for _ in range(300)] == [True] * 300  # more than a byte can count
    assert disk.syncs == 300


def test_after_one_that_failed_nobody_syncs_until_the_log_is_trusted_again(
    queue: QueueFile, disk: Disk, asking: Callable[[int], list[Future[bool]]]
) -> None:
    first, *rest = asking(3)
    disk.end(OSError(errno.EIO, "no"))
    with pytest.raises(OSError, match="no"):
        first.result()
    assert [one.result() for one in rest] == [False] * 3
    with queue.turn() as marks:
        assert marks.is_doubtful
        marks.trust()
        assert not marks.is_doubtful
    assert disk.syncs == 1
    assert disk.ask()
    assert disk.syncs == 2


def test_one_that_nobody_saw_the_end_of_is_a_doubt_too(queue: QueueFile, disk: Disk) -> None:
    with queue.turn() as marks:
        marks.begin()
    assert not disk.ask()
    with queue.turn() as marks:
        assert marks.is_doubtful
    assert disk.syncs == 0


def test_a_file_of_an_older_release_is_written_to_in_the_first_turn(queue: QueueFile) -> None:
    queue.path.touch()
    with queue.turn() as marks:
        assert not marks.is_doubtful
        assert queue.path.read_bytes() == bytes(3)
