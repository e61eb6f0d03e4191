"""Writing records, by whomever: check the values, keep uniqueness, apply, remember. No HTTP here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from crmsync.simulator.hubspot import automation, changes, consent, linking, pipelines, stages
from crmsync.simulator.hubspot.catalog import NATIVE
from crmsync.simulator.hubspot.changes import SOURCES
from crmsync.simulator.hubspot.errors import ApiError, Invalid, InvalidValues, exists
from crmsync.simulator.hubspot.properties import TEXT_LIMIT, Wrong, refusal, stored
from crmsync.simulator.hubspot.rows import Row
from crmsync.simulator.hubspot.state import Kind, Portal

_NO_STAGE: Final[Mapping[str, None]] = MappingProxyType({"lifecyclestage": None})
_IDENTITY = frozenset(
    {"hs_object_id", "createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"}
)


def check(
    portal: Portal, kind: Kind, row: Row | None, raw: Mapping[str, object], actor: str
) -> dict[str, str]:
    """The values to store ("" clears) for a write to `row` (None: a create). Raises ApiError 400 naming them all.

    People may set what is read-only over the API (the opt-out, counters), never a record's identity.
    """
    api = actor == "api"
    wrong: list[Invalid] = []
    good: dict[str, str] = {}
    before = row.values if row is not None else {}
    one = portal.pool.one
    for name, value in raw.items():
        prop = kind.schema.get(name)
        if prop is None or (prop.read_only and (name in _IDENTITY or (api and not _lent(portal, name)))):
            wrong.append(refusal(name, prop))
            continue
        if prop.plain and type(value) is str and len(value) <= TEXT_LIMIT:
            good[name] = one(name, value)
        elif value is not None or not api or portal.switches.null_clears:
            try:
                good[name] = one(name, stored(prop, value, before.get(name, "")))
                _reference(portal, name, good[name])
                _blocked(portal, name, good[name], before)
            except Wrong as error:
                wrong.append(Invalid(name, error.code, str(error)))
    if kind.name == "deals" and not wrong:
        wrong += pipelines.settle(portal, row, good)
    if wrong:
        raise InvalidValues(wrong, portal.id, portal.switches.listed_errors)
    if api:
        stages.hold(portal, kind, row, good)
    return good


def clash(portal: Portal, kind: Kind, row: Row | None, good: Mapping[str, str]) -> ApiError | None:
    """The refusal when a unique value belongs to another record: 409 for an e-mail, 400 for a property of ours."""
    num = row.num if row is not None else 0
    for name, index in kind.table.unique.items():
        value = good.get(name)
        holder = index.get(value) if value else None
        if value is None or holder is None or holder == num:
            continue
        if name == "email":
            additional = kind.table.rows[holder].values.get("email") != value
            if additional and portal.switches.merged_email_reusable:
                continue
            return exists(kind.singular, str(holder), tell=not portal.switches.conflict_without_id)
        return _taken(portal, kind, name, value, num, holder)
    return None


def create(portal: Portal, kind: Kind, good: Mapping[str, str], actor: str) -> Row:
    """A new record of checked values."""
    now = portal.now()
    num = portal.mint(kind)
    portal.touch(kind, num)
    row = Row(num, {name: value for name, value in good.items() if value}, now, now, SOURCES[actor])
    typed = dict(row.values)
    company = row.values.get("associatedcompanyid", "") if kind.name == "contacts" else ""
    default = portal.switches.default_lifecycle if kind.name == "contacts" else ""
    if default and "lifecyclestage" not in row.values and "lifecyclestage" in kind.schema:
        row.values["lifecyclestage"] = default
    flags = _flags(portal, row, row.values) if kind.name == "contacts" else {}
    row.values |= flags
    if kind.name == "deals":
        pipelines.derive(portal, row)
    kind.table.add(row)
    for name in kind.table.unique:
        kind.table.claim(row, name, ())
    id = row.id
    portal.record(actor, "create", kind.name, id, {}, typed)
    if default and "lifecyclestage" not in typed:
        portal.record("system", "update", kind.name, id, _NO_STAGE, _first_stage(default))
    if flags:
        portal.record("system", "update", kind.name, id, dict.fromkeys(flags), flags)
    if company:
        _set_company(portal, kind, row, company, actor)
    return row


def update(portal: Portal, kind: Kind, row: Row, good: Mapping[str, str], actor: str) -> Row:
    """Apply checked values. What is equal already moves nothing, but stands in the ledger as an empty update."""
    company = good.get("associatedcompanyid") if kind.name == "contacts" else None
    stage = row.values.get("dealstage")
    moved = company is not None and company != row.values.get("associatedcompanyid", "")
    flags = _flags(portal, row, good) if kind.name == "contacts" else {}
    changes.apply(portal, kind, row, good, actor)
    if flags:
        changes.apply(portal, kind, row, flags, "system")
    if moved and company is not None:
        _set_company(portal, kind, row, company, actor)
    if stage is not None and row.values.get("dealstage") != stage:
        automation.deal_moved(portal, row)
    return row


def archive(portal: Portal, kind: Kind, row: Row, actor: str) -> None:
    """Archive a live record; its associations end and its unique values become free."""
    if row.archived:
        return
    portal.touch(kind, row.num)
    linking.forget(portal, kind, row)
    kind.table.bury(row, portal.now())
    portal.record(actor, "delete", kind.name, row.id, {"archived": False}, {"archived": True})


def restore(portal: Portal, kind: Kind, row: Row, actor: str) -> None:
    """Bring an archived record back. Its associations stay gone."""
    portal.touch(kind, row.num)
    row.modified = portal.now()
    kind.table.revive(row)
    portal.record(actor, "restore", kind.name, row.id, {"archived": True}, {"archived": False})


@lru_cache(maxsize=32)
def _first_stage(stage: str) -> Mapping[str, str]:
    """What the ledger says of a stage that came by default: the same for all who got it."""
    return MappingProxyType({"lifecyclestage": stage})


def _set_company(portal: Portal, kind: Kind, row: Row, company: str, actor: str) -> None:
    """Writing `associatedcompanyid` moves the primary company; clearing it ends that association."""
    companies = portal.kinds["companies"]
    if company:
        linking.associate(portal, (kind, row.num), (companies, int(company)), actor, (1,))
        return
    held = portal.links.primary(kind.name, row.num)
    if held:
        linking.dissociate(portal, (kind, row.num), (companies, held), actor)


def _reference(portal: Portal, name: str, value: str) -> None:
    if not value:
        return
    if name == "hubspot_owner_id" and value not in portal.owners:
        raise Wrong("INVALID_OWNER_ID", f"Owner {value} does not exist")
    if name == "associatedcompanyid":
        company = portal.kinds["companies"].table.get(value)
        if company is None or company.archived:
            raise Wrong("INVALID_ASSOCIATION", f"Company {value} does not exist")


def _lent(portal: Portal, name: str) -> bool:
    """Whether the native integration lets others write a property of its own."""
    return portal.switches.native_properties_writable and name in NATIVE


def _flags(portal: Portal, row: Row, good: Mapping[str, str]) -> dict[str, str]:
    """The opt-out flags that come with an address and move here; a person who sets one sets it for the address."""
    if consent.ALL in good:
        address = good.get("email", row.values.get("email", ""))
        consent.typed(portal, address, good[consent.ALL])
    elif portal.preferences and good.get("email"):
        flags = consent.flags(portal, good["email"])
        return {name: value for name, value in flags.items() if row.values.get(name, "") != value}
    return {}


def _blocked(portal: Portal, name: str, value: str, before: Mapping[str, str]) -> None:
    if name == "email" and value in portal.blocked and value != before.get("email"):
        if portal.switches.blocked_address_refused:
            raise Wrong("INVALID_EMAIL", "This email address was deleted permanently and cannot be used")
        portal.blocked.discard(value)


def _taken(portal: Portal, kind: Kind, name: str, value: str, num: int, holder: int) -> ApiError:
    where = f"portalId={portal.id}, objectTypeId={kind.type_id}, propertyName={name}, value={value}"
    message = f"Cannot set PropertyValueCoordinates{{{where}}} on {num}. {holder} already has that value."
    context: Mapping[str, list[str]] = {"propertyName": [name], "existingId": [str(holder)]}
    errors = [{"message": message, "code": "CONFLICTING_UNIQUE_VALUE", "context": {"propertyName": [name]}}]
    return ApiError(400, message, "VALIDATION_ERROR", context=context, errors=errors)


def unwritten(names: Iterable[str], kind: Kind) -> list[str]:
    """Names that are no properties of the object type."""
    return sorted(name for name in names if name not in kind.schema)
