"""Which schema a store has and how it gets the newest. Alembic is loaded only when there is something to do."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from crmsync.errors import FatalError

HEAD: Final = "0002"
"""The newest revision; a test holds it to the migrations."""
KNOWN: Final = frozenset({"0001", "0002"})


def migrate(engine: sa.Engine) -> None:
    """Bring the store to HEAD. Raises FatalError for a store that a newer crmsync has made."""
    found = _found(engine)
    if found == HEAD:
        return
    if found is not None and found not in KNOWN:
        raise FatalError(
            f"This store has schema {found}, made by a newer crmsync than this one (which knows {HEAD}).",
            fix="Install the newer crmsync again, or restore the copy of the store from before its upgrade.",
        )
    from crmsync.store.migrations.runner import upgrade

    upgrade(engine, HEAD)


def _found(engine: sa.Engine) -> str | None:
    with engine.connect().execution_options(crmsync_reads=True) as conn:
        if not sa.inspect(conn).has_table("alembic_version"):
            return None
        revision: str | None = conn.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return revision
