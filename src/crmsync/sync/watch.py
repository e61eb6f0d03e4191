"""Which native fields are read of each object: the mapped ones, those that identify, and those that rules name."""

from __future__ import annotations

from crmsync.definition.definition import Definition
from crmsync.model.ports import Connector
from crmsync.model.values import Side
from crmsync.sync.engine import ACCOUNTS, SUCCESSORS


def people_fields(definition: Definition, connector: Connector, obj: str) -> list[str]:
    """The native fields of a person object that crmsync reads, sorted; only those that exist there."""
    side = connector.side
    wanted = {connector.key_field}
    wanted |= {name for f in definition.fields if (name := f.native_name(side, obj))}
    wanted |= set(definition.identity.get(side, {}).get(obj, {}).values())
    rule = definition.scope.get(side)
    if rule is not None:
        wanted |= rule.reads.get(side, frozenset())
    if obj in SUCCESSORS:
        wanted.add(SUCCESSORS[obj])
    return sorted(wanted & set(connector.describe(obj).fields))


def account_fields(definition: Definition, connector: Connector) -> list[str]:
    """The native fields of an organisation object that crmsync reads, sorted; only those that exist there."""
    wanted = set(definition.accounts.get(connector.side, {}).values())
    if definition.contact_when is not None:
        wanted |= definition.contact_when.reads.get("account", frozenset())
    return sorted(wanted & set(connector.describe(ACCOUNTS[connector.side]).fields))


def consent_fields(definition: Definition, side: Side, obj: str) -> tuple[str, ...]:
    """Native fields that carry a wish to be left alone; they travel first."""
    found = (f.native_name(side, obj) for f in definition.fields if f.rule.value == "most_restrictive")
    return tuple(name for name in found if name)
