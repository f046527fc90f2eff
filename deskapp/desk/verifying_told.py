"""What the audit says of editions, of agreements and of approvals, against what they are."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

from deskapp.store.agreements import subject_of
from deskapp.store.gift_tables import Agreement, ApprovalState, EditionOf, LimitVersion
from deskapp.store.verifying import Asked, EditionRow, Told

OF_EDITIONS = (
    "limit.set",
    "budget.added",
    "budget.changed",
    "budget.stopped",
    "receiver.set",
    *(f"{kind}.{said}" for kind in EditionOf for said in ("agreed", "declined")),
)
OF_APPROVALS = (
    "approval.asked",
    *(f"approval.{state}" for state in ApprovalState if state is not ApprovalState.WAITING),
)

_FIGURES = ("_minor", "_days", "_gifts")

Editions = Mapping[EditionOf, Mapping[int, EditionRow]]
Agreements = Mapping[tuple[EditionOf, int], Agreement]


# --- editions and agreements ----------------------------------------------------------------------------------------


def edition_faults(editions: Editions, agreements: Agreements, lines: Iterable[Told]) -> Iterator[str]:
    """Each has one line of the audit and each line one of them, and nobody agreed to their own."""
    set_in: dict[tuple[EditionOf, int], Told] = {}
    said_in: dict[tuple[EditionOf, int], Told] = {}
    for line in lines:
        kind, _, done = line.action.partition(".")
        told = said_in if done in {"agreed", "declined"} else set_in
        of = EditionOf(kind), line.details.get("version", 0)
        if of in told:
            yield f"Audit lines {told[of].id} and {line.id} are of one {_name(of)}."
        told[of] = line
    rows = {(kind, number): row for kind, of_kind in editions.items() for number, row in of_kind.items()}
    for of, row in rows.items():
        yield from _set_faults(of, row, set_in.pop(of, None))
    for of, said in agreements.items():
        yield from _said_faults(of, said, rows.get(of), said_in.pop(of, None))
    for line in (*set_in.values(), *said_in.values()):
        yield f"Audit line {line.id} is of an edition, or of an answer to it, that is not there."


def _name(of: tuple[EditionOf, int]) -> str:
    return f"{of[0].value} edition {of[1]}"


def _set_faults(of: tuple[EditionOf, int], row: EditionRow, line: Told | None) -> Iterator[str]:
    if line is None:
        yield f"No audit line says who set {_name(of)}."
    elif (line.staff_id, line.at, line.subject) != (row.set_by, row.set_at, subject_of(row)) or not _is_noted(
        row, line
    ):
        yield f"Audit line {line.id} says something else of {_name(of)}."


def _is_noted(row: EditionRow, line: Told) -> bool:
    """What the line says is so; and of a limit, a line that says how much notes every figure that there is."""
    columns = row.model_dump()
    known = {name: _plain(columns[name]) for name in line.details if name in columns}
    if any(line.details[name] != value for name, value in known.items()):
        return False
    if not isinstance(row, LimitVersion) or "per_gift_minor" not in known:
        return True
    return all(name in known for name, value in columns.items() if name.endswith(_FIGURES) and value is not None)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, date) else value


def _said_faults(
    of: tuple[EditionOf, int], said: Agreement, row: EditionRow | None, line: Told | None
) -> Iterator[str]:
    if row is None:
        yield f"Somebody answered to {_name(of)}, which is not there."
    elif said.is_agreed and said.said_by == row.set_by:
        yield f"Who set {_name(of)} agreed to it."
    action = f"{of[0].value}.{'agreed' if said.is_agreed else 'declined'}"
    if line is None:
        yield f"No audit line says who answered to {_name(of)}."
    elif (line.action, line.staff_id, line.at) != (action, said.said_by, said.said_at):
        yield f"Audit line {line.id} says something else of the answer to {_name(of)}."


# --- approvals ------------------------------------------------------------------------------------------------------


def approval_faults(approvals: Mapping[int, Asked], lines: Iterable[Told]) -> Iterator[str]:
    """Each was asked for once and settled at most once, by those, then and on whose behalf the audit says."""
    told: dict[int, list[Told]] = {}
    for line in lines:
        told.setdefault(line.details.get("approval", 0), []).append(line)
    for asked in approvals.values():
        said = [
            (line.action, line.subject, line.staff_id, line.at, line.details.get("on_behalf_of"))
            for line in told.pop(asked.id, [])
        ]
        if said != list(_expected(asked)):
            yield f"Approval {asked.id}: the audit says something else of it, or nothing."
    for line in (line for lost in told.values() for line in lost):
        yield f"Audit line {line.id} is of an approval that is not there."


def _expected(asked: Asked) -> Iterator[tuple[object, ...]]:
    subject = f"customer:{asked.customer_id}"
    yield "approval.asked", subject, asked.asked_by, asked.asked_at, None
    by = {
        ApprovalState.APPROVED: asked.decided_by,
        ApprovalState.DECLINED: asked.decided_by,
        ApprovalState.WITHDRAWN: asked.asked_by,
        ApprovalState.EXPIRED: None,
    }
    if asked.state in by:
        yield f"approval.{asked.state.value}", subject, by[asked.state], asked.decided_at, asked.on_behalf_of


def second_person_faults(asked: Asked, *, has_gift: bool) -> Iterator[str]:
    is_decided = asked.state in {ApprovalState.APPROVED, ApprovalState.DECLINED}
    if asked.decided_by == asked.asked_by:
        yield "who asked for it decided it."
    if is_decided and asked.decided_by is None:
        yield f"it is {asked.state.value}, and nobody decided it."
    if asked.state is ApprovalState.APPROVED and not has_gift:
        yield "it is approved, and there is no gift."
