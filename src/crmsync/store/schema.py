"""The tables. Times are whole milliseconds since 1970 (UTC), values are JSON text; nothing here runs a query."""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa

metadata: Final = sa.MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"}
)
BIG: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _id() -> sa.Column[Any]:
    return sa.Column("id", BIG, primary_key=True, autoincrement=False)


def _serial() -> sa.Column[Any]:
    return sa.Column("id", BIG, primary_key=True, autoincrement=True)


def _conn(*, primary: bool = False) -> sa.Column[Any]:
    return sa.Column("connection_id", sa.Integer, primary_key=primary, nullable=False, autoincrement=False)


def _text(name: str, *, primary: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text, primary_key=primary, nullable=False)


def _big(name: str, *, primary: bool = False, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, BIG, primary_key=primary, nullable=null, autoincrement=False)


def _int(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False)


def _bool(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(create_constraint=False), nullable=False)


counter: Final = sa.Table("counter", metadata, _text("name", primary=True), _big("value"))
connection: Final = sa.Table("connection", metadata, _serial(), sa.Column("name", sa.Text, nullable=False))
sa.Index("uq_connection_name", connection.c.name, unique=True)
lease: Final = sa.Table(
    "lease", metadata, _conn(primary=True), _text("owner"), _big("generation"), _big("until")
)
meta: Final = sa.Table("meta", metadata, _conn(primary=True), _text("name", primary=True), _text("value"))
budget: Final = sa.Table(
    "budget",
    metadata,
    _conn(primary=True),
    _text("day", primary=True),
    _text("side", primary=True),
    _text("purpose", primary=True),
    _int("calls"),
)
cursor: Final = sa.Table(
    "cursor",
    metadata,
    _conn(primary=True),
    _text("side", primary=True),
    _text("object", primary=True),
    _text("data"),
)

link: Final = sa.Table(
    "link",
    metadata,
    _id(),
    _conn(),
    _text("key"),
    _int("ever"),
    _big("merged_into", null=True),
    _big("since"),
)
sa.Index("ix_link_key", link.c.connection_id, link.c.key)
sa.Index("ix_link_merged_into", link.c.merged_into)

side: Final = sa.Table(
    "side",
    metadata,
    _id(),
    _conn(),
    _big("link_id"),
    _text("side"),
    _text("object"),
    _text("native_id"),
    _text("role"),
    _big("version", null=True),
    _bool("certain"),
    _text("email"),
    _text("key"),
    _text("foreign_ids"),
    _text("account_ref"),
    _text("name"),
    _bool("in_scope"),
    _text("seen"),
    _text("written"),
    _big("written_at", null=True),
    sa.Column("covered", sa.Text, nullable=False, server_default=""),
)
sa.Index(
    "uq_side_native",
    side.c.connection_id,
    side.c.side,
    side.c.native_id,
    side.c.object,
    unique=True,
)
sa.Index("ix_side_link", side.c.link_id)
sa.Index("ix_side_email", side.c.connection_id, side.c.side, side.c.email)
sa.Index("ix_side_key", side.c.connection_id, side.c.key)

reference: Final = sa.Table(
    "reference", metadata, _big("side_id", primary=True), _text("native_id", primary=True), _conn()
)
sa.Index("ix_reference_native", reference.c.connection_id, reference.c.native_id)

observation: Final = sa.Table(
    "observation", metadata, _big("side_id", primary=True), _conn(), _text("data"), _big("at")
)
base: Final = sa.Table("base", metadata, _big("link_id", primary=True), _conn(), _text("agreed"))
rewrite: Final = sa.Table(
    "rewrite",
    metadata,
    _big("link_id", primary=True),
    _text("side", primary=True),
    _text("field", primary=True),
    _conn(),
    _text("sent"),
    _text("returned"),
)
dirty: Final = sa.Table(
    "dirty",
    metadata,
    _big("link_id", primary=True),
    _conn(),
    _int("lane"),
    _text("cause"),
    _big("seq"),
    _big("cool_until"),
    _text("held"),
)
sa.Index("ix_dirty_lane", dirty.c.connection_id, dirty.c.lane, dirty.c.link_id)

intent: Final = sa.Table(
    "intent",
    metadata,
    _id(),
    _conn(),
    _big("link_id"),
    _int("lane"),
    _text("side"),
    _text("object"),
    _text("kind"),
    _big("row_id"),
    _text("native_id"),
    _text("key"),
    _text("person"),
    _text("changes"),
    _text("blanks"),
    _text("digest"),
    _big("seq"),
    _text("status"),
    _text("held"),
    _int("attempts"),
    _text("note"),
    _big("sent_at", null=True),
    _big("ended_at", null=True),
)
sa.Index("ix_intent_link", intent.c.link_id, intent.c.status)
sa.Index(
    "ix_intent_take",
    intent.c.connection_id,
    intent.c.status,
    intent.c.side,
    intent.c.object,
    intent.c.kind,
    intent.c.lane,
    intent.c.link_id,
)
sa.Index("ix_intent_ended", intent.c.connection_id, intent.c.ended_at)
settlement: Final = sa.Table("settlement", metadata, _big("link_id", primary=True), _conn(), _text("data"))

hold: Final = sa.Table(
    "hold",
    metadata,
    _conn(primary=True),
    _text("digest", primary=True),
    _text("side"),
    _text("object"),
    _text("kind"),
    _text("reason"),
    _big("since"),
)
hold_item: Final = sa.Table(
    "hold_item",
    metadata,
    _conn(primary=True),
    _text("hold", primary=True),
    _text("digest", primary=True),
    _big("link_id"),
    _bool("approved"),
)
sa.Index("ix_hold_item_digest", hold_item.c.connection_id, hold_item.c.digest)
sa.Index("ix_hold_item_link", hold_item.c.link_id)

conflict: Final = sa.Table(
    "conflict",
    metadata,
    _serial(),
    _conn(),
    _big("link_id"),
    _text("field"),
    _text("digest"),
    _text("data"),
    _text("winner"),
    _bool("resolved"),
    _text("rule"),
    _text("cause"),
    _big("since"),
    _big("decided_at", null=True),
    _big("closed_at", null=True),
)
parked: Final = sa.Table(
    "parked",
    metadata,
    _serial(),
    _conn(),
    _big("link_id"),
    _text("side"),
    _text("object"),
    _text("native_id"),
    _text("field"),
    _text("code"),
    _text("cause"),
    _text("fix"),
    _text("digest"),
    _text("data"),
    _bool("dropped"),
    _big("since"),
    _big("closed_at", null=True),
)
for _table in (conflict, parked):
    _current = _table.c.closed_at.is_(None)
    sa.Index(
        f"uq_{_table.name}_current",
        _table.c.link_id,
        _table.c.field,
        unique=True,
        sqlite_where=_current,
        postgresql_where=_current,
    )
    sa.Index(f"ix_{_table.name}_closed", _table.c.connection_id, _table.c.closed_at)

tombstone: Final = sa.Table(
    "tombstone",
    metadata,
    _conn(primary=True),
    _text("side", primary=True),
    _text("native_id", primary=True),
    _text("object", primary=True),
    _big("link_id"),
    _big("at"),
)
sa.Index("ix_tombstone_link", tombstone.c.link_id)
event: Final = sa.Table(
    "event",
    metadata,
    _serial(),
    _conn(),
    _text("cycle"),
    _text("kind"),
    _big("link_id"),
    _text("side"),
    _text("field"),
    _text("hash"),
    _big("at"),
)
sa.Index("ix_event_link", event.c.link_id)

account: Final = sa.Table(
    "account",
    metadata,
    _conn(primary=True),
    _text("side", primary=True),
    _text("id", primary=True),
    _text("name"),
    _text("domain"),
    _text("country"),
    _big("version"),
    _text("data"),
    _bool("active"),
)
sa.Index("ix_account_domain", account.c.connection_id, account.c.side, account.c.domain)
owner: Final = sa.Table(
    "owner",
    metadata,
    _conn(primary=True),
    _text("side", primary=True),
    _text("id", primary=True),
    _text("email"),
    _text("name"),
    _bool("active"),
)
hint: Final = sa.Table(
    "hint",
    metadata,
    _conn(primary=True),
    _text("side", primary=True),
    _text("object", primary=True),
    _text("native_id", primary=True),
    _big("seq"),
)
sa.Index("ix_hint_seq", hint.c.connection_id, hint.c.side, hint.c.seq)

list_member: Final = sa.Table(
    "list_member",
    metadata,
    _conn(primary=True),
    _text("list_id", primary=True),
    _text("object", primary=True),
    _text("native_id", primary=True),
)
