"""Companies and Accounts as people's fields need them: kept as read, paired by domain, and told when one that a field
waits for has changed. Asks no CRM.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from crmsync.definition.definition import Definition
from crmsync.mapping.domains import FREE_MAIL
from crmsync.mapping.fields.codec import Directory
from crmsync.mapping.fields.firms import Firms
from crmsync.mapping.fields.types import FieldMap
from crmsync.model.links import Account, Lane, Link, Role
from crmsync.model.records import Record
from crmsync.model.transaction import Tx
from crmsync.model.values import SIDES, Side, other
from crmsync.sync.observing import accounts


def firm_fields(definition: Definition) -> tuple[FieldMap, ...]:
    """The fields that say which company or Account a person belongs to; usually none or one."""
    return tuple(f for f in definition.fields if f.transform == "account")


def named(fields: Sequence[FieldMap], record: Record) -> set[str]:
    """The ids of companies or Accounts that a record names in these fields."""
    natives = (f.native_name(record.side, record.object) for f in fields)
    values = (record.values.get(native) for native in natives if native)
    return {value for value in values if isinstance(value, str) and value}


def firms_near(tx: Tx, fields: Sequence[FieldMap], links: Iterable[Link]) -> Firms:
    """The firms that the people of these links belong to, and everybody with the same domains on either side."""
    if not fields:
        return Firms()
    ids: dict[Side, set[str]] = {side: set() for side in SIDES}
    for link in links:
        for row in link.rows:
            if row.role is Role.PRIMARY:
                values = row.current
                natives = (f.native_name(row.side, row.object) for f in fields)
                for name in filter(None, natives):
                    ids[row.side] |= {str(v) for v in (values.get(name), row.covered.get(name)) if v}
    near = [a for side in SIDES if ids[side] for a in tx.accounts_by_id(side, sorted(ids[side])).values()]
    domains = sorted({a.domain for a in near if a.domain} - FREE_MAIL)
    if domains:
        near += [a for side in SIDES for same in tx.accounts_by_domain(side, domains).values() for a in same]
    return Firms.of(near)


def keep_accounts(
    tx: Tx, definition: Definition, directory: Directory, side: Side, records: Sequence[Record]
) -> None:
    """Keep organisations as read. The ids that a merged one absorbed are nobody's any more."""
    found = accounts(definition, records, directory)
    absorbed = [alias for record in records for alias in record.aliases]
    fields = firm_fields(definition)
    ids = [*(a.id for a in found), *absorbed] if fields else absorbed
    before = tx.accounts_by_id(side, ids) if ids else {}
    retired = [replace(before[i], active=False) for i in absorbed if i in before and before[i].active]
    tx.save_accounts([*found, *retired])
    _wake(tx, fields, side, [*found, *before.values()])


def retire_accounts(tx: Tx, definition: Definition, side: Side, ids: Sequence[str]) -> None:
    """These organisations are deleted there: nobody is matched with them any more."""
    gone = [a for a in tx.accounts_by_id(side, ids).values() if a.active]
    tx.save_accounts([replace(a, active=False) for a in gone])
    _wake(tx, firm_fields(definition), side, gone)


def _wake(tx: Tx, fields: Sequence[FieldMap], side: Side, touched: Sequence[Account]) -> None:
    """Decide those people again whose field waits for one of these organisations or for their counterparts."""
    if not (fields and touched):
        return
    domains = sorted({a.domain for a in touched if a.domain})
    theirs = tx.accounts_by_domain(other(side), domains) if domains else {}
    ids = {a.id for a in touched} | {a.id for same in theirs.values() for a in same}
    waiting = tx.waiting([f.name for f in fields], sorted(ids))
    if waiting:
        tx.mark_dirty(waiting, Lane.CHANGES, "accounts")
