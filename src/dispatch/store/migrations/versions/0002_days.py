"""Live days with their log, proposals, webhooks with their outbox, calendar feeds, and columns of sheets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    _days()
    _hooks()
    _append_only()


def _days() -> None:
    op.create_table(
        "days",
        sa.Column("region", sa.String(200), primary_key=True),
        sa.Column("date", sa.String(10), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("snapshot_revision", sa.Integer, nullable=False),
        sa.Column("snapshot", sa.LargeBinary, nullable=False),
        sa.Column("opened_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=True),
    )
    op.create_index("days_by_date", "days", ["date", "region"])
    op.create_table(
        "day_log",
        sa.Column("region", sa.String(200), primary_key=True),
        sa.Column("date", sa.String(10), primary_key=True),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subjects", sa.JSON, nullable=False),
        sa.Column("events", sa.Text, nullable=True),
    )
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(32), sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("region", sa.String(200), nullable=False),
        sa.Column("date", sa.String(10), nullable=False),
        sa.Column("base_revision", sa.Integer, nullable=False),
        sa.Column("published", sa.Integer, nullable=True),
    )
    op.create_index("proposals_of_day", "proposals", ["region", "date", "id"])


def _hooks() -> None:
    op.create_table(
        "hooks",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("direction", sa.String(3), nullable=False),
        sa.Column("region", sa.String(200), nullable=True),
        sa.Column("url", sa.Text, nullable=True),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("failing_since", sa.Double, nullable=True),
        sa.Column("disabled_at", sa.Double, nullable=True),
        sa.Column("last_error", sa.Text, nullable=True),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), sa.Identity(), primary_key=True),
        sa.Column("hook", sa.String(32), sa.ForeignKey("hooks.id", ondelete="CASCADE"), nullable=False),
        sa.Column("message", sa.String(120), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", sa.Double, nullable=False),
    )
    op.create_index("outbox_due", "outbox", ["next_at", "id"])
    op.create_table(
        "feeds",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("region", sa.String(200), nullable=False),
        sa.Column("engineer", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
    )
    op.create_table(
        "column_maps",
        sa.Column("token", sa.String(32), primary_key=True),
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("columns", sa.JSON, nullable=False),
    )


def _append_only() -> None:
    """Let the database itself refuse to change or remove an entry of a day's log."""
    if op.get_bind().dialect.name == "sqlite":
        for what in ("UPDATE", "DELETE"):
            refuse = "SELECT RAISE(ABORT, 'the log of a day is append-only');"
            op.execute(f"CREATE TRIGGER day_log_no_{what.lower()} BEFORE {what} ON day_log BEGIN {refuse} END")
    else:
        op.execute(
            "CREATE TRIGGER day_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON day_log "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
        )
