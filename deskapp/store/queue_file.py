"""The file beside SQLite's at which the writers of all processes queue, and what they tell each other there of the log.

Three bytes, written over in place, so that a full disk does not hinder. Syncs of the log are begun and finished one at a time and
counted, modulo 256. One that failed, or whose process ended in it, leaves a doubt: a later one may say "done" without having done
it, so nobody is told of anything until SQLite itself has brought the whole log into its file.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_BEGUN, _FINISHED, _DOUBT = range(3)
_WIDTH = 3
_TRIES = 4  # others who wait may be in the way for a moment; then one by one


@dataclass(frozen=True, slots=True)
class Marks:
    """In an open queue file."""

    file: int

    @property
    def is_doubtful(self) -> bool:
        return self._read()[_DOUBT] != 0

    def doubt(self) -> None:
        self._write(_DOUBT, 1)

    def trust(self) -> None:
        """In a turn, when all of the log is in the file. That counts as a sync, and the doubt goes last."""
        count = self.begin()
        self.finish(count)
        self._write(_DOUBT, 0)

    def begun(self) -> int:
        return self._read()[_BEGUN]

    def begin(self) -> int:
        self._write(_BEGUN, count := (self.begun() + 1) % 256)
        return count

    def finish(self, count: int) -> None:
        self._write(_FINISHED, count)

    def finished(self) -> int | None:
        """Of whoever holds the log: how many are; None where one failed or never ended."""
        begun, finished, doubt = self._read()
        return finished if begun == finished and not doubt else None

    def make(self) -> None:
        """In a turn, once. Where there is no space even for this, no sync can begin, and none is told of."""
        if len(os.pread(self.file, _WIDTH, 0)) < _WIDTH:
            with suppress(OSError):
                os.pwrite(self.file, bytes(_WIDTH), 0)

    def _read(self) -> bytes:
        """Each is whole; two may be of different moments where somebody writes meanwhile, which no answer rests on."""
        return os.pread(self.file, _WIDTH, 0).ljust(_WIDTH, b"\0")

    def has_finished_since(self, begun: int) -> bool:
        """Whether one that began when `begun` were has finished; true of whatever moment this is asked in."""
        return 0 < (self._read()[_FINISHED] - begun) % 256 < 128

    def _write(self, place: int, byte: int) -> None:
        os.pwrite(self.file, bytes([byte]), place)


@dataclass(frozen=True, slots=True)
class QueueFile:
    path: Path

    @contextmanager
    def turn(self) -> Iterator[Marks]:
        """Opened anew each time, since a process that was forked would share its parent's turn."""
        with self._opened() as marks:
            fcntl.flock(marks.file, fcntl.LOCK_EX)
            marks.make()
            yield marks

    def sync(self, log: int, sync: Callable[[], None]) -> bool:
        """Whether the disk has all that was written to the open `log` before this call; raises OSError as `sync` does.

        One at a time, and whoever finds that another's began and ended since it asked leaves it at that: a killed process lets
        go of the lock and its sync stays unfinished, a failed one is marked before anybody else can begin.
        """
        with self._opened() as marks:
            before = marks.begun()
            if _waited(marks, before, log):
                return True
            if (finished := marks.finished()) is None:
                marks.doubt()
                return False
            if finished == before:
                count = marks.begin()
                try:
                    sync()
                except OSError:
                    marks.doubt()
                    raise
                marks.finish(count)
            return True

    @contextmanager
    def _opened(self) -> Iterator[Marks]:
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            yield Marks(file)
        finally:
            os.close(file)


def _waited(marks: Marks, before: int, log: int) -> bool:
    """Whether others' syncs were enough; else the lock is held. They wait together for who syncs, and are woken all at once: one
    by one each would have to come to a processor before the next.
    """
    for _ in range(_TRIES):
        with suppress(BlockingIOError):
            fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return False
        fcntl.flock(log, fcntl.LOCK_SH)
        fcntl.flock(log, fcntl.LOCK_UN)
        if marks.has_finished_since(before):
            return True
    fcntl.flock(log, fcntl.LOCK_EX)
    return False
