"""Run by Alembic: bring the tables up to date on the connection given, in one transaction that the caller commits."""

from __future__ import annotations

from alembic import context

from dispatch.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
