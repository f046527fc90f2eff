"""What can go wrong, said so that a person knows what to do. Status codes live in web/errors.py alone."""

from collections.abc import Mapping

from deskapp.rules.words import together


class DeskError(Exception):
    """`str(error)` is one plain sentence for the person in front of the screen."""


class NotFound(DeskError):
    """It is not there, or not this actor's to see; both look the same from outside."""


class GoesOnElsewhere(DeskError):
    """Two customers were one person, who goes on as `customer_id`."""

    def __init__(self, message: str, *, customer_id: int) -> None:
        super().__init__(message)
        self.customer_id = customer_id


class Erased(DeskError):
    """The person asked to be forgotten, and was."""


class Forbidden(DeskError):
    """The actor is known and may not do this."""


class SignInNeeded(DeskError):
    """Nobody is signed in on this seat."""


class Unreadable(DeskError):
    """The request itself cannot be taken: a page older than the sign-in, characters that are no text."""


class TooManyTries(DeskError):
    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Invalid(DeskError):
    """Input that cannot be taken; `problems` holds a sentence per field, "" being the whole form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(together(list(problems.values())))
        self.problems = dict(problems)


class Conflict(DeskError):
    """The same key with another body, or a state that has moved on meanwhile."""


class Busy(DeskError):
    """The desk cannot take it now; trying again later is right."""


class Full(DeskError):
    """There is no space left to write to: nothing was changed, what is there can be read."""


class ClockWentBack(DeskError):
    """The machine's clock stands before a moment at which money already moved: days could be counted twice."""
