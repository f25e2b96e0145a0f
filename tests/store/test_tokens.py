"""Tokens: kept as hashes, found by their secret, good for as long as they say."""

from __future__ import annotations

from sqlalchemy import text

from dispatch.store import Store, tokens


def test_a_token_is_found_by_its_secret_and_its_secret_nowhere(store: Store) -> None:
    with store.writing() as connection:
        made, secret = tokens.create(connection, "desk", "dispatcher", ["north", "east"], 100.0, 200.0)
    with store.reading() as connection:
        assert tokens.find(connection, secret) == made
        assert tokens.find(connection, secret + "x") is None
        assert tokens.find(connection, "' OR 1=1 --") is None
        kept = str(connection.execute(text("SELECT * FROM tokens")).all())
    assert (made.role, made.regions, made.expires_at) == ("dispatcher", frozenset({"north", "east"}), 200.0)
    assert secret.startswith("dispatch_")
    assert len(secret) == 52
    assert secret.removeprefix("dispatch_") not in kept


def test_a_token_is_good_until_it_expires_or_is_revoked(store: Store) -> None:
    with store.writing() as connection:
        short, _ = tokens.create(connection, "short", "viewer", None, 100.0, 200.0)
        long, secret = tokens.create(connection, "long", "admin", None, 101.0)
    assert [short.valid(now) for now in (100.0, 199.9, 200.0)] == [True, True, False]
    assert long.valid(1e12)
    with store.writing() as connection:
        assert tokens.revoke(connection, long.id, 150.0)
        assert not tokens.revoke(connection, long.id, 151.0)
        assert not tokens.revoke(connection, "nobody", 151.0)
    with store.reading() as connection:
        found = tokens.find(connection, secret)
        assert found is not None
        assert (found.revoked_at, found.valid(150.0)) == (150.0, False)
        assert [t.name for t in tokens.every(connection)] == ["short", "long"]
