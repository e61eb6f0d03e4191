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
    op.create_table(
        "hint",
        sa.Column("connection_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("native_id", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("connection_id", "side", "object", "native_id", name="pk_hint"),
    )
    op.create_index("ix_hint_seq", "hint", ["connection_id", "side", "seq"])
    op.create_table(
        "list_member",
        sa.Column("connection_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("list_id", sa.Text(), nullable=False),
        sa.Column("object", sa.Text(), nullable=False),
        sa.Column("native_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "connection_id", "list_id", "object", "native_id", name=op.f("pk_list_member")
        ),
    )
