"""the card at the door: formats, what cards told, drafts, events of parcels, questions afterwards, and what goes out"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0008"
down_revision = "0007"

_FORMATS = (
    ("a6", "A6", 148, 105, 8, "false"),
    ("a7", "A7", 105, 74, 6, "false"),
    ("4x6", "4 × 6 in", 152, 102, 8, "false"),
    ("5x7", "5 × 7 in", 178, 127, 10, "false"),
    ("a6-folded", "A6, folded", 148, 105, 8, "true"),
)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    _make_new_tables()
    _add_columns(is_sqlite=is_sqlite)
    _widen("note", "source", ("person", "import", "automation"), "customer", is_sqlite=is_sqlite)
    for table in ("preference", "proposal_declined"):
        _widen(table, "kind", _KINDS, "no-questions", is_sqlite=is_sqlite)
    for position, (code, words, width, height, margin, is_folded) in enumerate(_FORMATS, 1):
        flag = {"true": "1", "false": "0"}[is_folded] if is_sqlite else is_folded
        values = f"'{code}', '{words}', {width}, {height}, {margin}, {flag}, {position}, NULL"
        op.execute(f"INSERT INTO card_format VALUES ({values})")  # noqa: S608 - our own words
    op.execute(
        "UPDATE delivery SET signed_at = packed_at, signed_by = card_by WHERE card_text <> '' AND packed_at IS NOT NULL"
    )
    op.execute("UPDATE delivery SET handed_at = packed_at, handed_by = packed_by WHERE ship_on < CURRENT_DATE")
    for table in ("delivery_event", "feedback_policy"):
        for statement in _append_only(table, is_sqlite=is_sqlite):
            op.execute(statement)


_KINDS = (
    "like", "dislike", "size", "allergy", "diet", "form-of-address", "pronunciation", "contact-wish", "no-gifts", "no-cards", "interest",
)  # fmt: skip


def _make_new_tables() -> None:
    op.create_table(
        "card_format",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("words", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("width_mm", sa.BigInteger(), nullable=False),
        sa.Column("height_mm", sa.BigInteger(), nullable=False),
        sa.Column("margin_mm", sa.BigInteger(), nullable=False),
        sa.Column("is_folded", sa.Boolean(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("width_mm > 2 * margin_mm AND height_mm > 2 * margin_mm", name=op.f("ck_card_format_room")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_card_format")),
        sqlite_strict=True,
    )
    op.create_table(
        "feedback_policy",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("days_after", sa.BigInteger(), nullable=False),
        sa.Column("cool_down_days", sa.BigInteger(), nullable=False),
        sa.Column("lapses_days", sa.BigInteger(), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint(
            "days_after BETWEEN 1 AND 60 AND cool_down_days BETWEEN 0 AND 730", name=op.f("ck_feedback_policy_days")
        ),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_feedback_policy_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_policy")),
        sqlite_strict=True,
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column(
            "carrier",
            sa.Enum("mail", "webhook", name="carrier", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("customer_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "sending",
                "sent",
                "failed",
                "doubtful",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("run_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("words", sqlmodel.sql.sqltypes.AutoString(length=300), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("sent_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_outbox_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_outbox_customer_id"), "outbox", ["customer_id"], unique=False)
    op.create_index("ix_outbox_state_run_at", "outbox", ["state", "run_at"], unique=False)
    op.create_table(
        "card_draft",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("text", sqlmodel.sql.sqltypes.AutoString(length=2000), nullable=False),
        sa.Column("words", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("made_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_card_draft_asked_by")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_card_draft_customer_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_card_draft_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_draft")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_card_draft_delivery_id")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_card_draft_customer_id"), "card_draft", ["customer_id"], unique=False)
    op.create_table(
        "card_use",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("fact", "phrase", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("key", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("used_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_card_use_customer_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_card_use_delivery_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_card_use")),
        sa.UniqueConstraint("delivery_id", "kind", "key", name=op.f("uq_card_use_delivery_id_kind_key")),
        sqlite_strict=True,
    )
    op.create_index("ix_card_use_customer_id_used_on", "card_use", ["customer_id", "used_on"], unique=False)
    op.create_table(
        "delivery_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "estimated",
                "left",
                "delivered",
                "returned",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("happened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("estimated_on", sa.Date(), nullable=True),
        sa.Column(
            "told_by",
            sa.Enum(
                "person", "file", "api", "host", name="told_by", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("source_key", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=True),
        sa.Column("recorded_by", sa.BigInteger(), nullable=True),
        sa.Column("recorded_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_delivery_event_delivery_id")),
        sa.ForeignKeyConstraint(["recorded_by"], ["staff.id"], name=op.f("fk_delivery_event_recorded_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_event")),
        sa.UniqueConstraint("told_by", "source_key", name=op.f("uq_delivery_event_told_by_source_key")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_delivery_event_delivery_id"), "delivery_event", ["delivery_id"], unique=False)
    op.create_table(
        "feedback_ask",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "withheld",
                "asked",
                "answered",
                "lapsed",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("rule", sqlmodel.sql.sqltypes.AutoString(length=40), server_default="", nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("token_hash", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("lapses_on", sa.Date(), nullable=True),
        sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("answer", sqlmodel.sql.sqltypes.AutoString(length=20), server_default="", nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_feedback_ask_customer_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_feedback_ask_delivery_id")),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("fk_feedback_ask_note_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_ask")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_feedback_ask_delivery_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_feedback_ask_token_hash")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_feedback_ask_customer_id"), "feedback_ask", ["customer_id"], unique=False)
    op.create_index(op.f("ix_feedback_ask_note_id"), "feedback_ask", ["note_id"], unique=False)
    op.create_index("ix_feedback_ask_state_due_on", "feedback_ask", ["state", "due_on"], unique=False)


def _add_columns(*, is_sqlite: bool) -> None:
    """Plain ADD COLUMN: a batch copy would drop tables with children."""
    text, number = ("TEXT", "INTEGER") if is_sqlite else ("VARCHAR({})", "BIGINT")
    moment = "TEXT" if is_sqlite else "TIMESTAMP WITH TIME ZONE"
    words = {"card_format": 40, "card_hand": 20, "card_tone": 20, "signed_as": 120}
    for name, length in words.items():
        op.execute(f"ALTER TABLE delivery ADD COLUMN {name} {text.format(length)} DEFAULT '' NOT NULL")
    for act in ("signed", "handed", "delay_told"):
        op.execute(f"ALTER TABLE delivery ADD COLUMN {act}_at {moment}")
        reference = f"CONSTRAINT fk_delivery_{act}_by REFERENCES staff (id)"
        op.execute(f"ALTER TABLE delivery ADD COLUMN {act}_by {number} {reference}")


def _widen(table: str, column: str, known: tuple[str, ...], more: str, *, is_sqlite: bool) -> None:
    """One value more. SQLite changes no CHECK, so the table is made anew under the same numbers: what refers to its rows and what is
    searched for in them stays true, and its triggers and indexes are put back as they were.
    """
    old, new = (", ".join(f"'{one}'" for one in values) for values in (known, (*known, more)))
    name = f"ck_{table}_{column}"
    if not is_sqlite:
        op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({new}))")
        return
    run = op.get_bind().exec_driver_sql
    query = "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL"
    made = list(run(query, (table,)))
    (statement,) = [sql for kind, sql in made if kind == "table"]
    widened = statement.replace(f"({old})", f"({new})")
    if widened == statement:
        message = f"no CHECK of {column} in {statement}"
        raise RuntimeError(message)
    head, bracket, rest = widened.partition("(")
    run("PRAGMA legacy_alter_table=ON")  # what names the table goes on naming it
    run(f"{head.replace(table, f'{table}_new')}{bracket}{rest}")
    run(f"INSERT INTO {table}_new SELECT * FROM {table}")  # noqa: S608
    run(f"DROP TABLE {table}")
    run(f"ALTER TABLE {table}_new RENAME TO {table}")
    run("PRAGMA legacy_alter_table=OFF")
    for kind, sql in made:
        if kind != "table":
            run(sql)


def _append_only(table: str, *, is_sqlite: bool) -> list[str]:
    """Triggers that refuse UPDATE and DELETE, as the first schema has them."""
    if is_sqlite:
        return [
            f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            for verb in ("UPDATE", "DELETE")
        ]
    refused = f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
    return [f"{refused} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"]


def downgrade() -> None:
    raise NotImplementedError("what cards told, what was asked and what went out would be lost")
