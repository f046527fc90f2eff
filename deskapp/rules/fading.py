"""How long what we know of somebody counts. What was gathered and not said is asked about after a year, and fades until somebody
says that it is still so; what was said never fades by itself.
"""

from datetime import date, timedelta

ASKED_AFTER = timedelta(days=365)
# A guess that somebody could come to harm, or does not want something, is asked about as well but goes on counting: leaving it out
# costs more than a gift that was not given. How to say a name does not change with the years.
NEVER_FADES = frozenset(
    {"allergy", "no-gifts", "no-cards", "no-questions", "contact-wish", "form-of-address", "pronunciation"}
)


def asks_on(heard_on: date, review_on: date | None, *, is_stated: bool) -> date | None:
    """From when on somebody should ask whether it is still so; None: not at all. `review_on`: what somebody set."""
    if review_on is not None:
        return review_on
    return None if is_stated else heard_on + ASKED_AFTER


def has_faded(kind: str, asks_on: date | None, today: date, *, is_stated: bool) -> bool:
    """Whether it counts no more, for a suggestion or a fact."""
    return not is_stated and kind not in NEVER_FADES and asks_on is not None and asks_on <= today
