"""memory: channels, marks on notes, occasions, visits, requests; privacy: views, retention, holds, exports, erasures, merges"""

import sqlalchemy as sa
import sqlmodel
from alembic import op

revision = "0005"
down_revision = "0004"

_CHANNELS = (
    ("in-person", "in person"),
    ("phone", "on the phone"),
    ("chat", "in chat"),
    ("e-mail", "by e-mail"),
    ("delivery", "at the delivery"),
)


def upgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    _make_new_tables()
    _add_columns(is_sqlite=is_sqlite)
    _free_channels(is_sqlite=is_sqlite)
    for position, (code, words) in enumerate(_CHANNELS, 1):
        op.execute(f"INSERT INTO channel VALUES ('{code}', '{words}', {position}, NULL)")  # noqa: S608 - our own words
    half_a_year_on = "date(written_at, '+180 days')" if is_sqlite else "(written_at + interval '180 days')::date"
    op.execute(f"UPDATE note SET review_on = {half_a_year_on} WHERE kind = 'opinion'")  # noqa: S608
    for statement in _append_only("retention_rule", is_sqlite=is_sqlite):
        op.execute(statement)


def _make_new_tables() -> None:
    op.create_table(
        "channel",
        sa.Column("code", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("words", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_channel")),
        sqlite_strict=True,
    )
    op.create_table(
        "customer_merge",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("from_id", sa.BigInteger(), nullable=False),
        sa.Column("into_id", sa.BigInteger(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("merged_by", sa.BigInteger(), nullable=False),
        sa.Column("merged_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.Column("undone_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.CheckConstraint("from_id <> into_id", name=op.f("ck_customer_merge_two_people")),
        sa.ForeignKeyConstraint(["from_id"], ["customer.id"], name=op.f("fk_customer_merge_from_id")),
        sa.ForeignKeyConstraint(["into_id"], ["customer.id"], name=op.f("fk_customer_merge_into_id")),
        sa.ForeignKeyConstraint(["merged_by"], ["staff.id"], name=op.f("fk_customer_merge_merged_by")),
        sa.ForeignKeyConstraint(["undone_by"], ["staff.id"], name=op.f("fk_customer_merge_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_merge")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_customer_merge_from_id"), "customer_merge", ["from_id"], unique=False)
    op.create_index(op.f("ix_customer_merge_into_id"), "customer_merge", ["into_id"], unique=False)
    op.create_table(
        "erasure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("number", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("done_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_erasure_asked_by")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_erasure_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
        sa.UniqueConstraint("number", name=op.f("uq_erasure_number")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_erasure_customer_id"), "erasure", ["customer_id"], unique=False)
    op.create_table(
        "guard_policy",
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("policy", sqlmodel.sql.sqltypes.AutoString(length=20), nullable=False),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("policy IN ('warn', 'reason', 'refuse')", name=op.f("ck_guard_policy_policy")),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_guard_policy_set_by")),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_guard_policy")),
        sqlite_strict=True,
    )
    op.create_table(
        "hold",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=True),
        sa.Column("placed_by", sa.BigInteger(), nullable=False),
        sa.Column("placed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("lifted_by", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_hold_customer_id")),
        sa.ForeignKeyConstraint(["lifted_by"], ["staff.id"], name=op.f("fk_hold_lifted_by")),
        sa.ForeignKeyConstraint(["placed_by"], ["staff.id"], name=op.f("fk_hold_placed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_hold_customer_id"), "hold", ["customer_id"], unique=False)
    op.create_table(
        "occasion",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "birthday",
                "name-day",
                "anniversary",
                "other",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("words", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column("month", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.BigInteger(), nullable=False),
        sa.Column("heard_by", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("withdrawn_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("withdrawn_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("month BETWEEN 1 AND 12 AND day BETWEEN 1 AND 31", name=op.f("ck_occasion_day")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_occasion_customer_id")),
        sa.ForeignKeyConstraint(["heard_by"], ["staff.id"], name=op.f("fk_occasion_heard_by")),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["staff.id"], name=op.f("fk_occasion_withdrawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_occasion")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_occasion_customer_id"), "occasion", ["customer_id"], unique=False)
    op.create_table(
        "personal_export",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ready_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("expires_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("digest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("page", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_personal_export_asked_by")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_personal_export_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_export")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_personal_export_customer_id"), "personal_export", ["customer_id"], unique=False)
    op.create_table(
        "request_topic",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("title", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "new",
                "considered",
                "planned",
                "released",
                "declined",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("because", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("opened_by", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("decided_by", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("merged_into", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_request_topic_decided_by")),
        sa.ForeignKeyConstraint(["merged_into"], ["request_topic.id"], name=op.f("fk_request_topic_merged_into")),
        sa.ForeignKeyConstraint(["opened_by"], ["staff.id"], name=op.f("fk_request_topic_opened_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_topic")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_request_topic_merged_into"), "request_topic", ["merged_into"], unique=False)
    op.create_table(
        "retention_rule",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("days", sa.BigInteger(), nullable=True),
        sa.Column("set_by", sa.BigInteger(), nullable=False),
        sa.Column("set_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.CheckConstraint("days > 0", name=op.f("ck_retention_rule_days")),
        sa.ForeignKeyConstraint(["set_by"], ["staff.id"], name=op.f("fk_retention_rule_set_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_rule")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_retention_rule_kind"), "retention_rule", ["kind"], unique=False)
    op.create_table(
        "view_log",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.BigInteger(), nullable=False),
        sa.Column("viewed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column(
            "what",
            sa.Enum(
                "page",
                "brief",
                "note",
                "api",
                "export",
                name="what",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "surface",
            sa.Enum("page", "embed", name="surface", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("host", sqlmodel.sql.sqltypes.AutoString(length=60), nullable=False),
        sa.Column("ticket", sqlmodel.sql.sqltypes.AutoString(length=120), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_view_log_customer_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_view_log_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_view_log")),
        sqlite_strict=True,
    )
    op.create_index("ix_view_log_customer_id_viewed_at", "view_log", ["customer_id", "viewed_at"], unique=False)
    op.create_index(op.f("ix_view_log_staff_id"), "view_log", ["staff_id"], unique=False)
    op.create_table(
        "visit",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("visit", "call", name="kind", native_enum=False, create_constraint=True, length=40),
            nullable=False,
        ),
        sa.Column("expected_on", sa.Date(), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.AutoString(length=5), nullable=False),
        sa.Column("words", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("with_id", sa.BigInteger(), nullable=True),
        sa.Column("noted_by", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("came_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("cancelled_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_visit_customer_id")),
        sa.ForeignKeyConstraint(["noted_by"], ["staff.id"], name=op.f("fk_visit_noted_by")),
        sa.ForeignKeyConstraint(["with_id"], ["staff.id"], name=op.f("fk_visit_with_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_visit_customer_id"), "visit", ["customer_id"], unique=False)
    op.create_index("ix_visit_expected_on", "visit", ["expected_on"], unique=False)
    op.create_table(
        "request_voice",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("topic_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("would_let", sqlmodel.sql.sqltypes.AutoString(length=500), nullable=False),
        sa.Column("heard_by", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("answered_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("answered_by", sa.BigInteger(), nullable=True),
        sa.Column("is_used", sa.Boolean(), nullable=True),
        sa.Column("used_asked_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("used_asked_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["staff.id"], name=op.f("fk_request_voice_answered_by")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_request_voice_customer_id")),
        sa.ForeignKeyConstraint(["heard_by"], ["staff.id"], name=op.f("fk_request_voice_heard_by")),
        sa.ForeignKeyConstraint(["topic_id"], ["request_topic.id"], name=op.f("fk_request_voice_topic_id")),
        sa.ForeignKeyConstraint(["used_asked_by"], ["staff.id"], name=op.f("fk_request_voice_used_asked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_voice")),
        sqlite_strict=True,
    )
    op.create_index(op.f("ix_request_voice_customer_id"), "request_voice", ["customer_id"], unique=False)
    op.create_index(op.f("ix_request_voice_heard_by"), "request_voice", ["heard_by"], unique=False)
    op.create_index(op.f("ix_request_voice_topic_id"), "request_voice", ["topic_id"], unique=False)
    op.create_table(
        "proposal_declined",
        sa.Column("note_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "like",
                "dislike",
                "size",
                "allergy",
                "diet",
                "form-of-address",
                "pronunciation",
                "contact-wish",
                "no-gifts",
                "no-cards",
                "interest",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("value_folded", sqlmodel.sql.sqltypes.AutoString(length=200), nullable=False),
        sa.Column("declined_by", sa.BigInteger(), nullable=False),
        sa.Column("declined_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["declined_by"], ["staff.id"], name=op.f("fk_proposal_declined_declined_by")),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name=op.f("fk_proposal_declined_note_id")),
        sa.PrimaryKeyConstraint("note_id", "kind", "value_folded", name=op.f("pk_proposal_declined")),
        sqlite_strict=True,
    )


def _add_columns(*, is_sqlite: bool) -> None:
    """Plain ADD COLUMN: a batch copy would drop tables with children. Alembic cannot add a CHECK with it, SQL can."""
    text, number, day = ("TEXT", "INTEGER", "TEXT") if is_sqlite else ("VARCHAR({})", "BIGINT", "DATE")
    moment, flag = ("TEXT", "INTEGER") if is_sqlite else ("TIMESTAMP WITH TIME ZONE", "BOOLEAN")
    sources = "CONSTRAINT ck_note_source CHECK (source IN ('person', 'import', 'automation'))"
    for column in (
        f"customer ADD COLUMN merged_into {number} CONSTRAINT fk_customer_merged_into REFERENCES customer (id)",
        f"customer ADD COLUMN erased_at {moment}",
        f"note ADD COLUMN source {text.format(40)} DEFAULT 'person' NOT NULL {sources}",
        f"note ADD COLUMN is_alert {flag} DEFAULT false NOT NULL",
        f"note ADD COLUMN pinned_until {day}",
        f"note ADD COLUMN pin_reason {text.format(200)} DEFAULT '' NOT NULL",
        f"note ADD COLUMN mentionable {text.format(500)} DEFAULT '' NOT NULL",
        f"note ADD COLUMN review_on {day}",
        f"note ADD COLUMN retracted_at {moment}",
        f"note ADD COLUMN retracted_by {number} CONSTRAINT fk_note_retracted_by REFERENCES staff (id)",
        f"note ADD COLUMN wiped_at {moment}",
        f"preference ADD COLUMN category {text.format(120)} DEFAULT '' NOT NULL",
        f"preference ADD COLUMN note_id {number} CONSTRAINT fk_preference_note_id REFERENCES note (id)",
        f"preference ADD COLUMN review_on {day}",
        f"preference ADD COLUMN withdrawn_by {number} CONSTRAINT fk_preference_withdrawn_by REFERENCES staff (id)",
        f"promise ADD COLUMN order_id {number} CONSTRAINT fk_promise_order_id REFERENCES orders (id)",
        f"promise ADD COLUMN made_by {number} CONSTRAINT fk_promise_made_by REFERENCES staff (id)",
        f"promise ADD COLUMN handed_at {moment}",
        f"promise ADD COLUMN handed_by {number} CONSTRAINT fk_promise_handed_by REFERENCES staff (id)",
        f"promise ADD COLUMN dropped_at {moment}",
        f"promise ADD COLUMN dropped_by {number} CONSTRAINT fk_promise_dropped_by REFERENCES staff (id)",
        f"promise ADD COLUMN dropped_because {text.format(200)} DEFAULT '' NOT NULL",
    ):
        op.execute(f"ALTER TABLE {column}")
    op.create_index(op.f("ix_customer_merged_into"), "customer", ["merged_into"])
    op.create_index("ix_note_review_on", "note", ["review_on"])
    op.create_index(op.f("ix_preference_note_id"), "preference", ["note_id"])
    op.create_index(op.f("ix_promise_owner_id"), "promise", ["owner_id"])


def _free_channels(*, is_sqlite: bool) -> None:
    """A talk's channel is one of the shop's own from now on. SQLite takes no CHECK away, so the table is made anew."""
    if not is_sqlite:
        op.drop_constraint(op.f("ck_interaction_channel"), "interaction", type_="check")
        op.execute(
            "ALTER TABLE interaction ADD COLUMN item_id BIGINT CONSTRAINT fk_interaction_item_id REFERENCES item (id)"
        )
        return
    op.create_table(
        "interaction_anew",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", sa.BigInteger(), nullable=False),
        sa.Column("channel", sqlmodel.sql.sqltypes.AutoString(length=40), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("happened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_interaction_customer_id")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_interaction_item_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_interaction_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interaction")),
        sqlite_strict=True,
    )
    op.execute(
        "INSERT INTO interaction_anew (id, customer_id, channel, order_id, happened_at)"
        " SELECT id, customer_id, channel, order_id, happened_at FROM interaction"
    )
    op.drop_table("interaction")
    op.rename_table("interaction_anew", "interaction")
    op.create_index(op.f("ix_interaction_customer_id"), "interaction", ["customer_id"])


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
    raise NotImplementedError("marks on notes, occasions, requests, views and receipts would be lost")
