"""who owes an answer: it changes hands, who heard the request does not"""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    reference = "CONSTRAINT fk_request_voice_owed_by REFERENCES staff (id)"
    op.execute(f"ALTER TABLE request_voice ADD COLUMN owed_by {number} {reference}")
    op.create_index("ix_request_voice_owed_by", "request_voice", ["owed_by"])
