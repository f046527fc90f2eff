"""How far a job is, told beside the database.

An import on SQLite holds the one write lock nearly all the time, and what tells how far it is should not stand in line for it.
"""

import json
from pathlib import Path

from sqlalchemy import Engine

from deskapp.rules.words import recalled, to_keep

Told = tuple[int, str]  # per cent, words


def leave(engine: Engine, job_id: int, attempt: int, told: Told) -> None:
    """Nothing is left where the database is a server's: there the job itself is written to."""
    if (note := _note(engine, job_id, attempt)) is None:
        return
    percent, words = told
    note.parent.mkdir(exist_ok=True)
    draft = note.with_suffix(".draft")
    draft.write_text(json.dumps([percent, to_keep(words)]), encoding="utf-8")
    draft.replace(note)


def find(engine: Engine, job_id: int, attempt: int) -> Told | None:
    if (note := _note(engine, job_id, attempt)) is None:
        return None
    try:
        percent, words = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return None
    return int(percent), recalled(str(words))


def forget(engine: Engine, job_id: int, attempt: int) -> None:
    if (note := _note(engine, job_id, attempt)) is not None:
        note.unlink(missing_ok=True)


def _note(engine: Engine, job_id: int, attempt: int) -> Path | None:
    path = engine.url.database if engine.dialect.name == "sqlite" else None
    return Path(path).with_name("progress") / f"{job_id}-{attempt}.json" if path else None
