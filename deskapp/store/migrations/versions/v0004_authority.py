"""authority: limits in full, budgets, receivers, approvals, the life of a grant, seals"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0004"
down_revision = "0003"

_ROLES = "'agent', 'lead', 'delivery', 'manager', 'admin'"
_APPEND_ONLY = ("budget_version", "receiver_version", "agreement", "seal")
_GRANT_STATES = ("reserved", "committed", "undone", "declined", "expired", "cancelled", "returned")
_LEDGER_KINDS = ("reserve", "commit", "release")
_GIVER = (
    "(giver_kind = 'role') = (role IS NOT NULL) AND (giver_kind = 'team') = (team <> '')"
    " AND (giver_kind = 'person') = (staff_id IS NOT NULL)"
)
_CEILINGS = (
    "per_gift_minor >= 0 AND approves_up_to_minor >= 0 AND per_giver_per_day_minor >= 0"
    " AND per_giver_per_week_minor >= 0 AND per_giver_per_month_minor >= 0"
    " AND per_customer_per_month_minor >= 0 AND per_customer_minor >= 0"
)
_COUNTS = "per_customer_days > 0 AND per_customer_gifts >= 0 AND gap_days > 0 AND per_customer_per_year_gifts >= 0"


def upgrade() -> None:
    _make_new_tables()
    _add_columns()
    if op.get_bind().dialect.name == "sqlite":
        _make_anew()
    else:
        _alter()
    for statement in _append_only(op.get_bind().dialect.name, _APPEND_ONLY):
        op.execute(statement)


def _make_new_tables() -> None:
    op.create_table(
        "budget",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("name", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget")),
        sa.UniqueConstraint("name", name=op.f("uq_budget_name")),
        sqlite_strict=True,
    )
    op.create_table(
        "seal",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("sealed_until", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("sealed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal")),
        sa.UniqueConstraint("sealed_until", name=op.f("uq_seal_sealed_until")),
        sqlite_strict=True,
    )
    op.create_table(
        "agreement",
        sa.Column(
            "edition_of",
            sa.Enum(
                "limit", "budget", "receiver", name="edition_of", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("is_agreed", sa.Boolean(), nullable=False),
        sa.Column("said_by", sa.BigInteger(), nullable=False),
        sa.Column("said_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["said_by"], ["staff.id"], name=op.f("fk_agreement_said_by")),
        sa.PrimaryKeyConstraint("edition_of", "version_id", name=op.f("pk_agreement")),
        sqlite_strict=True,
    )
    op.create_table(
        "budget_version",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("budget_id", sa.BigInteger(), nullable=False),
        sa.Column("team", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "period",
            sa.Enum(
                "day",
                "week",
                "month",
                "quarter",
                "year",
                "whole",
                name="period",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("zone", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("most_minor", sa.BigInteger(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("needs_agreement", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("most_minor >= 0", name=op.f("ck_budget_version_most")),
        sa.ForeignKeyConstraint(["budget_id"], ["budget.id"], name=op.f("fk_budget_version_budget_id")),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_budget_version_owner_id")),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_budget_version_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_version")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_budget_version_budget_id"), "budget_version", ["budget_id"])
    op.create_table(
        "delegation",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("to_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_delegation_two_people")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_delegation_days")),
        sa.ForeignKeyConstraint(["from_id"], ["staff.id"], name=op.f("fk_delegation_from_id")),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_delegation_set_by")),
        sa.ForeignKeyConstraint(["to_id"], ["staff.id"], name=op.f("fk_delegation_to_id")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["staff.id"], name=op.f("fk_delegation_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_delegation_from_id"), "delegation", ["from_id"])
    op.create_index(op.f("ix_delegation_to_id"), "delegation", ["to_id"])
    op.create_table(
        "item_picture",
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_picture_item_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_picture")),
        sqlite_strict=True,
    )
    op.create_table(
        "receiver_version",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "receiver",
            sa.Enum(
                "person",
                "business",
                "public-sector",
                name="receiver",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("zone", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("per_gift_minor", sa.BigInteger(), nullable=False),
        sa.Column("per_year_minor", sa.BigInteger(), nullable=False),
        sa.Column("register_from_minor", sa.BigInteger(), nullable=False),
        sa.Column("needs_agreement", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "per_gift_minor >= 0 AND per_year_minor >= 0 AND register_from_minor >= 0",
            name=op.f("ck_receiver_version_thresholds"),
        ),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_receiver_version_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receiver_version")),
        sqlite_strict=True,
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "approved",
                "declined",
                "withdrawn",
                "expired",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("on_behalf_of", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.CheckConstraint("decided_by IS NULL OR decided_by <> asked_by", name=op.f("ck_approval_second_person")),
        sa.CheckConstraint("value_minor >= 0", name=op.f("ck_approval_value")),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_approval_asked_by")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_approval_customer_id")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_approval_decided_by")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_approval_item_id")),
        sa.ForeignKeyConstraint(["on_behalf_of"], ["staff.id"], name=op.f("fk_approval_on_behalf_of")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_approval_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_approval_asked_by"), "approval", ["asked_by"])
    op.create_index(op.f("ix_approval_customer_id"), "approval", ["customer_id"])
    op.create_index(op.f("ix_approval_state"), "approval", ["state"])
    op.create_table(
        "problem",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum(
                "late",
                "damaged",
                "wrong-item",
                "missing",
                "service",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("noted_by", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("solved_by", sa.BigInteger(), nullable=True),
        sa.Column("solved_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_problem_customer_id")),
        sa.ForeignKeyConstraint(["noted_by"], ["staff.id"], name=op.f("fk_problem_noted_by")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_problem_order_id")),
        sa.ForeignKeyConstraint(["solved_by"], ["staff.id"], name=op.f("fk_problem_solved_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_problem_customer_id"), "problem", ["customer_id"])
    op.create_index(op.f("ix_problem_order_id"), "problem", ["order_id"])


def _add_columns() -> None:
    """Plain ADD COLUMN: a batch copy would drop tables with children. Alembic cannot add a CHECK with it, SQL can."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    word, number, moment = (
        ("TEXT", "INTEGER", "TEXT") if is_sqlite else ("VARCHAR(40)", "BIGINT", "TIMESTAMP WITH TIME ZONE")
    )
    receivers = "receiver IN ('person', 'business', 'public-sector')"
    for column in (
        f"customer ADD COLUMN receiver {word} DEFAULT 'person' NOT NULL CONSTRAINT ck_customer_receiver CHECK ({receivers})",
        f"item ADD COLUMN capacity_per_day {number} CONSTRAINT ck_item_capacity CHECK (capacity_per_day >= 0)",
        f"item ADD COLUMN least_role {word} CONSTRAINT ck_item_least_role CHECK (least_role IN ({_ROLES}))",
        f"delivery ADD COLUMN delivered_at {moment}",
        f"delivery ADD COLUMN delivered_by {number} CONSTRAINT fk_delivery_delivered_by REFERENCES staff (id)",
        f"delivery ADD COLUMN returned_at {moment}",
        f"delivery ADD COLUMN returned_by {number} CONSTRAINT fk_delivery_returned_by REFERENCES staff (id)",
        f"staff ADD COLUMN team {word if is_sqlite else 'VARCHAR(60)'} DEFAULT '' NOT NULL",
        f"staff ADD COLUMN pin_hash {word if is_sqlite else 'VARCHAR(200)'}",
    ):
        op.execute(f"ALTER TABLE {column}")


def _alter() -> None:
    """PostgreSQL. The defaults fill the rows that are there, without an UPDATE, which these tables refuse."""
    for name, kind, default in (
        ("giver_kind", "VARCHAR(40)", "'role'"),
        ("team", "VARCHAR(60)", "''"),
        ("exception", "VARCHAR(80)", "''"),
        ("eligibility", "VARCHAR(500)", "''"),
        ("is_never_regular", "BOOLEAN", "false"),
        ("is_never_bait", "BOOLEAN", "false"),
        ("needs_agreement", "BOOLEAN", "false"),
    ):
        op.execute(f"ALTER TABLE limit_version ADD COLUMN {name} {kind} DEFAULT {default} NOT NULL")
        op.execute(f"ALTER TABLE limit_version ALTER COLUMN {name} DROP DEFAULT")
    for name in (
        "approves_up_to_minor",
        "order_share_percent",
        "per_giver_per_week_minor",
        "per_giver_per_month_minor",
        "per_customer_days",
        "per_customer_minor",
        "per_customer_gifts",
        "gap_days",
        "per_customer_per_year_gifts",
    ):
        op.add_column("limit_version", sa.Column(name, sa.BigInteger(), nullable=True))
    op.execute(
        "ALTER TABLE limit_version ADD COLUMN staff_id BIGINT CONSTRAINT fk_limit_version_staff_id REFERENCES staff (id)"
    )
    for name in ("valid_from", "valid_until"):
        op.add_column("limit_version", sa.Column(name, sa.Date(), nullable=True))
    for name in ("role", "per_giver_per_day_minor", "per_customer_per_month_minor"):
        op.alter_column("limit_version", name, nullable=True)
    op.drop_constraint(op.f("ck_limit_version_ceilings"), "limit_version", type_="check")
    for name, condition in (
        ("ceilings", _CEILINGS),
        ("counts", _COUNTS),
        ("giver", _GIVER),
        ("order_share_percent", "order_share_percent BETWEEN 0 AND 100"),
        ("giver_kind", "giver_kind IN ('role', 'team', 'person')"),
    ):
        op.create_check_constraint(op.f(f"ck_limit_version_{name}"), "limit_version", sa.text(condition))
    op.alter_column("grants", "undone_at", new_column_name="released_at")
    op.add_column("grants", sa.Column("committed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True))
    op.execute(
        "ALTER TABLE grants ADD COLUMN approval_id BIGINT CONSTRAINT fk_grants_approval_id REFERENCES approval (id)"
    )
    op.create_index(op.f("ix_grants_state"), "grants", ["state"])
    op.drop_constraint(op.f("ck_grants_state"), "grants", type_="check")
    op.create_check_constraint(op.f("ck_grants_state"), "grants", sa.column("state").in_(_GRANT_STATES))
    op.drop_constraint(op.f("ck_ledger_kind"), "ledger", type_="check")
    op.create_check_constraint(op.f("ck_ledger_kind"), "ledger", sa.column("kind").in_(_LEDGER_KINDS))


def _make_anew() -> None:
    """SQLite changes no CHECK and takes no NOT NULL away. These three refer to each other and nothing else to them."""
    tables = ("ledger", "grants", "limit_version")
    for index in (
        "ix_ledger_bucket_key",
        "ix_grants_customer_id",
        "ix_grants_order_id",
        "ix_grants_staff_id",
        "ix_limit_version_role",
    ):
        op.drop_index(index)
    for table in tables:
        op.rename_table(table, f"{table}_before")
    op.create_table(
        "limit_version",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column(
            "giver_kind",
            sa.Enum("role", "team", "person", name="giver_kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column(
            "role",
            sa.Enum(
                "agent",
                "lead",
                "delivery",
                "manager",
                "admin",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("team", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=True),
        sa.Column("exception", sqlmodel.sql.sqltypes.AutoString(length=80), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column(
            "basis",
            sa.Enum("cost", "price", name="basis", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("zone", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("per_gift_minor", sa.BigInteger(), nullable=False),
        sa.Column("approves_up_to_minor", sa.BigInteger(), nullable=True),
        sa.Column("order_share_percent", sa.BigInteger(), nullable=True),
        sa.Column("per_giver_per_day_minor", sa.BigInteger(), nullable=True),
        sa.Column("per_giver_per_week_minor", sa.BigInteger(), nullable=True),
        sa.Column("per_giver_per_month_minor", sa.BigInteger(), nullable=True),
        sa.Column("per_customer_per_month_minor", sa.BigInteger(), nullable=True),
        sa.Column("per_customer_days", sa.BigInteger(), nullable=True),
        sa.Column("per_customer_minor", sa.BigInteger(), nullable=True),
        sa.Column("per_customer_gifts", sa.BigInteger(), nullable=True),
        sa.Column("gap_days", sa.BigInteger(), nullable=True),
        sa.Column("per_customer_per_year_gifts", sa.BigInteger(), nullable=True),
        sa.Column("is_never_regular", sa.Boolean(), nullable=False),
        sa.Column("is_never_bait", sa.Boolean(), nullable=False),
        sa.Column("eligibility", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("needs_agreement", sa.Boolean(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "(giver_kind = 'role') = (role IS NOT NULL) AND (giver_kind = 'team') = (team <> '') AND (giver_kind = 'person') = (staff_id IS NOT NULL)",
            name=op.f("ck_limit_version_giver"),
        ),
        sa.CheckConstraint("order_share_percent BETWEEN 0 AND 100", name=op.f("ck_limit_version_order_share_percent")),
        sa.CheckConstraint(
            "per_customer_days > 0 AND per_customer_gifts >= 0 AND gap_days > 0 AND per_customer_per_year_gifts >= 0",
            name=op.f("ck_limit_version_counts"),
        ),
        sa.CheckConstraint(
            "per_gift_minor >= 0 AND approves_up_to_minor >= 0 AND per_giver_per_day_minor >= 0 AND per_giver_per_week_minor >= 0 AND per_giver_per_month_minor >= 0 AND per_customer_per_month_minor >= 0 AND per_customer_minor >= 0",
            name=op.f("ck_limit_version_ceilings"),
        ),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_limit_version_set_by")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_limit_version_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_limit_version")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_limit_version_role"), "limit_version", ["role"])
    op.create_table(
        "grants",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("cost_minor", sa.BigInteger(), nullable=False),
        sa.Column("value_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sqlmodel.sql.sqltypes.AutoString(length=3), nullable=False),
        sa.Column("limit_version_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "reserved",
                "committed",
                "undone",
                "declined",
                "expired",
                "cancelled",
                "returned",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("granted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("released_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("committed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("approval_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("value_minor >= 0", name=op.f("ck_grants_value")),
        sa.ForeignKeyConstraint(["approval_id"], ["approval.id"], name=op.f("fk_grants_approval_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_grants_customer_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_grants_item_id")),
        sa.ForeignKeyConstraint(["limit_version_id"], ["limit_version.id"], name=op.f("fk_grants_limit_version_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_grants_order_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_grants_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_grants_customer_id"), "grants", ["customer_id"])
    op.create_index(op.f("ix_grants_order_id"), "grants", ["order_id"])
    op.create_index(op.f("ix_grants_staff_id"), "grants", ["staff_id"])
    op.create_index(op.f("ix_grants_state"), "grants", ["state"])
    op.create_table(
        "ledger",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("grant_id", sa.BigInteger(), nullable=False),
        sa.Column("bucket_key", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("reserve", "commit", "release", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["bucket_key"], ["bucket.key"], name=op.f("fk_ledger_bucket_key")),
        sa.ForeignKeyConstraint(["grant_id"], ["grants.id"], name=op.f("fk_ledger_grant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("grant_id", "bucket_key", "kind", name=op.f("uq_ledger_grant_id_bucket_key_kind")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_ledger_bucket_key"), "ledger", ["bucket_key"])
    kept = (
        "currency, basis, zone, per_gift_minor, per_giver_per_day_minor, per_customer_per_month_minor, set_by, set_at"
    )
    said = "id, giver_kind, role, team, exception, is_never_regular, is_never_bait, eligibility, needs_agreement"
    _copy("limit_version", f"{said}, {kept}", f"id, 'role', role, '', '', 0, 0, '', 0, {kept}")
    kept = (
        "id, staff_id, customer_id, order_id, item_id, price_minor, cost_minor, value_minor, currency, limit_version_id,"
        " state, granted_at"
    )
    _copy("grants", f"{kept}, released_at", f"{kept}, undone_at")
    kept = "id, grant_id, bucket_key, kind, amount_minor, at"
    _copy("ledger", kept, kept)
    for table in tables:
        op.drop_table(f"{table}_before")
    for statement in _append_only("sqlite", ("ledger", "limit_version")):
        op.execute(statement)


def _copy(table: str, into: str, what: str) -> None:
    op.execute(f"INSERT INTO {table} ({into}) SELECT {what} FROM {table}_before")  # noqa: S608 - our own names


def _append_only(dialect: str, tables: tuple[str, ...]) -> list[str]:
    """Triggers that refuse UPDATE and DELETE, as the first schema has them."""
    if dialect == "sqlite":
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for table in tables
            for verb in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        for table in tables
    ]


def downgrade() -> None:
    raise NotImplementedError("limits, approvals and what became of gifts would be lost")
