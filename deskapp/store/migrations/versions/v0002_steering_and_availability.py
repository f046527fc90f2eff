"""what the shop steers, and where and when an item is to be had"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0002"
down_revision = "0001"

_KINDS = "kind IN ('goods', 'service', 'gift_card')"
_STEERS = ("hide", "pin", "boost", "strong-boost")


def upgrade() -> None:
    # Plain ADD COLUMN: a batch copy would drop a table with children. Alembic cannot add a CHECK with it, SQL can.
    text = "TEXT" if op.get_bind().dialect.name == "sqlite" else "VARCHAR(40)"
    op.execute(
        f"ALTER TABLE item ADD COLUMN kind {text} DEFAULT 'goods' NOT NULL CONSTRAINT ck_item_kind CHECK ({_KINDS})"
    )
    op.add_column("item", sa.Column("available_from", sa.Date(), nullable=True))
    op.add_column("item", sa.Column("available_until", sa.Date(), nullable=True))
    op.add_column(
        "item",
        sa.Column("regions", sqlmodel.sql.sqltypes.AutoString(length=1000), nullable=False, server_default=""),
    )
    op.create_table(
        "steering",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "steer",
            sa.Enum(*_STEERS, name="steer", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_steering_days")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_steering_item_id")),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_steering_set_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["staff.id"], name=op.f("fk_steering_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steering")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_steering_item_id"), "steering", ["item_id"])
    op.create_index(op.f("ix_steering_ends_on"), "steering", ["ends_on"])


def downgrade() -> None:
    raise NotImplementedError("what the shop steered and where items are to be had would be lost")
