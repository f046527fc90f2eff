"""Run by Alembic; `deskapp.store.migrating` hands over the connection."""

from alembic import context
from sqlmodel import SQLModel

from deskapp.store import card_tables, gift_tables, memory_tables, privacy_tables, tables  # noqa: F401  registers the tables on the metadata
from deskapp.store.search_schema import is_compared

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=SQLModel.metadata,
    include_name=is_compared,
    render_as_batch=True,
    compare_type=connection.dialect.name == "postgresql",  # on SQLite every type is TEXT or INTEGER, see db.py
)
with context.begin_transaction():
    context.run_migrations()
