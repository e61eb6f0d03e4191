"""What later safety work remembers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tables and columns that came after the first schema, in the order they came."""
    op.add_column("side", sa.Column("covered", sa.Text, nullable=False, server_default=""))
