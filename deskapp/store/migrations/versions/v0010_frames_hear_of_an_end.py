"""a number that moves with whatever ends a seat in a frame, so that open frames need not look their own up to hear of it"""

from alembic import op

revision = "0010"
down_revision = "0009"

_ENDS = {  # all but time: see `_LIVE` in store/seats.py
    "seat": ("revoked_at", "OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL AND NEW.surface = 'embed'"),
    "staff": ("is_active", "OLD.is_active AND NOT NEW.is_active"),
    "connection": ("retired_at", "OLD.retired_at IS NULL AND NEW.retired_at IS NOT NULL"),
    "device": ("revoked_at", "OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL"),
    "tablet": ("revoked_at", "OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL"),
}
_COUNT = "INSERT INTO edition (name, number) VALUES ('frames', 1) ON CONFLICT (name) DO UPDATE SET number = edition.number + 1"


def upgrade() -> None:
    """By triggers, so that no statement can forget it. On PostgreSQL they act when the transaction commits: all who end a seat meet
    at one row, and whoever locked it earlier could wait there for somebody who waits for it.
    """
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:
        op.execute(
            f"CREATE FUNCTION count_ended() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {_COUNT}; RETURN NULL; END $$"
        )
    for table, (column, condition) in _ENDS.items():
        when = f"{table}_ended AFTER UPDATE OF {column} ON {table}"
        if is_sqlite:
            op.execute(f"CREATE TRIGGER {when} WHEN {condition} BEGIN {_COUNT}; END")
        else:
            op.execute(
                f"CREATE CONSTRAINT TRIGGER {when} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({condition}) "
                "EXECUTE FUNCTION count_ended()"
            )


def downgrade() -> None:
    raise NotImplementedError("frames would go on showing what they show after their seat has ended")
