"""Runs Alembic over an open engine, in one transaction; there is no alembic.ini."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

SCRIPTS: Final = ScriptDirectory(str(Path(__file__).parent))
_LOCK: Final = sa.text("SELECT pg_advisory_xact_lock(4739238)")


def upgrade(engine: sa.Engine, to: str) -> None:
    """Run the steps up to revision `to`, all or none; a second process that opens the store waits for them."""

    def steps(found: Any, _context: Any) -> Any:
        return SCRIPTS._upgrade_revs(to, found)

    with engine.begin() as conn, EnvironmentContext(Config(), SCRIPTS, fn=steps) as env:
        if conn.dialect.name == "postgresql":
            conn.execute(_LOCK)
        env.configure(connection=conn, render_as_batch=True, transactional_ddl=True)
        env.run_migrations()
