"""room for what a job said with its figures, so that everybody reads it in their own tongue"""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """On SQLite text has no length."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE job ALTER COLUMN words TYPE VARCHAR(2000)")
