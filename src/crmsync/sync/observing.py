"""A record as read -> what the store keeps of it: the hints that identify its person, its scope and its lane."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from crmsync.definition.definition import Definition
from crmsync.mapping.domains import registrable
from crmsync.mapping.fields.codec import Directory
from crmsync.mapping.fields.countries import code
from crmsync.mapping.fields.person import person_values
from crmsync.model.links import Account, Lane, Observed
from crmsync.model.records import Record
from crmsync.model.transaction import Tx
from crmsync.model.values import SIDES, Side, Value
from crmsync.reconcile.identity import foreign_key
from crmsync.sync.horizon import VendorTime
from crmsync.sync.watch import consent_fields


class Observer:
    """Turns records into observations under one definition. `members` are the contacts on the list of its scope."""

    def __init__(
        self,
        definition: Definition,
        directory: Directory,
        key_fields: Mapping[Side, str],
        accounts: Mapping[Side, str],
        users: Mapping[Side, str],
        times: Mapping[Side, VendorTime] | None = None,
        members: frozenset[str] = frozenset(),
    ) -> None:
        self._definition, self._directory = definition, directory
        self.times: dict[Side, VendorTime] = dict(times or {side: VendorTime() for side in SIDES})
        self._key_fields, self._accounts, self._users = key_fields, accounts, users
        self._members = members

    def keep(self, tx: Tx, records: Sequence[Record], cause: str, now: datetime, lane: Lane) -> int:
        """Store the records, wishes to be left alone in their own lane. Returns how many links became dirty."""
        urgent: list[Observed] = []
        rest: list[Observed] = []
        for record in records:
            self.times[record.side].see(record.version, now)
        for record in records:
            consent = consent_fields(self._definition, record.side, record.object)
            wish = any(record.values.get(name) in (True, "true") for name in consent)
            (urgent if wish else rest).append(self.observed(record, now))
        count = tx.observe(urgent, Lane.CONSENT, cause, now) if urgent else 0
        return count + (tx.observe(rest, lane, cause, now) if rest else 0)

    def observed(self, record: Record, now: datetime) -> Observed:
        """The record with its hints. A key made for other accounts is not ours and is left out."""
        names = self._definition.identity.get(record.side, {}).get(record.object, {})
        key = _text(record.values, self._key_fields[record.side])
        foreign = [_text(record.values, names.get(n, "")) for n in ("salesforce_contact", "salesforce_lead")]
        whole = " ".join(_text(record.values, names.get(n, "")) for n in ("first_name", "last_name"))
        return Observed(
            record,
            email=_text(record.values, names.get("email", "")).lower(),
            key="" if key and foreign_key(key, self._accounts) else key,
            foreign=tuple(f for f in foreign if f),
            account_ref=_text(record.values, names.get("account", "")),
            name=whole.strip().lower(),
            certain=self.times[record.side].trusts(record.version, now),
            in_scope=self.in_scope(record.side, record.object, record.id, record.values),
            ours=not record.saved_by or record.saved_by == self._users.get(record.side),
        )

    def in_scope(self, side: Side, obj: str, id: str, values: Mapping[str, Value]) -> bool:
        """Whether the record with this native id and these native values is in scope, by the definition in force."""
        if side == "hubspot" and self._definition.scope_list is not None:
            return id in self._members
        rule = self._definition.scope.get(side)
        if rule is None:
            return True
        person = person_values(self._definition.fields, side, obj, values, self._directory)
        return rule.holds({"person": person, side: dict(values)})


def accounts(definition: Definition, records: Iterable[Record], directory: Directory) -> list[Account]:
    """Organisations as read, with their registrable domain and country."""
    kept = []
    for record in records:
        names = definition.accounts.get(record.side, {})
        kept.append(
            Account(
                record.side,
                record.id,
                _text(record.values, names.get("name", "")),
                registrable(_text(record.values, names.get("domain", ""))),
                country_code(_text(record.values, names.get("country", ""))),
                record.version,
                dict(record.values),
                active=not record.deleted and _ticked(record.values, names.get("active", "")),
            )
        )
    return kept


def _ticked(values: Mapping[str, Value], name: str) -> bool:
    """Whether a checkbox is ticked; without the name of one every organisation counts."""
    return not name or values.get(name) in (True, "true")


def country_code(name: str) -> str:
    """ISO 3166 alpha-2 of a country's name or code; "" when unknown."""
    return code(name) if name else ""


def _text(values: Mapping[str, Value], name: str) -> str:
    value = values.get(name) if name else None
    return value.strip() if isinstance(value, str) else ""
