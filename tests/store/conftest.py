"""Runs the store's suite on both databases; PostgreSQL is skipped, with the reason, where it cannot start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import store_builders as build

from crmsync.store import SqlStore, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """An empty store: a fresh file, or a connection of its own in one PostgreSQL."""
    if request.param == "sqlite":
        opened = open_store(build.sqlite_url(tmp_path))
    else:
        try:
            url = build.postgres_url()
        except build.NoPostgres as why:
            pytest.skip(str(why))
        opened = open_store(url, connection=str(tmp_path))
    yield opened
    opened.close()
