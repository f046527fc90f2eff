"""inside their CRM: connections, what they sent, who works in them; shared tablets; a person's own look; a customer's zone"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0009"
down_revision = "0008"

_REFERENCES = {"seat": ("connection", "device", "tablet"), "launch_link": ("connection",)}


def upgrade() -> None:
    _make_tables()
    _add_columns(is_sqlite=op.get_bind().dialect.name == "sqlite")


def _add_columns(*, is_sqlite: bool) -> None:
    """Plain ADD COLUMN: a batch copy would drop tables with children."""
    text, number = ("TEXT", "INTEGER") if is_sqlite else ("VARCHAR({})", "BIGINT")
    for table, others in _REFERENCES.items():
        for other in others:
            reference = f"CONSTRAINT fk_{table}_{other}_id REFERENCES {other} (id)"
            op.execute(f"ALTER TABLE {table} ADD COLUMN {other}_id {number} {reference}")
    for other in _REFERENCES["seat"]:
        op.create_index(f"ix_seat_{other}_id", "seat", [f"{other}_id"])
    for name in ("theme", "density", "language"):
        op.execute(f"ALTER TABLE staff ADD COLUMN {name} {text.format(20)} DEFAULT '' NOT NULL")
    op.execute(f"ALTER TABLE customer ADD COLUMN zone {text.format(60)}")


def _make_tables() -> None:
    op.create_table(
        "connection",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("host", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("frame_origins", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("retired_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["staff.id"], name=op.f("fk_connection_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection")),
        sa.UniqueConstraint("key", name=op.f("uq_connection_key")),
        sqlite_strict=True,
    )
    op.create_table(
        "tablet",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("token_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_tablet_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tablet")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_tablet_token_hash")),
        sqlite_strict=True,
    )
    op.create_table(
        "agent_link",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("agent_ref", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("linked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_agent_link_connection_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_agent_link_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_link")),
        sa.UniqueConstraint("connection_id", "agent_ref", name=op.f("uq_agent_link_connection_id_agent_ref")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_agent_link_staff_id"), "agent_link", ["staff_id"], unique=False)
    op.create_table(
        "connection_secret",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sqlmodel.sql.sqltypes.AutoString(length=4000), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ends_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_connection_secret_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connection_secret")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_connection_secret_connection_id"), "connection_secret", ["connection_id"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("label", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("last_seen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("revoked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_device_connection_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_device_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_device_connection_id"), "device", ["connection_id"], unique=False)
    op.create_index(op.f("ix_device_staff_id"), "device", ["staff_id"], unique=False)
    op.create_table(
        "host_launch",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("outcome", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("seconds_off", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_host_launch_connection_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_host_launch_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_host_launch")),
        sqlite_strict=True,
    )
    op.create_index("ix_host_launch_connection_id_at", "host_launch", ["connection_id", "at"], unique=False)
    op.create_table(
        "launch_receipt",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("replay_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("seat_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_launch_receipt_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_launch_receipt")),
        sa.UniqueConstraint("connection_id", "replay_hash", name=op.f("uq_launch_receipt_connection_id_replay_hash")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_launch_receipt_expires_at"), "launch_receipt", ["expires_at"], unique=False)
    op.create_table(
        "pairing",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("connection_id", sa.BigInteger(), nullable=False),
        sa.Column("device_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("user_code_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("agent_ref", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.Column("approved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("taken_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["approved_by"], ["staff.id"], name=op.f("fk_pairing_approved_by")),
        sa.ForeignKeyConstraint(["connection_id"], ["connection.id"], name=op.f("fk_pairing_connection_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pairing")),
        sa.UniqueConstraint("device_hash", name=op.f("uq_pairing_device_hash")),
        sa.UniqueConstraint("user_code_hash", name=op.f("uq_pairing_user_code_hash")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_pairing_connection_id"), "pairing", ["connection_id"], unique=False)
    op.create_index(op.f("ix_pairing_expires_at"), "pairing", ["expires_at"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("connections and whom they stand for would be lost")
