"""search: rows that customers and notes are found by, kept by triggers"""

from alembic import op

from deskapp.store import search_schema

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Derived from other tables, so that a later release makes them anew by `rebuild` instead of changing them."""
    connection = op.get_bind()
    search_schema.create(connection)
    search_schema.fill(connection)
