"""Keeps what a service must not lose: tokens, jobs, answers already given, and who changed what.

A `Store` is one database, SQLite or PostgreSQL. Whoever changes something opens `Store.writing()` once, and does all that belongs
together on that connection: the change, its entry in the audit log, and the answer kept for the caller's idempotency key.
"""

from __future__ import annotations

from dispatch.store.database import Store

__all__ = ["Store"]
