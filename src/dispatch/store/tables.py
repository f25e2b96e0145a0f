"""The tables, as the newest migration leaves them. Moments are Unix seconds."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData()

BIG_ID = BigInteger().with_variant(Integer, "sqlite")
"""A counter; SQLite counts only in INTEGER."""

tokens = Table(
    "tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("role", String(16), nullable=False),
    Column("regions", JSON(none_as_null=True), nullable=True),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=True),
    Column("revoked_at", Double, nullable=True),
)

jobs = Table(
    "jobs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("token", String(32), nullable=False),
    Column("regions", JSON(none_as_null=True), nullable=True),
    Column("options", JSON(none_as_null=True), nullable=False),
    Column("created_at", Double, nullable=False),
    Column("begun_at", Double, nullable=True),
    Column("ended_at", Double, nullable=True),
    Column("progress", JSON(none_as_null=True), nullable=True),
    Column("error", JSON(none_as_null=True), nullable=True),
    Column("violations", JSON(none_as_null=True), nullable=True),
    Column("claim", Integer, nullable=False),
    Column("started", Boolean, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("owner", String(64), nullable=True),
    Column("lease_until", Double, nullable=False),
    Column("wanted", String(16), nullable=False),
    Index("jobs_to_do", "state", "lease_until"),
)

job_documents = Table(
    "job_documents",
    metadata,
    Column("job", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

keys = Table(
    "idempotency_keys",
    metadata,
    Column("token", String(32), primary_key=True),
    Column("route", String(200), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("created_at", Double, nullable=False, index=True),
    Column("status", Integer, nullable=True),
    Column("headers", JSON(none_as_null=True), nullable=True),
    Column("body", LargeBinary, nullable=True),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BIG_ID, Identity(), primary_key=True),
    Column("at", Double, nullable=False),
    Column("token", String(32), nullable=False),
    Column("who", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("region", Text, nullable=True),
    Column("subject", Text, nullable=False),
    Column("detail", JSON(none_as_null=True), nullable=False),
)

days = Table(
    "days",
    metadata,
    Column("region", String(200), primary_key=True),
    Column("date", String(10), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("expires_at", Double, nullable=True),
    Index("days_by_date", "date", "region"),
)

day_snapshots = Table(
    "day_snapshots",
    metadata,
    Column("region", String(200), primary_key=True),
    Column("date", String(10), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("data", LargeBinary, nullable=False),
)

day_log = Table(
    "day_log",
    metadata,
    Column("region", String(200), primary_key=True),
    Column("date", String(10), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("at", Double, nullable=False),
    Column("token", String(32), nullable=False),
    Column("who", Text, nullable=False),
    Column("action", String(64), nullable=False),
    Column("subjects", JSON(none_as_null=True), nullable=False),
    Column("events", Text, nullable=True),
)

proposals = Table(
    "proposals",
    metadata,
    Column("id", String(32), ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True),
    Column("region", String(200), nullable=False),
    Column("date", String(10), nullable=False),
    Column("base_revision", Integer, nullable=False),
    Column("published", Integer, nullable=True),
    Index("proposals_of_day", "region", "date", "id"),
)

hooks = Table(
    "hooks",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("direction", String(3), nullable=False),
    Column("region", String(200), nullable=True),
    Column("url", Text, nullable=True),
    Column("secret", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("failing_since", Double, nullable=True),
    Column("disabled_at", Double, nullable=True),
    Column("last_error", Text, nullable=True),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", BIG_ID, Identity(), primary_key=True),
    Column("hook", String(32), ForeignKey("hooks.id", ondelete="CASCADE"), nullable=False),
    Column("message", String(120), nullable=False),
    Column("body", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Double, nullable=False),
    Index("outbox_due", "next_at", "id"),
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("region", String(200), nullable=False),
    Column("engineer", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("token", String(32), nullable=False),
)

column_maps = Table(
    "column_maps",
    metadata,
    Column("token", String(32), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("columns", JSON(none_as_null=True), nullable=False),
)
