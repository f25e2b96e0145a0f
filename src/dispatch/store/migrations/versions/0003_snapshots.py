"""Days that are kept whole in a table of their own: a change of a day writes its row, and need not carry a megabyte along."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table, and move what is kept there."""
    op.create_table(
        "day_snapshots",
        sa.Column("region", sa.String(200), primary_key=True),
        sa.Column("date", sa.String(10), primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.execute("INSERT INTO day_snapshots (region, date, revision, data) SELECT region, date, snapshot_revision, snapshot FROM days")
    op.drop_column("days", "snapshot")
    op.drop_column("days", "snapshot_revision")
