"""What is wrong with a file that was handed in: where it is and, in one plain sentence, why."""

from dataclasses import dataclass, field

KEPT = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """`line` counts lines of the file from 1, the header being line 1; 0 and "" mean the file as a whole."""

    file: str
    line: int
    column: str
    reason: str

    def __str__(self) -> str:
        place = [self.file] + [f"line {self.line}"] * (self.line > 0) + [self.column] * bool(self.column)
        return f"{', '.join(place)}: {self.reason}"


@dataclass(slots=True)
class Problems:
    """All are counted; the first thousand are kept, since nobody reads more before correcting the export that made them."""

    kept: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, file: str, line: int, column: str, reason: str) -> None:
        self.count += 1
        if len(self.kept) < KEPT:
            self.kept.append(Problem(file, line, column, reason))

    def __bool__(self) -> bool:
        return self.count > 0
